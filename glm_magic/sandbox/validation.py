"""A request body, read strictly by the documented schema, into values or a refusal.

Written from docs.z.ai/api-reference/llm/chat-completion (its OpenAPI file), not from our own
client. Unknown keys are ignored and nulls count as absent, as the real service was seen to do.
Codes: 1213 missing, 1214 illegal shape, 1210 a value that is out of range or not supported.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..catalog import Model, models
from .parts import check_parts
from .refusals import refuse
from .schemas import check_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TOOLS = 128
_FUNCTIONS_ONLY = ("glm-5.3-flash", "glm-5.3-flashx")  # seen to refuse any other tool
_MAX_TOKENS = 65_536  # the documented default
_ROLES = ("system", "user", "assistant", "tool")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that keeps to the schema.

    Attributes:
        model: The model's limits and habits.
        messages: As sent.
        stream: Whether chunks are wanted.
        thinking: Whether the answer is thought about first.
        keep_reasoning: Whether earlier turns' reasoning is read.
        max_tokens: Of the completion, reasoning included.
        stop: Text to stop before, or "".
        json_object: Whether the answer must be a JSON object.
        tools: Function tools.
        web_search: Whether the web may be searched.
        tool_stream: Whether tool arguments come in pieces.
        request_id: The caller's own, or None.
    """

    model: Model
    messages: Sequence[Mapping[str, Any]]
    stream: bool
    thinking: bool
    keep_reasoning: bool
    max_tokens: int
    stop: str
    json_object: bool
    tools: Sequence[Mapping[str, Any]]
    web_search: bool
    tool_stream: bool
    request_id: str | None


def read_request(raw: bytes) -> Asked:
    """The values of a request body.

    Raises:
        Refused: The body breaks the schema; the refusal says where.
    """
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise refuse("1210", "The request body is not JSON.") from None
    if not isinstance(body, dict):
        raise refuse("1210", "The request body is not a JSON object.")
    body = {key: value for key, value in body.items() if value is not None}
    model = _model(body)
    _check_messages(body, model)
    for name, low in (("temperature", 0.0), ("top_p", 0.01)):
        _number(body, name, low, 1.0)
    for name, longest in (("request_id", 64), ("user_id", 128)):
        text = _typed(body, name, str, "")
        if name in body and not 6 <= len(text) <= longest:
            raise refuse("1210", f"{name}: length must be within [6,{longest}].")
    tools = _tools(body, model)
    thinking, keep_reasoning = _thinking(body, model)
    return Asked(
        model=model,
        messages=body["messages"],
        stream=_typed(body, "stream", bool, False),
        thinking=thinking,
        keep_reasoning=keep_reasoning,
        max_tokens=_max_tokens(body, model),
        stop=_stop(body),
        json_object=_json_object(body, model),
        tools=[tool for tool in tools if tool["type"] == "function"],
        web_search=any(tool["type"] == "web_search" for tool in tools),
        # A switch of 4.6 and later; older models ignore it like any unknown key.
        tool_stream=_typed(body, "tool_stream", bool, False) and model.tool_stream is not False,
        request_id=body.get("request_id"),
    )


