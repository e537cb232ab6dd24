"""A recorded answer, and what decides which request it answers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from .deltas import Delta, ToolCallPiece

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .messages import Message, Request, ToolCall, Usage

_DECIDING = (
    "model", "thinking", "effort", "temperature", "top_p", "max_tokens", "stop", "json_object",
    "tools",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recording:
    """What is kept of an answer, and all that is: there is no field for a header, URL or id.

    Attributes:
        key: Of the request that it answers, see `key_of`.
        provider: Who was asked.
        model: The model that answered.
        recorded: The day, ISO 8601 in UTC.
        prompt: The user's own text, for a reader; what was attached is in the key only.
        text: The answer.
        reasoning: The reasoning.
        tool_calls: Name and arguments of each tool call.
        finish_reason: Why the model stopped.
        usage: Token counts; None when the server did not say.
    """

    key: str
    provider: str
    model: str
    recorded: str
    prompt: str = ""
    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[tuple[str, str], ...] = ()
    finish_reason: str = ""
    usage: Usage | None = None

    def deltas(self, request: Request) -> Iterator[Delta]:
        """The answer as a client gives it; ids of tool calls are those of `key_of`."""
        if self.reasoning:
            yield Delta(reasoning=self.reasoning)
        if self.text:
            yield Delta(text=self.text)
        said = sum(len(message.tool_calls) for message in request.messages)
        yield Delta(
            tool_calls=tuple(
                ToolCallPiece(index, _call_id(said + index), name, arguments)
                for index, (name, arguments) in enumerate(self.tool_calls)
            ),
            finish_reason=self.finish_reason,
            usage=self.usage,
            model=self.model,
            provider=self.provider,
            recorded=self.recorded,
            ended=True,
        )


def key_of(request: Request) -> str:
    """SHA-256, hexadecimal, of all that decides an answer: model, messages, sampling, tools.

    Not of who is asked, nor how the answer travels. Tool calls are numbered, because a provider
    makes their ids anew each time.
    """
    told = {name: getattr(request, name) for name in _DECIDING} | {
        "messages": _messages(request.messages)
    }
    text = json.dumps(told, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _messages(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    numbers: dict[str, str] = {}
    counted = count()

    def number(call: ToolCall) -> dict[str, str]:
        numbers[call.id] = _call_id(next(counted))  # an old id may come again
        return asdict(call) | {"id": numbers[call.id]}

    numbered = (
        asdict(message)
        | {
            "tool_calls": [number(call) for call in message.tool_calls],
            "tool_call_id": numbers.get(message.tool_call_id, message.tool_call_id),
        }
        for message in messages
    )
    # Without what is empty: a field that messages get one day must not change old keys.
    return [{name: value for name, value in one.items() if value} for one in numbered]


def _call_id(number: int) -> str:
    return f"call_{number + 1}"
