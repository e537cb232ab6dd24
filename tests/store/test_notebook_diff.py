"""What git shows of a notebook in which a cell was run again."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from glm_magic.chat.turns import Turn
from glm_magic.store.cleaning import strip_notebook

from .notebook_samples import asked, code, document, load, long_answer, save, turn


class Repository:
    """A notebook under git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "n.ipynb"
        self.git("init", "-q")

    def git(self, *words: str) -> str:
        """Run git."""
        who = ("-c", "user.name=t", "-c", "user.email=t@localhost")
        command = ["git", *who, *words]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True)
        return done.stdout

    def write(self, *cells: dict[str, Any]) -> None:
        """Save the notebook with these cells."""
        save(self.path, document(*cells, kernelspec={"name": "python3", "display_name": "P"}))

    def commit(self, *cells: dict[str, Any]) -> None:
        """Save it, and keep it as it is."""
        self.write(*cells)
        self.git("add", ".")
        self.git("commit", "-qm", "x")

    def changed(self) -> tuple[list[int], str]:
        """Numbers of the old file's lines that changed, and the diff without context."""
        diff = self.git("diff", "-U0")
        lines: list[int] = []
        for start, count in re.findall(r"(?m)^@@ -(\d+)(?:,(\d+))? ", diff):
            lines += range(int(start), int(start) + int(count or 1))
        return lines, diff


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty one."""
    return Repository(tmp_path)


def cells_with(middle: Turn) -> list[dict[str, Any]]:
    """Three questions, the second one answered by this turn."""
    return [asked(turn(1)), asked(middle, cell="cell-2"), asked(turn(3)), code("1", cell="last")]


def lines_of(path: Path, cell: str) -> range:
    """The numbers of the lines in which a cell stands."""
    lines = path.read_text().splitlines()
    ends = [n for n, line in enumerate(lines, 1) if line == "  },"]
    at = next(n for n, line in enumerate(lines, 1) if f'"id": "{cell}"' in line)
    return range(max(n for n in ends if n < at) + 1, min(n for n in ends if n > at) + 1)


def test_a_cell_run_again_changes_only_its_own_lines(repository: Repository) -> None:
    """Another answer in one of three cells: every changed line lies in that cell."""
    repository.commit(*cells_with(turn(2, text=long_answer(300))))
    own = lines_of(repository.path, "cell-2")
    again = turn(9, text=long_answer(400)[100:], cell="cell-2", prompt="Question 2?")
    repository.write(*cells_with(again))
    lines, _ = repository.changed()
    assert lines
    assert set(lines) <= set(own)


def test_the_same_answer_again_changes_five_lines(repository: Repository) -> None:
    """Only the turn's id, its time, its seconds, the footer and the packed text's check are new."""
    text = long_answer(300)
    repository.commit(*cells_with(turn(2, text=text)))
    again = turn(2, text=text, id="f" * 32, created="2026-11-25T00:00:00+00:00", seconds=2.5)
    repository.write(*cells_with(again))
    lines, diff = repository.changed()
    new = sorted(line.strip(" +").split(":")[0] for line in diff.splitlines() if line[:2] == "+ ")
    footer = next(name for name in new if "small" in name)
    # Packed texts lean on the shown Markdown, whose footer has changed: their check does too.
    assert set(new) - {footer} == {'"answer_delta"', '"created"', '"seconds"', '"turn"'}
    assert len(lines) == 5


def test_stripping_touches_only_those_outputs(repository: Repository) -> None:
    """The diff of a stripped notebook removes our outputs and adds their empty brackets."""
    repository.commit(*cells_with(turn(2)))
    assert strip_notebook(repository.path) == 3
    added = [line for line in repository.changed()[1].splitlines() if re.match(r"\+(?!\+\+)", line)]
    assert {line[1:].strip() for line in added} == {'"outputs": [],'}
    load(repository.path)
