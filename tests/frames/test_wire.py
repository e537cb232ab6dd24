"""What leaves the machine: the body of the request, as the server read it."""

import io
import string
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import dask.dataframe as dd
import duckdb
import geopandas as gpd
import ibis
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
import xarray
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import glm_magic
from glm_magic.sandbox import Sandbox
from glm_magic.wiring import workbench
from tests.canary import CANARY

from .spark import spark_sessions

MARK = "qZ7"  # begins and ends every cell, and is in nothing else
PERSONAL = ("email", "Last Name", "homeAddress", "phone_2", "IBAN", "姓名")
NEUTRAL = ("species", "colour", "x_001", "x_002", "x_003", "x_004", "note", "été")
LEAST_SEEN = 10


@dataclass(frozen=True)
class Data:
    """Text columns of one length; the cells of a column are unlike those of any other."""

    columns: dict[str, list[str | None]]

    def values(self, *, least: int = 0, most: int = 10**6) -> set[str]:
        """Beginnings of the cell texts that stand so often in columns that are not personal."""
        counts = Counter(
            cell[:8]
            for name, cells in self.columns.items()
            if name in NEUTRAL
            for cell in cells
            if cell
        )
        return {cell for cell, count in counts.items() if least <= count <= most}


@st.composite
def tables(draw: st.DrawFn) -> Data:
    """One to six text columns; values may be rare, frequent, missing, odd, short or long."""
    names = draw(st.lists(st.sampled_from(PERSONAL + NEUTRAL), min_size=1, max_size=6, unique=True))
    rows = draw(st.integers(1, 60))
    odd = st.text(string.printable + "é中\u202e\u200b", max_size=60)
    columns: dict[str, list[str | None]] = {}
    for number, name in enumerate(names):
        distinct = draw(st.integers(1, 25))
        tails = draw(st.lists(odd, min_size=distinct, max_size=distinct))
        # The same eight characters begin a value only of this column and this number.
        values = [f"{MARK}{number:02}{i:03}{tail}{MARK}" for i, tail in enumerate(tails)]
        pool = [None, *values] if draw(st.booleans()) else values
        columns[name] = draw(st.lists(st.sampled_from(pool), min_size=rows, max_size=rows))
    return Data(columns)


def _pandas(data: Data, dtype: Any = None) -> pd.DataFrame:
    return pd.DataFrame(data.columns, dtype=dtype)


def _arrow(data: Data) -> pa.Table:
    return pa.table({name: pa.array(cells, pa.string()) for name, cells in data.columns.items()})


def _first(data: Data) -> tuple[str, list[str | None]]:
    return next(iter(data.columns.items()))


def _mixed(data: Data) -> pd.DataFrame:
    return pd.DataFrame({name: [*cells, 1, b"x"] for name, cells in data.columns.items()})


def _indexed(data: Data) -> pd.DataFrame:
    frame = _pandas(data).assign(n=1.5)
    return frame.set_index(list(data.columns))


def _nested(data: Data) -> pl.DataFrame:
    return pl.DataFrame({n: [[{"a": cell}] for cell in cells] for n, cells in data.columns.items()})


def _enum(data: Data) -> pl.DataFrame:
    frame = pl.from_arrow(_arrow(data))
    return frame.select(
        pl.col(n).cast(pl.Enum(frame[n].drop_nulls().unique())) for n in data.columns
    )


def _dictionary(data: Data) -> pa.Table:
    table = _arrow(data)
    return pa.table({name: table[name].dictionary_encode() for name in table.column_names})


def _neutral(data: Data) -> list[str | None]:
    """A column that stands without its name must not be personal by it."""
    found = (cells for name, cells in data.columns.items() if name in NEUTRAL)
    return next(found, [None])


def _geopandas(data: Data) -> Any:
    points = gpd.points_from_xy(*[range(len(_first(data)[1]))] * 2)
    return gpd.GeoDataFrame(_pandas(data), geometry=points)


def _xarray(data: Data) -> Any:
    return xarray.Dataset.from_dataframe(_pandas(data))


def _dask_indexed(data: Data) -> Any:
    name, cells = _first(data)
    index = pd.Index([cell or "" for cell in cells], name=name)  # Dask takes no missing ones
    return dd.from_pandas(_pandas(data).assign(n=1.5).set_index(index), npartitions=2, sort=False)


def _scan(data: Data) -> pl.LazyFrame:
    file = io.BytesIO()
    pl.from_arrow(_arrow(data)).write_parquet(file)
    file.seek(0)
    return pl.scan_parquet(file)


# Kept alive, because a relation ends with its connection.
_duckdb = duckdb.connect()

