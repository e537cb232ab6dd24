"""A question's place in the conversation, and which run of its cell asks it."""

from __future__ import annotations

import re
from typing import Self

_NUMBERED = re.compile(r"(.+)/([0-9]{1,9})", re.DOTALL)


def base_cell(cell: str | None) -> str:
    """The cell of a place: a cell's second question has the place "id/2"; "" for no cell.

    Ids may hold slashes themselves, as VS Code's do.
    """
    return numbered(cell or "")[0]


def numbered(cell: str) -> tuple[str, int]:
    """The cell of a place, and which of its questions it is."""
    found = _NUMBERED.fullmatch(cell)
    return (found[1], int(found[2])) if found else (cell, 1)


def place_of(base: str, number: int) -> str:
    """The place of a cell's question number so."""
    return base if number == 1 else f"{base}/{number}"


class Place(str):
    """A cell, numbered from its second question on: "id", "id/2", "id/3".

    Args:
        text: The place.
        run: Of the cell; later ones have greater numbers. It holds for this process alone.
    """

    __slots__ = ("run",)
    run: int

    def __new__(cls, text: str, run: int = 0) -> Self:
        """A place is the text it is written as."""
        place = super().__new__(cls, text)
        place.run = run
        return place


class Runs:
    """Which run of each cell was the last to ask, as far as that is known."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def anew(self, cell: str | None) -> bool:
        """Whether a question from here begins a run: what its cell asked before leaves.

        Where runs are not known, as outside of notebooks, a cell's first question does.
        """
        if not isinstance(cell, Place):
            return bool(cell) and cell == base_cell(cell)
        return cell.run > self._last.get(base_cell(cell), -1)

    def began(self, cell: str | None) -> None:
        """A question from here has begun."""
        if isinstance(cell, Place):
            base = base_cell(cell)
            self._last[base] = max(cell.run, self._last.get(base, cell.run))
