"""Whatever kind of table goes in, the same kind comes out, with the same answers."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import ibis
import narwhals.stable.v2 as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import glm_magic as glm
from glm_magic.errors import ArgumentError, FrameError, StoreError
from glm_magic.rows.streams import from_file
from glm_magic.sandbox import Fault, Sandbox
from glm_magic.sandbox.scripts import by_text
from glm_magic.testing import scripted

from .samples import LABELS, SORT, labels, records

# Ibis 12 calls what DuckDB 2 calls deprecated; Python tells no user of it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")
ROWS = 60
BAD = 7  # the content filter's
ADDED = ["answer", "_error", "_prompt_tokens", "_completion_tokens", "_cached_tokens"]
_CONNECTION = duckdb.connect()


def write(table: pa.Table, folder: Path) -> Path:
    """The table as a Parquet file."""
    pq.write_table(table, folder / "in.parquet", row_group_size=16)
    return folder / "in.parquet"


def _relation(table: pa.Table, folder: Path) -> Any:
    return _CONNECTION.read_parquet(str(write(table, folder)))


def _ibis(table: pa.Table, folder: Path) -> Any:
    return ibis.duckdb.connect().read_parquet(write(table, folder))


MAKE: dict[str, Callable[[pa.Table, Path], Any]] = {
    "records": lambda table, _: table.to_pylist(),
    "pandas": lambda table, _: table.to_pandas(),
    "pandas with arrow types": lambda table, _: table.to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda table, _: pl.from_arrow(table),
    "polars lazy": lambda table, _: pl.from_arrow(table).lazy(),
    "polars scan": lambda table, folder: pl.scan_parquet(write(table, folder)),
    "pyarrow": lambda table, _: table,
    "pyarrow dataset": lambda table, folder: ds.dataset(write(table, folder)),
    "duckdb": _relation,
    "ibis": _ibis,
}
TO_FILE = [kind for kind in MAKE if kind != "records"]


def table() -> pa.Table:
    """The rows, with a column that nobody asks about."""
    return pa.Table.from_pylist(records(ROWS)).append_column("day", pa.array([None] * ROWS))


def rows_of(found: Any) -> list[dict[str, Any]]:
    """Any table as records, sorted."""
    if isinstance(found, Path):
        found = pq.read_table(found)
    if isinstance(found, ds.Dataset):
        found = found.to_table()
    if not isinstance(found, list):
        frame = nw.from_native(found)
        frame = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
        found = frame.to_arrow().to_pylist()
    return sorted(found, key=lambda row: row["id"])


def check(found: Any) -> None:
    """All rows with their answers, and the bad one with its error."""
    rows = rows_of(found)
    expected = [None if n == BAD else label for n, label in enumerate(labels(ROWS))]
    assert [row["answer"] for row in rows] == expected
    assert [row["id"] for row in rows if row["_error"] is not None] == [BAD]
    assert [row["_prompt_tokens"] is None for row in rows] == [n == BAD for n in range(ROWS)]
    assert list(rows[0]) == ["id", "review", "day", *ADDED]


@pytest.fixture
def asked(host: Callable[..., Sandbox]) -> Sandbox:
    """A host with one bad row."""
    return host(script=by_text({f"Review {BAD}:": Fault.refuse("1301")}))


@pytest.mark.parametrize("kind", MAKE)
def test_the_kind_stays(asked: Sandbox, kind: str, tmp_path: Path) -> None:
    """Pandas in, pandas out; lazy in, lazy out; and so on."""
    given = MAKE[kind](table(), tmp_path)
    found = glm.map(given, SORT, schema=LABELS, progress=False)
    kinds = {"pyarrow dataset": pa.Table}
    assert isinstance(found, kinds.get(kind, type(given)))
    check(found)
    if kind in ("pandas", "polars", "pyarrow", "records"):
        assert [row["id"] for row in rows_of(found)] == list(range(ROWS))


@pytest.mark.parametrize("kind", [*TO_FILE, "file"])
def test_a_file_is_written(asked: Sandbox, kind: str, tmp_path: Path) -> None:
    """With `to`, the result is a Parquet file, and a lazy table stays one over it."""
    given = {**MAKE, "file": write}[kind](table(), tmp_path)
    to = tmp_path / "out.parquet"
    found = glm.map(given, SORT, schema=LABELS, progress=False, to=to)
    lazy = kind in ("polars lazy", "polars scan", "duckdb", "ibis", "pyarrow dataset")
    assert isinstance(found, type(given) if lazy else Path) or kind == "pyarrow dataset"
    check(found)
    check(to)
    assert [path.name for path in tmp_path.glob("out*")] == ["out.parquet"]


def test_a_relation_stays_in_its_connection(asked: Sandbox, tmp_path: Path) -> None:
    """What comes of a DuckDB relation can be joined with the user's own tables."""
    relation = _relation(table(), tmp_path)
    found = glm.map(relation, SORT, schema=LABELS, progress=False)
    _CONNECTION.execute("create or replace temp table mine as select 3 as id")
    (row,) = found.join(_CONNECTION.table("mine").set_alias("mine"), "id").fetchall()
    assert row[:2] == (3, "Review 3: this is praise")


