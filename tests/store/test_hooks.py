"""The pre-commit hooks as pre-commit runs them: the entry of the hooks file, files behind it."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from .notebook_samples import KEY, asked, code, document, load, save, turn

ROOT = Path(__file__).parents[2]


def hooks() -> dict[str, dict[str, str]]:
    """The hooks file: what each id says, entry and file types."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    found = [dict(re.findall(r"(\w+): (.+)", part)) for part in re.split(r"(?m)^- ", text)[1:]]
    return {hook["id"]: hook for hook in found}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with two notebooks, one of them ours, a text and a picture, all staged."""
    between = code("1 + 1", cell="between")
    save(tmp_path / "a talk.ipynb", document(asked(turn(1)), between, asked(turn(2))))
    save(tmp_path / "plain.ipynb", document(code("1 + 1")))
    (tmp_path / "notes.txt").write_text("Nothing to find.\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    return tmp_path


def git(folder: Path, *words: str) -> str:
    """What git prints."""
    command = ["git", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def hook(name: str, folder: Path, *files: str) -> subprocess.CompletedProcess[str]:
    """Run a hook on files of the repository, as if they were about to be committed."""
    command = [*shlex.split(hooks()[name]["entry"]), *files]
    # In its own environment, where the package's commands are found first.
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": scripts}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_hooks_are_for_the_files_they_read() -> None:
    """Strip is given notebooks, scan everything that is text; both are installed with pip."""
    found = hooks()
    assert {name: one["types"] for name, one in found.items()} == {
        "glm-magic-strip": "[jupyter]",
        "glm-magic-scan": "[text]",
    }
    assert {one["language"] for one in found.values()} == {"python"}


def test_strip_stops_the_commit_and_leaves_clean_files(repository: Path) -> None:
    """It fails while there is something to strip, changes that file alone, and passes then."""
    names = ["a talk.ipynb", "plain.ipynb"]
    plain = (repository / "plain.ipynb").read_bytes()
    first = hook("glm-magic-strip", repository, *names)
    assert (first.returncode, first.stderr) == (1, "")
    assert first.stdout == "a talk.ipynb: 2 traces of glm_magic removed.\n"
    assert git(repository, "diff", "--name-only").splitlines() == ["a talk.ipynb"]
    assert "glm_magic" not in (repository / "a talk.ipynb").read_text()
    assert [cell["outputs"] for cell in load(repository / "a talk.ipynb")["cells"]] == [[], [], []]
    second = hook("glm-magic-strip", repository, *names)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert (repository / "plain.ipynb").read_bytes() == plain


def test_a_file_that_is_no_notebook_stops_the_commit(repository: Path) -> None:
    """It is named, left as it is, and the other files are stripped all the same."""
    broken = repository / "broken.ipynb"
    broken.write_text("{")
    done = hook("glm-magic-strip", repository, "broken.ipynb", "a talk.ipynb")
    assert done.returncode == 1
    assert "broken.ipynb cannot be read as a notebook" in done.stderr
    assert broken.read_text() == "{"
    assert "a talk.ipynb: 2 traces" in done.stdout


def test_scan_stops_the_commit_and_shows_no_key(repository: Path) -> None:
    """It fails for a file with a key, names file and line, and changes nothing."""
    names = ["a talk.ipynb", "plain.ipynb", "notes.txt"]
    clean = hook("glm-magic-scan", repository, *names)
    assert (clean.returncode, clean.stderr) == (0, "")
    (repository / "notes.txt").write_text(f"Ask with\nkey = '{KEY}'\n")
    save(repository / "plain.ipynb", document(code(f"key = {KEY!r}")))
    before = {name: (repository / name).read_bytes() for name in names}
    done = hook("glm-magic-scan", repository, *names)
    assert (done.returncode, done.stderr) == (1, "")
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["plain.ipynb", "notes.txt"]
    assert "line 2" in done.stdout
    assert KEY not in done.stdout
    assert {name: (repository / name).read_bytes() for name in names} == before
