"""Stop ends an answer from any thread, in every state, and leaves nothing behind."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from glm_magic.api.client import Client
from glm_magic.chat.deltas import Delta

from .asking import QUICK, SOON_SECONDS, Background, Way, exchanges, until
from .host import DONE, HOLD, Host, deaf_port, delta, head, last, refused, said, stream

Connect = Callable[..., Client]


def stop(background: Background) -> None:
    """Stop it; the asker and the worker are gone soon."""
    seconds = background.stop()
    seconds += until(lambda: not exchanges())
    assert seconds < SOON_SECONDS
    assert background.outcome is not None
    assert background.outcome.error is None
    assert background.asking.turn.partial_reason == "stopped"


STATES = {
    "before_headers": [HOLD],
    "after_headers": [head(), HOLD],
    "in_a_refusal": [head(400, "application/json"), HOLD],
    "stalled": stream(delta("Half"), HOLD),
    "streaming": stream(*[delta("Half"), 0.005] * 2000),
    "flooding": stream(*[delta("Half")] * 200_000),
    "comments": stream(delta("Half"), *[b": ping\n\n", 0.005] * 2000),
}


@pytest.mark.parametrize("reused", [False, True], ids=["fresh", "reused"])
@pytest.mark.parametrize("state", STATES)
def test_stop_while_the_host_is_at_work(
    way: Way, connect: Connect, state: str, reused: bool
) -> None:
    """On a fresh connection and on one that was used before; what came is kept."""
    with Host(*([said("x")] if reused else []), STATES[state]) as host:
        client = connect(host.base_url)
        if reused:
            way.ask(client)
        background = Background(way, way.question(client))
        until(lambda: len(host.asked) == 1 + reused)
        if state not in ("before_headers", "after_headers", "in_a_refusal"):
            until(lambda: any(delta.text for delta in background.deltas))
        stop(background)
        until(lambda: host.left == 1)
        assert host.connections == 1
    turn = background.asking.turn
    texts = "".join(delta.text for delta in background.deltas)
    assert turn.text == texts[: len(turn.text)]
    assert bool(turn.text) is bool(texts)


def test_stop_while_waiting_for_the_slot(way: Way, connect: Connect) -> None:
    """A question in the queue is stopped without having been sent, and the first one goes on."""
    with Host([head(), HOLD], said("x")) as host:
        client = connect(host.base_url)
        first = Background(way, way.question(client))
        until(lambda: host.asked)
        second = Background(way, way.question(client))
        until(lambda: second.deltas)
        assert second.stop() < SOON_SECONDS
        until(lambda: len(exchanges()) == 1)
        assert len(host.asked) == 1
        stop(first)
        assert way.ask(client).turn.text == "x"


def test_stop_while_backing_off(way: Way, connect: Connect) -> None:
    """The pause before asking again ends at once."""
    with Host(refused("1302", 429, Retry_After="5"), said("x")) as host:
        background = Background(
            way, way.question(connect(host.base_url, replace(QUICK, retries=3)))
        )
        until(lambda: background.deltas)
        stop(background)
        assert len(host.asked) == 1


@pytest.mark.parametrize("proxy", [False, True], ids=["direct", "proxy"])
def test_stop_while_connecting(
    way: Way, connect: Connect, proxy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The asker, the slot, the thread and its half-made connection are free at once."""
    with deaf_port() as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        address = "https://glm.invalid/v1" if proxy else f"http://127.0.0.1:{port}/v1"
        client = connect(address, replace(QUICK, connect_seconds=5))
        background = Background(way, way.question(client))
        until(exchanges)
        time.sleep(0.1)  # the connection is on its way
        assert background.stop() < SOON_SECONDS
        until(lambda: not exchanges(), 1)
        slot = client.slot("glm-4.5")
        assert slot.acquire(timeout=SOON_SECONDS)
        slot.release()


def test_a_connection_that_never_comes_is_timed_out(way: Way, connect: Connect) -> None:
    """A host that does not take the connection is given up after the connect timeout."""
    with deaf_port() as port:
        limits = replace(QUICK, connect_seconds=0.2)
        outcome = way.ask(connect(f"http://127.0.0.1:{port}/v1", limits))
    assert "ConnectTimeout" in outcome.refusal.message
    assert "connect_timeout_seconds" in outcome.refusal.remedy
    assert outcome.seconds < 1


def test_stop_before_the_beginning(way: Way, connect: Connect) -> None:
    """A question that was stopped before it was begun is never sent."""
    with Host(said("x")) as host:
        asking = way.question(connect(host.base_url))
        asking.stop()
        outcome = way.follow(asking)
        assert outcome.deltas == []
        assert outcome.turn.partial_reason == "stopped"
        assert host.connections == 0


def test_stop_after_the_end(way: Way, connect: Connect) -> None:
    """A late stop changes nothing, and the connection stays good."""
    with Host(said("x")) as host:
        client = connect(host.base_url)
        asking = way.question(client)
        way.follow(asking)
        asking.stop()
        asking.stop()
        assert asking.turn.status == "complete"
        way.ask(client)
        assert host.connections == 1


