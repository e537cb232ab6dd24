"""What each host is sent: the provider's profile decides."""

import json
from typing import Any

import pytest

from glm_magic.api.wire import body_bytes, request_body
from glm_magic.catalog import find_provider, providers
from glm_magic.chat.messages import Message, Request, ToolCall
from glm_magic.keys import REDACTED
from tests.canary import CANARY, seen_in

USER = Message("user", "Hello")
GLM = {
    (None, None): {},
    (True, None): {"thinking": {"type": "enabled"}},
    (False, None): {"thinking": {"type": "disabled"}},
    (None, "high"): {"reasoning_effort": "high"},
    (True, "high"): {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
}
TEMPLATE = {
    (None, None): {},
    (True, None): {"chat_template_kwargs": {"enable_thinking": True}},
    (False, None): {"chat_template_kwargs": {"enable_thinking": False}},
    (None, "high"): {},
}
SWITCHES: dict[str, dict[tuple[bool | None, str | None], dict[str, Any]]] = {
    **dict.fromkeys(
        (
            "zai",
            "zai-coding",
            "bigmodel",
            "bigmodel-coding",
            "cometapi",
            "litellm",
            "sandbox",
            "classroom",
        ),
        GLM,
    ),
    **dict.fromkeys(("vllm", "sglang", "llama.cpp"), TEMPLATE),
    "ollama": {
        (None, None): {},
        (True, None): {},
        (False, None): {"reasoning_effort": "none"},
        (False, "high"): {"reasoning_effort": "none"},
        (None, "high"): {"reasoning_effort": "high"},
    },
    "openrouter": {
        (None, None): {},
        (True, None): {"reasoning": {"enabled": True}},
        (False, None): {"reasoning": {"enabled": False}},
        (True, "high"): {"reasoning": {"enabled": True, "effort": "high"}},
        (None, "high"): {"reasoning": {"effort": "high"}},
    },
    "custom": {(None, None): {}, (True, None): {}, (False, None): {}, (None, "high"): {}},
}
ROWS = [(name, *asked, sent) for name, table in SWITCHES.items() for asked, sent in table.items()]
WITH_OPTIONS = {"cometapi", "openrouter", "ollama", "vllm", "sglang", "llama.cpp", "litellm"}
RETURNS_REASONING = {"zai", "zai-coding", "bigmodel", "bigmodel-coding", "sandbox", "classroom"}
OWN_NAMES = {"ollama", "vllm", "sglang", "llama.cpp", "litellm", "custom"}


def test_every_provider_is_in_the_table() -> None:
    """No profile goes untested."""
    assert set(SWITCHES) == set(providers())


@pytest.mark.parametrize(("name", "thinking", "effort", "sent"), ROWS)
def test_thinking_is_switched_in_the_hosts_way(
    name: str, thinking: bool | None, effort: str | None, sent: dict[str, Any]
) -> None:
    """On, off, or unsaid: exactly these fields and no others."""
    request = Request("glm-4.5", (USER,), thinking=thinking, effort=effort, stream=False)
    body = request_body(request, find_provider(name))
    assert {k: v for k, v in body.items() if k not in ("model", "messages", "stream")} == sent


@pytest.mark.parametrize("name", SWITCHES)
def test_usage_is_asked_for_where_it_must_be(name: str) -> None:
    """`stream_options` goes to hosts that want it, and only with a stream."""
    provider = find_provider(name)
    streamed = request_body(Request("glm-4.5", (USER,)), provider)
    expected = {"include_usage": True} if name in WITH_OPTIONS else None
    assert streamed.get("stream_options") == expected
    assert "stream_options" not in request_body(Request("glm-4.5", (USER,), stream=False), provider)


@pytest.mark.parametrize(("name", "field"), [("zai", "user_id"), ("vllm", "user")])
def test_users_are_told_apart_in_the_hosts_way(name: str, field: str) -> None:
    """A pseudonym goes into the field that the host reads; without one none is sent."""
    body = request_body(Request("glm-4.5", (USER,), user="0123abcd"), find_provider(name))
    assert body[field] == "0123abcd"
    assert not {"user", "user_id"} & set(
        request_body(Request("glm-4.5", (USER,)), find_provider(name))
    )


@pytest.mark.parametrize("name", SWITCHES)
def test_reasoning_goes_back_where_it_may(name: str) -> None:
    """`reasoning_content` is sent back only to hosts that know the field."""
    messages = (USER, Message("assistant", "A", reasoning="Hm."), USER)
    body = request_body(Request("glm-4.5", messages), find_provider(name))
    assert ("reasoning_content" in body["messages"][1]) is (name in RETURNS_REASONING)


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize(
    ("asked", "makers"),
    [
        ("glm-4.5", "glm-4.5"),
        ("GLM-4.5-Air", "glm-4.5-air"),
        ("z-ai/glm-4.5", "glm-4.5"),
        ("zai-org/GLM-4.5-Air", "glm-4.5-air"),
        ("my-model", "my-model"),
        ("qwen/Qwen3", "qwen/Qwen3"),
    ],
)
def test_a_model_has_the_hosts_name(name: str, asked: str, makers: str) -> None:
    """The maker's hosts get its spelling, OpenRouter its prefix, and all others what was said."""
    model = request_body(Request(asked, (USER,)), find_provider(name))["model"]
    prefixed = f"z-ai/{makers}" if makers.startswith("glm") else makers
    assert model == (asked if name in OWN_NAMES else prefixed if name == "openrouter" else makers)


def test_all_fields_of_a_request() -> None:
    """Each field has its place on the wire, in the wire's form, and nothing unset is sent."""
    calls = (ToolCall("call_1", "f", '{"a": 1}'),)
    tool = {"type": "function", "function": {"name": "f"}}
    messages = (
        Message("system", "Be brief."),
        Message("user", "What?", images=("data:image/png;base64,AA",)),
        Message("assistant", "", tool_calls=calls),
        Message("tool", "42", tool_call_id="call_1"),
    )
    request = Request(
        "glm-4.5",
        messages,
        temperature=0.0,
        top_p=0.5,
        max_tokens=7,
        stop="END",
        json_object=True,
        tools=(tool,),
    )
    assert request_body(request, find_provider("zai")) == {
        "model": "glm-4.5",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
                    {"type": "text", "text": "What?"},
                ],
            },
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "f", "arguments": '{"a": 1}'},
                    }
                ],
            },
            {"role": "tool", "content": "42", "tool_call_id": "call_1"},
        ],
        "stream": True,
        "temperature": 0.0,
        "top_p": 0.5,
        "max_tokens": 7,
        "stop": ["END"],
        "response_format": {"type": "json_object"},
        "tools": [tool],
    }


