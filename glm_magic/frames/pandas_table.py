"""A pandas frame in memory, whose object columns are slow to look for missing cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glm_magic.frames.sources import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glm_magic.frames.sources import Ask

_OWN = frozenset({"missing", "low", "high"})


class PandasTable(Table):
    """A pandas frame: an object column is freed of its missing cells once for all answers.

    pandas itself looks for them twice for every smallest and every largest value.
    """

    def answers(self, asks: Sequence[Ask]) -> dict[str, Any]:
        """See `Source.answers`."""
        own = [ask for ask in asks if ask.figure in _OWN and self.column(ask.name).dtype == object]
        found = super().answers([ask for ask in asks if ask not in own])
        present = {name: self.column(name).dropna().to_numpy() for name in {a.name for a in own}}
        return found | {ask.key: self._answer(ask, present[ask.name]) for ask in own}

    def _answer(self, ask: Ask, present: Any) -> Any:
        if ask.figure == "missing":
            return len(self.column(ask.name)) - len(present)
        if not len(present):
            return None
        return present.min() if ask.figure == "low" else present.max()
