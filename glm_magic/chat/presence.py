"""Which of the notebook's cells asked something, and which of those were deleted from it since."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .places import base_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .turns import Turn

# What notebook files take as a cell's id; other ids are a front end's own, never in a file.
_IN_FILES = re.compile("[A-Za-z0-9_-]{1,64}")


class Presence:
    """What is known of the notebook's cells from looking at its file.

    Attributes:
        seen: Cells that asked and once stood in the saved notebook, and those of the panel.
        away: Those of them that do not stand there now.
        gone: The turns that they had asked when it was saved: they are not sent.
    """

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.away: set[str] = set()
        self.gone: frozenset[str] = frozenset()

    def see(self, asked: Iterable[Turn], cells: Sequence[str], saved_at: str) -> list[str]:
        """Take in which cells were saved.

        Args:
            asked: The turns that the notebook's own cells asked.
            cells: Those in the file.
            saved_at: When it was written, ISO 8601 in UTC; "" leaves it open.

        Returns:
            Those that were not seen before.
        """
        ours = list(asked)
        seen = {base_cell(turn.cell) for turn in ours if _saved_before(turn, saved_at)}
        seen |= {base_cell(turn.cell) for turn in ours}.intersection(cells)
        new = sorted(seen - self.seen)
        self.seen |= seen
        return new

    def miss(self, turns: Iterable[Turn], cells: Sequence[str], saved_at: str) -> None:
        """Find out which of all turns are gone with their cells; none is for a file without ids."""
        self.away = self.seen.difference(cells) if cells else set()
        lost = (turn for turn in turns if turn.cell and base_cell(turn.cell) in self.away)
        # A cell that came back, and asked again, need not be saved yet.
        self.gone = frozenset(turn.id for turn in lost if not _asked_after(turn, saved_at))

    def has_no_cell(self, name: str) -> None:
        """This turn is tied to no cell any more, so it is not gone with one."""
        if name in self.gone:
            self.gone -= {name}


def _saved_before(turn: Turn, saved_at: str) -> bool:
    """Whether the notebook was written after this turn had ended, so with its cell."""
    ended, saved = _time(turn.created, turn.seconds), _time(saved_at)
    in_files = _IN_FILES.fullmatch(base_cell(turn.cell)) is not None
    return in_files and ended is not None and saved is not None and ended < saved


def _asked_after(turn: Turn, saved_at: str) -> bool:
    asked, saved = _time(turn.created), _time(saved_at)
    return asked is not None and saved is not None and asked >= saved


def _time(text: str, seconds: float = 0) -> datetime | None:
    """So many seconds after the time; None for "", and for what somebody else wrote."""
    try:
        found = datetime.fromisoformat(text) + timedelta(seconds=seconds)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else None
