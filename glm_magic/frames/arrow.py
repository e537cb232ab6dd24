"""A pyarrow table in memory, asked by Arrow's own functions where they do two things at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from glm_magic.frames.sources import Ask, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWN = frozenset({"rows", "missing", "present", "low", "high", "mean"})


class ArrowTable(Table):
    """A pyarrow table: smallest and largest value are found in one go, missing ones in none."""

    def answers(self, asks: Sequence[Ask]) -> dict[str, Any]:
        """See `Source.answers`."""
        others = [ask for ask in asks if ask.figure not in _OWN]
        found = super().answers(others) if others else {}
        extremes: dict[str, Any] = {}
        for ask in asks:
            if ask.figure in _OWN:
                found[ask.key] = self._answer(ask, extremes)
        return found

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
            return compute.mean(column).as_py()
        if ask.name not in extremes:
            extremes[ask.name] = compute.min_max(column).as_py()
        return extremes[ask.name]["min" if ask.figure == "low" else "max"]
