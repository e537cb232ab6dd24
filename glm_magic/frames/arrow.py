"""A pyarrow table in memory, asked by Arrow's own functions where they do two things at once."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from glm_magic.frames.failures import attempt
from glm_magic.frames.sources import Ask, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWN = frozenset({"rows", "missing", "present", "low", "high", "mean"})


class ArrowTable(Table):
    """A pyarrow table: smallest and largest value are found in one go, missing ones in none.

    What Arrow cannot find of a column has no answer, and the rest stands.
    """

    isolates = True

    def answers(self, asks: Sequence[Ask]) -> dict[str, Any]:
        """See `Source.answers`."""
        others = [ask for ask in asks if ask.figure not in _OWN]
        found = attempt(partial(super().answers, others)) if others else {}
        if found is None:
            found = {}
            for ask in others:
                found |= attempt(partial(super().answers, [ask])) or {}
        extremes: dict[str, Any] = {}
        for ask in asks:
            if ask.figure in _OWN:
                found |= attempt(partial(self._answered, ask, extremes)) or {}
        return found

    def _answered(self, ask: Ask, extremes: dict[str, Any]) -> dict[str, Any]:
        return {ask.key: self._answer(ask, extremes)}

    def _answer(self, ask: Ask, extremes: dict[str, Any]) -> Any:
        table = self.frame.to_native()
        if ask.figure == "rows":
            return table.num_rows
        column = table.column(ask.name)
        if ask.figure == "missing":
            return column.null_count
        if ask.figure == "present":
            return len(column) - column.null_count
        compute: Any = sys.modules["pyarrow.compute"]
        if ask.figure == "mean":
            return compute.mean(_measurable(column)).as_py()
        if ask.name not in extremes:
            extremes[ask.name] = _extremes(column)
        return extremes[ask.name]["min" if ask.figure == "low" else "max"]


def _measurable(column: Any) -> Any:
    """The column in a type that Arrow can compare and add up."""
    types: Any = sys.modules["pyarrow"].types
    if types.is_duration(column.type):
        return column.cast("int64")
    return column.cast("float32") if types.is_float16(column.type) else column


def _extremes(column: Any) -> dict[str, Any]:
    compute: Any = sys.modules["pyarrow.compute"]
    found = compute.min_max(_measurable(column))
    if sys.modules["pyarrow"].types.is_duration(column.type):
        return {end: found[end].cast(column.type).as_py() for end in ("min", "max")}
    return dict(found.as_py())
