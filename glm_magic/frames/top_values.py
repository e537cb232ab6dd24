"""The frequent values of a column with few distinct values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glm_magic.frames.columns import FEW_DISTINCT, Column, Distinct, TopValue
from glm_magic.frames.escape import format_value
from glm_magic.frames.personal import is_personal_text

if TYPE_CHECKING:
    from glm_magic.frames.sources import Counts


def has_few_values(column: Column) -> bool:
    """Whether it is worth counting a column's values."""
    if column.personal or column.kind not in ("text", "category", "boolean", "number"):
        return False
    return column.distinct is not None and column.distinct.few


def with_top_values(column: Column, counts: Counts | None, rows: int) -> Column:
    """The record with its frequent values, if the column has few distinct ones.

    Args:
        column: The record after the probe.
        counts: Values seen often enough with their counts; None when they cannot be counted.
        rows: Rows of the frame, for the shares.
    """
    if not counts or column.distinct is None:
        return column
    if len(counts) > FEW_DISTINCT:  # the head of the frame misled the probe
        return replace(column, distinct=Distinct(len(counts), len(counts) + 1))
    personal = any(isinstance(value, str) and is_personal_text(value) for value, _ in counts)
    ranked = sorted(counts, key=lambda pair: (-pair[1], format_value(pair[0])))
    count = max(column.distinct.count, len(ranked))
    return replace(
        column,
        distinct=Distinct(count, max(count, column.distinct.seen)),
        top=tuple(TopValue(value, seen / rows) for value, seen in ranked),
        personal=column.personal or personal,  # then `measure` takes the values out again
    )
