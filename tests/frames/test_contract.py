"""One contract for all libraries: the same data gives the same lines, wherever it lives."""

import datetime as dt
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from glm_magic.frames import describe, is_frame
from glm_magic.frames.libraries import require_owner
from glm_magic.frames.measure import measure, read_schema
from glm_magic.frames.opening import open_frame
from glm_magic.variables import describe as describe_variable

from .libraries import BUILDERS, ROWS, arrow_table, needed, pandas_frame, quietly, write_parts
from .samples import column_lines, line_of
from .spark import spark_sessions

pytestmark = pytest.mark.timeout(400)  # Spark takes minutes on a busy machine
SPARKS = {"spark classic": "classic", "spark connect": "connect"}
# Spark's answers are the same over its two lines; the second one doubles the time.
CONNECT = pytest.param("spark connect", marks=pytest.mark.soak)
LIBRARIES = [*BUILDERS, "spark classic", CONNECT]

KINDS = {
    "pandas": "pandas DataFrame",
    "pandas with arrow types": "pandas DataFrame",
    "polars": "polars DataFrame",
    "polars lazy": "polars LazyFrame",
    "polars scan": "polars LazyFrame",
    "pyarrow": "pyarrow Table",
    "pyarrow batch": "pyarrow RecordBatch",
    "pyarrow dataset": "pyarrow Dataset",
    "duckdb": "duckdb relation",
    "ibis": "ibis Table",
    "dask": "dask DataFrame",
    "geopandas": "geopandas GeoDataFrame, a pandas DataFrame",
    "spark classic": "pyspark DataFrame",
    "spark connect": "pyspark DataFrame",
}
# Made of plain Python; a table is made of them first.
RECORDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "list of dicts": (lambda table: table.to_pylist(), "list of 12,000 dicts"),
    "dict of lists": (lambda table: table.to_pydict(), "dict of 15 columns"),
}
# What the default level says, in every library.
EXPECTED = """
figures marked ~ are from the first 10,000 rows
count i64 0..996 mean 496.9
gaps i64 20% missing 1..11999 mean 6000, ~all distinct
grade i64 1..4 mean 2.5, ~4 distinct: 1 25% 2 25% 3 25% 4 25%
price f64 0..1500 mean 749.9
ratio f64 33% missing -2..4.25 mean 0.9167 and 2,000 infinite, ~4 distinct: -2 17% 0.5 17% \
4.25 17% inf 17%
nothing f64 100% missing
flag bool 25% missing true 50% false 25%
city str 20% missing ~3 distinct: Bonn 40% Köln 20% Ulm 20%
late str many distinct, ~5 characters, lower case
remark str ~all distinct, ~26-29 characters, free text
email str many distinct, ~19-20 characters, e-mail (personal?)
species category 25% missing ~3 distinct: Adelie 25% Chinstrap 25% Gentoo 25%
day date 10% missing 2020-01-02..2021-02-03
at datetime 2020-01-01 00:00:00..2020-01-09 07:59:00, ~all distinct
moment datetime[UTC] 2020-01-01 00:00:00..2021-05-14 23:00:00, ~all distinct
"""
# The only exceptions. These read Parquet and have no type for its dictionaries: text it is, which
# below the level "values" has lengths too.
NO_CATEGORIES = ("duckdb", "ibis", "spark classic", "spark connect")
# A GeoDataFrame has one column more.
GEOMETRY = "geometry geometry Point, EPSG:4326, x 0..11999, y 0..11999"


@pytest.fixture(scope="module")
def table() -> Any:
    """The common data."""
    return arrow_table()


