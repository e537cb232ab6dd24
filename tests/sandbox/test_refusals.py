"""Every documented refusal, with its status and business code."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from glm_magic.sandbox import Fault, Sandbox
from glm_magic.sandbox.refusals import CODES

from .line import send, user

PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all: a refusal leaves nothing behind."""
    with Sandbox(tokens_per_second=None) as running:
        yield running


def messages(*given: Any) -> dict[str, Any]:
    """The field `messages`."""
    return {"messages": list(given)}


def part(*parts: Any) -> dict[str, Any]:
    """A user message of parts."""
    return messages({"role": "user", "content": list(parts)})


def tool(name: str = "f", **fields: Any) -> dict[str, Any]:
    """A function tool."""
    return {"type": "function", "function": {"name": name, "parameters": {}, **fields}}


def called(calls: Any) -> tuple[dict[str, Any], ...]:
    """Messages with these tool calls, and a result."""
    asked = {"role": "assistant", "content": None, "tool_calls": calls}
    came = {"role": "tool", "content": "5", "tool_call_id": "a"}
    return {"role": "user", "content": "x"}, asked, came


def nested(depth: int) -> dict[str, Any]:
    """Arrays in arrays."""
    return {"type": "array", "items": nested(depth - 1)} if depth else {}


BROKEN: list[Any] = [
    5, "string", [1], {"type": "nonsense"}, {"type": {}}, {"type": [[]]}, {"type": []},
    {"properties": ["b"]}, {"properties": {"b": 5}}, {"required": [[]]}, {"$ref": 5},
    {"$ref": "#/$defs/nowhere"}, {"$ref": "#/properties/a/type/0"}, {"enum": 5}, {"anyOf": 5},
    {"anyOf": {"a": 1}}, {"oneOf": [{"type": "nonsense"}]}, {"items": {"enum": "ab"}},
    {"type": "array", "items": [5]}, {"minimum": "0"}, {"maximum": [1]}, {"maximum": True},
    {"minimum": float("nan")}, {"maximum": float("inf")}, {"maxLength": 1.5}, {"maxLength": -1},
    {"additionalProperties": 5}, nested(900),
]  # fmt: skip


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("1211", {"model": "glm-9"}),
    ("1213", {"model": None}),
    ("1214", {"model": 4.5}),
    ("1213", {"messages": None}),
    ("1214", {"messages": []}),
    ("1214", {"messages": "Hello"}),
    ("1214", messages("Hello")),
    ("1214", messages({"role": "system", "content": "x"})),
    ("1214", messages({"role": "assistant", "content": "x"})),
    ("1214", messages({"role": "developer", "content": "x"}, {"role": "user", "content": "x"})),
    ("1213", messages({"role": "user"})),
    ("1214", messages({"role": "user", "content": 5})),
    ("1214", messages({"role": "tool", "content": "5"})),
    ("1210", part({"type": "text", "text": "x"}, PICTURE)),
    ("1210", {"model": "glm-4.5v", **part({"type": "audio"})}),
    ("1210", {"model": "glm-4.5v", **part(PICTURE, {"type": "file", "file": {}})}),
    ("1210", {"model": "glm-4.5v", **part(*[PICTURE] * 51)}),
    ("1210", {"model": "glm-4.5v", **part({**PICTURE, "image_url": {"url": "a b"}})}),
    ("1210", {"model": "glm-4.5v", **part({**PICTURE, "image_url": {"url": "A" * 8_000_000}})}),
    *[("1214", messages(*called(calls))) for calls in (5, "x", [1], [None], [{"a": 1}], {"a": 1})],
    *[("1214", messages(*called([{"id": "a", "function": f}]))) for f in (1, {}, {"name": 1})],
    *[("1214", {"tools": [tool(parameters={"properties": p})]}) for p in (5, "x", [1], True)],
    *[("1214", {"tools": [tool(parameters={"required": p})]}) for p in (5, "x", [1], {"a": 1})],
    *[("1214", {"tools": [tool(parameters={"properties": {"a": p}})]}) for p in BROKEN],
    ("1210", {"temperature": 1.01}),
    ("1210", {"temperature": -0.1}),
    ("1214", {"temperature": "hot"}),
    ("1214", {"temperature": True}),
    ("1210", {"top_p": 0}),
    ("1210", {"max_tokens": 0}),
    ("1210", {"max_tokens": 98_305}),
    ("1214", {"max_tokens": "many"}),
    ("1210", {"stop": ["a", "b"]}),
    ("1214", {"stop": "a"}),
    ("1210", {"tool_choice": "none"}),
    ("1210", {"tool_choice": {"type": "function", "function": {"name": "f"}}}),
    ("1210", {"tools": [tool(f"f{n}") for n in range(129)]}),
    ("1214", {"tools": [tool("no spaces")]}),
    ("1214", {"tools": [tool("f" * 65)]}),
    ("1213", {"tools": [{"type": "function"}]}),
    ("1213", {"tools": [{"type": "web_search", "web_search": {}}]}),
    ("1210", {"tools": [{"type": "retrieval", "retrieval": {}}]}),
    ("1210", {"response_format": {"type": "json_schema"}}),
    ("1210", {"thinking": {"type": "sometimes"}}),
    ("1214", {"thinking": True}),
    ("1210", {"model": "glm-5.3", "thinking": {"type": "disabled"}}),
    ("1210", {"model": "glm-5.3", "reasoning_effort": "medium"}),
    ("1210", {"request_id": "short"}),
    ("1210", {"user_id": "x" * 129}),
    ("1214", {"stream": "yes"}),
    ("1261", messages({"role": "user", "content": "word " * 120_000})),
]


