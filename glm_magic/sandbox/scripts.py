"""Faults that depend on what is asked and when: rows, limits, storms.

    Sandbox(script=first_of(by_text({"bomb": Fault.refuse("1301")}), at_most(300, 60.0)))

A script sees each request that could be read, and gives the fault that it meets, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from .faults import Fault


class Situation(NamedTuple):
    """A request as a script sees it.

    Attributes:
        text: The last message.
        in_flight: Requests that are being answered, this one not counted.
        seconds: When, on the monotonic clock.
    """

    text: str
    in_flight: int
    seconds: float


Script = Callable[[Situation], Fault | None]


def by_text(faults: Mapping[str, Fault]) -> Script:
    """Whoever asks with one of these words meets its fault, each time."""

    def script(situation: Situation) -> Fault | None:
        return next((fault for word, fault in faults.items() if word in situation.text), None)

    return script


def at_most(
    requests: int,
    seconds: float,
    code: str = "1303",
    retry_after_seconds: float | None = None,
) -> Script:
    """So many requests in each stretch of time, counted from the first; more are refused."""
    began: list[float] = []
    counts: dict[int, int] = {}

    def script(situation: Situation) -> Fault | None:
        began[:] = began or [situation.seconds]
        stretch = int((situation.seconds - began[0]) / seconds)
        counts[stretch] = counts.get(stretch, 0) + 1
        if counts[stretch] <= requests:
            return None
        return Fault.refuse(code, retry_after_seconds=retry_after_seconds)

    return script


def storm(seconds: float, code: str = "1305", after_seconds: float = 0.0) -> Script:
    """Everybody is refused for a while, from some time after the first request on."""
    began: list[float] = []

    def script(situation: Situation) -> Fault | None:
        began[:] = began or [situation.seconds]
        passed = situation.seconds - began[0]
        raging = after_seconds <= passed < after_seconds + seconds
        return Fault.refuse(code) if raging else None

    return script


def first_of(*scripts: Script) -> Script:
    """The fault of the first script that has one."""

    def script(situation: Situation) -> Fault | None:
        found = (one(situation) for one in scripts)
        return next((fault for fault in found if fault is not None), None)

    return script