def test_stop_in_the_middle_of_the_loop(way: Way, connect: Connect) -> None:
    """Stopping from within the iteration ends it; the turn is kept once."""

    def dawdle_and_stop(one: Delta) -> None:
        if one.text:
            time.sleep(0.15)  # meanwhile the rest is read, and waits
            asking.stop()

    with Host(stream(delta("a"), 0.04, delta("b"), 0.04, delta("c"), HOLD)) as host:
        asking = way.question(connect(host.base_url))
        outcome = Way(way.name, dawdle_and_stop).follow(asking)
        assert [one.text for one in outcome.deltas] == ["a"]
        assert (outcome.turn.text, outcome.turn.partial_reason) == ("a", "stopped")
        assert outcome.seconds < 1
        until(lambda: host.left == 1)


def test_leaving_the_loop_early_stops(connect: Connect) -> None:
    """A block that is left by `break` ends the exchange, and the turn says so."""
    with Host(stream(delta("a"), HOLD)) as host:
        with Way("sync").question(connect(host.base_url)) as asking:
            for one in asking:
                if one.text:
                    break
        assert (asking.turn.text, asking.turn.partial_reason) == ("a", "left early")
        assert until(lambda: not exchanges()) < SOON_SECONDS
        until(lambda: host.left == 1)


def test_a_cancelled_task_stops(connect: Connect) -> None:
    """Cancelling the task that asks ends the exchange and keeps what came."""
    import asyncio

    async def cancel() -> None:
        task = asyncio.create_task(follow())
        while not texts:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def follow() -> None:
        async for one in asking:
            texts.extend([one.text] if one.text else [])

    texts: list[str] = []
    with Host(stream(delta("a"), HOLD)) as host:
        asking = Way("async").question(connect(host.base_url))
        asyncio.run(cancel())
        assert (asking.turn.text, asking.turn.partial_reason) == ("a", "stopped")
        assert until(lambda: not exchanges()) < SOON_SECONDS


@pytest.mark.parametrize("state", ["before_headers", "stalled"])
def test_an_interrupt_keeps_what_came(connect: Connect, state: str) -> None:
    """Ctrl-C in the asking thread leaves a turn that says so, and ends the exchange."""
    import _thread

    with Host(STATES[state]) as host:
        asking = Way("sync").question(connect(host.base_url))
        threading.Timer(0.15, _thread.interrupt_main).start()
        with pytest.raises(KeyboardInterrupt):
            for _ in asking:
                pass
        assert asking.turn.partial_reason == "interrupted"
        assert until(lambda: not exchanges()) < SOON_SECONDS


STOPPED = {
    "before_headers": [HOLD],
    "stalled": stream(delta("x"), HOLD),
    "backing_off": refused("1302", 429, Retry_After="5"),
}


@pytest.mark.parametrize("state", STOPPED)
def test_stopping_one_leaves_those_that_wait_for_headers(
    way: Way, connect: Connect, state: str
) -> None:
    """A question to another model that has no headers yet is not asked twice because of it."""
    with Host(STOPPED[state], [0.3, *said("ab")]) as host:
        client = connect(host.base_url, replace(QUICK, retries=1))
        one = Background(way, way.question(client, model="glm-4.5"))
        until(lambda: host.asked and (one.deltas or state == "before_headers"))
        other = Background(way, way.question(client, model="glm-4.6"))
        until(lambda: len(host.asked) == 2)
        assert one.stop() < SOON_SECONDS
        until(lambda: other.outcome is not None)
        assert len(host.asked) == 2
    assert other.outcome is not None
    assert (other.outcome.turn.text, other.outcome.notices) == ("ab", [])


def test_a_new_question_survives_the_end_of_the_stopped_one(way: Way, connect: Connect) -> None:
    """Asking again right after a stop does not lose the new connection to the old one's end."""
    with Host(*[stream(delta("x"), HOLD), said("ab")] * 30) as host:
        client = connect(host.base_url)
        for _ in range(15):
            background = Background(way, way.question(client))
            until(background.deltas.__len__)
            background.asking.stop()
            outcome = way.ask(client)
            assert (outcome.error, outcome.turn.text) == (None, "ab")
            background.stop()


def test_stopping_one_leaves_the_others(way: Way, connect: Connect) -> None:
    """Two models are asked at once; stopping one in mid-stream does not touch the other."""
    slow = stream(delta("a"), 0.4, delta("b"), last(), DONE)
    with Host(stream(delta("x"), HOLD), slow) as host:
        client = connect(host.base_url)
        one = Background(way, way.question(client, model="glm-4.5"))
        until(lambda: one.deltas)
        other = Background(way, way.question(client, model="glm-4.6"))
        until(lambda: other.deltas)
        assert one.stop() < SOON_SECONDS
        until(lambda: other.outcome is not None)
    assert other.outcome is not None
    assert (other.outcome.turn.text, other.outcome.turn.status) == ("ab", "complete")


def test_many_stops_at_once_keep_one_turn(connect: Connect) -> None:
    """However many threads stop a question, its turn is put into the conversation once."""
    from glm_magic.chat.chat import Chat

    with Host(stream(delta("a"), HOLD)) as host:
        for _ in range(5):
            chat = Chat(connect(host.base_url), "test")
            background = Background(Way("sync"), chat.ask("Hello", model="glm-4.5"))
            until(background.deltas.__len__)
            threads = [threading.Thread(target=background.asking.stop) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            background.stop()
            assert len(chat.conversation) == 1