@pytest.fixture(scope="module")
def sparks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A classic and a Connect session of one Spark."""
    with spark_sessions(tmp_path_factory.mktemp("spark")) as sessions:
        yield sessions


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> str:
    """The name of a library; Spark comes last, so that it starts once."""
    return str(request.param)


@pytest.fixture
def frame(library: str, table: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    """The common data in that library."""
    with quietly():
        if library not in SPARKS:
            return BUILDERS[library](table, tmp_path)
        session = request.getfixturevalue("sparks")[SPARKS[library]]
        # One file: of several, Spark reads the largest first, so its first rows are others.
        return session.read.parquet(str(write_parts(table, tmp_path, parts=1)))


def _own_lines(library: str, lines: list[str]) -> list[str]:
    """The lines expected of one library."""
    if library in NO_CATEGORIES:
        lines = [line.replace("species category", "species str") for line in lines]
    return [*lines, GEOMETRY] if library == "geopandas" else lines


def test_the_same_data_gives_the_same_lines(library: str, frame: Any) -> None:
    """Names, types, gaps, ranges, means, frequent values and shapes are those of every library."""
    assert is_frame(frame)
    attachment = describe(frame, "p")
    assert column_lines(attachment) == _own_lines(library, EXPECTED.strip().split("\n"))
    assert attachment.shape == (ROWS, 16 if library == "geopandas" else 15)
    assert attachment.kind == KINDS[library]
    assert describe(frame, "p").text == attachment.text


def test_the_first_rows_are_the_same(library: str, frame: Any) -> None:
    """Raw rows are written alike, in the order of the data; Spark's moments have no zone."""
    lines = column_lines(describe(frame, "p", level="schema", rows=3))
    at = lines.index("the first 3 rows as CSV:") + 2
    zone = "" if library in SPARKS else "+00:00"
    assert [line.removesuffix(",<Point>").removesuffix(zone) for line in lines[at:]] == [
        "0,,1,0,0.5,,true,Bonn,early,order 0 was number 0 today,person0@example.org,Adelie,"
        ",2020-01-01 00:00:00,2020-01-01 00:00:00",
        "7,1,2,0.125,,,false,Köln,early,order 1 was number 1 today,person1@example.org,Gentoo,"
        "2020-01-02,2020-01-01 00:01:00,2020-01-01 01:00:00",
        "14,2,3,0.25,,,true,Bonn,early,order 2 was number 2 today,person2@example.org,Chinstrap,"
        "2020-01-03,2020-01-01 00:02:00,2020-01-01 02:00:00",
    ]


def test_a_part_of_the_columns_is_the_same(library: str, frame: Any) -> None:
    """Hidden columns are not read, and the others stay what they are."""
    lines = column_lines(describe(frame, "p", hidden=["[!cg]*", "count", "geometry"]))
    expected = EXPECTED.strip().split("\n")
    assert lines[1:-1] == [expected[2], expected[3], expected[8]]


# A quarter, half and three quarters of the way up; and how many distinct values there are.
QUARTILES = {
    "count": (246, 496, 746, 997),
    "gaps": (2999, 6001, 8999, 9600),
    "grade": (1, 2, 3, 4),
    "price": (374.875, 749.875, 1124.875, 12_000),
    "day": (dt.date(2020, 4, 11), dt.date(2020, 7, 20), dt.date(2020, 10, 28), 360),
    "at": (
        dt.datetime(2020, 1, 3, 2),
        dt.datetime(2020, 1, 5, 4),
        dt.datetime(2020, 1, 7, 6),
        12_000,
    ),
}
DISTINCT = {"city": 3, "late": 41, "remark": 12_000, "email": 50, "species": 3, "nothing": 0}


def test_quartiles_and_distinct_counts_are_close(library: str, frame: Any) -> None:
    """On request each library tells quartiles within 0.1 % and distinct counts within 10 %."""
    with quietly():
        opened = open_frame(frame, require_owner(frame, "p"), "p")
        schema = read_schema(opened)
        columns = measure(opened, schema, range(len(schema)), "stats", quantiles=True).columns
    found = {column.name: column for column in columns}
    for name, (*expected, distinct) in QUARTILES.items():
        quantiles = found[name].quantiles
        assert quantiles is not None
        for each, wanted in zip(quantiles, expected, strict=True):
            least, most = _near(wanted, name)
            assert least <= each <= most, name
        assert found[name].approx_distinct == pytest.approx(distinct, rel=_error(library))
    for name, distinct in DISTINCT.items():
        assert found[name].approx_distinct == pytest.approx(distinct, rel=_error(library)), name
        assert found[name].quantiles is None


def _error(library: str) -> float:
    """How far off a distinct count may be; the sketch of DuckDB 1 is a coarse one."""
    coarse = library in ("duckdb", "ibis") and needed("duckdb").__version__.startswith("1.")
    return 0.3 if coarse else 0.1


def _near(wanted: Any, name: str) -> tuple[Any, Any]:
    """A range of 0.1 % of the rows around a quartile."""
    if name == "grade":
        return wanted, wanted + 1  # each quarter of the rows ends where the next value begins
    step = {"day": dt.timedelta(2), "at": dt.timedelta(minutes=12)}.get(name, 12)
    return wanted - step, wanted + step


