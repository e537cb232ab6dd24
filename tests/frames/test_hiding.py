"""What the user hides leaves nothing behind; what the user allows is shown like anything else."""

from collections import namedtuple
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_magic.errors import ArgumentError, FrameError
from glm_magic.frames import describe
from glm_magic.frames.hiding import is_hidden
from glm_magic.frames.querying import query

from .libraries import needed
from .samples import column_lines, line_of

SECRET = "qZ7"  # in every hidden name and value, and in nothing else


def people() -> pd.DataFrame:
    """20 rows with two columns to hide."""
    return pd.DataFrame(
        {
            "sqZ7_email": [f"qZ7{i}@example.org" for i in range(20)],
            "n": range(20),
            "sqZ7_name": "qZ7Bob",
        }
    )


MAKERS = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "lazy": lambda frame: pl.from_pandas(frame).lazy(),
    "arrow": pa.Table.from_pandas,
}


@pytest.mark.parametrize("library", MAKERS)
@pytest.mark.parametrize("hidden", [["sqZ7_email", "sqZ7_name"], ["sqZ7*"], ["*_email", "*_name"]])
def test_a_hidden_column_is_counted_and_not_named(library: str, hidden: list[str]) -> None:
    """Neither name nor value is in the text, raw rows included; the user is told which."""
    attachment = describe(MAKERS[library](people()), "people", hidden=hidden, rows=3)
    assert SECRET not in attachment.text
    assert column_lines(attachment) == [
        "n i64 0..19 mean 9.5, 20 distinct",
        "left out: 2 columns, hidden by the user",
        "the first 3 rows as CSV:",
        "n",
        "0",
        "1",
        "2",
    ]
    assert attachment.shape == (20, 3)
    assert attachment.notes == ("Hidden by you: sqZ7_email, sqZ7_name.",)


names = st.lists(
    st.one_of(
        st.text(min_size=1, max_size=12).map(lambda name: SECRET + name),
        st.text(min_size=1, max_size=12).map(lambda name: name + SECRET),
        st.integers(0, 400).map(lambda i: f"x_{i:03}"),
        st.integers(0, 9).map(lambda i: f"{SECRET}_{i}"),
        st.sampled_from(["a / b", "name", "é", "a b", "index"]),
    ),
    min_size=1,
    max_size=30,
    unique=True,
)


@settings(max_examples=150)
@given(
    names=names,
    library=st.sampled_from(list(MAKERS)),
    level=st.sampled_from(["schema", "stats", "values"]),
    rows=st.integers(0, 3),
    max_tokens=st.integers(80, 1500),
)
def test_no_shape_of_a_frame_lets_a_hidden_column_out(
    names: list[str], library: str, level: str, rows: int, max_tokens: int
) -> None:
    """Folded groups, cut lists of names, small budgets, raw rows: what is hidden is in none."""
    cells = {name: [SECRET if SECRET in name else "plain"] * 20 for name in names}
    try:
        frame = MAKERS[library](pd.DataFrame(cells))
    except UnicodeEncodeError:  # a lone surrogate is a name in pandas only
        return
    attachment = describe(
        frame, "f", level=level, rows=rows, max_tokens=max_tokens, hidden=[f"*{SECRET}*"]
    )
    assert SECRET not in attachment.text
    hidden = sum(SECRET in name for name in names)
    assert (f"left out: {hidden} column" in attachment.text) == bool(hidden)


@pytest.mark.parametrize("rows", [0, 3])
def test_a_hidden_index_level_is_gone(rows: int) -> None:
    """An index of that name is neither named nor shown; its other levels are."""
    frame = people().assign(day=range(20)).set_index(["day", "sqZ7_name"])
    attachment = describe(frame, "people", hidden=["sqZ7*"], rows=rows)
    assert SECRET not in attachment.text
    assert "left out: 1 column and 1 index level, hidden by the user" in attachment.text
    assert ("\nday,n\n0,0\n" in attachment.text) == bool(rows)
    assert "index, not among the columns: day" in attachment.text
    frame = people().set_index("sqZ7_email")
    attachment = describe(frame, "people", hidden=["sqZ7*"], rows=rows)
    assert SECRET not in attachment.text
    assert "index, not" not in attachment.text