@pytest.mark.parametrize("text", ["Größe 你好 🐧", "\u2028\x00", "{x} $y$", "\ud83d"])
def test_the_body_is_utf8(text: str) -> None:
    """Any text can be sent, as it is; half a character becomes a question mark."""
    raw = body_bytes(request_body(Request("m", (Message("user", text),)), find_provider("zai")))
    assert json.loads(raw)["messages"][0]["content"] == text.replace("\ud83d", "?")


@pytest.mark.parametrize("blank", [" ", "\n", "\r\n", "\t", "\f", "\v", "\x85", '"', "\\n"])
def test_no_key_is_in_the_body(blank: str) -> None:
    """At the start of a line too, in prompts, earlier answers, calls and descriptions of tools."""
    text = f"The key:{blank}{CANARY}{blank}."
    call = ToolCall("1", "f", json.dumps({"a": text}))
    said = Message("assistant", text, reasoning=text, tool_calls=(call,))
    tool = {"type": "function", "function": {"name": "f", "description": text}}
    request = Request("m", (Message("user", text), said), tools=(tool,), stop=text)
    raw = body_bytes(request_body(request, find_provider("zai")))
    assert not seen_in(raw)
    assert raw.count(REDACTED.encode()) == 6
    assert json.loads(raw)["messages"][0]["content"] == text.replace(CANARY, REDACTED)
