"""What one question has used, and what several have."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from .lines import Event

_KIND = "spent"
_WORDS = ("at", "conversation", "provider", "model")
_COUNTS = ("prompt_tokens", "completion_tokens", "cached_tokens")


@dataclass(frozen=True, slots=True)
class Spent:
    """One question's usage.

    Attributes:
        at: When, ISO 8601 in UTC.
        conversation: Its id.
        provider: Who was asked.
        model: Who answered.
        prompt_tokens: Tokens sent, those from the provider's cache included.
        completion_tokens: Tokens that came, reasoning included.
        cached_tokens: How many of the sent ones came from the provider's cache.
        cost_usd: None when the price is not known.
        estimated: Whether the counts are ours, because the host told none.
    """

    at: str
    conversation: str
    provider: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cost_usd: float | None
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """What several questions have used.

    Attributes:
        usd: Cost of those whose cost is known.
        tokens: Sent and received.
        questions: How many.
        unpriced: How many of them have no known cost.
    """

    usd: float = 0.0
    tokens: int = 0
    questions: int = 0
    unpriced: int = 0


def event_of(spent: Spent) -> Event:
    """The line of a journal that says so."""
    event = {"kind": _KIND} | asdict(spent)
    if not spent.estimated:  # as older versions wrote it
        del event["estimated"]
    return event


def spent_from(event: Event) -> Spent | None:
    """What such a line says; None when it says something else."""
    words = [event.get(name) for name in _WORDS]
    counts = [event.get(name) for name in _COUNTS]
    cost, estimated = event.get("cost_usd"), event.get("estimated", False)
    if event["kind"] != _KIND or not all(isinstance(word, str) for word in words):
        return None
    if not all(type(count) is int and count >= 0 for count in counts):
        return None
    if cost is not None and (type(cost) not in (int, float) or cost < 0):
        return None
    if type(estimated) is not bool:
        return None
    known: dict[str, Any] = dict(zip(_WORDS + _COUNTS, words + counts, strict=True))
    cost = None if cost is None else float(cost)
    return Spent(**known, cost_usd=cost, estimated=estimated)


def totals_of(spent: Collection[Spent]) -> Totals:
    """The sums."""
    priced = [one.cost_usd for one in spent if one.cost_usd is not None]
    return Totals(
        usd=math.fsum(priced),
        tokens=sum(one.prompt_tokens + one.completion_tokens for one in spent),
        questions=len(spent),
        unpriced=len(spent) - len(priced),
    )