def test_a_hidden_name_in_a_remark_takes_the_remark_along() -> None:
    """Two columns of one hidden name, and lines of the caller, are not told either."""
    frame = pd.DataFrame([[1, 2, 3]] * 20, columns=["qZ7", "qZ7", "n"])
    given = ["qZ7 is also in stores", "n is a count"]
    attachment = describe(frame, "f", hidden=["qZ7"], remarks=given)
    assert SECRET not in attachment.text
    assert column_lines(attachment)[0] == "n is a count"


def test_a_hidden_field_inside_cells_is_gone() -> None:
    """A column whose type or whose dictionaries show the field does not show it."""
    cells = [{"qZ7": "qZ7Bob", "n": i} for i in range(20)]
    for frame in (pl.DataFrame({"who": cells}), pl.DataFrame({"who": [[each] for each in cells]})):
        attachment = describe(frame, "f", hidden=["qZ7"], rows=2)
        assert SECRET not in attachment.text
        assert "1 column, hidden" in attachment.text
    attachment = describe(pd.DataFrame({"who": cells}), "f", hidden=["qZ7"], rows=2)
    assert SECRET not in attachment.text
    assert "{n: 0}" in attachment.text


def sales(name: str = "email") -> pd.DataFrame:
    """Whose they are, under a name, and how much, twice a month."""
    people = ["Ann", "Bob"] if name == "who" else ["qZ7@example.org", "bob@example.org"]
    return pd.DataFrame({name: people * 6, "k": range(12), "month": [1, 2, 3] * 4})


WIDE: dict[str, Any] = {
    "pivot": lambda f, by: f.pivot_table(index="month", columns=by, values="k"),
    "unstack": lambda f, by: f.groupby(["month", by]).k.agg(["sum", "max"]).unstack(),
    "crosstab": lambda f, by: pd.crosstab(f.month, f[by]),
    "transposed": lambda f, by: f.drop_duplicates(by).set_index(by).T,
}


@pytest.mark.parametrize("shape", WIDE)
def test_a_hidden_column_is_no_names_of_columns_either(shape: str) -> None:
    """The values of a hidden column that became names: every column of them is out."""
    frame = WIDE[shape](sales("who"), "who")
    assert "Ann" in describe(frame, "wide", level="schema").text
    text = describe(frame, "wide", level="schema", hidden=["who"]).text
    assert "Ann" not in text
    assert "columns, hidden by the user" in text
    needed("duckdb")
    with pytest.raises(TypeError, match="cannot read wide"):
        query("select * from wide", {"wide": frame}, {"wide": (["who"], ())}, 9)


@pytest.mark.parametrize("shape", WIDE)
@pytest.mark.parametrize("level", ["schema", "values"])
def test_personal_values_that_became_names_are_numbers(shape: str, level: str) -> None:
    """Nobody need hide them: the columns are numbered, unless the user allows them."""
    frame = WIDE[shape](sales(), "email")
    attachment = describe(frame, "wide", level=level, rows=2)
    assert "example.org" not in attachment.text
    assert '"column 1"' in attachment.text
    assert "example.org" in describe(frame, "wide", level=level, allowed=["email", "*@*"]).text
    polars = pl.DataFrame({"qZ7@example.org": [1], "k": [2]})
    text = describe(polars, "wide", level=level).text
    assert "example.org" not in text
    assert '\n"column 1" i64' in text
    assert "(personal?)\nk i64" in text
    needed("duckdb")
    for one in (frame, polars):
        assert query("select * from w", {"w": one}, {}, 9).startswith("column 1,")
    assert "example.org" in query("select * from w", {"w": polars}, {"w": ((), ["*@*"])}, 9)


