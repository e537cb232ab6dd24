"""Turns out of plain values that nobody vouches for: a notebook may come from anywhere."""

from __future__ import annotations

import math
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any

from ..chat.records import turn_from
from ..chat.rounds import closed
from .packing import LIMIT_BYTES

if TYPE_CHECKING:
    from ..chat.attachments import Attachment
    from ..chat.messages import Message, ToolCall, Usage
    from ..chat.turns import Turn

_NAMES = ("id", "created", "provider", "model")
_TEXTS = (
    "prompt", "request_digest", "earlier_digest", "text", "reasoning", "finish_reason",
    "partial_reason", "recorded",
)  # fmt: skip
_LISTS = ("attached", "warnings", "earlier_names", "tool_calls", "images", "steps", "sources")
_USAGE = ("prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens")
_CALL = ("id", "name", "arguments")
_SOURCE = ("mark", "title", "link", "date")
_STEP = ("role", "content", "images", "reasoning", "tool_calls", "tool_call_id")


def turn_of(record: Any) -> Turn:
    """The turn of what `chat.records` says when it begins and when it ends, in one object.

    Unknown fields are passed over.

    Raises:
        ValueError: Anything is missing, of another type, without an end or out of all measure.
    """
    try:
        told = dict(record)
        _need(all(isinstance(told.get(name, []), list) for name in _LISTS))
        _need(all(isinstance(one.get("notes", []), list) for one in told.get("attached", [])))
        _need(all(type(one.get("shape", [])) is list for one in told.get("attached", [])))
        if told.get("usage"):
            told["usage"] = {k: v for k, v in told["usage"].items() if k in _USAGE}
        told["tool_calls"] = _calls(told)
        told["sources"] = [
            {name: one[name] for name in _SOURCE if name in one} for one in told.get("sources", [])
        ]
        told["steps"] = [
            {name: step[name] for name in _STEP if name in step} | {"tool_calls": _calls(step)}
            for step in told.get("steps", [])
        ]
        told.setdefault("prompt", "")  # empty fields are not written
        turn = replace(turn_from(told, told), elsewhere=True)
        _need(_is_sound(turn))
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        message = f"not a turn: {type(error).__name__}"
        raise ValueError(message) from None
    return turn


def _calls(record: Any) -> list[dict[str, Any]]:
    return [{name: call[name] for name in _CALL} for call in record.get("tool_calls", [])]


def _need(holds: bool) -> None:
    if not holds:
        message = "not a turn"
        raise ValueError(message)


def _is_sound(turn: Turn) -> bool:
    names = [getattr(turn, name) for name in _NAMES]
    texts = [getattr(turn, name) for name in _TEXTS]
    texts += [value for one in turn.sources for value in astuple(one)]
    texts += [*turn.warnings, *turn.earlier_names, *turn.user.images, turn.user.content]
    return (
        all(_is_name(value) for value in names)
        and (turn.cell is None or _is_name(turn.cell))
        and all(_is_text(value) for value in texts)
        and all(_is_count(value) for value in (turn.earlier_turns, turn.left_out))
        and all(_is_number(value) for value in (turn.seconds, turn.thought_seconds))
        and (turn.cost_usd is None or _is_number(turn.cost_usd))
        and (turn.usage is None or _is_usage(turn.usage))
        and all(_is_call(call) for call in turn.tool_calls)
        and all(_is_step(step) for step in turn.steps)
        and turn.steps == closed(turn.steps)
        and all(_is_attachment(one) for one in turn.attachments)
        and _is_options(turn.options)
    )


def _is_attachment(one: Attachment) -> bool:
    return (
        _is_name(one.name)
        and all(map(_is_text, (one.kind, one.level, one.digest, one.form, one.image_digest)))
        and all(map(_is_text, one.notes))
        and all(_is_count(value) for value in (one.tokens, one.rows_sent))
        and all(value is None or _is_count(value) for value in one.shape)
    )


def _is_options(options: object) -> bool:
    """Names with plain values, or lists of them: nothing that grows in depth."""
    if not isinstance(options, dict):
        return False
    values: list[Any] = []
    for value in options.values():
        values += value if isinstance(value, list) else [value]
    return all(_is_name(name) for name in options) and all(
        value is None or isinstance(value, bool) or _is_text(value) or _is_finite(value)
        for value in values
    )


def _is_usage(usage: Usage) -> bool:
    told = (usage.cached_tokens, usage.reasoning_tokens)
    counts = [usage.prompt_tokens, usage.completion_tokens, *(n for n in told if n is not None)]
    return all(_is_count(value) for value in counts)


def _is_call(call: ToolCall) -> bool:
    return all(_is_text(value) for value in (call.id, call.name, call.arguments))


def _is_step(step: Message) -> bool:
    texts = (step.content, step.reasoning, step.tool_call_id, *step.images)
    return (
        step.role in ("assistant", "tool", "user")
        and all(map(_is_text, texts))
        and all(map(_is_call, step.tool_calls))
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 1000


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LIMIT_BYTES


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_number(value: float) -> bool:
    return _is_finite(value) and value >= 0
