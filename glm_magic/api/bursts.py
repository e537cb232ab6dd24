"""A burst of deltas as few deltas, so that a fast host costs little on the way to the reader."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..chat.deltas import Delta


def merged(deltas: list[Delta]) -> list[Delta]:
    """One burst as few deltas: neighbours that only add text, or only reasoning, become one."""
    fewer: list[Delta] = []
    for delta in deltas:
        last = fewer[-1] if fewer else None
        if last is not None and _plain(last) and _plain(delta) and _same_side(last, delta):
            text, reasoning = last.text + delta.text, last.reasoning + delta.reasoning
            fewer[-1] = replace(last, text=text, reasoning=reasoning)
        else:
            fewer.append(delta)
    return fewer


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
