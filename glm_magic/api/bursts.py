"""A burst of deltas as few deltas, so that a fast host costs little on the way to the reader."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..chat.deltas import Delta


def merged(deltas: list[Delta]) -> list[Delta]:
    """One burst as few deltas: neighbours that only add text, or only reasoning, become one."""
    groups: list[list[Delta]] = []
    open_ = False  # whether the last group takes more
    for delta in deltas:
        plain = _plain(delta)
        if open_ and plain and _same_side(groups[-1][-1], delta):
            groups[-1].append(delta)
        else:
            groups.append([delta])
        open_ = plain
    return [group[0] if len(group) == 1 else _joined(group) for group in groups]


def _joined(group: list[Delta]) -> Delta:
    text, reasoning = ("".join(one.text for one in group), "".join(one.reasoning for one in group))
    return replace(group[0], text=text, reasoning=reasoning)


def _plain(delta: Delta) -> bool:
    """Whether it only adds text; all else is told by itself."""
    return not (
        delta.tool_calls
        or delta.finish_reason
        or delta.usage
        or delta.sources
        or delta.notice
        or delta.warning
        or delta.step
        or delta.ended
        or delta.recorded
    )


def _same_side(one: Delta, other: Delta) -> bool:
    if (one.model, one.response_id, one.provider) != (
        other.model,
        other.response_id,
        other.provider,
    ):
        return False
    return not (one.reasoning and other.text) and not (one.text and other.reasoning)
