"""Column records, computed where the data lives.

The probe (the first 10,000 rows) says what is worth asking; one aggregate query answers it for all
columns; only columns with few distinct values are grouped, one query each. A table in pieces is
read once for these two. Never exact distinct counts, never the minimum or maximum of text: they
are slow, and they are values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.frames.aggregating import Asked, aggregate, scalar
from glm_magic.frames.columns import Column, Distinct
from glm_magic.frames.dtypes import kind_of, short_dtype
from glm_magic.frames.failures import attempt
from glm_magic.frames.geometry import with_geometry
from glm_magic.frames.hiding import plural
from glm_magic.frames.personal import is_personal_header, is_secret_name
from glm_magic.frames.probe import (
    PROBE_ROWS,
    has_own_texts,
    has_scalars_only,
    kind_of_objects,
    probe_column,
)
from glm_magic.frames.spans import with_span
from glm_magic.frames.top_values import has_few_values, with_top_values

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from glm_magic.frames.opening import Opened


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
    table = Asked(opened.source, names, found, list(wanted))
    if level != "schema" and wanted:
        step("reading the first rows")
        _probe(table)
    few = [i for i in wanted if has_few_values(found[i])] if level == "values" else []
    values = f", and the values of {plural(len(few), 'column')}" if few else ""
    step(f"counting and measuring{values}")
    rows, counts = aggregate(table, few, with_ranges=level != "schema")
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


def _probe(table: Asked) -> None:
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


def _spread(table: Asked) -> None:
    asked = {
        i: table.found[i].kind in ("number", "date") and not table.found[i].personal
        for i in table.wanted
        if table.found[i].kind not in ("boolean", "other") and not table.found[i].problem
    }
    found = table.source.spread({table.names[i]: ordered for i, ordered in asked.items()})
    for i in asked:
        spread = found.get(table.names[i])
        if spread is not None:
            low, middle, high = map(scalar, spread.quartiles or (None, None, None))
            known = low is not None and middle is not None and high is not None
            table.found[i] = replace(
                table.found[i],
                quantiles=(low, middle, high) if known else None,  # type: ignore[arg-type]
                approx_distinct=spread.distinct,
            )
