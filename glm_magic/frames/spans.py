"""What is said of a pandas column of periods or intervals: from where to where they reach."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.frames.escape import format_scalar, span_text
from glm_magic.frames.failures import attempt

if TYPE_CHECKING:
    from collections.abc import Callable

    from glm_magic.frames.columns import Column
    from glm_magic.frames.sources import Source


def with_span(column: Column, source: Source, name: str) -> Column:
    """The record with the range of its periods or intervals; any other record as it is."""
    reach = _REACHES.get(column.dtype.partition("[")[0])
    if reach is None or column.kind != "other":
        return column
    found = attempt(lambda: reach(source.column(name).dropna()))
    return replace(column, facts=(found,)) if found else column


def _of_periods(periods: Any) -> str:
    low, high = span_text(periods.min()), span_text(periods.max())
    return f"{low}..{high}" if low and high else ""


def _of_intervals(intervals: Any) -> str:
    ends = intervals.array.left.min(), intervals.array.right.max()
    return "..".join(format_scalar(nw.to_py_scalar(end)) for end in ends)


_REACHES: dict[str, Callable[[Any], str]] = {
    "period": _of_periods,
    "interval": _of_intervals,
}
