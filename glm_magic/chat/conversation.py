"""A conversation: turns in the order of their cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .messages import Message
    from .turns import Turn


class Conversation:
    """The turns of one notebook.

    A turn belongs to its cell: a cell that asks again replaces its turn in place, and its
    request holds only the turns before that place. A turn without a cell is appended.
    """

    def __init__(self) -> None:
        self._turns: list[Turn] = []

    def __len__(self) -> int:
        return len(self._turns)

    def __iter__(self) -> Iterator[Turn]:
        return iter(self._turns)

    def _place(self, cell: str | None) -> int:
        if cell is not None:
            for place, turn in enumerate(self._turns):
                if turn.cell == cell:
                    return place
        return len(self._turns)

    def before(self, cell: str | None) -> tuple[Turn, ...]:
        """The turns that a request from this cell builds on, without those withdrawn or empty."""
        return tuple(turn for turn in self._turns[: self._place(cell)] if turn.messages())

    def put(self, turn: Turn) -> None:
        """Append the turn, or replace the one of its cell."""
        place = self._place(turn.cell)
        self._turns[place : place + 1] = [turn]

    def messages(self, cell: str | None) -> tuple[Message, ...]:
        """What a request from this cell sends of earlier turns, oldest first."""
        return tuple(message for turn in self.before(cell) for message in turn.messages())
