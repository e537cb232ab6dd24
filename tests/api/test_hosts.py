"""Compatible hosts: what each is sent, and what each was seen to answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from glm_magic import errors
from glm_magic.api.client import Client
from glm_magic.api.wire import body_bytes, request_body
from glm_magic.catalog import Price, find_provider, providers
from glm_magic.chat.messages import Message, Request, ToolCall
from glm_magic.keys import APIKey

from .asking import Way
from .host import (
    CUT,
    DONE,
    Asked,
    Host,
    Script,
    delta,
    head,
    last,
    record,
    refused,
    said,
    stream,
    whole,
)

Connect = Callable[..., Client]

USER = Message("user", "Hello")
STRICT = {
    "model",
    "messages",
    "stream",
    "temperature",
    "top_p",
    "max_tokens",
    "stop",
    "tools",
    "response_format",
}

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
        ("zai", "zai-coding", "bigmodel", "bigmodel-coding", "cometapi", "litellm", "sandbox"), GLM
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
RETURNS_REASONING = {"zai", "zai-coding", "bigmodel", "bigmodel-coding", "sandbox"}
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


class Strict(Host):
    """A host that answers 422 to every field outside the list, as `transformers serve` does."""

    def _play(self, line: Any, script: Script) -> bool:
        unknown = set(self.asked[-1].json) - STRICT
        detail = {"detail": [{"type": "extra_forbidden", "loc": ["body", *sorted(unknown)]}]}
        return super()._play(line, whole(detail, 422) if unknown else script)


@pytest.mark.parametrize("thinking", [None, True, False])
def test_a_strict_host_takes_the_custom_profile(
    way: Way, connect: Connect, thinking: bool | None
) -> None:
    """Only fields that every compatible host accepts are sent, whatever was asked for."""
    fields: dict[str, Any] = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 5, "stop": "x"}
    with Strict(said("Hello")) as host:
        client = connect(host.base_url, provider="custom")
        outcome = way.ask(client, thinking=thinking, effort="high", json_object=True, **fields)
    assert outcome.turn.text == "Hello"


def test_a_strict_host_refuses_the_makers_profile(way: Way, connect: Connect) -> None:
    """With another profile the 422 names the field, in two lines, and is final."""
    with Strict(said("Hello")) as host:
        outcome = way.ask(connect(host.base_url), thinking=True)
    assert type(outcome.error) is errors.BadRequestError
    assert "thinking" in outcome.refusal.message
    assert len(host.asked) == 1


def _served(*records: Any) -> Any:
    return stream(*records)


HOSTS: dict[str, tuple[Any, str, str, str]] = {
    "transformers": (stream(delta("Hi"), delta(finish="stop")), "Hi", "", ""),
    "vllm": (
        stream(delta("", role="assistant"), delta(reasoning="Hm."), delta("Hi"), last(), DONE),
        "Hi",
        "Hm.",
        "",
    ),
    "llama.cpp": (
        stream(
            {"choices": [{"delta": {"role": "assistant", "content": None}}]},
            delta(reasoning_content="Hm."),
            delta("Hi"),
            last(),
            {"choices": [], "timings": {"n": 1}},
            DONE,
        ),
        "Hi",
        "Hm.",
        "",
    ),
    "llama-cpp-python": (
        stream(delta("<think>\n"), delta("Hm."), delta("\n</think>\n\nHi"), last(), DONE),
        "Hi",
        "Hm.",
        "",
    ),
    "openrouter": (
        stream(
            b": OPENROUTER PROCESSING\n\n",
            delta(reasoning="Hm.", reasoning_details=[{}]),
            b": OPENROUTER PROCESSING\n\n",
            delta("Hi"),
            last(),
            DONE,
        ),
        "Hi",
        "Hm.",
        "",
    ),
    "together": (
        stream(delta("Hi"), delta(finish="eos"), {"choices": [], "usage": {}}, DONE),
        "Hi",
        "",
        "",
    ),
    "z.ai 2025": (
        stream(delta("\n"), delta(reasoning_content="\nHm."), delta("\nHi"), last(), DONE),
        "Hi",
        "Hm.",
        "",
    ),
    "litellm error": (
        stream(delta("Hi"), {"error": {"message": "upstream", "code": "500"}}),
        "Hi",
        "",
        "upstream",
    ),
    "openrouter error": (
        stream(
            delta("Hi"),
            {
                "error": {"code": 502, "message": "upstream"},
                "choices": [{"delta": {}, "finish_reason": "error"}],
            },
        ),
        "Hi",
        "",
        "upstream",
    ),
    "vllm key": (whole({"error": "Unauthorized"}, 401), "", "", "Unauthorized"),
    "litellm key": (refused("400", 400, "Authentication Error"), "", "", "Authentication Error"),
    "z.ai path": (
        whole({"code": 500, "msg": "404 NOT_FOUND", "success": False}),
        "",
        "",
        "NOT_FOUND",
    ),
    "success false": (whole({"code": 500, "success": False}), "", "", "code 500"),
    "sensitive": (
        stream(
            delta("Bad"),
            {**delta(finish="sensitive"), "content_filter": [{"role": "assistant", "level": 1}]},
            DONE,
        ),
        "",
        "",
        "withdrawn",
    ),
    "network_error": (
        stream(delta("Hi"), delta(finish="network_error"), DONE),
        "Hi",
        "",
        "connection",
    ),
    "finish error": (
        stream(delta("Hi"), delta(finish="error"), DONE),
        "Hi",
        "",
        "error from the host",
    ),
    "http/1.0": (
        [
            head(Connection="close").replace(b"Transfer-Encoding: chunked\r\n", b""),
            record(delta("Hi")),
            record(last()),
            CUT,
        ],
        "Hi",
        "",
        "",
    ),
}


@pytest.mark.parametrize("case", HOSTS)
def test_hosts_as_they_were_seen(way: Way, connect: Connect, case: str) -> None:
    """What each host was seen to send is read, or is an error or a reason that names it."""
    script, text, reasoning, reason = HOSTS[case]
    with Host(script) as host:
        turn = way.ask(connect(host.base_url, provider="custom")).turn
    assert (turn.text, turn.reasoning.strip()) == (text, reasoning)
    assert reason in turn.partial_reason
    assert (turn.status == "complete") is (not reason)


def test_the_list_of_models(connect: Connect, canary_key: APIKey) -> None:
    """The host's list is asked for with the key and comes sorted; odd records are passed over."""
    with Host(whole({"data": [{"id": "b"}, {"id": "a"}, None, "x"]})) as host:
        assert connect(host.base_url, key=canary_key).model_ids() == ["a", "b"]
    assert host.asked[0].line == "GET /v1/models HTTP/1.1"
    assert host.asked[0].headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (whole({"data": None}), errors.ProtocolError),
        (whole([]), errors.ProtocolError),
        (whole("<html>"), errors.ProtocolError),
        (whole("[" * 100_000), errors.ProtocolError),
        (refused("1000", 401), errors.AuthenticationError),
        ([CUT], errors.ConnectionFailedError),
        (whole(b"\x1f\x8b", Content_Encoding="gzip"), errors.ProtocolError),
    ],
)
def test_a_list_that_does_not_come(
    connect: Connect, script: Script, kind: type[errors.GLMError]
) -> None:
    """No list, no answer, no access: one of our errors."""
    with Host(script) as host, pytest.raises(kind):
        connect(host.base_url).model_ids()