def test_names_that_pandas_allows(asked: Sandbox) -> None:
    """Numbers as names of columns, and an index with doubles, are no trouble."""
    frame = pd.DataFrame({0: ["is this a question", "praise"]}, index=["a", "a"])
    found = glm.map(frame, "Sort {0}", schema=LABELS, progress=False)
    assert list(found.answer) == ["question", "praise"]
    assert list(found.index) == ["a", "a"]


def test_a_second_run_beside_the_first(asked: Sandbox) -> None:
    """Answers of two prompts can stand side by side, each with its errors."""
    once = glm.map(pd.DataFrame(records(3)), SORT, schema=LABELS, progress=False)
    twice = glm.map(once, "Judge {review}", name="second", progress=False)
    assert list(twice.columns[-5:]) == [
        "second", "_error_2", "_prompt_tokens_2", "_completion_tokens_2", "_cached_tokens_2",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "polars lazy", "duckdb"])
def test_an_empty_table_gets_its_columns(asked: Sandbox, kind: str, tmp_path: Path) -> None:
    """No rows are no reason to fail."""
    given = MAKE[kind](table().slice(0, 0), tmp_path)
    found = glm.map(given, SORT, schema=LABELS, progress=False)
    assert rows_of(found) == []
    names = found.collect_schema().names() if kind == "polars lazy" else list(
        found.column_names if kind == "pyarrow" else found.columns
    )  # fmt: skip
    assert names[-5:] == ADDED
    assert asked.load.asked == 0


@pytest.mark.parametrize(
    "value", [None, 3, "no such file.parquet", pd.Series(["a"]), {"review": ["a"]}, [1]]
)
def test_what_is_no_table_is_refused(asked: Sandbox, value: object, tmp_path: Path) -> None:
    """With a remedy."""
    to = tmp_path / "out.parquet" if isinstance(value, str) else None
    with pytest.raises((FrameError, ArgumentError)) as caught:
        glm.map(value, SORT, progress=False, to=to)
    assert caught.value.remedy


def test_a_list_without_records_stays_one(asked: Sandbox) -> None:
    """As an empty DataFrame does: so what a filter leaves can be asked, though it is nothing."""
    nobody: list[Any] = []
    assert glm.filter(nobody, "Is {review} nice?", progress=False) == []
    assert glm.map(nobody, SORT, progress=False) == []
    assert glm.map(nobody, SORT, dry_run=True).asked == 0
    assert asked.load.asked == 0


def test_a_file_is_named_for_what_it_is(asked: Sandbox, tmp_path: Path) -> None:
    """No Parquet file is written under the name of another format."""
    with pytest.raises(ArgumentError, match="written as Parquet"):
        glm.map(table(), SORT, progress=False, to=tmp_path / "out.CSV")
    assert asked.load.asked == 0
    assert list(tmp_path.iterdir()) == []


