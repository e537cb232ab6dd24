"""Where turns stand, and how changes are taken back."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.chat.order import Order

CELLS = st.sampled_from([None, *"abcdefgh", "a/2", "c/2"])


def order_of(*cells: str) -> Order:
    """An order with one turn for each cell, named like it."""
    order = Order()
    for cell in cells:
        order.put(cell, cell)
    return order


def test_a_cell_that_asks_again_keeps_its_place() -> None:
    """The new turn stands where the old one stood."""
    order = order_of("a", "b", "c")
    assert order.put("b again", "b") == 1
    assert order.names == ["a", "b again", "c"]


def test_a_new_cell_stands_where_the_notebook_has_it() -> None:
    """A cell that was put between two others is asked with what stands above it."""
    order = order_of("a", "b", "c")
    order.arrange(["a", "new", "b", "c", "last"])
    assert order.place("new") == 1
    order.put("new", "new")
    order.put("last", "last")
    assert order.names == ["a", "new", "b", "c", "last"]


def test_a_cells_second_question_follows_its_first() -> None:
    """Several questions of one cell stand together, in their order."""
    order = order_of("a", "b")
    order.arrange(["a", "b"])
    order.put("a/2", "a/2")
    assert order.names == ["a", "a/2", "b"]


@pytest.mark.parametrize("number", ["9", "999999999", "99999999999", "9" * 5000])
def test_a_number_may_be_any(number: str) -> None:
    """It stands behind the nearest question before it, and a search takes no time: ids are data."""
    order = order_of("a", "a/2", "a/5", "b")
    began = time.monotonic()
    assert order.place(f"a/{number}") == (3 if len(number) < 10 else 4)
    assert time.monotonic() - began < 1


def test_moved_cells_move_their_turns() -> None:
    """Turns stand as their cells do; one whose cell is unknown follows its neighbour."""
    order = order_of("a", "b", "unknown", "c")
    order.arrange(["c", "b", "a"])
    assert order.names == ["c", "b", "unknown", "a"]


def test_appending_does_not_disturb_an_unknown_notebook() -> None:
    """Without a saved notebook a new cell comes last."""
    order = order_of("b", "a")
    assert order.put("c", "c") == 2


def test_what_an_arrangement_moved_can_be_told() -> None:
    """The stretch that stands in another order is enough to make the same order elsewhere."""
    order, other = order_of(*"abcdef"), order_of(*"abxcdef")
    moved = order.arrange(["a", "e", "b", "c", "d", "f"])
    assert moved == ["e", "b", "c", "d"]
    assert order.arrange(["a", "e", "b", "c", "d", "f"]) == []
    other.reorder([*moved, "unknown", "b"])
    assert other.names == ["a", "e", "x", "b", "c", "d", "f"]


def test_a_place_can_be_told() -> None:
    """A turn comes behind the one it was put behind elsewhere; at the end if that is away."""
    order = order_of("a", "b", "c")
    order.arrange(["a", "new", "b", "c"])
    order.put("new", "new")
    assert order.behind == "a"
    other = order_of("a", "b", "c")
    other.put("new", "new", behind=order.behind)
    other.put("first", None, behind="")
    other.put("last", None, behind="away")
    assert other.names == ["first", *order.names, "last"]


@given(st.lists(st.tuples(st.integers(0, 3), CELLS), max_size=30), st.permutations(list("abcdef")))
def test_undo_takes_everything_back(steps: list[tuple[int, str | None]], cells: list[str]) -> None:
    """After as many undos as changes nothing is left, and as many redos bring all back."""
    order = Order()
    order.arrange(cells)
    for number, (kind, cell) in enumerate(steps):
        if kind:
            order.put(str(number), cell)
        else:
            order.change(order.names[1:])
    after = list(order.names)
    for _ in steps:
        assert order.undo() is not None
    assert order.names == []
    for _ in steps:
        assert order.redo() is not None
    assert order.names == after
    assert order.undo("no such turn") is None
