"""One connection is kept, one question at a time is in flight, and close ends it all."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from glm_magic.api.client import Client

from .asking import QUICK, Background, Way, until
from .host import CUT, DONE, HOLD, Host, delta, last, refused, said, stream, whole

Connect = Callable[..., Client]


@pytest.mark.parametrize(
    "first", [said("a"), whole({"choices": [{"message": {"content": "a"}}]}), refused("1113", 429)],
    ids=["stream", "document", "refusal"],
)  # fmt: skip
def test_a_connection_is_used_again(way: Way, connect: Connect, first: list) -> None:  # type: ignore[type-arg]
    """The second question goes over the first one's connection, whatever the first one got."""
    with Host(first, said("b")) as host:
        client = connect(host.base_url)
        way.ask(client)
        assert way.ask(client).turn.text == "b"
        assert [one.connection for one in host.asked] == [1, 1]


def test_a_connection_that_went_away_is_made_anew(way: Way, connect: Connect) -> None:
    """A host that closed the kept connection is asked on a new one, and nobody notices."""
    with Host([*said("a"), CUT], said("b")) as host:
        client = connect(host.base_url)
        way.ask(client)
        until(lambda: host.left == 1)
        outcome = way.ask(client)
        assert (outcome.turn.text, outcome.notices) == ("b", [])
        assert host.connections == 2


def test_one_question_per_model_is_in_flight(way: Way, connect: Connect) -> None:
    """The second question to a model waits, visibly, and goes when the first one is done."""
    with Host(stream(delta("a"), 0.3, last(), DONE), said("b")) as host:
        client = connect(host.base_url)
        first = Background(way, way.question(client))
        until(lambda: first.deltas)
        second = Background(way, way.question(client))
        until(lambda: second.deltas)
        assert second.deltas[0].notice == "Waiting for another question to glm-4.5 to end"
        assert len(host.asked) == 1
        until(lambda: first.outcome and second.outcome)
        assert second.outcome is not None
        assert second.outcome.turn.text == "b"
        assert len(host.asked) == 2


def test_another_model_does_not_wait(way: Way, connect: Connect) -> None:
    """The limit is per model."""
    with Host(stream(delta("a"), HOLD), said("b")) as host:
        client = connect(host.base_url)
        first = Background(way, way.question(client))
        until(lambda: first.deltas)
        outcome = way.ask(client, model="glm-4.6")
        assert (outcome.turn.text, outcome.notices) == ("b", [])
        first.stop()


def test_more_may_be_in_flight_where_it_is_allowed(way: Way, connect: Connect) -> None:
    """A limit of two lets two questions go at once, and the third one waits."""
    with Host(stream(delta("a"), HOLD)) as host:
        client = connect(host.base_url, replace(QUICK, requests_in_flight=2))
        three = [Background(way, way.question(client)) for _ in range(3)]
        until(lambda: len(host.asked) == 2 and all(one.deltas for one in three))
        notices = [one.deltas[0].notice for one in three]
        assert sum(map(bool, notices)) == 1
        for one in three:
            one.stop()


@pytest.mark.parametrize("end", ["error", "stop", "timeout"])
def test_the_slot_is_given_back(way: Way, connect: Connect, end: str) -> None:
    """However a question ends, the next one does not wait for it."""
    script = refused("1113", 429) if end == "error" else [HOLD]
    with Host(script, said("b")) as host:
        client = connect(host.base_url, replace(QUICK, idle_seconds=0.2))
        background = Background(way, way.question(client))
        until(lambda: host.asked)
        if end == "stop":
            background.stop()
        until(lambda: background.outcome)
        outcome = way.ask(client)
        assert (outcome.turn.text, outcome.notices) == ("b", [])


def test_close_ends_everything(way: Way, connect: Connect) -> None:
    """Closing the client ends its connections, the busy one too; then it can be used again."""
    with Host(stream(delta("a"), HOLD), said("b")) as host:
        client = connect(host.base_url)
        background = Background(way, way.question(client))
        until(lambda: background.deltas)
        client.close()
        until(lambda: background.outcome, 1)
        assert background.outcome is not None
        assert (background.outcome.turn.text, background.outcome.turn.status) == ("a", "partial")
        until(lambda: host.left == 1)
        assert way.ask(client).turn.text == "b"


def test_nothing_happens_before_it_is_asked(connect: Connect) -> None:
    """Making a client and a question opens no connection and starts no thread."""
    threads = threading.active_count()
    with Host(said("a")) as host:
        client = connect(host.base_url)
        Way("sync").question(client)
        client.send(Way("sync").question(client).request)
        client.close()
        assert host.connections == 0
    assert threading.active_count() == threads
