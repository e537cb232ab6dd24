"""A table that answers questions where its data lives; only answers and a head come out.

Two kinds answer: a `Table` asks its library one query, and one for the frequent values of each
column; `glm_magic.frames.pieces` asks a table that comes in pieces each piece, and puts the answers
together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import narwhals.stable.v2 as nw

from glm_magic.frames.background import collect, collect_aggregate
from glm_magic.frames.columns import FEW_DISTINCT, LEAST_SEEN
from glm_magic.frames.escape import span_text
from glm_magic.frames.failures import attempt
from glm_magic.frames.spread import Spread, spread_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from narwhals.stable.v2.dtypes import DType

Frame: TypeAlias = nw.DataFrame[Any] | nw.LazyFrame[Any]
Counts: TypeAlias = list[tuple[Any, int]]

# What can be asked about a column; "rows" is about the table. To "frequent" the answer is `Counts`:
# the values seen often with their counts, in no order, without missing ones, and at most two more
# than can be listed; when they cannot be counted there is no answer.
Figure: TypeAlias = Literal[
    "rows", "missing", "present", "low", "high", "mean", "frequent",
    "finite", "infinite", "finite_low", "finite_high", "finite_mean",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ask:
    """One question.

    Attributes:
        key: Under which name the answer is given.
        figure: What is asked.
        name: The column's name in the source.
    """

    key: str
    figure: Figure
    name: str = ""


class Source(Protocol):
    """A table that can be asked."""

    @property
    def isolates(self) -> bool:
        """Whether one failing question leaves the others of the same query their answers."""

    def select(self, names: Sequence[str]) -> Source:
        """The table with some of its columns only."""

    def schema(self) -> Mapping[str, DType]:
        """Types by unique column name, in the order of the table; reads no data."""

    def native_dtype(self, name: str) -> object:
        """The library's own type of a column, or None."""

    def column(self, name: str) -> Any:
        """The library's own column, of a table that is in memory; AttributeError of any other."""

    def head(self, names: Sequence[str], rows: int) -> nw.DataFrame[Any]:
        """The first rows of some columns."""

    def rows(self, names: Sequence[str], count: int) -> list[tuple[Any, ...]]:
        """The first rows of some columns as Python values, shape (rows, columns)."""

    def answers(self, asks: Sequence[Ask]) -> dict[str, Any]:
        """The answers by key."""

    def spread(self, wants: Mapping[str, bool]) -> Mapping[str, Spread]:
        """Quartiles and distinct counts; of each column, whether it has an order."""

    def count_held(self, name: str, values: Sequence[Any]) -> int:
        """How many of some distinct values a column holds."""


