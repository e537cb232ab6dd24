"""The official SDKs talk to the sandbox, and their types accept what it says."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import zai

from glm_magic.sandbox import Fault, Sandbox

from .line import PENGUINS

HELLO: Any = [{"role": "user", "content": "Hello"}]
LONG: Any = [{"role": "user", "content": "sandbox: 100 tokens"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city", "days"],
        },
    },
}
ASK_WEATHER: Any = [{"role": "user", "content": "What is the weather in Paris for 3 days?"}]


@pytest.fixture
def glm(sandbox: Sandbox) -> Iterator[zai.ZaiClient]:
    """The maker's own client."""
    with zai.ZaiClient(api_key=sandbox.key, base_url=sandbox.base_url, max_retries=0) as client:
        yield client


@pytest.fixture
def other(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    """OpenAI's client, on the path it expects."""
    base_url = sandbox.base_url.replace("/api/paas/v4", "/v1")
    with openai.OpenAI(api_key=sandbox.key, base_url=base_url, max_retries=0) as client:
        yield client


@pytest.fixture(params=["glm", "other"])
def either(request: pytest.FixtureRequest) -> Any:
    """Both clients, one after the other."""
    return request.getfixturevalue(request.param)


def create(client: Any, **fields: Any) -> Any:
    """An answer, with GLM's own fields where each client wants them."""
    fields = {"model": "glm-4.6", "messages": HELLO, **fields}
    own = {name: fields.pop(name) for name in ("thinking", "tool_stream") if name in fields}
    if isinstance(client, openai.OpenAI):
        return client.chat.completions.create(**fields, extra_body=own)
    return client.chat.completions.create(**fields, **own)


def test_a_whole_answer(either: Any) -> None:
    """Text, reasoning and usage arrive in the SDK's types."""
    answer = create(either)
    message = answer.choices[0].message
    assert "no model was called" in message.content
    assert "rule" in message.reasoning_content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.prompt_tokens_details.cached_tokens == 0
    assert answer.usage.completion_tokens_details.reasoning_tokens > 0


def test_a_stream(either: Any) -> None:
    """All deltas arrive, the finish reason once, and usage without asking."""
    chunks = list(create(either, messages=LONG, stream=True))
    texts = [chunk.choices[0].delta.content for chunk in chunks]
    assert sum(1 for text in texts if text) == 100
    assert [c.choices[0].finish_reason for c in chunks if c.choices[0].finish_reason] == ["stop"]
    assert chunks[-1].usage.completion_tokens > 100


@pytest.mark.parametrize("kind", ["enabled", "disabled"])
def test_thinking(either: Any, kind: str) -> None:
    """Reasoning comes when thinking is enabled and does not when it is disabled."""
    chunks = list(create(either, stream=True, thinking={"type": kind}))
    thought = [getattr(chunk.choices[0].delta, "reasoning_content", None) for chunk in chunks]
    assert any(thought) is (kind == "enabled")


@pytest.mark.parametrize("tool_stream", [False, True])
def test_a_tool_is_called(either: Any, tool_stream: bool) -> None:
    """Arguments come whole, or in pieces when the stream of tools was asked for."""
    chunks = list(
        create(either, messages=ASK_WEATHER, tools=[WEATHER], stream=True, tool_stream=tool_stream)
    )
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert calls[0].function.name == "get_weather"
    assert (len(calls) > 1) is tool_stream
    arguments = "".join(call.function.arguments for call in calls)
    assert json.loads(arguments) == {"city": "Paris", "days": 3}
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_a_tools_result_is_answered(either: Any) -> None:
    """After the tool message the answer holds what the tool returned."""
    asked = create(either, messages=ASK_WEATHER, tools=[WEATHER]).choices[0].message
    call = asked.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "content": "Sunny, 21 degrees"}
    sent = {"id": call.id, "type": "function", "function": call.function.model_dump()}
    said = {"role": "assistant", "content": "", "tool_calls": [sent]}
    answer = create(either, messages=[*ASK_WEATHER, said, result], tools=[WEATHER])
    assert "`get_weather` returned" in answer.choices[0].message.content
    assert "Sunny, 21 degrees" in answer.choices[0].message.content


def test_json_mode(either: Any) -> None:
    """The answer is a JSON object that says who wrote it."""
    messages = [{"role": "user", "content": f"{PENGUINS}\n\nJSON please: body mass and island"}]
    answer = create(either, messages=messages, response_format={"type": "json_object"})
    found = json.loads(answer.choices[0].message.content)
    assert found["columns"] == ["body_mass_g", "island"]
    assert "no model was called" in found["sandbox"]


def test_a_picture(either: Any) -> None:
    """A vision model says how large the picture is, and nothing of what it shows."""
    url = "data:image/png;base64," + base64.b64encode(b"x" * 1234).decode()
    parts = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}]
    answer = create(either, model="glm-4.5v", messages=[{"role": "user", "content": parts}])
    assert "1,234 bytes" in answer.choices[0].message.content
    if isinstance(either, openai.OpenAI):  # zai-sdk takes the type away
        assert "image/png" in answer.choices[0].message.content


def test_the_glm_sdk_knows_the_errors(sandbox: Sandbox, glm: zai.ZaiClient) -> None:
    """Wrong model, too many tokens, rate limit and wrong key are the SDK's own errors."""
    for fields in ({"model": "glm-9"}, {"max_tokens": 10**6}):
        with pytest.raises(zai.core.APIRequestFailedError, match=r"does not exist|range"):
            create(glm, **fields)
    sandbox.faults.append(Fault.refuse("1302"))
    with pytest.raises(zai.core.APIReachLimitError, match="1302"):
        create(glm)
    wrong = zai.ZaiClient(api_key="wrong", base_url=sandbox.base_url, max_retries=0)
    with wrong, pytest.raises(zai.core.APIAuthenticationError, match="1000"):
        create(wrong)


def test_the_openai_sdk_knows_the_errors(sandbox: Sandbox, other: openai.OpenAI) -> None:
    """The same for OpenAI's client, which reads the code."""
    for fields, code in (({"model": "glm-9"}, "1211"), ({"max_tokens": 10**6}, "1210")):
        with pytest.raises(openai.BadRequestError) as refused:
            create(other, **fields)
        assert refused.value.code == code
    sandbox.faults.append(Fault.refuse("1302"))
    with pytest.raises(openai.RateLimitError) as limited:
        create(other)
    assert limited.value.code == "1302"
    wrong = openai.OpenAI(api_key="wrong", base_url=sandbox.base_url, max_retries=0)
    with wrong, pytest.raises(openai.AuthenticationError) as unknown:
        create(wrong)
    assert unknown.value.code == "1000"


def test_models_are_listed(other: openai.OpenAI) -> None:
    """The list has OpenAI's shape."""
    assert "glm-4.5-flash" in [model.id for model in other.models.list()]
