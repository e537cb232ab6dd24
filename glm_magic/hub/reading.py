"""A request body to values, strictly: nothing that is not known here is ever sent on.

The body that goes upstream is written anew from these values (`api.wire`), so a client cannot
name another host, key or user, whatever fields a host may know.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..chat.messages import Message, Request, ToolCall
from .refusing import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .rules import Rules

_ROLES = ("system", "user", "assistant", "tool")
_TOKENS_PER_MESSAGE = 8  # or call: role and separators, a generous guess
_TOKENS_PER_IMAGE = 2_000  # no count is documented
_LONGEST_NAME, _LONGEST_ID = 64, 200  # characters; hosts give a tool's name 64
_BYTES_PER_TOKEN = 2  # text is nearer to four: a budget must not be passed by a guess


def read_question(body: bytes, rules: Rules, *, hints: bool) -> Request:
    """The values of a request, within what the course allows.

    Args:
        body: JSON, as the chat-completions wire has it.
        rules: What the course allows.
        hints: Whether only hints are given, so that neither tools nor JSON may be asked for.

    Raises:
        Refused: A model that is not allowed, a field that is not passed on, or a bad value.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Refused("course-request", "The request is not a JSON object.")
    values = {name: value for name, value in document.items() if value is not None}
    for name in values:
        if name not in _FIELDS:
            shown = name[:40]
            raise Refused("course-field", f"The course's service does not pass on {shown!r}.")
    model = values.get("model")
    if model not in rules.models:
        message = f"The course offers {', '.join(rules.models)}, not {str(model)[:40]!r}."
        raise Refused("course-model", message)
    read: dict[str, Any] = {}
    for name, value in values.items():
        try:
            read |= _FIELDS[name](value)
        except (TypeError, ValueError, KeyError, AttributeError):
            raise Refused("course-request", f"The value of {name} is not possible.") from None
    if not read.get("messages"):
        raise Refused("course-request", "The request has no messages.")
    if hints and (read.get("tools") or read.get("json_object")):
        raise Refused("course-hints", "In hints mode there are neither tools nor JSON.")
    read.setdefault("stream", False)  # as every client of the wire expects that leaves it out
    read["max_tokens"] = min(read.get("max_tokens", rules.max_tokens), rules.max_tokens)
    return Request(**read)


def guessed_tokens(request: Request) -> int:
    """What the prompt takes at most, guessed generously."""
    calls = [call for message in request.messages for call in message.tool_calls]
    texts = [one.content + one.reasoning + one.tool_call_id for one in request.messages]
    texts += [call.id + call.name + call.arguments for call in calls]
    size_bytes = sum(len(text.encode("utf-8", "replace")) for text in texts)
    size_bytes += len(json.dumps(request.tools).encode()) if request.tools else 0
    images = sum(len(message.images) for message in request.messages)
    return (
        size_bytes // _BYTES_PER_TOKEN
        + _TOKENS_PER_MESSAGE * len(texts)
        + _TOKENS_PER_IMAGE * images
    )


def _of(kind: type | tuple[type, ...], name: str) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise TypeError
        return {name: value}

    return read


def _number(low: float, high: float, name: str) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        if isinstance(value, bool) or not low <= value <= high:
            raise ValueError
        return {name: float(value)}

    return read


def _count(value: Any) -> dict[str, Any]:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError
    return {"max_tokens": value}


def _stop(value: Any) -> dict[str, Any]:
    texts = [value] if isinstance(value, str) else list(value)
    if len(texts) > 1 or not all(isinstance(text, str) for text in texts):
        raise ValueError
    return {"stop": texts[0] if texts else None}


def _thinking(value: Any) -> dict[str, Any]:
    return {"thinking": {"enabled": True, "disabled": False}[value["type"]]}


def _form(value: Any) -> dict[str, Any]:
    return {"json_object": {"json_object": True, "text": False}[value["type"]]}


def _tools(value: Any) -> dict[str, Any]:
    found = []
    for tool in value:
        if tool["type"] != "function":
            raise ValueError
        _word(tool["function"]["name"], _LONGEST_NAME)
        names = ("name", "description", "parameters")
        function = {name: tool["function"][name] for name in names if name in tool["function"]}
        found.append({"type": "function", "function": function})
    return {"tools": tuple(found)}


def _nothing(_: Any) -> dict[str, Any]:
    """Clients say it, and we decide it ourselves."""
    return {}


def _auto(value: Any) -> dict[str, Any]:
    if value != "auto":
        raise ValueError
    return {}


def _messages(value: Any) -> dict[str, Any]:
    return {"messages": tuple(_message(one) for one in value)}


def _message(record: Mapping[str, Any]) -> Message:
    role, content = record["role"], record.get("content")
    if role not in _ROLES:
        raise ValueError
    images: list[str] = []
    if isinstance(content, list):
        texts = [part["text"] for part in content if part["type"] == "text"]
        images = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
        if len(texts) + len(images) != len(content):
            raise ValueError
        content = "\n".join(texts)
    reasoning, call_id = record.get("reasoning_content"), record.get("tool_call_id")
    calls = tuple(map(_call, record.get("tool_calls") or ()))
    return Message(
        role,
        _word(content or ""),
        images=tuple(map(_image, images)),
        reasoning=_word(reasoning or ""),
        tool_calls=calls,
        tool_call_id=_word(call_id or "", _LONGEST_ID),
    )


def _call(record: Mapping[str, Any]) -> ToolCall:
    function = record["function"]
    name, arguments = _word(function["name"], _LONGEST_NAME), _word(function["arguments"])
    return ToolCall(_word(record["id"], _LONGEST_ID), name, arguments)


def _word(value: Any, longest: int | None = None) -> str:
    if not isinstance(value, str) or (longest is not None and len(value) > longest):
        raise TypeError
    return value


def _image(url: Any) -> str:
    if not _word(url).startswith(("data:image/", "https://")):
        raise ValueError
    return str(url)


_FIELDS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "model": _of(str, "model"),
    "messages": _messages,
    "stream": _of(bool, "stream"),
    "temperature": _number(0, 2, "temperature"),
    "top_p": _number(0, 1, "top_p"),
    "max_tokens": _count,
    "stop": _stop,
    "thinking": _thinking,
    "reasoning_effort": lambda value: {"effort": _word(value, _LONGEST_NAME)},
    "response_format": _form,
    "tools": _tools,
    "tool_choice": _auto,
    "tool_stream": _of(bool, "tool_stream"),
    "stream_options": _nothing,
}
