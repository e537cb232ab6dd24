"""What was said between a question and its answer: tool calls with their results, repairs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .answer import fenced, folded
from .cleaning import plain
from .inert import inert

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..chat.messages import Message, ToolCall

_MOST_IN_LINE = 80


def steps_markdown(steps: Sequence[Message]) -> str:
    """The steps, each folded under one line and inert; "" when there are none.

    Args:
        steps: Of a turn, or as far as it has come: a call without a result waits.
    """
    parts = []
    for line, details in _told(steps):
        if details is None:
            parts.append(inert(line).strip("\n"))
            continue
        parts.append(folded(line, "\n\n".join(filter(None, details))))
    return "\n\n".join(part for part in parts if part)


def steps_plain(steps: Sequence[Message]) -> str:
    """The steps for a terminal."""
    parts = []
    for line, details in _told(steps):
        parts.append(plain(line if details is None else "\n".join([f"[{line}]", *details])))
    return "\n\n".join(part for part in parts if part)


def _told(steps: Sequence[Message]) -> Iterator[tuple[str, list[str] | None]]:
    """A line and what is folded under it; None for words of the model itself."""
    results = {step.tool_call_id: step.content for step in steps if step.role == "tool"}
    for place, step in enumerate(steps):
        if step.tool_calls:
            if step.content.strip():
                yield step.content, None
            for call in step.tool_calls:
                yield _call(call, results.get(call.id))
        elif step.role == "assistant":
            following = steps[place + 1].content if place + 1 < len(steps) else ""
            yield (
                f"Repaired: {following.splitlines()[0]}" if following else "Repaired",
                [fenced(step.content, "text")],
            )


def _call(call: ToolCall, result: str | None) -> tuple[str, list[str]]:
    given = _arguments(call)
    code = given.get("code") if call.name == "run_cell" else None
    if isinstance(code, str):
        shown, line = fenced(code, "python"), "Cell"
    else:
        shown = fenced(json.dumps(given, ensure_ascii=False, indent=1), "json") if given else ""
        inner = ", ".join(f"{name}={value!r}" for name, value in given.items())
        line = f"{call.name}({inner if len(inner) <= _MOST_IN_LINE else '…'})"
    if result is None:
        return f"{line}: waits", [shown]
    state = "not run" if result.startswith("Not run") else f"{len(result):,} characters came back"
    return f"{line}: {state}", [shown, fenced(result, "text")]


def _arguments(call: ToolCall) -> dict[str, object]:
    try:
        given = json.loads(call.arguments)
    except (ValueError, RecursionError):
        given = None
    return given if isinstance(given, dict) else {"arguments": call.arguments}
