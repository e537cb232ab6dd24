"""What decides whether a recording answers a request, and what does not."""

from dataclasses import replace

import pytest

from glm_magic.chat.messages import Message, Request, ToolCall
from glm_magic.chat.recording import key_of

ASKED = Request("glm-4.5", (Message("system", "Be brief."), Message("user", "Which?")))
TOOL = {"type": "function", "function": {"name": "mass", "parameters": {"b": 1, "a": 2}}}
SAME_TOOL = {"function": {"parameters": {"a": 2, "b": 1}, "name": "mass"}, "type": "function"}


@pytest.mark.parametrize(
    "change",
    [
        {"model": "glm-4.5-air"}, {"thinking": False}, {"effort": "low"}, {"temperature": 0.0},
        {"top_p": 0.5}, {"max_tokens": 9}, {"stop": "END"}, {"json_object": True},
        {"tools": (TOOL,)},
        {"messages": ASKED.messages[1:]},
        {"messages": (*ASKED.messages, Message("assistant", "Gentoo."), Message("user", "Why?"))},
        {"messages": (Message("user", "Which?", images=("data:,a",)),)},
        {"messages": (Message("user", "Which?", images=("data:,b",)),)},
    ],
    ids=str,
)  # fmt: skip
def test_what_decides_an_answer_is_in_the_key(change: dict) -> None:  # type: ignore[type-arg]
    """Another model, message, sampling field or tool is another request."""
    assert key_of(replace(ASKED, **change)) != key_of(ASKED)


@pytest.mark.parametrize("change", [{"stream": False}, {"tool_stream": True}], ids=str)
def test_how_an_answer_travels_is_not(change: dict) -> None:  # type: ignore[type-arg]
    """Streamed or not, the answer is the same."""
    assert key_of(replace(ASKED, **change)) == key_of(ASKED)


def test_the_order_of_names_is_not() -> None:
    """A tool's description is what it says, not how a dictionary was built."""
    assert key_of(replace(ASKED, tools=(TOOL,))) == key_of(replace(ASKED, tools=(SAME_TOOL,)))


def called(*ids: str, result_of: int = 0) -> Request:
    """A request after two calls, with a result for one of them."""
    calls = tuple(ToolCall(id_, "mass", "{}") for id_ in ids)
    said = Message("assistant", tool_calls=calls)
    return replace(
        ASKED, messages=(*ASKED.messages, said, Message("tool", "5", tool_call_id=ids[result_of]))
    )


def test_ids_of_tool_calls_are_numbers() -> None:
    """A provider makes them anew; which call a result belongs to does count."""
    assert key_of(called("a", "b")) == key_of(called("x", "y"))
    assert key_of(called("a", "b")) != key_of(called("a", "b", result_of=1))


def test_the_key_is_the_same_for_ever() -> None:
    """Recordings outlive versions of glm_magic, Python and pandas: this must never change."""
    known = "18191abe5c1dfe1e58f7e237219828b50775efc9a3544e18c5bcc5800ab81047"
    assert key_of(called("a", "b")) == known
