"""`glm-magic export | strip | scan` and the pre-commit hooks, as they are typed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hygiene.sources import ROOT
from tests.store.notebook_samples import KEY, asked, code, document, load, save, turn

HOOKS = ROOT / ".pre-commit-hooks.yaml"


def run(*words: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """`glm-magic` with these words."""
    command = [sys.executable, "-m", "glm_magic", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=60)


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook with an answer."""
    one = turn(text="<b>Bold</b> answer.")
    return save(tmp_path / "n.ipynb", document(asked(one), code("1", cell="user")))


def test_a_notebook_is_exported_three_ways(notebook: Path) -> None:
    """The end of the name chooses; a file that is there is kept unless --overwrite is said."""
    folder = notebook.parent
    for name in ("out.ipynb", "out.md", "out.json"):
        done = run("export", "n.ipynb", name, folder=folder)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{name}: 1 turn written.\n", "")
    load(folder / "out.ipynb")
    assert "<b>" not in (folder / "out.md").read_text()
    assert "120 tokens in" in (folder / "out.md").read_text()
    assert run("export", "out.ipynb", "out.json", folder=folder).returncode == 1
    assert run("export", "out.ipynb", "out.json", "--overwrite", folder=folder).returncode == 0
    assert run("export", "out.ipynb", "out.html", folder=folder).returncode == 1


def test_a_folder_that_is_missing_is_named(notebook: Path) -> None:
    """Where our own data is kept has nothing to do with it."""
    done = run("export", "n.ipynb", "nodir/out.md", folder=notebook.parent)
    assert done.returncode == 1
    assert done.stderr.endswith("its folder is not there.\nMake the folder.\n")


def test_an_empty_notebook_is_two_lines(tmp_path: Path) -> None:
    """Nothing to export, or nothing to read, says so and what may be the reason."""
    save(tmp_path / "n.ipynb", document(code("1")))
    for name in ("n.ipynb", "missing.ipynb"):
        done = run("export", name, "out.md", folder=tmp_path)
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 2
    assert not (tmp_path / "out.md").exists()


def test_strip_is_a_hook(notebook: Path) -> None:
    """It fails once, when it has changed something, and then passes; --check only names."""
    folder = notebook.parent
    raw = notebook.read_bytes()
    checked = run("strip", "n.ipynb", "--check", folder=folder)
    assert (checked.returncode, checked.stdout) == (1, "n.ipynb: 1 trace of glm_magic found.\n")
    assert notebook.read_bytes() == raw
    done = run("strip", "n.ipynb", folder=folder)
    assert (done.returncode, done.stdout) == (1, "n.ipynb: 1 trace of glm_magic removed.\n")
    assert load(notebook)["cells"][0]["outputs"] == []
    again = run("strip", "n.ipynb", folder=folder)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_strip_goes_on_after_a_bad_file(notebook: Path) -> None:
    """One damaged file does not keep the others from being stripped."""
    (notebook.parent / "bad.ipynb").write_text("{")
    done = run("strip", "--keep-answers", "bad.ipynb", "n.ipynb", folder=notebook.parent)
    assert done.returncode == 1
    assert "bad.ipynb cannot be read" in done.stderr
    assert '"glm_magic"' not in notebook.read_text()
    assert "answer." in notebook.read_text()


@pytest.mark.plants_key
def test_scan_tells_where_and_not_what(notebook: Path) -> None:
    """Clean is one line and 0; a key is its place and 1, and nothing of it is shown."""
    folder = notebook.parent
    clean = run("scan", ".", folder=folder)
    assert (clean.returncode, clean.stdout) == (0, "No API key found.\n")
    save(notebook, document(code(f"k = '{KEY}'")))
    (folder / "c.glm.jsonl").write_text(f'{{"a": "{KEY}"}}\n')
    found = run("scan", ".", folder=folder)
    assert found.returncode == 1
    assert found.stdout.splitlines() == [
        "c.glm.jsonl: line 1: an API key of GLM's shape",
        "n.ipynb: cell 1, source: an API key of GLM's shape",
    ]
    assert run("scan", "missing", folder=folder).returncode == 1


@pytest.mark.plants_key
def test_a_reader_that_has_enough_is_no_fault(notebook: Path) -> None:
    """`glm-magic scan DIR | head -1` ends quietly, as other commands do."""
    save(notebook, document(code(f"k = '{KEY}'")))
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-m", "glm_magic", "scan", "."]
    done = subprocess.run(
        command, stdout=writes, stderr=subprocess.PIPE, cwd=notebook.parent, timeout=60
    )
    os.close(writes)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("command", ["export", "strip", "scan"])
def test_help_explains(command: str, tmp_path: Path) -> None:
    """Each command says what it does."""
    done = run(command, "--help", folder=tmp_path)
    assert done.returncode == 0
    assert f"usage: glm-magic {command}" in done.stdout
    assert "%%%" not in done.stdout


def test_the_hooks_are_what_pre_commit_reads() -> None:
    """A list of plain mappings with the fields that pre-commit needs."""
    hooks = [part for part in re.split(r"(?m)^- ", HOOKS.read_text(encoding="utf-8")) if part]
    lines = [[line.strip() for line in hook.splitlines()] for hook in hooks]
    assert all(re.fullmatch(r"[a-z]+: [^:#&*!|>%@`{}\n]+", line) for one in lines for line in one)
    fields = [dict(line.split(": ", 1) for line in one) for one in lines]
    assert [one["id"] for one in fields] == ["glm-magic-strip", "glm-magic-scan"]
    assert [one["types"] for one in fields] == ["[jupyter]", "[text]"]
    assert all({"name", "entry", "language", "description"} <= set(one) for one in fields)


@pytest.mark.parametrize("entry", re.findall(r"(?m)^  entry: glm-magic (.*)$", HOOKS.read_text()))
def test_the_hooks_run(entry: str, notebook: Path) -> None:
    """Each entry, with file names behind it as pre-commit puts them, does its work."""
    run(*entry.split(), "n.ipynb", folder=notebook.parent)
    done = run(*entry.split(), "n.ipynb", folder=notebook.parent)
    assert (done.returncode, done.stderr) == (0, "")
