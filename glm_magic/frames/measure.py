"""Column records, computed where the data lives.

The probe (the first 10,000 rows) says what is worth asking; one aggregate query answers it for all
columns; only columns with few distinct values are grouped, one query each. A table in pieces is
read once for these two. Never exact distinct counts, never the minimum or maximum of text: they
are slow, and they are values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.frames.columns import Column, Distinct
from glm_magic.frames.dtypes import kind_of, short_dtype
from glm_magic.frames.escape import Scalar, type_name
from glm_magic.frames.failures import attempt, raise_if_no_failure
from glm_magic.frames.geometry import with_geometry
from glm_magic.frames.hiding import plural
from glm_magic.frames.pandas_table import PandasTable
from glm_magic.frames.personal import is_personal_header, is_secret_name
from glm_magic.frames.probe import (
    PROBE_ROWS,
    has_own_texts,
    has_scalars_only,
    kind_of_objects,
    probe_column,
)
from glm_magic.frames.sources import Ask
from glm_magic.frames.spans import with_span
from glm_magic.frames.top_values import has_few_values, with_top_values

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from glm_magic.frames.opening import Opened
    from glm_magic.frames.sources import Counts, Figure, Source


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of a frame.

    Attributes:
        rows: Rows of the frame.
        columns: One record per column, shape (columns,).
        approximate: Whether the probe was shorter than the frame.
    """

    rows: int
    columns: tuple[Column, ...]
    approximate: bool


def read_schema(opened: Opened) -> list[Column]:
    """One record per column with name, type and kind; reads no data."""
    schema = opened.source.schema()
    columns = []
    pairs = zip(opened.labels, schema.items(), strict=True)
    for position, (label, (name, dtype)) in enumerate(pairs):
        native = opened.source.native_dtype(name) if dtype == nw.Unknown else None
        kind = kind_of(dtype, native)
        # A flag such as "has_email" says nothing about anyone.
        named = is_personal_header(label) or is_secret_name(label) or label in opened.numbered
        shown, level = short_dtype(dtype, native), position < opened.levels
        named = named and kind != "boolean"
        columns.append(Column(label, shown, kind, personal=named, level=level))
    return columns