def test_a_series_by_the_name_of_a_person_has_a_number() -> None:
    """As the row of a table whose index is personal has."""
    row = sales().drop_duplicates("email").set_index("email").loc["qZ7@example.org"]
    assert "example" not in describe(row, "row", level="schema").text


ROWS: dict[str, Any] = {
    "row": lambda f: f.iloc[0],
    "turned": lambda f: f.T,
    "figures": lambda f: f.describe(include="all").T,
    "levels": lambda f: f.iloc[:2].stack(),
}


@pytest.mark.parametrize("shape", ROWS)
def test_a_row_of_a_table_has_no_hidden_cell(shape: str) -> None:
    """A table on its side: the rows under hidden names are out, and counted."""
    frame = ROWS[shape](people())
    attachment = describe(frame, "f", rows=9, hidden=["sqZ7_*"])
    assert SECRET not in attachment.text
    count = 4 if shape == "levels" else 2
    assert f"left out: {count} rows, hidden by the user" in attachment.text
    assert attachment.shape[0] == len(frame)
    assert attachment.notes[0] == "Hidden by you: sqZ7_email, sqZ7_name."
    assert "\nn,0" in attachment.text or ",n," in attachment.text or "\nn," in attachment.text


MELTED: dict[str, Any] = {
    "pandas": lambda f: f.melt(id_vars="n"),
    "polars": lambda f: pl.from_pandas(f).unpivot(index="n"),
    "arrow": lambda f: pa.Table.from_pandas(f.melt(id_vars="n")),
}


@pytest.mark.parametrize("library", MELTED)
@pytest.mark.parametrize("hidden", [["sqZ7_email", "sqZ7_name"], ["*qZ7_*"]])
def test_a_melted_table_has_no_hidden_row(library: str, hidden: list[str]) -> None:
    """The cells of a hidden column are rows there, under its name; others stay."""
    frame = MELTED[library](people().assign(city="Ulm"))
    attachment = describe(frame, "long", rows=1, hidden=hidden)
    assert SECRET not in attachment.text
    assert "left out: 40 rows, hidden by the user" in attachment.text
    assert "\n0,city,Ulm\n" in attachment.text
    assert attachment.shape[0] == 60
    needed("duckdb")
    rows = query("select * from t", {"t": frame}, {"t": (hidden, ())}, 50)
    assert rows.splitlines() == ["n,variable,value", *(f"{n},city,Ulm" for n in range(20))]


def test_no_query_sees_the_rows_of_a_hidden_label() -> None:
    """Nor those whose label is in the index, which DuckDB does not know."""
    needed("duckdb")
    hidden = ["sqZ7_email", "sqZ7_name"]
    long = people().assign(city="Ulm").melt(id_vars="n")
    for frame in (people().T, long.set_index("variable"), long.set_index(["n", "variable"])):
        rows = query("select * from t", {"t": frame}, {"t": (hidden, ())}, 50)
        assert SECRET not in rows
        assert len(rows.splitlines()) > 1


def test_a_melted_table_may_hold_anything() -> None:
    """Lists cannot be compared, nor other objects in polars."""
    for names in ([["a"], {"b": 1}, "qZ7"], ["qZ7", object(), None]):
        frame = pd.DataFrame({"variable": names, "value": [1, 2, 3]})
        assert "left out: 1 row, hidden" in describe(frame, "f", hidden=["qZ7"]).text
    odd = pl.DataFrame({"variable": pl.Series([object()], dtype=pl.Object), "value": [1]})
    assert "hidden" not in describe(odd, "f", hidden=["qZ7"]).text


