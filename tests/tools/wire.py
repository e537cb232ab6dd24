"""What a request with tools must look like, by the types of the maker's own SDK and of OpenAI's."""

import inspect
from typing import Any

from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import TypeAdapter
from zai.api_resource.chat.completions import Completions
from zai.types.chat.chat_completion import CompletionMessage

from glm_magic.sandbox import Sandbox

_MESSAGES = TypeAdapter(list[ChatCompletionMessageParam])
_TOOLS = TypeAdapter(list[ChatCompletionToolParam])
_FIELDS = set(inspect.signature(Completions.create).parameters) - {"self"}


def bodies(sandbox: Sandbox) -> list[dict[str, Any]]:
    """All questions that the server got, each found valid."""
    found = [one.json for one in sandbox.requests if one.method == "POST"]
    assert all(one.ended != "refused" for one in sandbox.requests)
    for body in found:
        check(body)
    return found


def check(body: dict[str, Any]) -> None:
    """Only fields that there are; each message of its type; each call answered, once, at once."""
    assert set(body) <= _FIELDS
    plain = [{k: v for k, v in m.items() if k != "reasoning_content"} for m in body["messages"]]
    _MESSAGES.validate_python(plain)
    _TOOLS.validate_python(body.get("tools", []))
    waiting: list[str] = []
    seen: set[str] = set()
    for message in body["messages"]:
        if message["role"] == "tool":
            waiting.remove(message["tool_call_id"])
            continue
        assert waiting == []
        if message["role"] == "assistant":
            said = CompletionMessage.model_validate(message, strict=True)
            waiting = [call.id for call in said.tool_calls or ()]
            assert len(set(waiting)) == len(waiting)
            assert all(call.function.name for call in said.tool_calls or ())
            seen.update(waiting)
    assert waiting == []
    assert body["messages"][-1]["role"] in ("user", "tool")
