"""The public stand-in for tests: answers in, requests out, no network."""

import asyncio

import pytest

import glm_magic
from glm_magic.chat.deltas import Delta
from glm_magic.errors import OverloadedError
from glm_magic.testing import ScriptedClient, scripted

from .samples import END


def test_answers_come_in_their_order() -> None:
    """Each question gets the next reply, without a key, and its request is kept."""
    with scripted("Adelie.", "Biscoe.") as client:
        assert glm_magic.ask("Which species?", once=True).text == "Adelie."
        answer = glm_magic.ask("Which island?", once=True, temperature=0.2)
        assert (answer.text, answer.finish_reason) == ("Biscoe.", "stop")
    assert [request.messages[-1].content for request in client.requests] == [
        "Which species?", "Which island?",
    ]  # fmt: skip
    assert client.requests[1].temperature == 0.2


def test_both_ways_get_the_same() -> None:
    """`ask`, `ask_async` and `stream` are fed alike."""
    deltas = [Delta(reasoning="Hm."), Delta(text="A"), END]
    with scripted(deltas, deltas, deltas):
        answers = [glm_magic.ask("Q", once=True)]
        answers.append(asyncio.run(glm_magic.ask_async("Q", once=True)))
        stream = glm_magic.stream("Q", once=True)
        assert list(stream) == deltas
        answers.append(stream.answer)
    kept = {(one.text, one.reasoning, one.usage, one.partial_reason) for one in answers}
    assert len(kept) == 1


def test_an_exception_is_raised() -> None:
    """A reply that is an exception is what the asker gets."""
    with scripted(OverloadedError("busy")), pytest.raises(OverloadedError):
        glm_magic.ask("Q", once=True)


def test_no_reply_is_left() -> None:
    """One question too many is an assertion that counts them."""
    with scripted("A"):
        glm_magic.ask("Q", once=True)
        with pytest.raises(AssertionError, match="request 2"):
            glm_magic.ask("Q", once=True)


def test_a_chat_of_its_own_goes_on() -> None:
    """The second question of a `Chat` holds the first turn."""
    with scripted("A1", "A2") as client:
        chat = glm_magic.Chat(system="S")
        chat.ask("Q1")
        chat.ask("Q2")
    sent = [(m.role, m.content) for m in client.requests[1].messages]
    assert sent == [("system", "S"), ("user", "Q1"), ("assistant", "A1"), ("user", "Q2")]
    assert [one.text for one in chat.turns] == ["A1", "A2"]


def test_an_exchange_knows_that_it_was_stopped() -> None:
    """A test can see that the asker went away."""
    exchange = ScriptedClient(["A"]).send(None)  # type: ignore[arg-type]
    exchange.stop()
    assert exchange.stopped