def test_other_tables_with_a_word_in_them_stay() -> None:
    """Only what `melt` calls `variable`, beside its `value`, holds names of columns."""
    cells = {"word": ["qZ7", None], "value": [1, 2]}
    for frame in (pd.DataFrame(cells), pl.DataFrame(cells)):
        assert "hidden" not in describe(frame, "f", hidden=["qZ7"]).text
    long = pl.DataFrame({"variable": ["qZ7", None, "a"], "value": [1, 2, 3]})
    text = describe(long, "f", rows=3, hidden=["qZ7"]).text
    assert "variable,value\n,2\na,3\n" in text


def test_rows_of_a_long_index_are_found_by_name() -> None:
    """Patterns are not tried on more labels than a table has columns."""
    frame = pd.DataFrame({"v": range(30_000)}, index=["qZ7", *map(str, range(29_999))])
    assert "1 row, hidden" in describe(frame, "f", level="schema", hidden=["qZ7"]).text


Who = namedtuple("Who", ["qZ7", "n"])


def test_objects_in_cells_write_nothing_of_themselves_in_a_query() -> None:
    """Where something is hidden only plain values are read; a named tuple loses its field."""
    needed("duckdb")
    frozen, series = frozenset([("qZ7", "x")]), pd.Series({"qZ7": "x"})
    void = np.array([("x", 1)], dtype=[("qZ7", "U1"), ("n", int)])[0]
    cells = {"a": [Who("qZ7Bob", 5)], "b": [frozen], "c": [series], "d": [void], "e": [[frozen]]}
    frame = pd.DataFrame(cells | {"f": [{"n": 1.5, "s": "text"}]}, dtype=object)
    assert query("select * from t", {"t": frame}, {"t": (["qZ7"], ())}, 5) == (
        "a,b,c,d,e,f\n"
        "{'n': 5},<frozenset>,{},{'n': 1},['<frozenset>'],\"{'n': 1.5, 's': 'text'}\"\n"
    )


def test_a_union_with_a_hidden_field_is_out() -> None:
    """What narwhals does not know the fields of."""
    duckdb = needed("duckdb")
    relation = duckdb.sql("select union_value(qZ7 := 'qZ7Bob') as u, [{'a': map {'b': 1}}] as m")
    kinds = [pa.array([0, 1], pa.int8()), [pa.array(["qZ7Bob", ""]), pa.array([1, 2])]]
    arrow = pa.table({"u": pa.UnionArray.from_sparse(*kinds, ["qZ7", "n"]), "n": [1, 2]})
    for frame in (relation.project("*, 1 as n"), arrow):
        text = describe(frame, "f", rows=2, hidden=["qZ7"]).text
        assert SECRET not in text
        assert "\nn\n1" in text
    shown = query("select * from t", {"t": relation.project("*, 1 as n")}, {"t": (["qZ7"], ())}, 5)
    assert shown == "n\n1\n"


@pytest.mark.parametrize("native", ["map<string, int64>", "MAP(VARCHAR, INTEGER)[]"])
def test_a_map_that_narwhals_does_not_know_is_out(native: str) -> None:
    """As its first versions do not: a key of it may be a hidden name."""
    assert is_hidden("m", nw.Unknown(), ["qZ7"], lambda: native)
    assert not is_hidden("m", nw.Unknown(), ["qZ7"], lambda: "bitmap<8>")


def test_levels_of_a_column_name_can_be_hidden_alone() -> None:
    """A name of several levels is hidden by any of them, or by all joined."""
    columns = pd.MultiIndex.from_tuples([("qZ7", "x"), ("a", "qZ7"), ("a", "b")])
    frame = pd.DataFrame([[1, 2, 3]] * 20, columns=columns)
    assert SECRET not in describe(frame, "f", hidden=["qZ7"]).text
    assert "a / b" not in describe(frame, "f", hidden=["a / *"]).text


