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
    """Within it, in this thread, warnings are given to `say` instead of printed somewhere.

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
    warn = AROUND.warn
    if getattr(warn, "in_front", False):
        return

    def told(sentence: str) -> None:
        (_HEARS.get() or warn)(sentence)

    told.in_front = True  # type: ignore[attr-defined]
    AROUND.warn = told
