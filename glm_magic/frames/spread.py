"""Quartiles and approximate distinct counts, on request, by each library's own means.

Quartiles are values of the column, not between them, so that dates have some too. NaN counts as
missing here as everywhere.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.frames.background import collect, run_polars
from glm_magic.frames.failures import attempt

if TYPE_CHECKING:
    from collections.abc import Callable

SHARES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of a column are spread.

    Attributes:
        quartiles: The values a quarter, half and three quarters of the way up; () if unknown.
        distinct: About how many distinct values there are, or None.
    """

    quartiles: tuple[Any, ...] = ()
    distinct: int | None = None


def spread_of(frame: nw.DataFrame[Any] | nw.LazyFrame[Any], name: str, *, ordered: bool) -> Spread:
    """The spread of one column, as far as the library can tell it.

    Args:
        frame: The frame.
        name: The column.
        ordered: Whether quartiles are asked for, not only distinct values.
    """
    if isinstance(frame, nw.DataFrame) and not frame.implementation.is_polars():
        return attempt(lambda: _eager(frame[name], ordered)) or Spread()
    library = _LIBRARIES.get(frame.implementation.name)
    if library is None:
        return Spread()
    floating = frame.collect_schema()[name].is_float()
    native = frame.to_native()
    answers = attempt(lambda: library(native, name, ordered, floating))
    if answers is None:
        return Spread()
    return Spread(tuple(answers[:-1]), None if answers[-1] is None else int(answers[-1]))


def _eager(series: nw.Series[Any], ordered: bool) -> Spread:
    present = series.drop_nulls()
    if present.dtype.is_float():
        present = present.filter(~present.is_nan())
    quartiles: tuple[Any, ...] = ()
    if ordered and len(present):
        last = len(present) - 1
        quartiles = tuple(present.sort()[[int(share * last) for share in SHARES]].to_list())
    return Spread(quartiles, present.n_unique())


def _polars(native: Any, name: str, ordered: bool, floating: bool) -> list[Any]:
    pl: Any = sys.modules["polars"]
    cell = pl.col(name)
    present = (cell.fill_nan(None) if floating else cell).drop_nulls()
    asked = [_polars_quartile(present, share, floating).alias(f"{share}") for share in SHARES]
    asked = [*(asked if ordered else ()), present.approx_n_unique().alias("n")]
    return list(run_polars(native.lazy().select(asked)).row(0))


def _polars_quartile(present: Any, share: float, floating: bool) -> Any:
    """One quartile; a float is all that polars itself has for one, and no long number is one."""
    if floating:
        return present.quantile(share, "lower")
    last = present.len().cast(int) - 1
    return present.sort().slice((last * share).cast(int), 1).first()


def _duckdb(native: Any, name: str, ordered: bool, floating: bool) -> list[Any]:
    cell = '"' + name.replace('"', '""') + '"'
    present = f" filter (where not isnan({cell}))" if floating else ""
    asked = [f"quantile_disc({cell}, {share}){present}" for share in SHARES] if ordered else []
    asked.append(f"approx_count_distinct({cell}){present}")
    named = ", ".join(f"{each} as c{i}" for i, each in enumerate(asked))
    return _row(native.aggregate(named))


def _ibis(native: Any, name: str, ordered: bool, floating: bool) -> list[Any]:
    cell = native[name]
    present = ~cell.isnan() if floating else None
    asked = {"n": cell.approx_nunique(where=present)}
    if ordered:
        asked = {f"q{s}": cell.quantile(s, where=present).cast(cell.type()) for s in SHARES} | asked
    return _row(native.aggregate(**asked))


def _spark(native: Any, name: str, ordered: bool, floating: bool) -> list[Any]:
    connect = ".connect." in type(native).__module__
    functions: Any = sys.modules[f"pyspark.sql{'.connect' if connect else ''}.functions"]
    cell = functions.col(name)
    present = functions.when(~functions.isnan(cell), cell) if floating else cell
    asked = [functions.approx_count_distinct(present)]
    if ordered:
        asked.insert(0, functions.percentile_approx(present, list(SHARES), 10_000))
    row = native.agg(*asked).take(1)[0]
    return [*(row[0] or ()), row[1]] if ordered else [row[0]]


def _row(native: Any) -> list[Any]:
    answers = collect(nw.from_native(native))
    return [nw.to_py_scalar(value) for value in answers.rows()[0]]


_LIBRARIES: dict[str, Callable[[Any, str, bool, bool], list[Any]]] = {
    "POLARS": _polars,
    "DUCKDB": _duckdb,
    "IBIS": _ibis,
    "PYSPARK": _spark,
    "PYSPARK_CONNECT": _spark,
}
