"""What the user should know of a question that the panel asks is said in the panel."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from ..surroundings import AROUND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Say = Callable[[str], None]

_HEARS: ContextVar[Say | None] = ContextVar("hears", default=None)


@contextmanager
def heard(say: Say) -> Iterator[None]:
    """Within it, warnings and progress of this thread are given to `say`, not printed somewhere.

    A print of a background thread would end up in whichever cell runs at that moment.
    """
    _listen()
    token = _HEARS.set(say)
    try:
        yield
    finally:
        _HEARS.reset(token)


def _listen() -> None:
    """Stand in front of what warns now; once is enough until it is forgotten."""
    for name in ("warn", "progress"):
        say = getattr(AROUND, name)
        if not getattr(say, "in_front", False):
            setattr(AROUND, name, _in_front_of(say))


def _in_front_of(say: Say) -> Say:
    def told(sentence: str) -> None:
        (_HEARS.get() or say)(sentence)

    told.in_front = True  # type: ignore[attr-defined]
    return told
