"""What an agent runs becomes cells below the asking one, as the page is told."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from glm_magic.jupyter.inserting import Inserter


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
