"""No host can make anybody wait longer than was agreed."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from glm_magic import errors
from glm_magic.api.client import Client
from glm_magic.chat.deltas import Delta

from .asking import QUICK, Way, exchanges, until
from .host import DONE, HOLD, Host, delta, head, last, said, stream, whole

Connect = Callable[..., Client]

IDLE = replace(QUICK, idle_seconds=0.3)
TOTAL = replace(QUICK, total_seconds=0.4)


def test_a_host_that_says_done_is_not_waited_for(way: Way, connect: Connect) -> None:
    """The answer is there at `[DONE]`, and the thread is gone 1.5 s later, line open or not."""
    with Host(stream(delta("Hello"), last(), DONE, HOLD)) as host:
        outcome = way.ask(connect(host.base_url))
        assert outcome.seconds < 0.5
        assert outcome.turn.status == "complete"
        assert until(lambda: not exchanges()) < 1.5
        until(lambda: host.left == 1)


def test_a_host_that_forgets_done_is_waited_for_shortly(way: Way, connect: Connect) -> None:
    """A finish_reason without `[DONE]` on an open line ends the answer within about two seconds."""
    with Host(stream(delta("Hello"), delta(finish="stop"), 0.2, {"choices": [], "usage": {
        "prompt_tokens": 1, "completion_tokens": 1}}, HOLD)) as host:  # fmt: skip
        outcome = way.ask(connect(host.base_url))
        assert 1.9 < outcome.seconds < 3
        assert (outcome.turn.text, outcome.turn.status) == ("Hello", "complete")
        assert outcome.turn.usage is not None
        assert until(lambda: not exchanges()) < 0.5


@pytest.mark.parametrize(
    "script",
    [
        [HOLD],
        [head(), HOLD],
        stream(delta("Half"), HOLD),
        stream(delta("Half"), *[b": ping\n\n", 0.05] * 200),
        stream(delta("Half"), *[b"\n", 0.05] * 200),
        [head(400, "application/json"), HOLD],
    ],
    ids=["no_headers", "no_event", "stall", "comments", "blank_lines", "slow_refusal"],
)
def test_silence_ends_after_the_idle_timeout(way: Way, connect: Connect, script: list) -> None:  # type: ignore[type-arg]
    """Only events count as a sign of life: not headers, not comments, not blank lines."""
    with Host(script) as host:
        outcome = way.ask(connect(host.base_url, IDLE))
        assert type(outcome.error) is errors.TimedOutError
        assert 0.25 < outcome.seconds < 1
        assert "idle_timeout_seconds" in outcome.refusal.remedy
        assert outcome.turn.text in ("", "Half")
        assert outcome.turn.partial_reason == "Nothing came for 0.3 s."
        until(lambda: not exchanges() and host.left == 1)


@pytest.mark.parametrize("pause", [0.0, 0.02])
def test_an_endless_answer_ends_after_the_total_timeout(
    way: Way, connect: Connect, pause: float
) -> None:
    """A host that goes on and on is stopped, however fast it talks; what came is kept."""
    with Host(stream(*[delta("word "), pause] * 50_000)) as host:
        outcome = way.ask(connect(host.base_url, TOTAL))
    assert type(outcome.error) is errors.TimedOutError
    assert 0.35 < outcome.seconds < 1.5
    assert "total_timeout_seconds" in outcome.refusal.remedy
    assert outcome.turn.text.startswith("word word")
    assert outcome.turn.partial_reason == "No end after 0.4 s."


def test_the_total_timeout_holds_for_waiting_too(way: Way, connect: Connect) -> None:
    """Retries and pauses between them count."""
    limits = replace(TOTAL, retries=9, backoff_seconds=5)
    with Host(whole({"error": {"code": "1302", "message": "m"}}, 429)) as host:
        outcome = way.ask(connect(host.base_url, limits))
    assert type(outcome.error) is errors.TimedOutError
    assert outcome.seconds < 1.5


def test_a_slow_first_byte_is_waited_for(way: Way, connect: Connect) -> None:
    """A host may think for as long as the idle timeout lets it; a steady one for longer."""
    slow = [delta("w"), 0.15] * 6
    with Host([0.15, head(), 0.1, *stream(*slow, last(), DONE)[1:]]) as host:
        outcome = way.ask(connect(host.base_url, IDLE))
    assert (outcome.error, outcome.turn.text) == (None, "wwwwww")
    assert outcome.seconds > 0.9


def test_making_the_connection_pool_is_no_silence(
    way: Way, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading this machine's certificates may take long, and is not the host's time."""
    make = Client._new_http
    monkeypatch.setattr(Client, "_new_http", lambda one: (time.sleep(0.6), make(one))[1])
    with Host(said("x")) as host:
        assert way.ask(connect(host.base_url, IDLE)).turn.text == "x"


def test_ticks_come_while_nothing_else_does(way: Way, connect: Connect) -> None:
    """Ten times a second the asker gets an empty delta, so that it stays awake."""
    ticks = []
    with Host([0.55, *said("x")]) as host:
        begun = time.monotonic()
        asking = way.question(connect(host.base_url))
        if way.name == "sync":
            ticks = [one for one in asking if one == Delta()]
        else:
            import asyncio

            async def collect() -> None:
                ticks.extend([one async for one in asking if one == Delta()])

            asyncio.run(collect())
        seconds = time.monotonic() - begun  # more than the host takes, on a busy machine
    # Four more: what comes wakes the asker too.
    assert 4 <= len(ticks) <= 10 * seconds + 4


def test_the_loop_stays_alive(connect: Connect) -> None:
    """A host that talks without a pause does not keep the event loop from other work."""
    import asyncio

    async def count() -> int:
        turns, asking = 0, Way("async").question(connect(host.base_url))

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        beside = asyncio.create_task(other())
        async for _ in asking:
            pass
        beside.cancel()
        return turns

    with Host(stream(*[record for _ in range(300) for record in (delta("w"), delta(reasoning="h"))],
                     last(), DONE)) as host:  # fmt: skip
        assert asyncio.run(count()) > 10
