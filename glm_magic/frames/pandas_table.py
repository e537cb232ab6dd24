"""A pandas frame in memory, whose object columns are slow to look for missing cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glm_magic.frames.sources import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glm_magic.frames.sources import Ask

_ENDS = frozenset({"low", "high"})


class PandasTable(Table):
    """A pandas frame: an object column that has a range is freed of its missing cells once.

    pandas itself looks for them twice for every smallest and every largest value.
    """

    def answers(self, asks: Sequence[Ask]) -> dict[str, Any]:
        """See `Source.answers`."""
        names = {ask.name for ask in asks if ask.figure in _ENDS}
        objects = {name for name in names if self.column(name).dtype == object}
        own = {ask for ask in asks if ask.name in objects and ask.figure in (*_ENDS, "missing")}
        found = super().answers([ask for ask in asks if ask not in own])
        for name in objects:  # one after the other: each is copied
            present = self.column(name).dropna().to_numpy()
            found |= {ask.key: self._answer(ask, present) for ask in own if ask.name == name}
        return found

    def _answer(self, ask: Ask, present: Any) -> Any:
        if ask.figure == "missing":
            return len(self.column(ask.name)) - len(present)
        if not len(present):
            return None
        return present.min() if ask.figure == "low" else present.max()
