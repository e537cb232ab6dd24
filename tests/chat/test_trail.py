"""What came of an answer is on the disk while it comes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.chat import trail
from glm_magic.chat.chat import Chat
from glm_magic.chat.conversation import Conversation
from glm_magic.chat.deltas import Delta
from glm_magic.chat.messages import Message, Request, ToolCall
from glm_magic.chat.rounds import NO_RESULT
from glm_magic.chat.turns import Turn

from .samples import END, client

WORDS = st.text("ab \n{\"'ä", max_size=4)
ROUND = st.lists(st.builds(Delta, text=WORDS, reasoning=WORDS), max_size=5)


class Looks:
    """Every answer but the last calls a tool."""

    warnings = ()

    def __init__(self, count: int) -> None:
        self.left = count

    def after(self, said: Message) -> Iterator[Message]:
        """The call, and what came of it."""
        self.left -= 1
        if self.left > 0:
            call = ToolCall(f"call-{self.left}", "look", "{}")
            yield Message("assistant", said.content, reasoning=said.reasoning, tool_calls=(call,))
            yield Message("tool", "It is blue.", tool_call_id=call.id)

    def following(self, request: Request) -> Request:
        """The same."""
        return request

    def stop(self) -> None:
        """Nothing runs."""


def left_by(events: list[dict[str, Any]]) -> Turn:
    """The turn that a kernel leaves that is killed after these events."""
    conversation = Conversation()
    assert conversation.replay(json.loads(json.dumps(events))) == 0
    (turn,) = conversation
    return turn


@given(rounds=st.lists(ROUND, min_size=1, max_size=3))
def test_a_kernel_that_is_killed_leaves_what_came(rounds: list[list[Delta]]) -> None:
    """Whenever it is, the turn holds every word and step so far, also when told twice."""
    events: list[dict[str, Any]] = []
    chat = Chat(client(*([*one, END] for one in rounds)), "zai", Conversation(keep=events.append))
    asking = chat.ask("Why?", model="glm-4.5", rounds=Looks(len(rounds)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trail, "_SECONDS", -1.0)
        for _ in asking:
            left, grown = left_by(events), asking.builder.growing
            assert (left.text, left.reasoning) == (grown.text, grown.reasoning)
            assert [one for one in left.steps if one.content != NO_RESULT] == asking.builder.steps
            assert left.status == "partial"
            # A journal that was copied tells all of it again.
            again = left_by([*events, *events])
            assert (again.text, again.steps) == (left.text, left.steps)
    assert left_by(events) == asking.turn
    assert left_by([*events, *events]) == asking.turn


def test_a_call_under_way_can_be_sent_again() -> None:
    """A tool that takes its kernel along is known by its call, which has an answer of ours."""
    events: list[dict[str, Any]] = []
    chat = Chat(client([END], [END]), "zai", Conversation(keep=events.append))
    for delta in chat.ask("Why?", model="glm-4.5", rounds=Looks(2)):
        if delta.step is not None:
            break
    *_, call, result, said = left_by(events).messages()
    assert call.tool_calls == (ToolCall("call-1", "look", "{}"),)
    assert (result.content, result.tool_call_id) == (NO_RESULT, "call-1")
    assert said.role == "assistant"


def test_nothing_is_told_more_often_than_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told is short however many pieces an answer comes in, and says each word once."""
    clock = [0.0]
    monkeypatch.setattr(trail.time, "monotonic", lambda: clock[0])
    events: list[dict[str, Any]] = []
    pieces = [Delta(text=f"{number} ") for number in range(1000)]
    chat = Chat(client([*pieces, END]), "zai", Conversation(keep=events.append))
    for _ in chat.ask("Count.", model="glm-4.5"):
        clock[0] += 0.01
    came = [event["turn"]["text"] for event in events if event["kind"] == "came"]
    assert 8 <= len(came) <= 10
    assert "".join(piece.text for piece in pieces).startswith("".join(came))
