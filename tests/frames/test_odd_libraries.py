"""Odd tables that do not live in this process's memory, and geometries."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from glm_magic.frames import describe
from glm_magic.frames.datasets import Dataset

from .libraries import needed, quietly
from .samples import column_lines, line_of

SOUND = pa.table({"a": ["x"] * 20, "b": [1, 2] * 10})
EMPTY = pa.table({"a": pa.array([], pa.float64()), "s": pa.array([], pa.string())})


def _relation(table: Any) -> Any:
    return needed("duckdb").from_arrow(table)


def _dask(frame: Any, partitions: int = 2) -> Any:
    return needed("dask.dataframe").from_pandas(frame, npartitions=partitions)


def _memtable(columns: Any) -> Any:
    return needed("ibis").memtable(columns)


def test_odd_duckdb_columns_have_their_lines() -> None:
    """Types that only DuckDB has are described by name, and their rows are shown."""
    relation = (
        needed("duckdb")
        .connect()
        .sql(
            "select map{'a': 1} as map, interval 1 day as span, {'a': 1} as struct,"
            " 1::hugeint as huge, 1.5::decimal(10, 2) as decimal, 'x'::blob as binary,"
            " 'a'::enum('a', 'unseen') as enum from range(40)"
        )
    )
    attachment = describe(relation, "odd", rows=1)
    assert column_lines(attachment) == [
        "map map",
        "span duration 1 distinct",
        "struct struct[a: i32]",
        "huge i128 always 1",
        "decimal decimal always 1.5",
        "binary binary",
        "enum category 1 distinct: a 100%",
        "the first row as CSV:",
        "map,span,struct,huge,decimal,binary,enum",
        '"[[a, 1]]",<MonthDayNano>,{a: 1},1,1.50,<1 bytes>,a',
    ]


def test_types_of_duckdb_show_no_values_of_enums() -> None:
    """Not in a union or a tuple either, however an enum is written."""
    enum = "'bob'::enum('ann@example.org', 'it''s, ok)', 'bob')"
    row = f"union_value(a := {enum}) as u, {enum} as e, (1, {enum}) as t"
    lines = column_lines(
        describe(needed("duckdb").connect().sql(f"select {row}"), "p", level="schema")
    )
    assert "u UNION(a ENUM)" in lines
    assert not any(value in "\n".join(lines) for value in ("ann", "ok", "bob"))


def test_objects_in_dask_are_known_by_their_values() -> None:
    """Dask says object of text and of a mixture; the first values tell them apart."""
    cells = {"text": ["a", "b"] * 20, "mixed": ["a", 1, None, [2]] * 10}
    with quietly(), needed("dask").config.set({"dataframe.convert-string": False}):
        frame = _dask(pd.DataFrame(cells, dtype=object), 3)
        lines = column_lines(describe(frame, "odd"))
    assert lines == [
        "text str 2 distinct: a 50% b 50%",
        "mixed object 25% missing Python types int 33%, list 33%, str 33%",
    ]


def test_a_geometry_column_is_described_as_a_whole() -> None:
    """Types, reference system and the box around everything; no place of a single row."""
    shapely, gpd = needed("shapely"), needed("geopandas")
    places = [shapely.Point(-1, 2), None] * 5 + [shapely.box(0, 0, 3, 4)] * 10
    frame = gpd.GeoDataFrame({"n": range(20)}, geometry=places, crs="EPSG:3857")
    line = "geometry geometry 25% missing Polygon 67% Point 33%, EPSG:3857, x -1..3, y 0..4"
    assert column_lines(describe(frame, "g"))[1] == line
    assert column_lines(describe(frame.geometry, "g")) == [line]
    assert column_lines(describe(frame, "g", level="schema"))[1] == "geometry geometry 25% missing"
    # The box around two points would be the two points.
    assert column_lines(describe(frame.head(4), "g"))[1] == (
        "geometry geometry 50% missing Point, EPSG:3857"
    )
    homes = frame.rename_geometry("home address")
    assert column_lines(describe(homes, "g"))[1] == (
        '"home address" geometry 25% missing (personal?)'
    )


WIDE: dict[str, Callable[[Any], Any]] = {
    "pandas": pd.DataFrame,
    "polars lazy": lambda columns: needed("polars").LazyFrame(columns),
    "pyarrow dataset": lambda columns: ds.dataset(pa.table(columns)),
    "duckdb": lambda columns: _relation(pa.table(columns)),
    "dask": lambda columns: _dask(pd.DataFrame(columns), 1),
}


@pytest.mark.parametrize("library", WIDE)
def test_five_thousand_columns_are_described(library: str) -> None:
    """A very wide table fits the budget, in libraries in memory and not."""
    with quietly():
        frame = WIDE[library]({f"x_{n}": [n, n] for n in range(5000)})
    attachment = describe(frame, "wide")
    assert attachment.shape == (2, 5000)
    assert column_lines(attachment)[0] == "x_0..x_4999 i64 (5,000 columns)"
    assert attachment.tokens < 1500


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: ds.dataset(EMPTY), "0 rows × 2 columns"),
        (lambda: ds.dataset(pa.table({})), "0 rows × 0 columns"),
        (lambda: _relation(EMPTY), "0 rows × 2 columns"),
        (lambda: _memtable({"a": [1.0]}).limit(0), "0 rows × 1 column"),
        (lambda: _dask(EMPTY.to_pandas(), 1), "0 rows × 2 columns"),
        (lambda: _dask(pd.DataFrame(index=range(5))), "5 rows × 0 columns"),
    ],
)
def test_empty_tables_are_described(make: Callable[[], Any], shape: str) -> None:
    """No rows, no columns or neither is no error at any level."""
    with quietly():
        frame = make()
    for options in ({"level": "schema"}, {"level": "stats"}, {}, {"rows": 3}):
        assert f", {shape} (" in describe(frame, "p", **options).text  # type: ignore[arg-type]


def test_twin_and_numbered_columns_are_all_shown() -> None:
    """Columns that share a name, and names that are no text, each have a line."""
    relation = needed("duckdb").connect().sql("select 1::bigint as a, 'x' as a")
    assert column_lines(describe(relation, "p", level="schema"))[1:] == ["a i64", "a str"]
    with quietly():
        frame = _dask(pd.DataFrame([[1, 2.5]] * 20, columns=[1, "x y"]))
    assert column_lines(describe(frame, "p", level="schema")) == [
        "column names are of type int, not str",
        "1 i64",
        '"x y" f64',
    ]


_CONVERSION = "ConversionException"
BROKEN: dict[str, tuple[Callable[[], Any], str]] = {
    "duckdb": (lambda: _relation(SOUND).project("a::bigint as a, b"), _CONVERSION),
    "ibis": (lambda: _memtable(SOUND).mutate(a=needed("ibis")._.a.cast("int64")), _CONVERSION),
    "dask": (
        lambda: _dask(SOUND.to_pandas()).assign(a=lambda frame: frame["a"].astype(int)),
        "ValueError",
    ),
}


@pytest.mark.parametrize("library", BROKEN)
def test_a_column_that_cannot_be_read_is_named(library: str) -> None:
    """A column that fails when it is read says so in its line, and the others stand."""
    make, error = BROKEN[library]
    with quietly():
        frame = make()
    attachment = describe(frame, "p")
    assert column_lines(attachment) == [
        f"a i64 (could not be measured: {error})",
        "b i64 1..2 mean 1.5, 2 distinct: 1 50% 2 50%",
    ]
    assert attachment.notes == ("Could not be measured: a.",)


def test_a_column_that_arrow_cannot_measure_costs_no_scan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Decimals, durations and short floats have their figures, and a dataset is read but once."""
    rows = 300_000  # more than one piece
    n = np.arange(rows)
    table = pa.table(
        {
            "n": n,
            "word": pa.array(np.array(["a", "b"])[n % 2]),
            "price": pa.array(n % 100).cast(pa.decimal128(21, 2)),
            "took": pa.array(n % 9, pa.duration("s")),
            "short": pa.array((n % 5).astype("float16")),
            "void": pa.array([b"x"] * rows),
        }
    )
    plain = ds.dataset(table.select(["n", "word"]))
    scans: list[object] = []
    pieces = Dataset._pieces
    monkeypatch.setattr(Dataset, "_pieces", lambda *args: scans.append(1) or pieces(*args))
    describe(plain, "f")
    once = len(scans)
    scans.clear()
    for frame in (ds.dataset(table), table):
        found = describe(frame, "f")
        assert "0..99 mean 49.5" in line_of(found, "price")
        assert "0:00:00..0:00:08" in line_of(found, "took")
        assert "0..4 mean 2" in line_of(found, "short")
    assert len(scans) == once
