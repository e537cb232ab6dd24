"""A turn is asked again, though no cell runs: it alone is replaced, in its place."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .turns import Turn

# The conversation in which a turn is asked again now, and that turn, where it has no cell. A panel
# that asks meanwhile does so in a thread of its own, which does not see this.
_AGAIN: ContextVar[tuple[object, str | None] | None] = ContextVar("again", default=None)


@contextmanager
def asking_again(conversation: object, turn: Turn | None) -> Iterator[None]:
    """Within it the turn, or any, is asked again in the conversation."""
    instead = turn.id if turn is not None and turn.cell is None else None
    token = _AGAIN.set((conversation, instead))
    try:
        yield
    finally:
        _AGAIN.reset(token)


def is_again(conversation: object) -> bool:
    """Whether a turn is asked again now in this conversation."""
    again = _AGAIN.get()
    return again is not None and again[0] is conversation


def instead_of(conversation: object, cell: str | None) -> str | None:
    """The turn without a cell that is asked again now in this conversation."""
    again = _AGAIN.get()
    return again[1] if again and again[0] is conversation and cell is None else None