def _feed(url: str) -> Any:
    import dataclasses

    return dataclasses.replace(find_provider("cometapi"), price_feed=f"{url}/api/models")


def test_the_price_feed(connect: Connect, canary_key: APIKey) -> None:
    """Prices are read without a key; what has no price, or no sensible one, is left out."""
    records = [
        {"id": "glm-4.5", "pricing": {"input": 0.48, "output": 1.92}},
        {"id": "free", "pricing": {"input": 0, "output": 0}},
        {"id": "a", "pricing": {"per_request": 1}},
        {"id": "b", "pricing": None},
        {"id": "c"},
        {"id": "d", "pricing": {"input": -1, "output": 1}},
        {"id": "e", "pricing": "x"},
        None,
        5,
        {"id": "f", "pricing": {"input": "1", "output": 1}},
        {"id": "g", "pricing": {"input": 1, "output": None}},
    ]
    with Host(whole({"success": True, "data": records})) as host:
        client = connect(host.base_url, key=canary_key, provider="cometapi")
        client.provider = _feed(host.base_url)
        assert client.price_feed() == {"glm-4.5": Price(0.48, 1.92), "free": Price(0, 0)}
    asked: Asked = host.asked[0]
    assert "authorization" not in asked.headers
    assert asked.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("document", [None, [], {"data": None}, {"data": "x"}, {}, "text"])
def test_a_price_feed_of_another_shape_has_no_prices(connect: Connect, document: Any) -> None:
    """Whatever stands there, it is no price and no error."""
    with Host(whole(document)) as host:
        client = connect(host.base_url)
        assert client.price_feed() == {}
        assert host.connections == 0
        client.provider = _feed(host.base_url)
        assert client.price_feed() == {}