EAGER: dict[str, Callable[[Data], Any]] = {
    "pandas": _pandas,
    "pandas objects": lambda data: _pandas(data, object),
    "pandas categories": lambda data: _pandas(data, "category"),
    "pandas mixed": _mixed,
    "pandas index": _indexed,
    "pandas Arrow": lambda data: _arrow(data).to_pandas(types_mapper=pd.ArrowDtype),
    "pandas Index": lambda data: pd.Index(_first(data)[1], name=_first(data)[0]),
    "pandas Series index": lambda data: _indexed(data)["n"],
    "geopandas": _geopandas,
    "pandas Series": lambda data: pd.Series(_first(data)[1], name=_first(data)[0]),
    "pandas levels": lambda data: pd.concat({"a": _pandas(data)}, axis=1),
    "polars": lambda data: pl.from_arrow(_arrow(data)),
    "polars lazy": lambda data: pl.from_arrow(_arrow(data)).lazy(),
    "polars Enum": _enum,
    "polars nested": _nested,
    "polars Series": lambda data: pl.Series(_first(data)[0], _first(data)[1], dtype=pl.String),
    "polars scan": _scan,
    "pyarrow": _arrow,
    "pyarrow dictionary": _dictionary,
    "pyarrow RecordBatch": lambda data: _arrow(data).to_batches()[0],
    "pyarrow ChunkedArray": lambda data: pa.chunked_array([pa.array(_neutral(data), pa.string())]),
    "list of dicts": lambda data: _arrow(data).to_pylist(),
    "dict of lists": lambda data: dict(data.columns),
    "numpy": lambda data: np.array([cell or "" for cell in _neutral(data)]),
    "numpy objects": lambda data: np.array(_neutral(data), dtype=object),
    "xarray": _xarray,
}
SLOWER: dict[str, Callable[[Data], Any]] = {
    "pyarrow Dataset": lambda data: ds.dataset(_arrow(data)),
    "duckdb": lambda data: _duckdb.from_arrow(_arrow(data)),
    "ibis": lambda data: ibis.memtable(_arrow(data)),
    "dask": lambda data: dd.from_pandas(_pandas(data), npartitions=2),
    "dask index": _dask_indexed,
}

Sent = Callable[..., str]


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    """A sandbox at full speed that keeps the requests."""
    with Sandbox(key=CANARY, tokens_per_second=None) as running:
        yield running


@pytest.fixture
def sent(server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """Asks about a frame; the text of the request's body, and of all strings in it."""
    monkeypatch.setenv("GLM_PROVIDER", "zai")
    monkeypatch.setenv("GLM_BASE_URL", server.base_url)
    monkeypatch.setenv("GLM_API_KEY", CANARY)
    workbench.cache_clear()

    def ask(frame: object, **options: Any) -> str:
        before = len(server.requests)
        glm_magic.ask("What is it?", frame, once=True, **options)
        (request,) = server.requests[before:]
        # As it stands and read, since JSON escapes quotes and line breaks.
        return request.body.decode() + "\n".join(_strings(request.json))

    yield ask
    workbench().close()
    workbench.cache_clear()


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


same_house = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
below_values = st.sampled_from(["schema", "stats"])


def check_levels_below_values(sent: Sent, frame: Any, level: str) -> None:
    """The property at schema and stats."""
    body = sent(frame, level=level)
    assert "data" in body
    assert MARK not in body


def check_values(sent: Sent, data: Data, frame: Any) -> None:
    """The property at values."""
    body = sent(frame)
    rare_or_personal = {
        cell[:8] for cells in data.columns.values() for cell in cells if cell
    } - data.values(least=LEAST_SEEN)
    assert not [value for value in rare_or_personal if value in body]


@settings(same_house, max_examples=150)
@given(data=tables(), library=st.sampled_from(list(EAGER)), level=below_values)
def test_no_cell_of_a_text_column_is_sent_below_values(
    sent: Sent, data: Data, library: str, level: str
) -> None:
    """At schema and stats no text of any cell leaves, whatever the frame."""
    check_levels_below_values(sent, EAGER[library](data), level)


@settings(same_house, max_examples=200)
@given(data=tables(), library=st.sampled_from(list(EAGER)))
def test_only_frequent_values_of_other_columns_are_sent_at_values(
    sent: Sent, data: Data, library: str
) -> None:
    """At values, what leaves was seen at least ten times, in a column that is not personal."""
    check_values(sent, data, EAGER[library](data))


@pytest.mark.parametrize("library", SLOWER)
@settings(same_house, max_examples=15)
@given(data=tables(), level=below_values)
def test_queries_and_partitions_send_no_cell_below_values(
    sent: Sent, library: str, data: Data, level: str
) -> None:
    """The same holds where another engine computes."""
    check_levels_below_values(sent, SLOWER[library](data), level)


@pytest.mark.parametrize("library", SLOWER)
@settings(same_house, max_examples=15)
@given(data=tables())
def test_queries_and_partitions_send_frequent_values_only(
    sent: Sent, library: str, data: Data
) -> None:
    """The same holds where another engine counts."""
    check_values(sent, data, SLOWER[library](data))


@pytest.fixture(scope="module")
def sparks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A classic and a Connect session of one local Spark."""
    with spark_sessions(tmp_path_factory.mktemp("spark")) as sessions:
        yield sessions


@pytest.mark.soak
@pytest.mark.parametrize("session", ["classic", "connect"])
@settings(same_house, max_examples=4)
@given(data=tables(), level=st.sampled_from(["schema", "stats", "values"]))
def test_spark_sends_no_more(sent: Sent, sparks: Any, session: str, data: Data, level: str) -> None:
    """The same holds of Spark, at every level."""
    rows = list(zip(*data.columns.values(), strict=True))
    schema = ", ".join(f"`{name}` string" for name in data.columns)
    frame = sparks[session].createDataFrame(rows, schema)
    if level == "values":
        check_values(sent, data, frame)
    else:
        check_levels_below_values(sent, frame, level)


@pytest.mark.parametrize("library", [*EAGER, *SLOWER])
def test_frequent_values_are_sent_at_values(sent: Sent, library: str) -> None:
    """The properties do not hold for want of values: a frequent one leaves, if it is plain text."""
    data = Data({"species": [f"{MARK}00000{MARK}"] * 12 + [f"{MARK}00001{MARK}"] * 9})
    body = sent({**EAGER, **SLOWER}[library](data))
    # What is nested, of several types or of a type for anything is told by its types.
    hidden = ("pandas mixed", "polars nested", "numpy objects", "xarray")
    shown = library not in hidden
    assert (f"{MARK}00000{MARK}" in body) is shown
    assert f"{MARK}00001" not in body
