"""SQL over frames: whatever is attached, and nothing else."""

from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest

from glm_magic.frames.querying import query

from .libraries import needed

SALES = pl.DataFrame({"n": [1, 2]})


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('.tmp/secret.csv')", "read_text('.tmp/secret.csv')", "'.tmp/secret.csv'",
        "glob('.tmp/*')", "read_csv('secret.csv')",
    ],
)  # fmt: skip
def test_no_folder_is_open(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the working folder, and not the one where DuckDB would put its temporary files."""
    needed("duckdb")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".tmp").mkdir()
    for folder in (tmp_path, tmp_path / ".tmp"):
        (folder / "secret.csv").write_text("a\nTOPSECRET\n")
    with pytest.raises(needed("duckdb").Error):
        query(f"select * from {source}", {"sales": SALES}, {}, 5)
    folders = "select current_setting('allowed_directories') as a"
    assert query(folders, {"sales": SALES}, {}, 5) == "a\n[]\n"


def test_a_relation_can_be_read_twice_in_one_query() -> None:
    """A join with itself, or two subqueries."""
    relation = needed("duckdb").sql("select range as n from range(5)")
    sql = "select (select sum(n) from r) as s, count(*) as c from r as a join r as b using (n)"
    assert query(sql, {"r": relation}, {}, 5) == "s,c\n10,5\n"


ODD: dict[str, Any] = {
    "a pandas Series": pd.Series([1]),
    "a polars Series": pl.Series([1]),
    "twins": pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "a pyarrow InMemoryDataset": pyarrow.dataset.dataset(pa.table({"a": [1]})),
}


@pytest.mark.parametrize("kind", ODD)
def test_a_frame_that_duckdb_cannot_read_breaks_only_its_own_queries(kind: str) -> None:
    """The others are queried; who asks for this one is told why not and what to use."""
    needed("duckdb")
    frames = {"sales": SALES, "odd": ODD[kind]}
    assert query("select sum(n) as s from sales", frames, {}, 5) == "s\n3\n"
    with pytest.raises(TypeError, match=r"^DuckDB cannot read odd, a .*Use describe or frame_head"):
        query("select * from Odd", frames, {}, 5)
    with pytest.raises(needed("duckdb").CatalogException, match="absent"):
        query("select * from absent", frames, {}, 5)


def test_names_that_differ_in_case_are_not_mixed_up() -> None:
    """To DuckDB they are one: who asks for either is told so, and the others are queried."""
    needed("duckdb")
    frames = {"X": pd.DataFrame({"a": [1]}), "x": pd.DataFrame({"a": [100]}), "sales": SALES}
    for name in ("X", "x"):
        with pytest.raises(TypeError, match=r"^DuckDB cannot tell X and x apart\. Use describe"):
            query(f"select a from {name}", frames, {}, 5)
    assert query("select sum(n) as s from sales", frames, {}, 5) == "s\n3\n"
    for make in (pd.DataFrame, pl.DataFrame, pa.table):
        twins = make({"A": [1], "a": [100]})
        with pytest.raises(TypeError, match=r"^In t DuckDB cannot tell A and a apart\."):
            query("select a from t", {"t": twins}, {}, 5)
        assert query("select * from t", {"t": twins}, {"t": (["A"], ())}, 5) == "a\n100\n"


def test_columns_are_named_as_in_the_description() -> None:
    """Names that are numbers or have several levels are text, and can be hidden."""
    needed("duckdb")
    numbered = pd.DataFrame([[1, 2]])
    assert query('select "1" from f', {"f": numbered}, {}, 5) == "1\n2\n"
    assert query("select * from f", {"f": numbered}, {"f": (["0"], ())}, 5) == "1\n2\n"
    assert list(numbered.columns) == [0, 1]
    levels = pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "x")]))
    assert query('select "a / x" from f', {"f": levels}, {}, 5) == "a / x\n1\n"