class Table:
    """A frame that narwhals knows, eager or lazy.

    Args:
        frame: The frame, with unique text names; shares the user's data.
    """

    isolates = False

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._schema: Mapping[str, DType] | None = None

    def select(self, names: Sequence[str]) -> Source:
        """See `Source.select`."""
        return type(self)(self.frame.select(names))

    def schema(self) -> Mapping[str, DType]:
        """See `Source.schema`."""
        if self._schema is None:
            self._schema = self.frame.collect_schema()
        return self._schema

    def native_dtype(self, name: str) -> object:
        """See `Source.native_dtype`."""
        if isinstance(self.frame, nw.LazyFrame):
            return attempt(lambda: _lazy_dtype(self.frame.to_native(), name))
        series = self.column(name)
        # pyarrow says "type", pandas and polars say "dtype".
        dtype = getattr(series, "dtype", None)
        return getattr(series, "type", None) if dtype is None else dtype

    def column(self, name: str) -> Any:
        """See `Source.column`."""
        if isinstance(self.frame, nw.LazyFrame):
            raise AttributeError(name)
        return self.frame[name].to_native()

    def head(self, names: Sequence[str], rows: int) -> nw.DataFrame[Any]:
        """See `Source.head`."""
        return collect(self.frame.select(names).head(rows))

    def rows(self, names: Sequence[str], count: int) -> list[tuple[Any, ...]]:
        """See `Source.rows`."""
        return self.head(names, count).rows()

    def answers(self, asks: Sequence[Ask]) -> dict[str, Any]:
        """See `Source.answers`."""
        found = self._aggregate([ask for ask in asks if ask.figure != "frequent"])
        for ask in asks:
            if ask.figure == "frequent":
                counts = attempt(partial(self._frequent, ask.name))
                if counts is not None:
                    found[ask.key] = counts
        return found

    def spread(self, wants: Mapping[str, bool]) -> Mapping[str, Spread]:
        """See `Source.spread`."""
        return {name: spread_of(self.frame, name, ordered=wants[name]) for name in wants}

    def count_held(self, name: str, values: Sequence[Any]) -> int:
        """See `Source.count_held`."""

        def held(frame: Any) -> Frame:
            cells: Frame = frame.select(nw.col(name).alias("value"))
            return cells.filter(nw.col("value").is_in(values)).unique()

        return collect_aggregate(self.frame, [name], held).shape[0]

    def _aggregate(self, asks: Sequence[Ask]) -> dict[str, Any]:
        if not asks:
            return {}
        names = list(dict.fromkeys(ask.name for ask in asks if ask.name))
        query = list(map(_expression, asks))
        result = collect_aggregate(self.frame, names, lambda frame: frame.select(*query))
        # Not `row(0)`: pandas makes floats of the integers beside them.
        return dict(zip(result.columns, result.rows()[0], strict=True))

    def _frequent(self, name: str) -> Counts:
        often = collect_aggregate(self.frame, [name], lambda frame: _often(frame, name))
        pairs = ((_plain(value), int(count)) for value, count in often.rows())
        # NaN is not equal to itself; it is a missing value here.
        return [(value, count) for value, count in pairs if value == value]


def _often(frame: Any, name: str) -> Frame:
    """The values of a column that are seen often, with their counts."""
    if isinstance(frame, nw.DataFrame) and not frame.implementation.is_polars():
        counted: Frame = frame[name].alias("value").value_counts(name="count")
    else:
        cells = frame.select(nw.col(name).alias("value"))
        counted = cells.group_by("value").agg(nw.len().alias("count"))
    seen = counted.filter(nw.col("count") >= LEAST_SEEN, ~nw.col("value").is_null())
    return seen.sort("count", descending=True).head(FEW_DISTINCT + 2)


def _plain(value: Any) -> Any:
    """A cell as Python sees it; a category may be an interval."""
    return value if span_text(value) else nw.to_py_scalar(value)


def _lazy_dtype(native: Any, name: str) -> object:
    if hasattr(native, "collect_schema"):  # polars
        return native.collect_schema()[name]
    if hasattr(native, "types"):  # DuckDB
        return dict(zip(native.columns, native.types, strict=True))[name]
    schema = native.schema  # Ibis has a method, Spark a property
    return schema()[name] if callable(schema) else schema[name].dataType.simpleString()


def _expression(ask: Ask) -> nw.Expr:
    if ask.figure == "rows":
        return nw.len().alias(ask.key)
    cell = nw.col(ask.name)
    if ask.figure.startswith("finite"):
        cell = nw.when(cell.is_finite()).then(cell)
    return _figure(cell, ask.figure.removeprefix("finite_")).alias(ask.key)


def _figure(cell: nw.Expr, figure: str) -> nw.Expr:
    if figure == "missing":
        return cell.null_count()
    if figure == "present":
        return cell.count()
    if figure == "low":
        return cell.min()
    if figure == "high":
        return cell.max()
    if figure == "mean":
        return cell.mean()
    if figure == "finite":
        return cell.count()
    return nw.when((cell == float("inf")) | (cell == float("-inf"))).then(cell).count()