@pytest.mark.parametrize("handler", ["Spark's", "Python's"])
@pytest.mark.parametrize("session", ["classic", pytest.param("connect", marks=pytest.mark.soak)])
def test_an_interrupt_cancels_the_jobs_of_spark(session: str, handler: str, sparks: Any) -> None:
    """Nothing goes on running on the cluster, and the next query finds it free.

    The classic session installs a handler of its own; a kernel sets it back for each cell.
    """
    frame = sparks[session].range(10**13).selectExpr("sin(id) as a", "id % 3 as b")
    context = sparks["classic"].sparkContext
    jobs = context.statusTracker()

    def by_spark(number: int, stack: object) -> None:
        context.cancelAllJobs()
        raise KeyboardInterrupt

    chosen = by_spark if handler == "Spark's" else signal.default_int_handler
    previous = signal.signal(signal.SIGINT, chosen)
    busy: set[int] = set()

    def interrupt() -> None:
        before: set[int] = set()
        while not busy:  # the probe is over between two looks, the long job is not
            time.sleep(2)
            now = set(jobs.getActiveJobsIds())
            busy.update(now & before)
            before = now
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            describe(frame, "p")
    finally:
        signal.signal(signal.SIGINT, previous)
    assert busy
    deadline = time.monotonic() + 20
    while (left := list(jobs.getActiveJobsIds())) and time.monotonic() < deadline:
        time.sleep(0.1)
    context.cancelAllJobs()  # what is left would starve the tests that follow
    assert left == []
    assert "a f64" in describe(frame.limit(20), "p").text


SERIES: dict[str, Callable[[Any], Any]] = {
    "pandas Series": lambda table: pandas_frame(table)["gaps"],
    "pandas Index": lambda table: needed("pandas").Index(pandas_frame(table)["gaps"]),
    "polars Series": lambda table: needed("polars").from_arrow(table)["gaps"],
    "pyarrow ChunkedArray": lambda table: table["gaps"],
    "pyarrow Array": lambda table: table["gaps"].combine_chunks(),
    "dask Series": lambda table: needed("dask.dataframe").from_pandas(
        pandas_frame(table), npartitions=3
    )["gaps"],
    "ibis Column": lambda table: needed("ibis").memtable(table.select(["gaps"]))["gaps"],
}


@pytest.mark.parametrize("kind", SERIES)
def test_a_single_column_says_what_it_says_in_a_table(kind: str, table: Any) -> None:
    """A column without a table has the same line; where it knows no name it is called values."""
    with quietly():
        series = SERIES[kind](table)
    attachment = describe(series, "p")
    line = line_of(attachment, "values" if kind.startswith("pyarrow") else "gaps")
    assert line.split(" ", 1)[1] == "i64 20% missing 1..11999 mean 6000, ~all distinct"
    assert attachment.kind == kind
    assert ", 12,000 values (" in attachment.text


@pytest.mark.parametrize("kind", RECORDS)
def test_records_and_columns_of_python_say_the_same(kind: str, table: Any) -> None:
    """Lists of records and dicts of columns have the lines of a table, up to names of types."""
    make, shown = RECORDS[kind]
    attachment = describe_variable(make(table), "p")
    assert attachment.kind == shown
    assert attachment.shape == (ROWS, 15)
    found = [_without_type(line) for line in column_lines(attachment)[1:]]
    expected = [_without_type(line) for line in EXPECTED.strip().split("\n")[1:]]
    # Python has no categories; None among numbers makes pandas' missing value of them.
    assert found == expected


def _without_type(line: str) -> str:
    name, _, rest = line.partition(" ")
    facts = rest.partition(" ")[2].partition(", Python types")[0]
    return f"{name} {facts}".replace(", ~all distinct", "").replace(" ~4 distinct", "")


LABELLED = ("count", "grade", "price", "at")


def test_xarray_and_numpy_say_the_same_of_a_variable(table: Any) -> None:
    """A variable of a dataset and an array have the range and mean of the same column."""
    frame = pandas_frame(table)[list(LABELLED)]
    dataset = needed("xarray").Dataset.from_dataframe(frame.astype({"count": int, "grade": int}))
    lines = column_lines(describe_variable(dataset, "p", level="stats"))
    for name in LABELLED:
        expected = next(line for line in EXPECTED.split("\n") if line.startswith(f"{name} "))
        facts = expected.split(" ", 2)[2].partition(",")[0]
        facts = facts.replace(" 00:00:00", "")
        line = next(line for line in lines if line.startswith(f"variable {name} "))
        assert line.startswith(f"variable {name} (index) {expected.split(' ')[1]} {facts}")
        array = describe_variable(dataset[name].to_numpy(), "p", level="stats")
        assert any(line.startswith(facts) for line in column_lines(array))