def measure(
    opened: Opened,
    columns: Sequence[Column],
    wanted: Collection[int],
    level: str,
    *,
    quantiles: bool = False,
    step: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Measure the wanted columns as far as a level needs it.

    Args:
        opened: The frame.
        columns: The records of the schema, shape (columns,).
        wanted: Positions of the columns to measure; the others keep their record.
        level: "schema", "stats" or "values".
        quantiles: Whether quartiles and approximate distinct counts are wanted too.
        step: Is told what is going on, a few words each.

    Raises:
        Exception: Whatever the library raises when not even the rows can be counted.
    """
    found = list(columns)
    names = list(opened.source.schema())
    table = _Asked(opened.source, names, found, list(wanted))
    if level != "schema" and wanted:
        step("reading the first rows")
        _probe(table)
    few = [i for i in wanted if has_few_values(found[i])] if level == "values" else []
    values = f", and the values of {plural(len(few), 'column')}" if few else ""
    step(f"counting and measuring{values}")
    rows, counts = _aggregate(table, few, with_ranges=level != "schema")
    if level != "schema":
        for i in wanted:
            found[i] = with_geometry(found[i], opened.source, names[i])
            found[i] = with_span(found[i], opened.source, names[i])
    for i in few if rows else ():
        found[i] = with_top_values(found[i], counts.get(i), rows)
    if quantiles and level != "schema" and rows:
        step("finding quartiles and distinct values")
        _spread(table)
    for i in wanted:
        if found[i].personal:
            found[i] = replace(found[i], low=None, high=None, mean=None, top=(), quantiles=None)
    return Measured(rows, tuple(found), approximate=rows > PROBE_ROWS)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A table and the records its answers go into."""

    source: Source
    names: Sequence[str]
    found: list[Column]
    wanted: Sequence[int]


def _probe(table: _Asked) -> None:
    names = [table.names[i] for i in table.wanted]
    head = attempt(lambda: table.source.head(names, PROBE_ROWS))
    for i, name in zip(table.wanted, names, strict=True):
        part = head
        if head is None:  # one column broke the query: ask for each alone
            part = attempt(lambda name=name: table.source.head([name], PROBE_ROWS))  # type: ignore[misc]
        if part is None:
            table.found[i] = replace(table.found[i], problem="unreadable")
        else:
            table.found[i] = _probed(table.found[i], part[name])


def _probed(column: Column, series: nw.Series[Any]) -> Column:
    kind = kind_of(series.dtype)
    if column.dtype == "object" and kind != "other":  # only its values say what it holds
        column = replace(column, dtype=short_dtype(series.dtype), kind=kind)
    if kind == "text" and has_own_texts(series):
        column = replace(column, dtype="object", kind="other")
    column = probe_column(column, series)
    if column.types and has_scalars_only(series):
        column = replace(column, kind=kind_of_objects(column))
    if column.types and column.kind == "boolean":
        column = replace(column, distinct=Distinct(2, len(series)))
    return column


def _spread(table: _Asked) -> None:
    asked = {
        i: table.found[i].kind in ("number", "date") and not table.found[i].personal
        for i in table.wanted
        if table.found[i].kind not in ("boolean", "other") and not table.found[i].problem
    }
    found = table.source.spread({table.names[i]: ordered for i, ordered in asked.items()})
    for i in asked:
        spread = found.get(table.names[i])
        if spread is not None:
            low, middle, high = map(_scalar, spread.quartiles or (None, None, None))
            known = low is not None and middle is not None and high is not None
            table.found[i] = replace(
                table.found[i],
                quantiles=(low, middle, high) if known else None,  # type: ignore[arg-type]
                approx_distinct=spread.distinct,
            )


def _aggregate(
    table: _Asked, few: Sequence[int], *, with_ranges: bool
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


def _asks(table: _Asked, i: int, with_ranges: bool) -> list[Ask]:
    name, kind = table.names[i], table.found[i].kind
    asked = [Ask(f"missing{i}", "missing", name)]
    if with_ranges and kind in ("number", "date"):
        asked += [Ask(f"low{i}", "low", name), Ask(f"high{i}", "high", name)]
    if with_ranges and kind == "number":
        asked.append(Ask(f"mean{i}", "mean", name))
    is_float = kind == "number" and table.found[i].dtype.startswith("f")
    if is_float and not with_ranges and not isinstance(table.source, PandasTable):
        asked += _finite_asks(table, i)[
            :2
        ]  # no range tells of NaN, which is missing to pandas only
    return asked


def _ask_alone(table: _Asked, i: int, with_ranges: bool) -> dict[str, Any]:
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
    missing = _scalar(answers.get(f"missing{i}"))
    mean = _scalar(answers.get(f"mean{i}"))
    return replace(
        column,
        # DuckDB sums whole numbers up to a Decimal.
        missing=int(missing) / rows if rows and isinstance(missing, int | Decimal) else None,
        low=_scalar(answers.get(f"low{i}")),
        high=_scalar(answers.get(f"high{i}")),
        mean=float(mean) if isinstance(mean, int | float | Decimal) else None,
    )


def _is_odd(i: int, answers: dict[str, Any]) -> bool:
    """Whether NaN or infinity is in a column: polars calls NaN a number, pandas a missing value."""
    figures = (answers.get(f"{part}{i}") for part in ("low", "high", "mean"))
    return any(isinstance(each, float) and each - each != 0 for each in figures)


def _finite_answers(table: _Asked, odd: Sequence[int]) -> dict[str, Any]:
    """The figures without infinity; objects break the query, then each column is asked alone."""
    asks = [_finite_asks(table, i) for i in odd]
    together = attempt(partial(table.source.answers, list(chain(*asks))))
    if together is not None:
        return together
    answers: dict[str, Any] = {}
    for each in asks:
        answers |= attempt(partial(table.source.answers, each)) or {}
    return answers


def _finite_asks(table: _Asked, i: int) -> list[Ask]:
    figures: tuple[Figure, ...] = (
        "finite", "infinite", "finite_low", "finite_high", "finite_mean",
    )  # fmt: skip
    return [Ask(f"{figure}{i}", figure, table.names[i]) for figure in figures]


def _finite(column: Column, i: int, rows: int, answers: dict[str, Any]) -> Column:
    finite, infinite = (int(answers.get(f"{key}{i}") or 0) for key in ("finite", "infinite"))
    figures = {f"{each}{i}": answers.get(f"finite_{each}{i}") for each in ("low", "high", "mean")}
    figures[f"missing{i}"] = rows - finite - infinite
    return replace(_with_answers(column, i, rows, figures), infinite=infinite)


def _scalar(value: object) -> Scalar | None:
    """A figure as a plain Python value; None for anything missing, and for anything else.

    This is a guard as well: the minimum of an object column may be a text.
    """
    plain = attempt(lambda: nw.to_py_scalar(value))
    if not isinstance(plain, Scalar) or plain != plain:
        return None
    return plain
