"""Column records, computed where the data lives, in three steps.

The probe (the first 10,000 rows) says what is worth asking; one aggregate query answers it for all
columns; only columns with few distinct values are grouped, one query each. Never exact distinct
counts, never the minimum or maximum of text: they are slow, and they are values.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.frames.columns import Column
from glm_magic.frames.dtypes import kind_of, native_dtype, short_dtype
from glm_magic.frames.escape import Scalar, type_name
from glm_magic.frames.failures import attempt, raise_if_no_failure
from glm_magic.frames.opening import Frame, Opened, collect
from glm_magic.frames.personal import is_personal_header
from glm_magic.frames.probe import PROBE_ROWS, has_scalars_only, probe_column
from glm_magic.frames.top_values import add_top_values

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


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
    schema = opened.frame.collect_schema()
    columns = []
    for label, (name, dtype) in zip(opened.labels, schema.items(), strict=True):
        native = native_dtype(opened.frame, name) if dtype == nw.Unknown else None
        kind = kind_of(dtype)
        # A flag such as "has_email" says nothing about anyone.
        personal = kind != "boolean" and is_personal_header(label)
        columns.append(Column(label, short_dtype(dtype, native), kind, personal=personal))
    return columns


def measure(
    opened: Opened, columns: Sequence[Column], wanted: Collection[int], level: str
) -> Measured:
    """Measure the wanted columns as far as a level needs it.

    Args:
        opened: The frame.
        columns: The records of the schema, shape (columns,).
        wanted: Positions of the columns to measure; the others keep their record.
        level: "schema", "stats" or "values".

    Raises:
        Exception: Whatever the library raises when not even the rows can be counted.
    """
    found = list(columns)
    names = opened.frame.collect_schema().names()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy about the user's inf
        if level != "schema" and wanted:
            _probe(opened.frame, names, found, wanted)
        rows = _aggregate(opened.frame, names, found, wanted, with_ranges=level != "schema")
        if level == "values" and rows:
            for i in wanted:
                found[i] = add_top_values(opened.frame, names[i], found[i], rows)
    for i in wanted:
        if found[i].personal:
            found[i] = replace(found[i], low=None, high=None, mean=None, top=())
    return Measured(rows, tuple(found), approximate=rows > PROBE_ROWS)


def _probe(
    frame: Frame, names: Sequence[str], found: list[Column], wanted: Collection[int]
) -> None:
    head = attempt(lambda: collect(frame.select([names[i] for i in wanted]).head(PROBE_ROWS)))
    for i in wanted:
        name = names[i]
        part = head
        if head is None:  # one column broke the query: ask for each alone
            part = attempt(lambda name=name: collect(frame.select(name).head(PROBE_ROWS)))  # type: ignore[misc]
        if part is None:
            found[i] = replace(found[i], problem="unreadable")
            continue
        found[i] = probe_column(found[i], part[name])
        if found[i].types and has_scalars_only(part[name]):
            found[i] = replace(found[i], kind="date" if _is_date(found[i]) else "number")


def _is_date(column: Column) -> bool:
    return any(word in column.types[0].lower() for word in ("date", "time"))


def _aggregate(
    frame: Frame,
    names: Sequence[str],
    found: list[Column],
    wanted: Collection[int],
    *,
    with_ranges: bool,
) -> int:
    """Fill in missing shares, ranges and means; returns the number of rows."""
    # Object columns may fail at any value: each is asked alone, so the one query stands.
    shared = [i for i in wanted if not found[i].types and not found[i].problem]
    expressions = [e for i in shared for e in _expressions(i, names[i], found[i], with_ranges)]
    together = attempt(lambda: _one_row(frame, [nw.len().alias("rows"), *expressions]))
    answers = together or _one_row(frame, [nw.len().alias("rows")])
    rows = int(answers["rows"])
    for i in wanted:
        if together is None or f"missing{i}" not in together:
            answers |= _ask_alone(frame, names[i], i, found, with_ranges)
        found[i] = _with_answers(found[i], i, rows, answers)
    odd = [i for i in wanted if with_ranges and _is_odd(i, answers)]
    for i in odd:
        found[i] = attempt(lambda i=i: _finite(frame, names[i], found[i], rows)) or found[i]  # type: ignore[misc]
    return rows


def _expressions(i: int, name: str, column: Column, with_ranges: bool) -> list[nw.Expr]:
    cell = nw.col(name)
    asked = [cell.null_count().alias(f"missing{i}")]
    if with_ranges and column.kind in ("number", "date"):
        asked += [cell.min().alias(f"low{i}"), cell.max().alias(f"high{i}")]
    if with_ranges and column.kind == "number":
        asked.append(cell.mean().alias(f"mean{i}"))
    return asked


def _one_row(frame: Frame, expressions: Sequence[nw.Expr]) -> dict[str, Any]:
    result = collect(frame.select(*expressions))
    # Not `row(0)`: pandas makes floats of the integers beside them.
    return dict(zip(result.columns, result.rows()[0], strict=True))


def _ask_alone(
    frame: Frame, name: str, i: int, found: list[Column], with_ranges: bool
) -> dict[str, Any]:
    """The answers for one column, as many as can be had."""
    answers: dict[str, Any] = {}
    for expression in _expressions(i, name, found[i], with_ranges):
        try:
            answers |= _one_row(frame, [expression])
        except BaseException as error:
            raise_if_no_failure(error)
            if not answers:  # not even the missing values can be counted
                found[i] = replace(found[i], problem=type_name(error))
                break
    return answers


def _with_answers(column: Column, i: int, rows: int, answers: dict[str, Any]) -> Column:
    missing = _scalar(answers.get(f"missing{i}"))
    mean = _scalar(answers.get(f"mean{i}"))
    return replace(
        column,
        missing=missing / rows if rows and isinstance(missing, int) else None,
        low=_scalar(answers.get(f"low{i}")),
        high=_scalar(answers.get(f"high{i}")),
        mean=float(mean) if isinstance(mean, int | float | Decimal) else None,
    )


def _is_odd(i: int, answers: dict[str, Any]) -> bool:
    """Whether NaN or infinity is in a column: polars calls NaN a number, pandas a missing value."""
    figures = (answers.get(f"{part}{i}") for part in ("low", "high", "mean"))
    return any(isinstance(each, float) and each - each != 0 for each in figures)


def _finite(frame: Frame, name: str, column: Column, rows: int) -> Column:
    cell = nw.col(name)
    finite = nw.when(cell.is_finite()).then(cell)
    answers = _one_row(
        frame,
        [
            cell.is_finite().sum().alias("finite"),
            ((cell == float("inf")) | (cell == float("-inf"))).sum().alias("infinite"),
            finite.min().alias("low0"),
            finite.max().alias("high0"),
            finite.mean().alias("mean0"),
        ],
    )
    infinite = int(answers["infinite"] or 0)
    missing = rows - int(answers["finite"] or 0) - infinite
    return replace(
        _with_answers(column, 0, rows, answers | {"missing0": missing}), infinite=infinite
    )


def _scalar(value: object) -> Scalar | None:
    """A figure as a plain Python value; None for anything missing, and for anything else.

    This is a guard as well: the minimum of an object column may be a text.
    """
    plain = attempt(lambda: nw.to_py_scalar(value))
    if not isinstance(plain, Scalar) or plain != plain:
        return None
    return plain
