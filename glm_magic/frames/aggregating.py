"""Missing shares, ranges and means of all columns in one query; of what breaks it, each alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.frames.escape import Scalar, type_name
from glm_magic.frames.failures import attempt, raise_if_no_failure
from glm_magic.frames.pandas_table import PandasTable
from glm_magic.frames.sources import Ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glm_magic.frames.columns import Column
    from glm_magic.frames.sources import Counts, Figure, Source


_FINITE_COUNTS: tuple[Figure, ...] = ("finite", "infinite")
_FINITE: tuple[Figure, ...] = (*_FINITE_COUNTS, "finite_low", "finite_high", "finite_mean")


@dataclass(frozen=True, slots=True)
class Asked:
    """A table and the records its answers go into.

    Attributes:
        source: The table.
        names: The names of its columns, shape (columns,).
        found: The records, shape (columns,).
        wanted: Positions of the columns that are measured.
    """

    source: Source
    names: Sequence[str]
    found: list[Column]
    wanted: Sequence[int]


def aggregate(
    table: Asked, few: Sequence[int], *, with_ranges: bool
) -> tuple[int, dict[int, Counts]]:
    """Fill in missing shares, ranges and means.

    Args:
        table: The table.
        few: Positions of the columns whose values are counted: in the same go, because a table in
            pieces is read only once then.
        with_ranges: Whether ranges and means are wanted.

    Returns:
        The number of rows, and the frequent values by position.
    """
    found, source = table.found, table.source
    # Object columns may fail at any value: each is asked alone, so the one query stands.
    careful = [i for i in table.wanted if found[i].types and not source.isolates]
    shared = [i for i in table.wanted if i not in careful and not found[i].problem]
    asks = [ask for i in shared for ask in _asks(table, i, with_ranges)]
    least = [Ask("rows", "rows"), *(Ask(f"often{i}", "frequent", table.names[i]) for i in few)]
    together = attempt(lambda: source.answers([*least, *asks]))
    answers = together or attempt(lambda: source.answers(least)) or source.answers(least[:1])
    rows = int(answers["rows"])
    for i in table.wanted:
        if together is None or f"missing{i}" not in together:
            answers |= _ask_alone(table, i, with_ranges)
        found[i] = _with_answers(found[i], i, rows, answers)
    finite = answers | _finite_answers(table, [i for i in table.wanted if _is_odd(i, answers)])
    for i in table.wanted:
        if f"finite{i}" in finite:
            found[i] = _finite(found[i], i, rows, finite)
    return rows, {i: answers[f"often{i}"] for i in few if f"often{i}" in answers}


def _asks(table: Asked, i: int, with_ranges: bool) -> list[Ask]:
    name, kind = table.names[i], table.found[i].kind
    asked = [Ask(f"missing{i}", "missing", name)]
    if with_ranges and kind in ("number", "date"):
        asked += [Ask(f"low{i}", "low", name), Ask(f"high{i}", "high", name)]
    if with_ranges and kind == "number":
        asked.append(Ask(f"mean{i}", "mean", name))
    is_float = kind == "number" and table.found[i].dtype.startswith("f")
    # No range tells of NaN, which is missing to pandas only.
    if is_float and not with_ranges and not isinstance(table.source, PandasTable):
        asked += _finite_asks(table, i, _FINITE_COUNTS)
    return asked


def _ask_alone(table: Asked, i: int, with_ranges: bool) -> dict[str, Any]:
    """The answers for one column, as many as can be had."""
    asks = _asks(table, i, with_ranges)
    together = attempt(lambda: table.source.answers(asks))
    if together is not None:
        return together
    answers: dict[str, Any] = {}
    for ask in asks:
        try:
            answers |= table.source.answers([ask])
        except BaseException as error:
            raise_if_no_failure(error)
            if not answers:  # not even the missing values can be counted
                table.found[i] = replace(table.found[i], problem=type_name(error))
                break
    return answers


def _with_answers(column: Column, i: int, rows: int, answers: dict[str, Any]) -> Column:
    missing = scalar(answers.get(f"missing{i}"))
    mean = scalar(answers.get(f"mean{i}"))
    return replace(
        column,
        # DuckDB sums whole numbers up to a Decimal.
        missing=int(missing) / rows if rows and isinstance(missing, int | Decimal) else None,
        low=scalar(answers.get(f"low{i}")),
        high=scalar(answers.get(f"high{i}")),
        mean=float(mean) if isinstance(mean, int | float | Decimal) else None,
    )


def _is_odd(i: int, answers: dict[str, Any]) -> bool:
    """Whether NaN or infinity is in a column: polars calls NaN a number, pandas a missing value."""
    figures = (answers.get(f"{part}{i}") for part in ("low", "high", "mean"))
    return any(isinstance(each, float) and each - each != 0 for each in figures)


def _finite_answers(table: Asked, odd: Sequence[int]) -> dict[str, Any]:
    """The figures without infinity; objects break the query, then each column is asked alone."""
    asks = [_finite_asks(table, i) for i in odd]
    together = attempt(partial(table.source.answers, list(chain(*asks))))
    if together is not None:
        return together
    answers: dict[str, Any] = {}
    for each in asks:
        answers |= attempt(partial(table.source.answers, each)) or {}
    return answers


def _finite_asks(table: Asked, i: int, figures: Sequence[Figure] = _FINITE) -> list[Ask]:
    return [Ask(f"{figure}{i}", figure, table.names[i]) for figure in figures]


def _finite(column: Column, i: int, rows: int, answers: dict[str, Any]) -> Column:
    finite, infinite = (int(answers.get(f"{key}{i}") or 0) for key in ("finite", "infinite"))
    figures = {f"{each}{i}": answers.get(f"finite_{each}{i}") for each in ("low", "high", "mean")}
    figures[f"missing{i}"] = rows - finite - infinite
    return replace(_with_answers(column, i, rows, figures), infinite=infinite)


def scalar(value: object) -> Scalar | None:
    """A figure as a plain Python value; None for anything missing, and for anything else.

    This is a guard as well: the minimum of an object column may be a text.
    """
    plain = attempt(lambda: nw.to_py_scalar(value))
    if not isinstance(plain, Scalar) or plain != plain:
        return None
    return plain
