"""What git shows of a notebook in which a cell was run again."""

import re
from pathlib import Path
from typing import Any

import pytest

from glm_magic.chat.turns import Turn
from glm_magic.store.cleaning import strip_notebook

from .notebook_samples import asked, code, document, load, long_answer, save, turn
from .repository import Repository, lines_of


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty one."""
    return Repository(tmp_path)


def write(repository: Repository, *cells: dict[str, Any]) -> None:
    """Save the notebook with these cells."""
    kernel = {"name": "python3", "display_name": "P"}
    save(repository.path, document(*cells, kernelspec=kernel))


def cells_with(middle: Turn) -> list[dict[str, Any]]:
    """Three questions, the second one answered by this turn."""
    return [asked(turn(1)), asked(middle, cell="cell-2"), asked(turn(3)), code("1", cell="last")]


def test_a_cell_run_again_changes_only_its_own_lines(repository: Repository) -> None:
    """Another answer in one of three cells: every changed line lies in that cell."""
    write(repository, *cells_with(turn(2, text=long_answer(300))))
    repository.commit()
    own = lines_of(repository.path, "cell-2")
    again = turn(9, text=long_answer(400)[100:], cell="cell-2", prompt="Question 2?")
    write(repository, *cells_with(again))
    lines, _ = repository.changed()
    assert lines
    assert set(lines) <= set(own)


def test_the_same_answer_again_changes_five_lines(repository: Repository) -> None:
    """Only the turn's id, its time, its seconds, the footer and the packed text's check are new."""
    text = long_answer(300)
    write(repository, *cells_with(turn(2, text=text)))
    repository.commit()
    again = turn(2, text=text, id="f" * 32, created="2026-11-25T00:00:00+00:00", seconds=2.5)
    write(repository, *cells_with(again))
    lines, diff = repository.changed()
    new = sorted(line.strip(" +").split(":")[0] for line in diff.splitlines() if line[:2] == "+ ")
    footer = next(name for name in new if "small" in name)
    # Packed texts lean on the shown Markdown, whose footer has changed: their check does too.
    assert set(new) - {footer} == {'"answer_delta"', '"created"', '"seconds"', '"turn"'}
    assert len(lines) == 5


def test_stripping_touches_only_those_outputs(repository: Repository) -> None:
    """The diff of a stripped notebook removes our outputs and adds their empty brackets."""
    write(repository, *cells_with(turn(2)))
    repository.commit()
    assert strip_notebook(repository.path) == 3
    added = [line for line in repository.changed()[1].splitlines() if re.match(r"\+(?!\+\+)", line)]
    assert {line[1:].strip() for line in added} == {'"outputs": [],'}
    load(repository.path)