@pytest.mark.parametrize(
    ("label", "pattern", "gone"),
    [
        ("email", "email", True),
        ("Email", "email", False),
        (" email ", "email", True),
        ("a[1]", "a[1]", True),
        ("a1", "a[1]", True),
        ("e\u0301tat", "\u00e9tat", True),
        ("last_name", "*_name", True),
        ("name", "*_name", False),
        (7, "7", True),
    ],
)
def test_which_names_a_pattern_hides(label: Any, pattern: str, gone: bool) -> None:
    """Shell patterns, case as written; neither spaces around a name nor its accents save it."""
    frame = pd.DataFrame({"n": [1], label: [2]})
    assert ("1 column, hidden" in describe(frame, "f", hidden=[pattern]).text) is gone


@pytest.mark.parametrize("hidden", ["email", b"email", [1], [None], 5])
def test_what_is_no_list_of_names_is_refused(hidden: Any) -> None:
    """A single text would hide the columns called e, m, a, i and l; it is an error instead."""
    with pytest.raises(ArgumentError, match="list of column names"):
        describe(people(), "people", hidden=hidden)


def test_what_cannot_be_hidden_is_not_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the column cannot be taken out of the frame, there is no description at all."""
    frame = people()

    def fail(*_: object) -> Any:
        raise RuntimeError("no")

    monkeypatch.setattr("narwhals.stable.v2.DataFrame.select", fail)
    with pytest.raises(FrameError):
        describe(frame, "people", hidden=["sqZ7_email"])


def test_everything_hidden_leaves_the_number_of_rows() -> None:
    """A frame, or a Series, without any column to show is still counted."""
    for frame in (people(), people()["n"], pl.from_pandas(people()).lazy()):
        attachment = describe(frame, "people", hidden=["*"], rows=2)
        assert attachment.text.split("\n")[0].split(", ")[1].startswith("20 ")
        assert column_lines(attachment)[0].startswith("left out: ")
        assert len(column_lines(attachment)) == 1


def test_hidden_rows_are_counted_once() -> None:
    """Where all columns are hidden, and the rows of a melted table too."""
    long = people().melt(id_vars="n")
    assert describe(long, "long", hidden=["*"]).shape == long.shape


def test_allowed_columns_show_their_values() -> None:
    """Allowed by name or pattern, a likely personal column is like any other."""
    frame = pl.DataFrame(
        {
            "first_name": ["Ann"] * 15 + ["Bo"] * 5,
            "phone": [4_915_112_345_678, 4_915_187_654_321] * 10,
        }
    )
    shown = describe(frame, "f", allowed=["*name", "phone"])
    assert line_of(shown, "first_name") == "first_name str 2 distinct: Ann 75% (rarer 25%)"
    assert "4915112345678..4915187654321" in line_of(shown, "phone")
    assert shown.notes == ()
    kept = describe(frame, "f", allowed=["first_name"])
    assert "Ann" in kept.text
    assert "49151" not in kept.text
    assert "4915" not in describe(frame, "f", allowed=["*"], hidden=["phone"]).text


def test_allowed_values_may_look_personal() -> None:
    """A column that only its values make personal is shown as well, once it is allowed."""
    frame = pl.DataFrame({"code": ["ann@example.org"] * 20})
    assert line_of(describe(frame, "f", allowed=["code"]), "code") == (
        'code str 1 distinct: "ann@example.org" 100%'
    )
    assert "example" not in describe(frame, "f", allowed=["other"]).text


def test_the_caller_can_name_the_kind_and_add_lines() -> None:
    """Lines of the caller are data: on their own line, escaped and redacted."""
    key = "0123456789abcdef" * 2 + "." + "ABCDEFGH" * 2
    attachment = describe(
        pl.DataFrame({"a": [1]}), "f", kind="SQL\ntable", remarks=["one\ntwo", key]
    )
    assert attachment.text.startswith("f: SQL\\ntable, 1 row × 1 column")
    assert column_lines(attachment)[:2] == ["one\\ntwo", "[API key redacted]"]
