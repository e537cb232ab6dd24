"""The window finds limits and follows them; time is told, so nothing here waits."""

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import hypothesis.strategies as st
import pytest
from hypothesis import given

from glm_magic.rows.window import Ticket, Window

LATENCY = 0.2
HEARD_AFTER = 0.002  # a refusal comes back at once


@dataclass
class World:
    """A host in simulated time: it lets so many in, and takes its time for an answer."""

    window: Window
    limit: Callable[[float], float]
    refuses: Callable[["World"], str] = lambda world: ""
    retry_after: float | None = None
    spread: float = 0.0
    now: float = 0.0
    inside: int = 0
    peak: int = 0
    answered: int = 0
    refused: int = 0
    sent_at: list[float] = field(default_factory=list)

    def run(self, rows: int) -> "World":
        """Have so many rows answered; fails when nothing can ever happen again."""
        self.window.chance.seed(1)
        waiting, events, count = rows, [], 0
        chance = random.Random(1)
        while self.answered < rows:
            while waiting and self.window.may_send(self.now):
                waiting, count = waiting - 1, count + 1
                took, kind = self._take(chance)
                self.sent_at.append(self.now)
                ticket = self.window.sent(self.now)
                heapq.heappush(events, (self.now + took, count, kind, ticket))
            self.peak = max(self.peak, self.inside)
            self.now = self._next(events, waiting)
            while events and events[0][0] <= self.now:
                _, _, kind, ticket = heapq.heappop(events)
                waiting += self._back(kind, ticket)
        return self

    def _take(self, chance: random.Random) -> tuple[float, str]:
        kind = self.refuses(self) or ("refused" if self.inside >= self.limit(self.now) else "")
        if kind:
            return HEARD_AFTER, kind
        self.inside += 1
        return LATENCY * (1 + self.spread * chance.uniform(-1, 1)), "answered"

    def _next(self, events: list, waiting: int) -> float:
        times = [events[0][0]] if events else []
        wait = self.window.wait_seconds(self.now) if waiting else None
        if wait is not None:
            times.append(self.now + max(wait, 1e-4))
        assert times, f"nothing will ever be sent again: {self.window}"
        return min(times)

    def _back(self, kind: str, ticket: Ticket) -> int:
        if kind == "answered":
            self.inside -= 1
            self.answered += 1
            self.window.answered(ticket, self.now)
            return 0
        self.refused += 1
        getattr(self.window, kind)(ticket, self.now, self.retry_after)
        return 1

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.answered / self.now


@pytest.mark.parametrize("spread", [0.0, 0.5])
@pytest.mark.parametrize("known", [False, True])
def test_a_fixed_limit_is_found_and_kept(spread: float, known: bool) -> None:
    """At a limit of 16, at least 95 % of the ideal rate, and at most 20 refusals per 1,000."""
    world = World(Window(64, known=known), lambda now: 16, spread=spread).run(1_000)
    assert world.rate >= 0.95 * 16 / LATENCY
    assert world.refused <= 20


def test_a_known_limit_is_used_from_the_beginning() -> None:
    """Who says the limit waits for no learning: 98 % of the ideal, no refusal."""
    world = World(Window(64, known=True), lambda now: 64).run(2_000)
    assert world.rate >= 0.97 * 64 / LATENCY
    assert world.refused == 0


def test_a_limit_that_moves_is_followed() -> None:
    """8 and 32 in turns of 10 s: at least 70 % of the mean rate, few refusals."""
    world = World(Window(), lambda now: 32 if int(now / 10) % 2 else 8).run(4_000)
    assert world.rate >= 0.7 * 20 / LATENCY
    assert world.refused <= 20 * 4


def test_two_runs_share_a_key() -> None:
    """Another run takes 8 of 16 places from the fifth to the twentieth second."""
    world = World(Window(), lambda now: 8 if 5 < now < 20 else 16).run(2_000)
    assert world.rate >= 0.8 * 2_000 / (15 + (2_000 - 15 * 40) / 80)


@pytest.mark.parametrize("kind", ["refused", "too_often"])
def test_a_limit_per_time_is_waited_for(kind: str) -> None:
    """300 in each 6 s: the rate is kept, and only some of the waiting is spent on refusals."""
    counts: dict[int, int] = {}

    def full(world: World) -> str:
        stretch = int(world.now / 6)
        counts[stretch] = counts.get(stretch, 0) + (counts.get(stretch, 0) < 300)
        world.window  # noqa: B018 - the window knows nothing of it
        return kind if counts[stretch] >= 300 else ""

    world = World(Window(), lambda now: math.inf, full).run(1_200)
    assert world.rate >= 0.8 * 50
    assert world.refused <= 0.35 * 1_200


def test_a_retry_after_is_obeyed() -> None:
    """After a refusal that asks for 3 s, nothing is sent for 3 s."""
    world = World(Window(), lambda now: 16, retry_after=3.0).run(1_000)
    gaps = [b - a for a, b in zip(world.sent_at, world.sent_at[1:], strict=False)]
    assert max(gaps) >= 2.9
    assert world.refused <= 20
    assert world.rate >= 0.5 * 16 / LATENCY


def test_a_storm_is_sat_out() -> None:
    """While the platform is busy for 20 s, few ask; afterwards it goes on at once."""

    def storm(world: World) -> str:
        return "busy" if 2 < world.now < 22 else ""

    world = World(Window(16, known=True), lambda now: 16, storm).run(1_000)
    assert world.refused <= 40
    assert world.now <= 12.5 + 20 + 15


def test_a_busy_answer_now_and_then_stops_nobody() -> None:
    """One busy answer in fifty says nothing about the rest."""
    count = iter(range(1_000_000))

    def busy(world: World) -> str:
        return "busy" if next(count) % 50 == 49 else ""

    world = World(Window(16, known=True), lambda now: 16, busy).run(1_000)
    assert world.rate >= 0.9 * 16 / LATENCY


@given(
    st.integers(1, 40),
    st.integers(1, 80),
    st.booleans(),
    st.lists(st.sampled_from(["", "", "", "", "", "busy", "too_often", "refused"]), max_size=60),
    st.sampled_from([None, 0.5, 5.0]),
)
def test_every_row_gets_through(
    limit: int, most: int, known: bool, faults: list[str], retry_after: float | None
) -> None:
    """Whatever is refused, no more than allowed fly, and it always ends."""
    left = list(faults)
    world = World(
        Window(most, known=known),
        lambda now: limit,
        lambda world: left.pop() if left else "",
        retry_after,
    ).run(150)
    assert world.peak <= min(limit, most)
    assert world.window.flying == 0