def _typed(body: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
    value = body.get(name, default)
    if not isinstance(value, kind):
        raise refuse("1214", f"{name}: must be a {kind.__name__}.")
    return value


def _model(body: Mapping[str, Any]) -> Model:
    if not (name := _typed(body, "model", str, "")):
        raise refuse("1213", "model: not received.")
    if name not in models():
        raise refuse("1211")
    return models()[name]


def _number(body: Mapping[str, Any], name: str, low: float, high: float) -> None:
    value = body.get(name, high)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse("1214", f"{name}: must be a number.")
    if not low <= value <= high:
        raise refuse("1210", f"{name}: the value is outside the range [{low:g},{high:g}].")


def _max_tokens(body: Mapping[str, Any], model: Model) -> int:
    # max_completion_tokens is undocumented, yet reported to be accepted.
    name = "max_tokens" if "max_tokens" in body else "max_completion_tokens"
    most = model.max_output_tokens
    default = min(_MAX_TOKENS, most or _MAX_TOKENS)
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse("1214", f"{name}: must be an integer.")
    if value < 1 or (most is not None and value > most):
        raise refuse("1210", f"{name}: the value is outside the range [1,{most or '?'}].")
    return value


def _stop(body: Mapping[str, Any]) -> str:
    stop = _typed(body, "stop", list, [])
    if any(not isinstance(entry, str) for entry in stop):
        raise refuse("1214", "stop: must be an array of strings.")
    if len(stop) > 1:  # docs.bigmodel.cn says one; another schema says four
        raise refuse("1210", "stop: only one stop string is supported.")
    return stop[0] if stop else ""


def _json_object(body: Mapping[str, Any], model: Model) -> bool:
    kind = _typed(body, "response_format", dict, {"type": "text"}).get("type")
    if kind not in ("text", "json_object"):  # json_schema is not documented
        raise refuse("1210", "response_format.type: must be text or json_object.")
    return kind == "json_object" and model.json_object is not False


def _thinking(body: Mapping[str, Any], model: Model) -> tuple[bool, bool]:
    """Whether to think, and whether earlier reasoning is read (docs.z.ai thinking-mode)."""
    thinking = _typed(body, "thinking", dict, {})
    kind = thinking.get("type") or "enabled"
    if kind not in ("enabled", "disabled"):
        raise refuse("1210", "thinking.type: must be enabled or disabled.")
    if kind == "disabled" and model.thinking == "always":
        wanted = "/".join(model.efforts)
        text = f"thinking cannot be disabled for {model.id}; use reasoning_effort {wanted}."
        raise refuse("1210", text)
    effort = body.get("reasoning_effort")
    if effort is not None and model.efforts and effort not in model.efforts:
        raise refuse("1210", f"reasoning_effort: must be one of {', '.join(model.efforts)}.")
    skipped = bool(model.efforts) and effort in ("none", "minimal")
    on = kind == "enabled" and model.thinking != "none" and not skipped
    return on, thinking.get("clear_thinking") is False


def _tools(body: Mapping[str, Any], model: Model) -> Sequence[Mapping[str, Any]]:
    tools: Sequence[Mapping[str, Any]] = _typed(body, "tools", list, [])
    if body.get("tool_choice", "auto") != "auto":
        raise refuse("1210", "tool_choice: only auto is supported.")
    if len(tools) > _TOOLS:
        raise refuse("1210", f"tools: at most {_TOOLS} are allowed.")
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        kind = tool.get("type") if isinstance(tool, dict) else None
        if kind == "web_search" and model.id not in _FUNCTIONS_ONLY:
            _check_search(tool.get("web_search"), where)
            continue
        if kind != "function":
            # The schema lists retrieval too; its own prose says functions only.
            raise refuse("1210", f"{where}.type: only function is supported.")
        function = tool.get("function")
        if not isinstance(function, dict):
            raise refuse("1213", f"{where}.function: not received.")
        if not _TOOL_NAME.fullmatch(str(function.get("name", ""))):
            raise refuse("1214", f"{where}.function.name: must match {_TOOL_NAME.pattern}.")
        check_schema(function.get("parameters") or {}, f"{where}.function.parameters")
    return tools


def _check_search(wish: object, where: str) -> None:
    if not isinstance(wish, dict) or not isinstance(wish.get("search_engine"), str):
        raise refuse("1213", f"{where}.web_search.search_engine: not received.")


def _check_messages(body: Mapping[str, Any], model: Model) -> None:
    if "messages" not in body:
        raise refuse("1213", "messages: not received.")
    messages = _typed(body, "messages", list, [])
    if not messages:
        raise refuse("1214", "messages: must not be empty.")
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if not isinstance(message, dict):
            raise refuse("1214", f"{where}: must be an object.")
        if message.get("role") not in _ROLES:
            raise refuse("1214", f"{where}.role: must be one of {', '.join(_ROLES)}.")
        if message["role"] == "tool" and not message.get("tool_call_id"):
            raise refuse("1214", f"{where}.tool_call_id: not received.")
        _check_calls(message.get("tool_calls") or [], f"{where}.tool_calls")
        if message.get("content") is None:
            if message["role"] == "assistant" and message.get("tool_calls"):
                continue
            raise refuse("1213", f"{where}.content: not received.")
        check_parts(message["content"], where, model)
    if not any(message["role"] in ("user", "tool") for message in messages):
        raise refuse("1214", "messages: must not hold only system and assistant messages.")


def _check_calls(calls: object, where: str) -> None:
    if not isinstance(calls, list):
        raise refuse("1214", f"{where}: must be an array.")
    for index, call in enumerate(calls):
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise refuse("1214", f"{where}[{index}].function.name: not received.")
