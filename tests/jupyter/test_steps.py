"""What an agent runs, or an answer says, as cells below the asking one: what the page is told."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from glm_magic.jupyter.inserting import Inserter
from glm_magic.surroundings import AROUND


class Page:
    """Cells below the asking one; does what it is told as `place.js` does, nobody else writes."""

    able = True

    def __init__(self) -> None:
        self.cells: list[str] = []

    def place(self, cell: str, number: int, before: str, source: str | None) -> None:
        """See `Placer.place`."""
        near = self.cells[number : number + 3]
        at = number + near.index(before) if before and before in near else None
        if source is None:
            assert at is not None
            del self.cells[at]
        elif at is None:
            self.cells.insert(number, source)
        else:
            self.cells[at] = source


@pytest.fixture
def page() -> Page:
    """A page that takes cells at any time."""
    return Page()


@pytest.fixture
def offered() -> list[str]:
    """What the front end was asked to insert when the cell ends."""
    return []


@pytest.fixture
def inserter(page: Page, offered: list[str]) -> Inserter:
    """For a cell of a JupyterLab."""
    shell = SimpleNamespace(set_next_input=lambda source, replace: offered.append(source))
    host: Any = SimpleNamespace(cell="asking", front_end="lab", shell=shell)
    inserter: Any = Inserter(host)
    inserter._placer = page
    return inserter


def run(inserter: Inserter, *sources: str) -> str:
    """An agent's cells; one that begins with "1/0" fails."""
    inserter.begin_steps()
    for source in sources:
        inserter.add_step(source)
        if source.startswith("1/0"):
            inserter.drop_step()
    return inserter.end_steps()


def test_each_is_there_before_it_has_ended(inserter: Inserter, page: Page) -> None:
    """A cell is inserted when it is approved, in the order of the steps."""
    inserter.begin_steps()
    inserter.add_step("a")
    assert page.cells == ["a"]
    inserter.add_step("b")
    assert page.cells == ["a", "b"]
    assert "each to keep or to delete" in inserter.end_steps()


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("abc", "abc", "abc"),
        ("abc", "ab", "ab"),
        ("ab", "abc", "abc"),
        ("ab", "bc", "bc"),
        ("abc", "xbz", "xbz"),
        ("a", "bcd", "bcd"),
        ("aa", "ab", "ab"),
    ],
)
def test_asked_again(inserter: Inserter, page: Page, first: str, second: str, kept: str) -> None:
    """New cells take the place of the old ones, and none of those is left."""
    run(inserter, *first)
    run(inserter, *second)
    assert page.cells == list(kept)


def test_what_failed_is_not_kept(inserter: Inserter, page: Page) -> None:
    """The next one stands in its place, also when all failed, and when it is asked again."""
    run(inserter, "a", "1/0", "b", "1/0 # again")
    assert page.cells == ["a", "b"]
    assert run(inserter, "1/0") == ""
    run(inserter, "c", "1/0", "d")
    assert page.cells[:2] == ["c", "d"]


def test_a_page_that_answers_late(inserter: Inserter, page: Page, offered: list[str]) -> None:
    """What ran before the page could take cells follows; if it never can, all comes as one."""
    page.able = False
    run(inserter, "a\n", "b")
    assert (page.cells, offered) == ([], ["a\n\nb"])
    inserter.begin_steps()
    inserter.add_step("c")
    page.able = True
    inserter.add_step("d")
    inserter.end_steps()
    assert page.cells == ["c", "d"]


def test_one_answer_after_an_agent(inserter: Inserter, page: Page) -> None:
    """Code that is asked for instead replaces all cells of before."""
    run(inserter, "a", "b", "c")
    assert "has the new code" in inserter.offer("x")
    assert page.cells == ["x"]


def test_without_widgets(
    inserter: Inserter, page: Page, offered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they are not installed the cells run all the same, and come as one."""
    monkeypatch.setattr(inserter, "_placer", None)
    monkeypatch.setitem(sys.modules, "glm_magic.widget.placing", None)
    assert "a cell below" in run(inserter, "a", "b")
    assert (page.cells, offered) == ([], ["a\n\nb"])


def end_cell(inserter: Inserter, *, success: bool) -> None:
    """The asking cell has ended."""
    inserter.cell_ends(SimpleNamespace(info=SimpleNamespace(cell_id="asking"), success=success))


def test_the_code_of_an_agent_is_the_last_cell(inserter: Inserter, page: Page) -> None:
    """It takes the place of none of the steps."""
    for _ in range(2):
        inserter.begin_steps()
        inserter.add_step("a")
        inserter.add_step("b")
        assert "was not run" in inserter.offer("code")
        assert "in cells below" in inserter.end_steps()
        assert page.cells == ["a", "b", "code"]


def test_the_code_of_an_agent_comes_with_its_steps(
    inserter: Inserter, page: Page, offered: list[str]
) -> None:
    """A front end inserts one cell only for each that ran."""
    page.able = False
    inserter.begin_steps()
    inserter.add_step("a")
    inserter.offer("code")
    inserter.end_steps()
    assert offered == ["a\n\ncode"]


def test_steps_of_a_question_that_failed(
    inserter: Inserter, page: Page, offered: list[str]
) -> None:
    """The page drops what a failed cell offers: nothing is promised, and the next run offers it."""
    page.able = False
    inserter.begin_steps()
    inserter.add_step("a")
    assert "output above" in inserter.end_steps(failed=True)
    assert offered == []
    assert "a cell below" in run(inserter, "a")
    assert offered == ["a"]


def test_what_a_failed_cell_offered_is_offered_again(
    inserter: Inserter, page: Page, offered: list[str]
) -> None:
    """What was inserted before stays known."""
    page.able = False
    for number, success in enumerate([False, True, False, True]):
        source = "x" if number < 2 else "y"
        assert "was not run" in inserter.offer(source)
        end_cell(inserter, success=success)
    assert offered == ["x", "x", "y", "y"]
    assert "already" in inserter.offer("y")


def test_a_cell_that_is_gone_from_the_page_is_written_again(
    inserter: Inserter, page: Page, offered: list[str]
) -> None:
    """Deleted or edited: the page knows."""
    page.able = False
    inserter.offer("x")
    page.able = True
    assert "already" in inserter.offer("x")
    page.cells[:] = ["x  # mine"]
    assert "stands in a cell below" in inserter.offer("x")
    assert page.cells == ["x", "x  # mine"]
    assert offered == ["x"]


def test_a_cell_that_is_gone_from_the_file_is_offered_again(
    inserter: Inserter, page: Page, offered: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A file that was not saved since tells nothing, and then nothing is claimed."""
    path = tmp_path / "a.ipynb"
    monkeypatch.setattr(AROUND, "notebook", lambda: path)
    page.able = False

    def save(second: int, *below: str) -> None:
        cells = [new_code_cell("", id="asking"), *map(new_code_cell, below)]
        nbformat.write(new_notebook(cells=cells), path)
        os.utime(path, (second, second))

    save(1)
    inserter.offer("x")
    assert "Is it gone? %glm code" in inserter.offer("x")
    save(2, "x")
    assert "stands in a cell below already" in inserter.offer("x")
    assert offered == ["x"]
    save(3, "x  # mine")
    assert "was not run" in inserter.offer("x")
    assert offered == ["x", "x"]