@pytest.mark.parametrize(("code", "fields"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_a_broken_rule_is_refused(sandbox: Sandbox, code: str, fields: dict[str, Any]) -> None:
    """Status 400, the business code as a string, and a message."""
    response = send(sandbox, {**user("Hello", stream=True), **fields})
    assert (response.status, response.code) == (400, code)
    assert set(response.json) == {"error"}
    assert response.json["error"]["message"]
    assert response.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    "schema",
    [
        True, {"type": None}, {"type": ["integer", "null"], "minimum": 0.5}, {"$ref": "#"},
        {"$ref": "#/$defs/b~1%20c"}, {"items": [{"type": "null"}, False]}, nested(50), {"enum": []},
        {"additionalProperties": {"type": "number"}}, {"allOf": [{"$ref": "#/$defs/b~1%20c"}]},
        {"anyOf": [{"type": "null"}], "items": {"$ref": "#/properties/a/anyOf/0"}},
    ],
)  # fmt: skip
def test_a_sound_schema_is_taken(sandbox: Sandbox, schema: Any) -> None:
    """Also one that refers to itself, and nulls count as absent."""
    schemas = {"properties": {"a": schema}, "$defs": {"b/ c": {"type": "boolean"}}}
    asked = user("call f", tools=[tool(description="call f", parameters=schemas)])
    assert send(sandbox, asked).json["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("schema", BROKEN)
def test_a_broken_shape_in_a_prompt_is_text(sandbox: Sandbox, schema: Any) -> None:
    """A server of this wire reads no prompt: the answer is an object all the same."""
    shape = json.dumps({"properties": {"a": schema}})
    asked = user(f"JSON: {shape}", response_format={"type": "json_object"})
    content = send(sandbox, asked).json["choices"][0]["message"]["content"]
    assert isinstance(json.loads(content), dict)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(sandbox: Sandbox, raw: bytes) -> None:
    """Anything but a JSON object is a 1210."""
    response = send(sandbox, raw)
    assert (response.status, response.code) == (400, "1210")


def test_the_ends_of_the_range_are_allowed(sandbox: Sandbox) -> None:
    """Temperature 0 and 1 and the model's longest answer are accepted."""
    for fields in ({"temperature": 0}, {"temperature": 1}, {"max_tokens": 98_304}, {"stop": []}):
        assert send(sandbox, user("Hello", **fields)).status == 200


def test_the_refusal_of_disabled_thinking_names_the_efforts(sandbox: Sandbox) -> None:
    """The text says what can be sent instead."""
    body = {**user("Hello"), "model": "glm-5.3", "thinking": {"type": "disabled"}}
    assert "low/high/max" in send(sandbox, body).json["error"]["message"]


def test_a_missing_key_and_a_wrong_key(sandbox: Sandbox) -> None:
    """1001 without a header, 1000 with another key, both 401 and before the body is read."""
    for path, method in (
        ("/api/paas/v4/chat/completions", "POST"),
        ("/api/paas/v4/models", "GET"),
        ("/nowhere", "GET"),
    ):
        missing = send(sandbox, None, path, method, key=None)
        wrong = send(sandbox, None, path, method, key="another")
        assert (missing.status, missing.code) == (401, "1001")
        assert (wrong.status, wrong.code) == (401, "1000")


def test_an_unknown_path(sandbox: Sandbox) -> None:
    """`/v4/v1` and others are a 404 in the service's odd shape."""
    response = send(sandbox, user("Hello"), "/api/paas/v4/v1/chat/completions")
    assert response.status == 404
    assert response.json == {"code": 500, "msg": "404 NOT_FOUND", "success": False}


def test_another_method(sandbox: Sandbox) -> None:
    """GET on the answers is a 1212."""
    response = send(sandbox, None, method="GET")
    assert (response.status, response.code) == (400, "1212")


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_can_be_had(sandbox: Sandbox, code: str) -> None:
    """By a directive and by a fault, with the table's status."""
    response = send(sandbox, user(f"sandbox: error {code}\nHello", stream=True))
    assert (response.status, response.code) == (CODES[code], code)
    sandbox.faults.append(Fault.refuse(code, retry_after_seconds=2))
    response = send(sandbox, user("Hello"))
    assert (response.status, response.code) == (CODES[code], code)
    assert response.headers["retry-after"] == "2"


def test_too_many_in_flight() -> None:
    """The limit counts requests per model at the same time, not over time."""
    with Sandbox(tokens_per_second=50, max_in_flight=1) as sandbox:
        slow = user("sandbox: 40 tokens", stream=True)
        thread = threading.Thread(target=send, args=(sandbox, slow))
        thread.start()
        while not (sandbox.requests and sandbox.requests[0].chunks_sent):
            time.sleep(0.01)
        refused = send(sandbox, user("Hello"))
        other = send(sandbox, {**user("sandbox: rate none"), "model": "glm-4.6"})
        thread.join()
        again = send(sandbox, user("sandbox: rate none\nHello"))
    assert (refused.status, refused.code) == (429, "1302")
    assert (other.status, again.status) == (200, 200)
