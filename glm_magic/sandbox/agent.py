"""The stand-in works in cells: a fixed plan of a few, one at a time, from the frame summary."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from . import code
from .counting import text_of
from .plain_answers import quote
from .reply import ToolCall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .frame_reading import FrameSummary
    from .question import Question

TOOL = "run_cell"
_MOST_QUOTED = 400


def is_offered(tools: Sequence[Mapping[str, Any]]) -> bool:
    """Whether cells can be proposed."""
    return any(tool["function"]["name"] == TOOL for tool in tools)


def next_cell(question: Question, results: Sequence[str]) -> tuple[str, ToolCall] | None:
    """What to say of the next cell, and the cell; None when the plan is over, or was refused.

    Args:
        question: What is to be found out.
        results: What came of the cells so far.
    """
    plan = _plan(question)
    done = len(results)
    if done >= len(plan) or (results and results[-1].startswith(("Not run", "Not finished"))):
        return None
    why, source = plan[done]
    seed = f"{question.prompt}\0{done}\0{source}".encode("utf-8", "replace")
    call = ToolCall(
        f"call_{hashlib.sha256(seed).hexdigest()[:20]}",
        TOOL,
        json.dumps({"code": source}, ensure_ascii=False),
    )
    return f"Step {done + 1} of {len(plan)}: {why}.", call


def conclusion(question: Question, results: Sequence[str]) -> str:
    """What the cells gave, in their order: a rule can quote, it cannot conclude."""
    plan = _plan(question)
    lines = [f"**What {len(results)} cells gave**", ""]
    for (why, _), result in zip(plan, results, strict=False):
        lines += [f"- {why}:", "", quote(result.strip() or "(nothing)", _MOST_QUOTED), ""]
    left = len(plan) - len(results)
    if results and results[-1].startswith("Not run"):
        lines.append("The last cell was not approved, so I stop here.")
    elif left > 0:
        lines.append(f"{left} cells of the plan were left.")
    return "\n".join(lines)


def called(messages: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The names of the functions that were called, by the ids of the calls."""
    calls = [call for message in messages for call in message.get("tool_calls") or ()]
    return {str(call.get("id")): call["function"]["name"] for call in calls}


def results_of(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """What came of the cells proposed since the user's last question."""
    names = called(messages)
    results: list[str] = []
    before = ""
    for message in messages:
        if message["role"] == "user" and before != "tool":  # else it brings the figures
            results = []
        before = message["role"]
        if before == "tool" and names.get(str(message["tool_call_id"])) == TOOL:
            results.append(text_of(message))
    return results


def _plan(question: Question) -> list[tuple[str, str]]:
    if question.frame is None:
        names = "sorted(name for name in globals() if not name.startswith('_'))"
        return [("see which variables there are", names)]
    frame = question.frame
    lines, name = code.opening(frame)
    numbers = question.numbers() or tuple(n for n in frame.of_kind("number") if not n.splits)
    groups = question.groups() or frame.of_kind("category", "boolean")
    look = "\n".join([*lines, f"print({name}.shape)", f"{name}.head()"])
    plan = [("look at the first rows", look), ("count missing values", _inner(code.missing(frame)))]
    if groups:
        plan.append((f"count {groups[0].name}", _inner(code.counts(frame, groups[0]))))
    if groups and numbers:
        compared = code.compare(frame, groups[0], numbers[0])
        plan.append((f"compare {numbers[0].name} by {groups[0].name}", _inner(compared)))
    if others := _others(frame, numbers):
        both = code.relate(frame, others[0], numbers[0], groups[0] if groups else None)
        plan.append((f"relate {others[0].name} to {numbers[0].name}", _inner(both)))
    return plan


def _others(frame: FrameSummary, numbers: Sequence[Any]) -> list[Any]:
    """Number columns besides the first one that is asked about."""
    plain = [column for column in frame.of_kind("number") if not column.splits]
    return [column for column in plain if numbers and column.name != numbers[0].name]


def _inner(fenced: str) -> str:
    return "\n".join(fenced.splitlines()[1:-1])
