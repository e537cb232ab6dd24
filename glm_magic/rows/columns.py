"""What a run adds to a table: the answers as columns of one type each, errors, tokens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from .cells import ONE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from .cells import Cells
    from .outcomes import Outcome

ERROR = "_error"
_TOKENS = ("_prompt_tokens", "_completion_tokens", "_cached_tokens")
DEFAULT_NAME = "answer"


@dataclass(frozen=True)
class Columns:
    """The columns that are added, in their order.

    Attributes:
        answers: The type of each answer column: "text", "int", "float", "bool", "texts" or "json".
        error: The name of the column for what went wrong.
        tokens: The names of the columns for tokens: sent, received, cached.
        cells: Reads an answer; None is any text.
    """

    answers: Mapping[str, str]
    error: str
    tokens: tuple[str, ...]
    cells: Cells | None = None

    @classmethod
    def beside(cls, existing: Collection[str], cells: Cells | None, name: str | None) -> Columns:
        """The columns to add beside those that a table has.

        Args:
            existing: The table's own names.
            cells: Reads an answer; None is any text.
            name: Of the answer; of several fields, what their names begin with.

        Raises:
            ArgumentError: The table has a column of that name, or the result has one besides.
        """
        answers = _answer_kinds(cells, name)
        error, *tokens = free((ERROR, *_TOKENS), existing)
        for answer in answers:
            if answer in (*existing, error, *tokens):
                whose = "The table" if answer in existing else "The result"
                message = f"{whose} has a column {answer!r} already."
                raise ArgumentError(message, 'Name the new one: name="…".')
        return cls(answers, error, tuple(tokens), cells)

    @property
    def kinds(self) -> dict[str, str]:
        """The type of every added column."""
        return {**self.answers, self.error: "text", **dict.fromkeys(self.tokens, "int")}

    def of(self, outcomes: Sequence[Outcome]) -> dict[str, list[Any]]:
        """The cells of every added column, in the order of the rows."""
        read = cache(self._read)  # equal texts are read once
        rows = [read(outcome.text, outcome.error) for outcome in outcomes]
        cells = {name: [row[place] for row, _ in rows] for place, name in enumerate(self.answers)}
        for name in (name for name, kind in self.answers.items() if kind == "texts"):
            # Whoever changes the list of one row does not change those of equal ones.
            cells[name] = [None if one is None else list(one) for one in cells[name]]
        cells[self.error] = [error or None for _, error in rows]
        used = [outcome.usage for outcome in outcomes]
        sent, received, cached = self.tokens
        cells[sent] = [None if one is None else one.prompt_tokens for one in used]
        cells[received] = [None if one is None else one.completion_tokens for one in used]
        cells[cached] = [None if one is None else one.cached_tokens for one in used]
        return cells

    def _read(self, text: str | None, error: str) -> tuple[list[Any], str]:
        """The cells of an answer, and why they are empty."""
        if self.cells is None:
            return [text], error
        cells, wrong = ([], "") if error or text is None else self.cells.read(text)
        error = self.cells.error(wrong) if wrong else error
        return cells or [None] * len(self.answers), error


def _answer_kinds(cells: Cells | None, name: str | None) -> dict[str, str]:
    if cells is None:
        return {name or DEFAULT_NAME: "text"}
    if ONE in cells.kinds:
        return {name or DEFAULT_NAME: cells.kinds[ONE]}
    front = f"{name}_" if name else ""
    return {f"{front}{field}": kind for field, kind in cells.kinds.items()}


def free(names: Iterable[str], taken: Collection[str]) -> list[str]:
    """The names, all with the same number behind them where one of them is taken."""
    names = list(names)
    number, found = 1, names
    while any(name in taken for name in found):
        number += 1
        found = [f"{name}_{number}" for name in names]
    return found
