"""What comes of an answer is told every second, so that a killed kernel leaves it on the disk."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .records import came

if TYPE_CHECKING:
    from collections.abc import Callable

    from .records import Record
    from .turns import TurnBuilder

_SECONDS = 1.0


class Trail:
    """Tells how far a turn has come; a step of a round at once, before a tool runs.

    Args:
        builder: Grows the turn.
        tell: Given the record of what is new.
    """

    def __init__(self, builder: TurnBuilder, tell: Callable[[Record], None]) -> None:
        self._builder = builder
        self._tell = tell
        self._told = (0, 0, 0)  # steps, and characters of text and reasoning in this round
        self._at = time.monotonic()

    def follow(self) -> None:
        """Tell what is new, if it is time to."""
        now, builder = time.monotonic(), self._builder
        steps, text, reasoning = self._told
        if len(builder.steps) > steps:
            text = reasoning = 0  # a new round
        elif now - self._at < _SECONDS:
            return
        self._at = now
        grown = builder.growing
        said = (builder.steps, grown.text, grown.reasoning)
        reached = (len(said[0]), len(said[1]), len(said[2]))
        if reached != self._told:
            behind = (steps, text, reasoning)
            self._told = reached
            self._tell(came(builder.turn.id, behind, *said, builder.seconds))
