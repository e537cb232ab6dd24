"""Events: what happened to a conversation, as it is told to whoever writes it down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

Event = dict[str, Any]
COPIED = "copied"


def told_by(event: Event) -> list[Event]:
    """The events that one stands for: that of a copy, for all that it took along."""
    if event.get("kind") != COPIED:
        return [event]
    told = event.get("events")
    whole = (one for one in told if isinstance(one, dict)) if isinstance(told, list) else ()
    return [one for one in whole if isinstance(one.get("kind"), str) and one["kind"] != COPIED]


class Telling:
    """Makes events, each with what came about since the one before and is told with it.

    Attributes:
        seen: Cells that were seen, not told yet.
        moved: Turns that were put into another order, not told yet.
        housed: Turns that were tied to other cells, not told yet.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.moved: list[list[str]] = []
        self.housed: dict[str, str] = {}
        self._latest = ""

    def heard(self, event: Event) -> None:
        """An event that was told before: those of now come after it, whatever the clock says."""
        at = event.get("at")
        if isinstance(at, str):
            self._latest = max(self._latest, at)

    def event(self, kind: str, what: dict[str, Any]) -> Event:
        """What happens now.

        Args:
            kind: Of the event.
            what: Its fields; those that say nothing are left out.
        """
        at = self._latest = self._now()
        # What says nothing is left out; turns that are none and "" for the front say something.
        told = {name: value for name, value in what.items() if value not in (None, False)}
        untold = {"seen": self.seen, "housed": self.housed, "moved": self.moved}
        self.seen, self.housed, self.moved = [], {}, []
        return {"kind": kind, "at": at, **told} | {name: one for name, one in untold.items() if one}

    def _now(self) -> str:
        """Later than all that was told, though a clock was ahead then; as a text too."""
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        if now > self._latest:
            return now
        try:
            after = datetime.fromisoformat(self._latest) + timedelta(microseconds=1)
            then = after.astimezone(UTC).isoformat(timespec="microseconds")
        except (ValueError, OverflowError):  # no time of ours
            return now
        return then if then > self._latest else now
