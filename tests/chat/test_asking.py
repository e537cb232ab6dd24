"""Asking: what is sent, what is kept, and why a turn is partial."""

import asyncio
import contextlib
import hashlib
import itertools
from typing import Any

import pytest

from glm_magic.chat.chat import Chat
from glm_magic.chat.conversation import Conversation
from glm_magic.chat.deltas import Delta
from glm_magic.chat.messages import Message
from glm_magic.chat.turns import SENSITIVE
from glm_magic.errors import ContentFilterError, OverloadedError

from .samples import END, Endless, attachment, client, follow, turn


def chat_of(*replies: Any) -> Chat:
    """A chat over a scripted client."""
    return Chat(client(*replies), "zai")


def ask(chat: Chat, prompt: str, *attachments: Any, **fields: Any) -> Any:
    """The request of a question that was asked to its end."""
    asking = chat.ask(prompt, attachments, **{"model": "glm-4.5", **fields})
    follow(asking)
    return asking.request


def contents(request: Any) -> list[tuple[str, str]]:
    """Who says what in a request."""
    return [(message.role, message.content) for message in request.messages]


@pytest.mark.parametrize("way", ["sync", "async"])
def test_the_turn_is_kept_in_both_ways(way: str) -> None:
    """Deltas and turn are the same, blocking or in a loop."""
    deltas = [Delta(reasoning="Hm."), Delta(text="Hel"), Delta(), Delta(text="lo"), END]
    chat = chat_of(deltas)
    asking = chat.ask("Hello?", model="glm-4.5", temperature=0.5)
    assert asking.turn.partial_reason == "not finished"
    assert follow(asking, way) == deltas
    kept = asking.turn
    assert (kept.text, kept.reasoning, kept.status) == ("Hello", "Hm.", "complete")
    assert (kept.prompt, kept.provider, kept.model) == ("Hello?", "zai", "glm-4.5")
    assert kept.request_digest == hashlib.sha256(chat.client.body(asking.request)).hexdigest()
    assert list(chat.conversation) == [kept]
    assert asking.request.temperature == 0.5


def test_a_request_holds_what_was_said_before() -> None:
    """System prompt, then the turns, then the new message, without reasoning."""
    chat = chat_of([Delta(reasoning="Hm."), Delta(text="A1"), END], "A2")
    ask(chat, "Q1", system="Be brief.")
    request = ask(chat, "Q2", system="Be brief.")
    assert contents(request) == [
        ("system", "Be brief."), ("user", "Q1"), ("assistant", "A1"), ("user", "Q2"),
    ]  # fmt: skip
    assert not any(message.reasoning for message in request.messages)
    assert chat.conversation.before(None)[1].earlier_turns == 1


def test_requests_grow_at_their_end() -> None:
    """Each request begins with all of the one before, so that the host's cache pays."""
    chat = chat_of(*"ABCD")
    requests = [ask(chat, f"Q{n}", system="S", cell=f"c{n}") for n in range(4)]
    for shorter, longer in itertools.pairwise(requests):
        assert longer.messages[: len(shorter.messages)] == shorter.messages


@pytest.mark.parametrize("system", [None, ""])
def test_no_system_prompt_sends_none(system: str | None) -> None:
    """An empty system prompt is not a message."""
    assert contents(ask(chat_of("A"), "Q", system=system)) == [("user", "Q")]


@pytest.mark.parametrize(
    "prompt", ["{x} $y$ \\(z\\)", " \n two  spaces \n", "你好 🐧\u2028", "@not_a_frame"]
)
def test_a_prompt_is_sent_unchanged(prompt: str) -> None:
    """Braces, dollars, white space and rare characters are the user's own."""
    assert ask(chat_of("A"), prompt).messages[-1] == Message("user", prompt)


