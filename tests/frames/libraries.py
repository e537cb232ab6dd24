"""One data set as a frame of every library that can be described."""

import datetime as dt
import importlib
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROWS = 12_000  # more than the probe looks at
_PIECES = 3
_OPEN: list[Any] = []


def needed(name: str) -> ModuleType:
    """A library, or the test is skipped; where CI runs, every library must be there."""
    with quietly():
        if os.environ.get("CI"):
            return importlib.import_module(name)
        return pytest.importorskip(name)  # type: ignore[no-any-return]


@contextmanager
def quietly() -> Iterator[None]:
    """No warnings of libraries about each other; only while frames are made, never described."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def data() -> dict[str, list[Any]]:
    """Columns of every common kind, with gaps; the same on every run."""
    span = range(ROWS)
    start = dt.datetime(2020, 1, 1)
    return {
        "count": [(7 * k) % 997 for k in span],
        "gaps": [None if k % 5 == 0 else k for k in span],
        "grade": [1 + k % 4 for k in span],
        "price": [k / 8 for k in span],
        "ratio": [[0.5, float("nan"), None, float("inf"), -2.0, 4.25][k % 6] for k in span],
        "nothing": [None] * ROWS,
        "flag": [[True, False, True, None][k % 4] for k in span],
        "city": [["Bonn", "Köln", "Bonn", None, "Ulm"][k % 5] for k in span],
        "late": ["early" if k < 10_000 else f"late {k % 40}" for k in span],
        "remark": [f"order {k} was number {k % 7} today" for k in span],
        "email": [f"person{k % 50}@example.org" for k in span],
        "species": [["Adelie", "Gentoo", "Chinstrap", None][k % 4] for k in span],
        "day": [None if k % 10 == 0 else (start + dt.timedelta(k % 400)).date() for k in span],
        "at": [start + dt.timedelta(minutes=k) for k in span],
        "moment": [start.replace(tzinfo=dt.UTC) + dt.timedelta(hours=k) for k in span],
    }


def arrow_table() -> Any:
    """The data as a pyarrow Table in pieces, from which all others are made."""
    pa = needed("pyarrow")
    types = {
        **dict.fromkeys(("count", "gaps", "grade"), pa.int64()),
        **dict.fromkeys(("price", "ratio", "nothing"), pa.float64()),
        **dict.fromkeys(("city", "late", "remark", "email"), pa.string()),
        "flag": pa.bool_(),
        "species": pa.dictionary(pa.int32(), pa.string()),
        "day": pa.date32(),
        "at": pa.timestamp("us"),
        "moment": pa.timestamp("us", "UTC"),
    }
    table = pa.table({name: pa.array(cells, types[name]) for name, cells in data().items()})
    size = len(table) // _PIECES
    return pa.concat_tables([table.slice(i * size, size) for i in range(_PIECES)])


def pandas_frame(table: Any) -> Any:
    """The usual pandas types, nullable ones where pandas has no other way to say missing."""
    pd = needed("pandas")
    pa = needed("pyarrow")
    kinds = {
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
        pa.date32(): pd.ArrowDtype(pa.date32()),
    }
    return table.to_pandas(types_mapper=kinds.get)


def write_parts(table: Any, folder: Path, parts: int = _PIECES) -> Path:
    """The table as a folder of Parquet files."""
    parquet = needed("pyarrow.parquet")
    size = len(table) // parts
    for i in range(parts):
        parquet.write_table(table.slice(i * size, size), folder / f"part-{i}.parquet")
    return folder


def _pyarrow_dataset(table: Any, folder: Path) -> Any:
    return needed("pyarrow.dataset").dataset(write_parts(table, folder))


def _duckdb(table: Any, folder: Path) -> Any:
    connection = needed("duckdb").connect()
    _OPEN.append(connection)  # a relation of DuckDB 1 does not hold it
    connection.execute("set timezone = 'UTC'")
    return connection.read_parquet(str(write_parts(table, folder) / "*.parquet"))


def _ibis(table: Any, folder: Path) -> Any:
    connection = needed("ibis").duckdb.connect()
    connection.raw_sql("set timezone = 'UTC'")
    return connection.read_parquet(str(write_parts(table, folder) / "*.parquet"))


def _dask(table: Any, folder: Path) -> Any:
    return needed("dask.dataframe").from_pandas(pandas_frame(table), npartitions=_PIECES)


def _geopandas(table: Any, folder: Path) -> Any:
    frame = pandas_frame(table)
    geometry = needed("geopandas").points_from_xy(range(ROWS), range(ROWS), crs="EPSG:4326")
    return needed("geopandas").GeoDataFrame(frame, geometry=geometry)


BUILDERS: dict[str, Callable[[Any, Path], Any]] = {
    "pandas": lambda table, _: pandas_frame(table),
    "pandas with arrow types": lambda table, _: table.to_pandas(
        types_mapper=needed("pandas").ArrowDtype
    ),
    "polars": lambda table, _: needed("polars").from_arrow(table),
    "polars lazy": lambda table, _: needed("polars").from_arrow(table).lazy(),
    "polars scan": lambda table, folder: needed("polars").scan_parquet(
        write_parts(table, folder) / "*.parquet"
    ),
    "pyarrow": lambda table, _: table,
    "pyarrow batch": lambda table, _: table.unify_dictionaries().combine_chunks().to_batches()[0],
    "pyarrow dataset": _pyarrow_dataset,
    "duckdb": _duckdb,
    "ibis": _ibis,
    "dask": _dask,
    "geopandas": _geopandas,
}
