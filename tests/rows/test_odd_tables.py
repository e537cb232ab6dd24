"""Tables that few people have: they are answered, or refused before anything is sent."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import glm_magic as glm
from glm_magic.errors import ArgumentError, FrameError, GLMError
from glm_magic.sandbox import Fault, Sandbox
from glm_magic.sandbox.scripts import by_text

from .samples import LABELS, SORT, labels, records, says
from .test_tables import MAKE, rows_of, write

# Ibis 12 calls what DuckDB 2 calls deprecated; Python tells no user of it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")
Host = Callable[..., Sandbox]
TEXT = pa.array(["is this a question"])
FAR = 5_000_000  # days from 1970 on: Python knows no such date

IN_NO_FILE: dict[str, tuple[Any, str]] = {
    "values of two types": (pd.DataFrame({"review": ["a", "b"], "p": [1, "q"]}), "column p"),
    "a record without fields": (
        pa.table({"review": TEXT, "s": pa.array([{}], pa.struct([]))}), "type 's'"
    ),
    "one name twice": (pd.DataFrame([["a", "b"]], columns=["review", "review"]), "several"),
    "one name as text and number": (pd.DataFrame([["a", "b"]], columns=[1, "1"]), "several"),
}  # fmt: skip


@pytest.mark.parametrize("case", IN_NO_FILE)
def test_what_no_file_can_hold_is_refused_before_it_is_asked(
    host: Host, case: str, tmp_path: Path
) -> None:
    """In two lines that name the column."""
    sandbox = host()
    frame, words = IN_NO_FILE[case]
    with pytest.raises(FrameError, match=words) as caught:
        glm.map(frame, SORT, progress=False, to=tmp_path / "out.parquet")
    assert caught.value.remedy
    assert sandbox.load.asked == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "frame",
    [pa.Table.from_arrays([TEXT, TEXT], ["review", "review"]), [{1: "a", "1": "b"}]],
    ids=["pyarrow", "records"],
)
def test_one_name_twice_is_refused(host: Host, frame: Any) -> None:
    """Whatever has it."""
    sandbox = host()
    with pytest.raises(FrameError, match="several columns"):
        glm.map(frame, SORT, progress=False)
    assert sandbox.load.asked == 0


def test_one_name_twice_in_a_file_is_refused(host: Host, tmp_path: Path) -> None:
    """Whichever file of a folder has it."""
    host()
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"review": TEXT}), tmp_path / "in" / "1.parquet")
    twice = pa.Table.from_arrays([TEXT, TEXT], ["review", "review"])
    pq.write_table(twice, tmp_path / "in" / "2.parquet")
    with pytest.raises(FrameError, match="several columns"):
        glm.map(tmp_path / "in", SORT, progress=False, to=tmp_path / "out.parquet")


def test_keys_of_records_may_be_numbers(host: Host) -> None:
    """As the names of columns may."""
    host()
    (found,) = glm.map([{1: "is this a question"}], "Sort {1}", schema=LABELS, progress=False)
    assert (found[1], found["answer"]) == ("is this a question", "question")
    with pytest.raises(ArgumentError, match="The columns are 1"):
        glm.map([{1: "a"}], "Sort {x}", progress=False)


@pytest.mark.parametrize("levels", [2, 3])
def test_names_of_several_levels_can_be_filtered(host: Host, levels: int) -> None:
    """The rows that stay are right, and so are their columns."""
    host(script=by_text({"bad": Fault.refuse("1301")}))
    names = pd.MultiIndex.from_tuples([("p", *"qrs"[: levels - 1]), ("p", *"xyz"[: levels - 1])])
    texts = ["fine", "not fine", "bad"]
    frame = pd.DataFrame([[text, 1] for text in texts], columns=names, index=[5, 5, 5])
    found = glm.filter(frame, f"Is {{{names[0]}}} fine?", progress=False)
    assert list(found[names[0]]) == ["fine", "bad"]
    assert list(found.columns) == [*names, ("_error", *[""] * (levels - 1))]
    assert list(found["_error"].isna()) == [True, False]


def test_a_filter_says_what_it_takes(host: Host, tmp_path: Path) -> None:
    """No remedy of it is one that it refuses."""
    sandbox = host()
    pq.write_table(pa.table({"text": ["fine"]}), tmp_path / "a.parquet")
    for path in (tmp_path / "a.parquet", str(tmp_path / "a.parquet")):
        with pytest.raises(ArgumentError, match="scan_parquet") as caught:
            glm.filter(path, "Is {text} fine?", progress=False)
        assert "to=" not in str(caught.value)
    assert sandbox.load.asked == 0


@pytest.mark.parametrize("kind", ["pandas", "polars", "polars lazy", "pyarrow"])
def test_a_filter_lets_names_of_its_own_be(host: Host, kind: str) -> None:
    """A table that was filtered, or answered, before."""
    host()
    table = pa.table({"text": ["fine", "not fine"], "_yes": [1, 2], "_error": ["a", None]})
    frame = {
        "pandas": table.to_pandas(), "polars": pl.from_arrow(table), "pyarrow": table,
        "polars lazy": pl.from_arrow(table).lazy(),
    }[kind]  # fmt: skip
    found = glm.filter(frame, "Is {text} fine?", progress=False)
    table = pa.table(found.collect().to_arrow() if kind == "polars lazy" else found)
    assert table.to_pylist() == [{"text": "fine", "_yes": 1, "_error": "a", "_error_2": None}]


FAR_DATES: dict[str, Callable[[pa.Array], Any]] = {
    "polars": lambda days: pl.DataFrame({"day": pl.from_arrow(days)}),
    "polars lazy": lambda days: pl.DataFrame({"day": pl.from_arrow(days)}).lazy(),
    "pyarrow": lambda days: pa.table({"day": days}),
    "pandas": lambda days: pd.DataFrame({"day": pd.Series(days, dtype=pd.ArrowDtype(days.type))}),
}


@pytest.mark.parametrize("kind", FAR_DATES)
def test_a_date_that_python_does_not_know_is_sent(host: Host, kind: str) -> None:
    """Spelt as every other date is, from every library."""
    sandbox = host()
    frame = FAR_DATES[kind](pa.array([0, FAR, None], pa.date32()))
    glm.map(frame, "Name the century of {day}", progress=False, in_flight=1)
    sent = [request.json["messages"][-1]["content"] for request in sandbox.requests]
    assert sent == [f"<day>{dt.date(1970, 1, 1)}</day>", "<day>15659-07-15</day>"]


def test_one_that_cannot_be_spelt_is_sent_as_such(host: Host, tmp_path: Path) -> None:
    """Inside of a list, for example; the other rows are as they are."""
    sandbox = host()
    days = pa.array([[0], [FAR]], pa.list_(pa.date32()))
    to = tmp_path / "out.parquet"
    glm.map(pa.table({"days": days}), "Name one of {days}", progress=False, in_flight=1, to=to)
    sent = [request.json["messages"][-1]["content"] for request in sandbox.requests]
    assert sent == ['<days>["1970-01-01"]</days>', "<days>(out of range)</days>"]
    assert pq.read_table(to)["days"].combine_chunks().equals(days)


@pytest.mark.parametrize("kind", ["file", "polars lazy", "duckdb", "ibis"])
def test_empty_tables_keep_their_types(host: Host, kind: str, tmp_path: Path) -> None:
    """No rows are no reason to forget what the columns were."""
    host()
    table = pa.table({"id": pa.array([], pa.int64()), "review": pa.array([], pa.string())})
    frame = {**MAKE, "file": write}[kind](table, tmp_path)
    to = tmp_path / "out.parquet"
    glm.map(frame, SORT, schema=LABELS, progress=False, to=to)
    types = dict(zip(pq.read_schema(to).names, pq.read_schema(to).types, strict=True))
    assert types["id"] == pa.int64()
    assert types["review"] in (pa.string(), pa.large_string())
    assert types["answer"] == pa.string()


@pytest.mark.parametrize("name", ["_error", "_prompt_tokens"])
def test_a_name_that_the_result_needs_is_refused(host: Host, name: str) -> None:
    """An answer of that name would be lost."""
    sandbox = host()
    for options in ({"name": name}, {"schema": {name: str}}):
        with pytest.raises(ArgumentError, match="result has a column"):
            glm.map(pd.DataFrame(records(3)), SORT, progress=False, **options)
    assert sandbox.load.asked == 0
    table = pd.DataFrame(records(3)).assign(**{name: 1})
    with pytest.raises(GLMError, match="table has a column"):
        glm.map(table, SORT, progress=False, name=name)
    found = glm.map(table, SORT, schema=LABELS, progress=False)
    assert [row["answer"] for row in rows_of(found)] == labels(3)


def unreadable(kind: str, folder: Path) -> Any:
    """A lazy table that fails when it is opened, or in its second half."""
    texts = [str(number) for number in range(3_000)] + ["bad"]
    if kind == "polars scan":
        return pl.scan_csv(folder / "nothing.csv")
    if kind == "polars":
        return pl.LazyFrame({"review": texts}).with_columns(pl.col("review").cast(pl.Int64))
    connection = duckdb.connect()
    connection.register("texts", pa.table({"review": texts}))
    if kind == "duckdb":
        return connection.sql("select review::int as review from texts")
    connection.execute("create table gone as select 'a' as review")
    relation = connection.sql("select review from gone")
    connection.execute("drop table gone")
    return relation


@pytest.mark.parametrize("kind", ["polars scan", "polars", "duckdb", "duckdb gone"])
def test_a_table_that_cannot_be_read_is_told_in_two_lines(
    host: Host, kind: str, tmp_path: Path
) -> None:
    """In a run, a dry run and a filter: never the library's own traceback."""
    host(script=lambda asked: says('{"value": true}'))
    asks: list[Callable[..., Any]] = [glm.filter, glm.map]
    if kind != "duckdb":
        asks.append(partial(glm.map, dry_run=True))  # whose sample may end before
    for ask in asks:
        with pytest.raises(FrameError, match="cannot be read") as caught:
            ask(unreadable(kind, tmp_path), "Say {review}", progress=False, in_flight=64)
        assert "kept" in caught.value.remedy