def test_an_attachment_stands_before_the_prompt_once() -> None:
    """The same description is not said twice, a changed one is; the turn names it each time."""
    chat = chat_of(*"ABC")
    assert ask(chat, "Q1", attachment("FRAME v1")).messages[-1].content == "FRAME v1\n\nQ1"
    assert ask(chat, "Q2", attachment("FRAME v1")).messages[-1].content == "Q2"
    assert ask(chat, "Q3", attachment("FRAME v2")).messages[-1].content == "FRAME v2\n\nQ3"
    assert [one.attachments[0].name for one in chat.conversation] == ["sales"] * 3


def test_an_attachment_is_said_again_where_it_is_not_sent() -> None:
    """A question on its own, and one before the first mention, carry the description."""
    chat = chat_of(*"ABCD")
    ask(chat, "Q1", cell="a")
    ask(chat, "Q2", attachment("FRAME"), cell="b")
    assert ask(chat, "Q", attachment("FRAME"), once=True).messages[-1].content == "FRAME\n\nQ"
    assert ask(chat, "Q1", attachment("FRAME"), cell="a").messages[-1].content == "FRAME\n\nQ1"


def test_a_cell_that_asks_again_replaces_its_turn() -> None:
    """Its request holds only what stands before it, and the order stays."""
    chat = chat_of(*"ABCX")
    for cell in "abc":
        ask(chat, f"Q{cell}", cell=cell)
    assert contents(ask(chat, "Qb2", cell="b")) == [
        ("user", "Qa"),
        ("assistant", "A"),
        ("user", "Qb2"),
    ]
    assert [(one.cell, one.text) for one in chat.conversation] == [
        ("a", "A"),
        ("b", "X"),
        ("c", "C"),
    ]


def test_run_all_twice_sends_the_same_twice() -> None:
    """The second run's requests are the first run's, byte for byte."""
    chat = chat_of(*"ABCABC")
    runs = [
        [chat.client.body(ask(chat, f"Q{cell}", cell=cell)) for cell in "abc"] for _ in range(2)
    ]
    assert runs[0] == runs[1]


def test_once_leaves_the_conversation_alone() -> None:
    """A question on its own sends nothing of the conversation and leaves nothing in it."""
    chat = chat_of(*"AB")
    ask(chat, "Q1")
    assert contents(ask(chat, "Q2", once=True)) == [("user", "Q2")]
    assert [one.text for one in chat.conversation] == ["A"]


def test_two_chats_share_nothing_but_what_they_are_given() -> None:
    """Each chat has a conversation of its own, unless it is given one."""
    shared = Conversation()
    assert Chat(client(), "zai").conversation is not Chat(client(), "zai").conversation
    assert Chat(client(), "zai", shared).conversation is shared


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyboardInterrupt(), "interrupted"),
        (OverloadedError("busy (HTTP 429)", "Wait."), "busy (HTTP 429)"),
        (RuntimeError("secret detail"), "RuntimeError"),
        (asyncio.CancelledError(), "stopped"),
    ],
)
@pytest.mark.parametrize("way", ["sync", "async"])
def test_an_error_leaves_a_partial_turn(way: str, error: BaseException, reason: str) -> None:
    """The turn is kept with the reason, and the error goes on to the asker."""
    chat = chat_of(error)
    asking = chat.ask("Q", model="glm-4.5")
    with pytest.raises(type(error)):
        follow(asking, way)
    assert (asking.turn.status, asking.turn.partial_reason) == ("partial", reason)
    assert list(chat.conversation) == [asking.turn]


def test_a_partial_text_is_sent_later_an_empty_turn_is_not() -> None:
    """What the user saw is part of the conversation; a failure without a word is not."""
    chat = chat_of(OverloadedError("busy"), [Delta(text="Half")], "B")
    with pytest.raises(OverloadedError):
        ask(chat, "Q1")
    ask(chat, "Q2")
    assert contents(ask(chat, "Q3")) == [("user", "Q2"), ("assistant", "Half"), ("user", "Q3")]


WITHDRAWN: dict[str, Any] = {
    "finish": [Delta(text="Bad", tool_calls=()), Delta(finish_reason="sensitive", ended=True)],
    "error": ContentFilterError("unsafe (HTTP 400 code 1301)"),
}


