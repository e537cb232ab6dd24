"""What was said between a question and its answer: tool calls with their results, repairs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .answer import fenced, folded
from .cleaning import plain
from .escapes import note
from .inert import inert

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..chat.messages import Message, ToolCall

CELL = "run_cell"  # the tool that runs a cell: its one argument is shown as code
_MOST_IN_LINE = 80


def steps_markdown(steps: Sequence[Message]) -> str:
    """The steps, each folded under one line and inert; "" when there are none.

    Args:
        steps: Of a turn, or as far as it has come: of a call that waits only the name is shown,
            for the person who must approve it is shown all of it.
    """
    parts = []
    for line, details in _told(steps):
        if details is None:
            parts.append(inert(line).strip("\n"))
            continue
        inside = "\n\n".join(filter(None, details))
        parts.append(folded(line, inside) if inside else f"<small>{note(plain(line))}</small>")
    return "\n\n".join(part for part in parts if part)


def steps_plain(steps: Sequence[Message]) -> str:
    """The steps for a terminal."""
    parts = []
    for line, details in _told(steps):
        parts.append(plain(line if details is None else "\n".join([f"[{line}]", *details])))
    return "\n\n".join(part for part in parts if part)


def call_line(name: str, arguments: Mapping[str, Any]) -> str:
    """A call as Python writes it, on one line; long arguments are left out of it."""
    if name == CELL:
        return "Cell"
    inner = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return f"{name}({inner if len(inner) <= _MOST_IN_LINE else '…'})"


def call_shown(name: str, arguments: Mapping[str, Any]) -> str:
    """A call to be looked at before it runs: all of it, highlighted and inert."""
    return inert(_source(name, arguments)).strip("\n")


def _source(name: str, arguments: Mapping[str, Any]) -> str:
    """What would run, as Python."""
    code = arguments.get("code")
    if name == CELL and isinstance(code, str):
        return fenced(code, "python")
    lines = [f"    {name}={value!r}," for name, value in arguments.items()]
    one = call_line(name, arguments)
    return fenced("\n".join([f"{name}(", *lines, ")"]) if "…" in one else one, "python")


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
    line, shown = call_line(call.name, given), _source(call.name, given)
    if result is None:
        return f"{line} …", []
    state = result.partition(":")[0].lower()
    if state not in ("not run", "not finished"):
        state = f"{len(result):,} characters came back"
    return f"{line}: {state}", [shown, fenced(result, "text")]


def _arguments(call: ToolCall) -> dict[str, object]:
    try:
        given = json.loads(call.arguments)
    except (ValueError, RecursionError):
        given = None
    return given if isinstance(given, dict) else {"arguments": call.arguments}
