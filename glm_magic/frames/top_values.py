"""Step three: the frequent values of a column with few distinct values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw

from glm_magic.frames.columns import FEW_DISTINCT, Column, Distinct, TopValue
from glm_magic.frames.escape import format_value
from glm_magic.frames.failures import attempt
from glm_magic.frames.opening import Frame, collect
from glm_magic.frames.personal import is_personal_text

# A value seen less often could point at one person or thing.
LEAST_SEEN = 10


def add_top_values(frame: Frame, name: str, column: Column, rows: int) -> Column:
    """The record with its frequent values, if the column has few distinct ones.

    Args:
        frame: The frame.
        name: The column's name in the frame.
        column: The record after the probe.
        rows: Rows of the frame, for the shares.
    """
    few = column.distinct is not None and column.distinct.few
    if column.personal or column.kind not in ("text", "category", "boolean", "number") or not few:
        return column
    counts = attempt(lambda: _frequent(frame, name))
    if not counts or column.distinct is None:
        return column
    if len(counts) > FEW_DISTINCT:  # the head of the frame misled the probe
        return replace(column, distinct=Distinct(len(counts), len(counts) + 1))
    if any(isinstance(value, str) and is_personal_text(value) for value, _ in counts):
        return replace(column, personal=True)
    ranked = sorted(counts, key=lambda pair: (-pair[1], format_value(pair[0])))
    count = max(column.distinct.count, len(ranked))
    return replace(
        column,
        distinct=Distinct(count, max(count, column.distinct.seen)),
        top=tuple(TopValue(value, seen / rows) for value, seen in ranked),
    )


def _frequent(frame: Frame, name: str) -> list[tuple[Any, int]]:
    """Values seen often enough with their counts, in no order; one more than can be listed."""
    counted = (
        frame.select(nw.col(name).alias("value"))
        .group_by("value", drop_null_keys=True)
        .agg(nw.len().alias("count"))
        .filter(nw.col("count") >= LEAST_SEEN)
        .sort("count", descending=True)
        .head(FEW_DISTINCT + 2)
    )
    pairs = ((nw.to_py_scalar(value), int(count)) for value, count in collect(counted).rows())
    # NaN is not equal to itself; it is a missing value here.
    return [(value, count) for value, count in pairs if value == value]