@pytest.mark.parametrize("case", WITHDRAWN)
def test_what_was_withdrawn_is_not_sent_again(case: str) -> None:
    """A turn that the content policy ended keeps no text, and later requests leave it out."""
    chat = chat_of(WITHDRAWN[case], "B")
    with contextlib.suppress(ContentFilterError):
        ask(chat, "Q1")
    kept = next(iter(chat.conversation))
    assert (kept.text, kept.reasoning, kept.partial_reason) == ("", "", SENSITIVE)
    assert contents(ask(chat, "Q2")) == [("user", "Q2")]


def test_an_unsafe_end_withdraws_what_was_said() -> None:
    """Code 1301 after text was shown withdraws that text from the turn and later requests."""

    class Unsafe(Endless):
        def __iter__(self) -> Any:
            yield Delta(text="Bad", reasoning="Bad")
            raise ContentFilterError("unsafe (code 1301)")

    chat = Chat(Unsafe(), "zai")
    with pytest.raises(ContentFilterError):
        ask(chat, "Q1")
    assert next(iter(chat.conversation)).messages() == ()
    assert contents(chat.request("Q2", model="glm-4.5")) == [("user", "Q2")]


@pytest.mark.parametrize(
    ("leave", "reason"),
    [("break", "left early"), ("interrupt", "interrupted"), ("error", "ValueError")],
)
def test_leaving_the_block_says_why(leave: str, reason: str) -> None:
    """By break, by Ctrl-C in the body, by an error in the body: the turn has that reason."""
    endless = Endless()
    chat = Chat(endless, "zai")
    raised = {"interrupt": KeyboardInterrupt, "error": ValueError}.get(leave)
    try:
        with chat.ask("Q", model="glm-4.5") as asking:
            for _ in asking:
                if raised:
                    raise raised
                break
    except (KeyboardInterrupt, ValueError):
        pass
    assert (asking.turn.partial_reason, asking.turn.text) == (reason, "word ")
    assert endless.stops == 1
    assert len(chat.conversation) == 1


def test_a_loop_without_a_block_is_stopped_too() -> None:
    """A `for` that is left by break ends the exchange and keeps the turn."""
    endless = Endless()
    asking = Chat(endless, "zai").ask("Q", model="glm-4.5")
    for _ in asking:
        break
    assert (asking.turn.partial_reason, endless.stops) == ("stopped", 1)


def test_a_question_that_never_began_is_in_no_conversation() -> None:
    """Stopped before the first delta was asked for, it is neither sent nor kept."""
    chat = chat_of("A")
    asking = chat.ask("Q", model="glm-4.5")
    asking.stop()
    assert follow(asking) == []
    assert (len(chat.conversation), chat.client.requests) == (0, [])  # type: ignore[attr-defined]


def test_the_price_is_kept_with_the_turn() -> None:
    """The chat's price function is given the finished turn, once."""
    seen = []

    def price(one: Any) -> float:
        seen.append(one.usage)
        return 0.25

    chat = Chat(client([Delta(text="A"), END]), "zai", price=price)
    asking = chat.ask("Q", model="glm-4.5")
    follow(asking)
    asking.finish("too late")
    assert (asking.turn.cost_usd, asking.turn.status, len(seen)) == (0.25, "complete", 1)


def test_old_turns_leave_in_one_step() -> None:
    """When the window is full, whole oldest turns are left out, and the turn says how many."""
    conversation = Conversation()
    for n in range(10):
        conversation.put(turn(f"{n} " + "word " * 100))
    chat = Chat(client("A"), "zai", conversation, window_tokens=900)
    asking = chat.ask("Q", model="glm-4.5")
    follow(asking)
    sent = [m.content[:1] for m in asking.request.messages if m.role == "assistant"]
    assert asking.turn.left_out == 10 - len(sent) > 0
    assert sent == [str(n) for n in range(10)][-len(sent) :]