def test_equal_answers_are_lists_of_their_own(asked: Sandbox) -> None:
    """Who changes one changes one."""
    rows = [{"review": "a", "n": n} for n in range(2)]
    with scripted('{"value": ["x"]}'):
        found = glm.map(rows, SORT, schema=list[str], progress=False)
    found[0]["answer"].append("mine")
    assert found[1]["answer"] == ["x"]


def test_files_that_cannot_be_written_are_told(asked: Sandbox, tmp_path: Path) -> None:
    """Before anything is sent where that can be known, without losing answers where not."""
    for to in (tmp_path, tmp_path / "none" / "out.parquet"):
        with pytest.raises(ArgumentError):
            glm.map(table(), SORT, progress=False, to=to)
    assert asked.load.asked == 0
    (tmp_path / "out.parquet.part").mkdir()
    with pytest.raises(StoreError, match="Every answer is kept"):
        glm.map(table(), SORT, schema=LABELS, progress=False, to=tmp_path / "out.parquet")
    (tmp_path / "out.parquet.part").rmdir()
    before = asked.load.asked
    check(glm.map(table(), SORT, schema=LABELS, progress=False, to=tmp_path / "out.parquet"))
    assert asked.load.asked == before + 1  # the bad row


def test_two_columns_of_one_name_are_refused(asked: Sandbox) -> None:
    """Nobody knows which one is meant."""
    frame = pd.DataFrame([["a", "b"]], columns=["review", "review"])
    with pytest.raises(FrameError, match="several columns"):
        glm.map(frame, SORT, progress=False)


def test_a_file_is_read_row_group_by_row_group(tmp_path: Path) -> None:
    """What is not asked yet is not in memory, however many rows there are."""
    words = [f"{row:090}" for row in range(200_000)]
    pq.write_table(pa.table({"text": words}), tmp_path / "a.parquet", row_group_size=5_000)
    before = pa.total_allocated_bytes()
    batches = from_file(tmp_path / "a.parquet", tmp_path / "b.parquet").batches(["text"], 1_000)
    found = list(next(batches).cells[0])
    time.sleep(0.5)  # time enough to read everything ahead
    assert pa.total_allocated_bytes() - before < 4e6  # a row group has 0.5 MB, the file 19 MB
    for batch in batches:
        found += batch.cells[0]
    assert found == words


def test_files_of_a_folder_may_differ(tmp_path: Path) -> None:
    """A column that one of them lacks is missing there; rows stay in the order of the files."""
    folder = tmp_path / "in"
    folder.mkdir()
    pq.write_table(pa.table({"n": [1, 2], "text": ["a", "b"]}), folder / "1.parquet")
    pq.write_table(pa.table({"n": [3]}), folder / "2.parquet")
    table = from_file(folder, tmp_path / "to.parquet")
    cells = [list(zip(*batch.cells, strict=True)) for batch in table.batches(["text", "n"], 10)]
    assert [row for batch in cells for row in batch] == [("a", 1), ("b", 2), (None, 3)]


def test_columns_of_later_files_are_kept(asked: Sandbox, tmp_path: Path) -> None:
    """Also those whose type only a later file knows, or has another one."""
    folder = tmp_path / "in"
    folder.mkdir()
    parts = [
        {"id": [1], "review": ["a question"], "n": [1], "none": [None], "mixed": ["a"]},
        {"id": [2], "review": ["praise"], "n": [1.5], "none": ["b"], "mixed": [7], "new": ["c"]},
    ]
    for name, part in zip("12", parts, strict=True):
        pq.write_table(pa.table(part), folder / f"{name}.parquet")
    to = tmp_path / "out.parquet"
    found = rows_of(glm.map(folder, SORT, schema=LABELS, progress=False, to=to))
    own = [{name: row[name] for name in parts[1]} for row in found]
    assert own == [
        {"id": 1, "review": "a question", "n": 1.0, "none": None, "mixed": "a", "new": None},
        {"id": 2, "review": "praise", "n": 1.5, "none": "b", "mixed": "7", "new": "c"},
    ]
    assert [row["answer"] for row in found] == ["question", "praise"]
