"""How many requests may fly at once: learned from what the host refuses.

GLM limits requests in flight, not requests per minute (code 1302), so a refusal tells the limit:
whatever is still flying was let in. The window falls to that, and feels for more rarely. Growth
is paced over a latency, so that a refusal is heard before the next request too many is sent.
Code 1305 (the platform is busy) and a lost line say nothing about the limit: when they come in a
row, everything waits, and one request goes first. What a `Retry-After` asks for is waited for.

Nothing here looks at a clock or sleeps: every call is told the time, in seconds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import NamedTuple

FIRST = 8  # flying at first, when nobody said a limit
MOST = 64  # flying at last, when nobody said a limit
_AT_START_SECONDS = 0.001  # between the first requests, before any latency is known
_FIRST_WAVE_SECONDS = 0.25  # for all of the first requests together, at most
_SLOWEST_PACE_SECONDS = 0.25
_FIRST_PROBE_SECONDS = 1.0
_RAREST_PROBE_SECONDS = 20.0
_PROBE_GROWTH = 1.5  # of the time between probes that were refused
_GOOD_PROBES = 3  # then the limit has clearly risen
_IN_A_ROW = 4  # busy answers in a row that are a storm, not an accident
_LONGEST_HOLD_SECONDS = 30.0


class Ticket(NamedTuple):
    """One request in flight: how many were flying with it, and when it left."""

    level: int
    at: float


@dataclass
class Window:
    """Who may be sent now; see the module.

    Args:
        most: Never more than this are flying.
        known: Whether `most` is the account's limit, as the user said, and not only a bound.
        chance: Spreads waiting.

    Attributes:
        size: How many may be flying.
        flying: How many are.
        refusals: How many were refused.
    """

    most: int = MOST
    known: bool = False
    chance: random.Random = field(default_factory=random.Random)
    size: int = field(init=False)
    flying: int = field(default=0, init=False)
    refusals: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.size = self.most if self.known else min(FIRST, self.most)
        self._peak = 0  # as many flew without a refusal; above it, sending is paced
        self._growing = not self.known
        self._latency: float | None = None
        self._next_above_peak = 0.0
        self._probe_at = 0.0
        self._probe_gap = _FIRST_PROBE_SECONDS
        self._good_probes = 0
        self._probed = 0  # the size that is being tried; 0 for none
        self._held_until = 0.0
        self._holds = 0  # in a row
        self._trying = False  # one request goes first
        self._busy_in_a_row = 0

    def may_send(self, now: float) -> bool:
        """Whether one more may be sent."""
        if now < self._held_until or (self._trying and self.flying):
            return False
        self._probe(now)
        return self.flying < self.size and (
            self.flying < self._peak or now >= self._next_above_peak
        )

    def wait_seconds(self, now: float) -> float | None:
        """When to look again though nothing has come back; None: only then."""
        if now < self._held_until:
            return self._held_until - now
        if self._trying and self.flying:
            return None
        if self.flying < self.size:
            return max(0.0, self._next_above_peak - now)
        probes = self.size < self.most and not self._growing
        return max(0.0, self._probe_at - now) if probes else None

    def sent(self, now: float) -> Ticket:
        """One more is flying."""
        self.flying += 1
        if self.flying > self._peak:
            self._peak = self.flying
            self._next_above_peak = now + self._pace()
        return Ticket(self.flying, now)

    def answered(self, ticket: Ticket, now: float) -> None:
        """It was let in, whatever the answer is."""
        self.flying -= 1
        took = now - ticket.at
        self._latency = took if self._latency is None else 0.9 * self._latency + 0.1 * took
        self._busy_in_a_row = self._holds = 0
        self._trying = False
        if self._growing:
            self.size = min(self.most, self.size + 1)
        elif self._probed and ticket.level >= self._probed:
            self._probe_was_good(now)

    def refused(self, ticket: Ticket, now: float, retry_after: float | None = None) -> None:
        """Too many at once (1302): what is still flying is the limit."""
        self.flying -= 1
        self.refusals += 1
        if retry_after:
            self._hold(now, retry_after)
        if not self.flying:  # not ours are too many: a limit per minute, or others with this key
            self._wait_longer(ticket, now, retry_after)
            self.size, self._growing = 1, True
        else:
            self._fall(ticket, now, retry_after or 0.0)
        self._good_probes = self._probed = 0
        self._peak = self.size

    def _fall(self, ticket: Ticket, now: float, retry_after: float) -> None:
        self.size = min(self.size, self.flying)
        self._growing = False
        was_probe = self._probed and ticket.level >= self._probed
        gap = _PROBE_GROWTH * self._probe_gap if was_probe else _FIRST_PROBE_SECONDS
        self._probe_gap = min(_RAREST_PROBE_SECONDS, gap)
        self._probe_at = now + max(self._probe_gap, 20 * retry_after)

    def too_often(self, ticket: Ticket, now: float, retry_after: float | None = None) -> None:
        """Too many in a time (1303): all wait, and the window stays."""
        self.flying -= 1
        self.refusals += 1
        self._wait_longer(ticket, now, retry_after)

    def busy(self, ticket: Ticket, now: float, retry_after: float | None = None) -> None:
        """The platform is overloaded (1305), or the line was lost; it tells nothing of a limit."""
        self.flying -= 1
        self._busy_in_a_row += 1
        if retry_after or self._busy_in_a_row >= _IN_A_ROW or self._trying:
            self._wait_longer(ticket, now, retry_after)

    def left(self) -> None:
        """It ended without a word, for example because we stop."""
        self.flying -= 1

    def _wait_longer(self, ticket: Ticket, now: float, retry_after: float | None) -> None:
        """Hold everything, longer each time; then one goes first."""
        if ticket.at >= self._held_until:  # not one more of those that made us wait already
            self._holds += 1
            longest = min(_LONGEST_HOLD_SECONDS, 0.5 * 2**self._holds)
            self._hold(now, retry_after or self.chance.uniform(longest / 2, longest))
        elif retry_after:
            self._hold(now, retry_after)
        self._trying = True

    def _hold(self, now: float, seconds: float) -> None:
        self._held_until = max(self._held_until, now + seconds)

    def _pace(self) -> float:
        if self._latency is None or not self._growing:
            return min(_AT_START_SECONDS, _FIRST_WAVE_SECONDS / self.most)
        return min(_SLOWEST_PACE_SECONDS, self._latency / self._peak)

    def _probe(self, now: float) -> None:
        """Let one more in than fits, when it is time to feel for a higher limit."""
        waits = self._growing or self.size >= self.most or self.flying < self.size
        if not waits and now >= self._probe_at:
            self.size += 1
            self._probed = self.size
            self._probe_at = now + self._probe_gap

    def _probe_was_good(self, now: float) -> None:
        self._good_probes += 1
        self._probed = 0
        self._probe_gap = _FIRST_PROBE_SECONDS
        self._probe_at = now + (self._latency or 0.0)
        self._growing = self._good_probes >= _GOOD_PROBES and self.size < self.most
