"""A request is read strictly into values, or refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.api.wire import request_body
from glm_magic.catalog import find_provider
from glm_magic.hub.reading import guessed_tokens, read_question
from glm_magic.hub.refusing import Refused
from glm_magic.hub.rules import Rules, read_rules
from tests.canary import CANARY

RULES = Rules(models=("glm-4.5-air",), max_tokens=500)
USER = {"role": "user", "content": "Hello"}
KNOWN = {
    "model", "messages", "stream", "temperature", "max_tokens", "top_p", "stop", "thinking",
    "response_format", "tools", "tool_stream",
}  # fmt: skip


def calling(name: str, id_: str = "c1") -> dict[str, Any]:
    """An assistant's message that calls a tool."""
    call = {"id": id_, "type": "function", "function": {"name": name, "arguments": "{}"}}
    return {"role": "assistant", "content": "", "tool_calls": [call]}


def read(**fields: Any) -> Any:
    """The values of a request with these fields."""
    document = {"model": "glm-4.5-air", "messages": [USER], **fields}
    return read_question(json.dumps(document).encode(), RULES, hints=False)


def test_what_our_client_sends_is_read_as_it_was() -> None:
    """Messages with pictures, tool calls and results, sampling and thinking stay the same."""
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    messages = [
        {"role": "system", "content": "S"},
        {"role": "user", "content": [image, {"type": "text", "text": "What is it?"}]},
        {"role": "assistant", "content": "", "reasoning_content": "R", "tool_calls": [call]},
        {"role": "tool", "content": "42", "tool_call_id": "c1"},
    ]
    tool = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {}}}
    fields = {
        "messages": messages, "stream": True, "temperature": 0.2, "top_p": 0.9,
        "max_tokens": 100, "stop": ["END"], "thinking": {"type": "disabled"}, "tools": [tool],
        "tool_stream": True, "response_format": {"type": "json_object"},
    }  # fmt: skip
    assert request_body(read(**fields), find_provider("zai")) == {"model": "glm-4.5-air", **fields}


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": []}, {"messages": "x"}, {"messages": [{"role": "root", "content": "x"}]},
        {"messages": [{"role": "user", "content": {"a": 1}}]},
        {"messages": [{"role": "user", "content": [{"type": "file", "file": "x"}]}]},
        {"messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]}]},
        {"temperature": "hot"}, {"temperature": 9}, {"max_tokens": 0}, {"max_tokens": True},
        {"stop": [1]}, {"stop": ["a", "b"]}, {"thinking": "yes"}, {"stream": "yes"},
        {"tools": [{"type": "web_search"}]}, {"tool_choice": "none"},
        {"tools": [{"type": "function", "function": {"name": "f" * 65}}]},
        {"messages": [USER, calling("f" * 65)]}, {"messages": [USER, calling("f", "i" * 201)]},
        {"messages": [USER, {"role": "tool", "content": "42", "tool_call_id": "i" * 201}]},
        {"reasoning_effort": "x" * 65},
    ],
)  # fmt: skip
def test_bad_values_are_refused(fields: dict[str, Any]) -> None:
    """A value that is not possible is 400 and named."""
    with pytest.raises(Refused) as caught:
        read(**fields)
    assert (caught.value.status, caught.value.code) == (400, "course-request")


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "type", "text", "url", "a"]), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*sorted(KNOWN), "base_url", "user_id"]), documents))
def test_any_body_is_values_or_a_refusal(fields: dict[str, Any]) -> None:
    """Whatever is sent, nothing unknown is among what would go upstream, and nothing breaks."""
    document = {"model": "glm-4.5-air", "messages": [USER], **fields}
    try:
        request = read_question(json.dumps(document).encode(), RULES, hints=False)
    except Refused:
        return
    assert set(request_body(request, find_provider("zai"))) <= KNOWN
    assert request.max_tokens <= 500


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_kindly(raw: bytes) -> None:
    """What is no JSON object is a refusal."""
    with pytest.raises(Refused):
        read_question(raw, RULES, hints=False)


def test_the_guess_is_generous() -> None:
    """At least as many tokens as half the bytes, and pictures and tools count."""
    assert guessed_tokens(read(messages=[{"role": "user", "content": "é" * 100}])) == 108
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    assert guessed_tokens(read(messages=[{"role": "user", "content": [image]}])) > 2_000
    called = [calling("f" * 60, "i" * 100), {"role": "tool", "tool_call_id": "i" * 100}]
    assert guessed_tokens(read(messages=called)) == (60 + 100 + 2 + 100) // 2 + 3 * 8


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("places = 0", "places = 0 in the course's file is not a whole number above 0."),
        ("mode = 'strict'", "not one of off, hints, open"),
        ("modles = ['a']", "Unknown name in the course's file: modles"),
        ("zone = 'Nowhere/Land'", "not a time zone"),
        ("models = 'glm'", "not a list of names"),
        ("[window]\nmode = 'off'", "is not a list"),
        ("window = [1]", "is not a list of tables"),
        ("keep_days = 36_501", "keep_days = 36501 in the course's file is more than 36,500."),
        ("[[window]]\nmode = 'off'\nbegin = 1", "Unknown name in a [[window]]"),
        ("[[window]]\nmode = 'off'\nbegins = 'monday'", "is not a date with a time"),
        ("title = ", "is not TOML"),
    ],
)
def test_faults_of_the_file_are_two_lines(text: str, says: str) -> None:
    """A wrong line names itself, and what could stand there."""
    from glm_magic.errors import GLMError

    with pytest.raises(GLMError) as caught:
        read_rules(text)
    assert says in caught.value.message
    assert caught.value.remedy
    assert CANARY not in str(caught.value)
