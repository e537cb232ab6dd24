"""Frames as people really have them."""

import datetime as dt
import decimal
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from glm_magic.errors import FrameError
from glm_magic.frames import describe
from glm_magic.variables import describe as describe_any

from .libraries import needed, quietly
from .samples import column_lines, line_of

ROWS = 40


@pytest.mark.parametrize("make", [pd.DataFrame, lambda d: pl.from_pandas(pd.DataFrame(d))])
def test_what_happens_within_a_second_has_a_range(make: Any) -> None:
    """Durations below a minute in milliseconds, shorter ones and moments to the last digit."""
    frame = make(
        {
            "fast": pd.to_timedelta([1, 250, 400], unit="ms"),
            "faster": pd.to_timedelta([1, 2, 3], unit="us"),
            "both": pd.to_timedelta([-1500, 0, 59_999], unit="ms"),
            "long": pd.to_timedelta([60_400, 61_000, 90_000_600], unit="ms"),
            "at": pd.to_datetime(
                ["2024-01-01 00:00:00.1", "2024-01-01 00:00:00.2", "2024-01-01 00:00:00.3"]
            ),
        }
    )
    lines = [line.split(" ", 2)[2].split(",")[0] for line in column_lines(describe(frame, "f"))]
    assert lines == [
        "0:00:00.001..0:00:00.4",
        "0:00:00.000001..0:00:00.000003",
        "-0:00:01.5..0:00:59.999",
        "0:01:00..1d 1:00:01",
        "2024-01-01 00:00:00.100000..2024-01-01 00:00:00.300000",
    ]
    assert "value 0:00:00.25" in describe_any(dt.timedelta(milliseconds=250), "x").text
    assert "999999999d 23:59:59" in describe_any(dt.timedelta.max, "x").text


class Hostile:
    """An object that fails at whatever it is asked."""

    __hash__ = None  # type: ignore[assignment]

    def _refuse(self, *_: object) -> NoReturn:
        message = "cell text"
        raise RuntimeError(message)

    __repr__ = __str__ = __eq__ = __lt__ = __bool__ = __len__ = __float__ = _refuse


class LeastText(str):
    """A text that sorts before every number."""

    __slots__ = ()

    def __lt__(self, other: object) -> bool:
        return True

    __le__ = __lt__

    def __gt__(self, other: object) -> bool:
        return False

    __ge__ = __gt__


PANDAS: dict[str, tuple[Any, str]] = {
    "objects": ([1, [2], {"a": 1}, b"x"] * 10, "Python types bytes 25%, dict 25%, int 25%"),
    "hostile": ([Hostile()] * ROWS, "object Python types Hostile"),
    "mixed": (["a", 1] * 20, "object Python types int 50%, str 50%"),
    "decimals": ([decimal.Decimal("1.5"), None] * 20, "object 50% missing always 1.5"),
    "days": ([dt.date(2020, 1, 1), dt.date(2021, 1, 1)] * 20, "object 2020-01-01..2021-01-01"),
    "category": (pd.Categorical(list("ab") * 20), "category 2 distinct: a 50% b 50%"),
    "ordered": (pd.Categorical(["a"] * ROWS, ordered=True), "category 1 distinct: a 100%"),
    "berlin": (
        pd.date_range("2020-01-01", periods=ROWS, tz="Europe/Berlin"),
        "datetime[Europe/Berlin] 2020-01-01..2020-02-09, all distinct",
    ),
    "nothing": ([np.nan] * ROWS, "f64 100% missing"),
    "none": ([None] * ROWS, "100% missing"),
    "nullable": (pd.array([1, None, 3, 4] * 10, dtype="Int64"), "i64 25% missing 1..4 mean 2.667"),
    "flag": (pd.array([True, None] * 20, dtype="boolean"), "bool 50% missing true 50%"),
    "infinite": ([1, np.inf, -np.inf, 2.5] * 10, "f64 1..2.5 mean 1.75 and 20 infinite"),
    "arrow": (pd.array([1.5, 2] * 20, dtype="float64[pyarrow]"), "f64 1.5..2 mean 1.75"),
    "lists": (pd.array([[1]] * ROWS, dtype=pd.ArrowDtype(pa.list_(pa.int64()))), "list[i64]"),
    "waits": (pd.to_timedelta(range(ROWS), "h"), "duration 0:00:00..1d 15:00:00"),
    "mostly": (pd.arrays.SparseArray([0, 0, 1, 2] * 10), "Sparse[int64] 0..2 mean 0.75"),
    "holes": (pd.arrays.SparseArray([np.nan, 1.0] * 20), "Sparse[float64] 50% missing always"),
    "spans": (pd.interval_range(0, ROWS), "interval[int64, right]"),
    "periods": (pd.period_range("2020-01-01", periods=ROWS), "period[D]"),
    "complex": ([1j] * ROWS, "complex128"),
    "large": ([10**17, 1] * 20, "i64 1..100000000000000000"),
}


@pytest.mark.parametrize("name", PANDAS)
def test_an_odd_pandas_column_has_its_line(name: str) -> None:
    """Each odd column is described as far as it can be, alone and with rows."""
    cells, expected = PANDAS[name]
    attachment = describe(pd.DataFrame({name: cells}), "odd", rows=3)
    assert line_of(attachment, name).startswith(name)
    assert expected in line_of(attachment, name)
    assert "cell text" not in attachment.text


def test_a_text_is_never_the_smallest_number() -> None:
    """An object column that looks like numbers at first shows no text as its range."""
    cells = [decimal.Decimal(2), decimal.Decimal(1)] * 300 + [LeastText("cell text")]
    frame = pd.DataFrame({"a": pd.Series(cells, dtype=object)})
    attachment = describe(frame, "odd", level="stats")
    assert "object Python types Decimal" in line_of(attachment, "a")
    assert "cell text" not in attachment.text


def test_one_odd_column_hides_no_other() -> None:
    """All the odd columns side by side say the same as each alone."""
    frame = pd.DataFrame({name: cells for name, (cells, _) in PANDAS.items()})
    lines = "\n".join(column_lines(describe(frame, "odd")))
    for _, expected in PANDAS.values():
        assert expected in lines


def test_odd_polars_columns_have_their_lines() -> None:
    """Nested, binary, decimal and object columns of polars are described by their types."""
    frame = pl.DataFrame(
        {
            "list": [[1]] * ROWS,
            "struct": [{"a": 1, "b": ["x"]}] * ROWS,
            "binary": [b"x"] * ROWS,
            "time": [dt.time(1), dt.time(2)] * 20,
            "decimal": [decimal.Decimal("1.50"), decimal.Decimal("2.50")] * 20,
            "enum": pl.Series(["a"] * ROWS, dtype=pl.Enum(["a", "unseen"])),
            "null": [None] * ROWS,
            "object": pl.Series([Hostile()] * ROWS, dtype=pl.Object),
        }
    )
    lines = column_lines(describe(frame, "odd"))
    assert lines == [
        "list list[i64]",
        "struct struct[a: i64, b: list[str]]",
        "binary binary",
        "time time 01:00:00..02:00:00, 2 distinct",
        "decimal decimal 1.5..2.5 mean 2, 2 distinct: 1.5 50% 2.5 50%",
        "enum category 1 distinct: a 100%",
        "null null 100% missing",
        "object object Python types Hostile",
    ]
    assert column_lines(describe(frame.lazy().drop("object"), "odd")) == lines[:-1]
    assert "unseen" not in describe(frame, "odd", rows=2).text


@pytest.mark.parametrize(
    ("frame", "shape"),
    [
        (pd.DataFrame(), "0 rows × 0 columns"),
        (pd.DataFrame(index=range(5)), "5 rows × 0 columns"),
        (pd.DataFrame({"a": []}), "0 rows × 1 column"),
        (pl.DataFrame(), "0 rows × 0 columns"),
        (pl.LazyFrame(), "0 rows × 0 columns"),
        (pl.LazyFrame({"a": [1]}), "1 row × 1 column"),
        (pa.table({}), "0 rows × 0 columns"),
        (pd.Series([], name="a", dtype="float64"), "0 values"),
        (pl.Series([1, 2]), "2 values"),
        (pd.Index([]), "0 values"),
        (pa.array([]), "0 values"),
        (pa.record_batch({"a": [1]}), "1 row × 1 column"),
    ],
)
@pytest.mark.parametrize("options", [{"level": "schema"}, {"level": "stats"}, {}, {"rows": 3}])
def test_empty_frames_are_described(frame: Any, shape: str, options: Any) -> None:
    """No rows, no columns or neither is no error at any level."""
    assert f", {shape} (" in describe(frame, "p", **options).text


def test_twin_and_numbered_columns_are_all_shown() -> None:
    """Columns that share a name, and names that are no text, each have a line and a remark."""
    frame = pd.DataFrame([[1, 2, 3]] * 20, columns=["a", "a", 5])
    assert column_lines(describe(frame, "p", level="schema")) == [
        "column names are of type int, not str",
        "several columns share the name a",
        "a i64",
        "a i64",
        "5 i64",
    ]
    table = pa.table([pa.array([1]), pa.array(["x"])], names=["a", "a"])
    assert column_lines(describe(table, "p", level="schema"))[1:] == ["a i64", "a str"]


def test_columns_and_rows_of_several_levels_are_explained() -> None:
    """Joined column names are named as such, and index levels are listed."""
    columns = pd.MultiIndex.from_tuples([("a", "x"), ("b", "")])
    index = pd.MultiIndex.from_product([range(4), list("abcde")], names=["k", None])
    frame = pd.DataFrame([[1, 2]] * 20, columns=columns, index=index)
    assert column_lines(describe(frame, "p", level="schema")) == [
        'column names have several levels, joined here with " / "',
        "index, not among the columns: k i64",
        "index, not among the columns: (unnamed) str",
        '"a / x" i64',
        "b i64",
    ]


def test_an_index_is_described_like_a_column() -> None:
    """A series of days has its days in the index: from when to when, and what a level holds."""
    days = pd.date_range("2020-01-01", periods=ROWS, name="day")
    assert column_lines(describe(pd.DataFrame({"a": [1, 2] * 20}, index=days), "p"))[0] == (
        "index, not among the columns: day datetime 2020-01-01..2020-02-09, all distinct"
    )
    index = pd.MultiIndex.from_product([["x", "y"], range(20)], names=["site", "email"])
    series = pd.Series(range(ROWS), index=index, name="day")
    assert column_lines(describe(series, "p")) == [
        "index, not among the columns: site str 2 distinct: x 50% y 50%",
        "index, not among the columns: email i64 20 distinct (personal?)",
        "day i64 0..39 mean 19.5, all distinct",
    ]
    assert describe(series, "p").shape == (ROWS, 1)
    frame = pd.DataFrame({"day": [1, 2] * 20}, index=days)
    assert "\nday,day\n2020-01-01 00:00:00,1\n" in describe(frame, "p", rows=1).text


def test_the_index_of_dask_is_described_where_it_has_a_name() -> None:
    """Dask numbers the rows of each file anew, so an index without a name tells nothing."""
    frame = pd.DataFrame({"a": [1, 2] * 20}, index=pd.Index(range(7, 7 + ROWS), name="key"))
    with quietly():
        lines = column_lines(describe(needed("dask.dataframe").from_pandas(frame, 3), "p"))
        unnamed = needed("dask.dataframe").from_pandas(frame.rename_axis(None), 3)
    assert lines[0] == "index, not among the columns: key i64 7..46 mean 26.5, all distinct"
    assert column_lines(describe(unnamed, "p")) == lines[1:]


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (pd.cut(range(ROWS), [-1, 9, 29, 39]), 'category 3 distinct: "(9, 29]" 50% "(-1, 9]" 25%'),
        (pd.Series([True, None] * 20, dtype=object), "object 50% missing true 50%"),
        (pd.period_range("2020-01", periods=ROWS, freq="M"), "period[M] 2020-01..2023-04"),
        (pd.interval_range(0, ROWS), "interval[int64, right] 0..40"),
        (pd.Series([np.zeros(3)] * ROWS), "object Python types ndarray (3,) float64"),
    ],
)
def test_what_common_functions_make_has_its_line(cells: Any, line: str) -> None:
    """Bins, flags with gaps, months, spans and embeddings say what they hold."""
    attachment = describe(pd.DataFrame({"a": cells}), "p", rows=1)
    assert line_of(attachment, "a").startswith(f"a {line}")
    assert "<Period>" not in attachment.text
    assert "<Interval>" not in attachment.text


def test_a_series_is_one_column() -> None:
    """A Series has a line like a column, under its own name or as values."""
    assert column_lines(describe(pl.Series("s", [1, 2]), "p", level="stats")) == [
        "s i64 1..2 mean 1.5, 2 distinct"
    ]
    attachment = describe(pd.Series([1, 2]), "p", level="stats")
    assert column_lines(attachment) == ["values i64 1..2 mean 1.5, 2 distinct"]
    assert attachment.shape == (2, 1)


def test_a_column_that_cannot_be_read_is_named() -> None:
    """A lazy column that fails says so in its line and to the user, and the others stand."""
    frame = pl.LazyFrame({"a": ["x"] * 20, "b": [1, 2] * 10})
    broken = frame.with_columns(pl.col("a").cast(pl.Int64))
    attachment = describe(broken, "p")
    assert column_lines(attachment) == [
        "a i64 (could not be measured: InvalidOperationError)",
        "b i64 1..2 mean 1.5, 2 distinct: 1 50% 2 50%",
    ]
    assert attachment.notes == ("Could not be measured: a.",)


def test_rows_of_a_column_that_cannot_be_read_are_marked() -> None:
    """The other columns have their rows all the same."""
    frame = pl.LazyFrame({"a": ["x"] * 20, "b": [1, 2] * 10})
    broken = frame.with_columns(pl.col("a").cast(pl.Int64))
    assert column_lines(describe(broken, "p", rows=2))[-2:] == ["<unreadable>,1", "<unreadable>,2"]


DAYS = pl.DataFrame({"d": pl.Series([0, 5_000_000]).cast(pl.Date), "x": [1, 2]})


@pytest.mark.parametrize("frame", [DAYS, DAYS.lazy(), DAYS.to_arrow()], ids=type)
def test_days_that_python_has_not_are_rows_as_any(frame: Any) -> None:
    """The year 15659 refuses no description, though no date of Python's can hold it."""
    lines = column_lines(describe(frame, "p", level="schema", rows=2))
    assert [line.removeprefix("+") for line in lines[-2:]] == ["1970-01-01,1", "15659-07-15,2"]


def test_an_object_that_is_infinite_hides_no_figures_of_others() -> None:
    """What only numbers can be asked is asked of each column alone when one is of objects."""
    cells = {"x": [1.0, 2.0, np.inf], "o": pd.Series([1.0, np.inf, 2], dtype=object)}
    lines = column_lines(describe(pd.DataFrame(cells), "p"))
    assert lines[0] == "x f64 1..2 mean 1.5 and 1 infinite, 3 distinct"
    assert lines[1].startswith("o object 1..inf")


def test_objects_of_several_kinds_fold_apart() -> None:
    """Decimals, days and moments with and without a zone have no range in common."""
    moment = dt.datetime(2024, 1, 1)
    kinds = [decimal.Decimal(1), dt.date(2024, 1, 1), moment, moment.replace(tzinfo=dt.UTC)]
    cells = {f"x_{i}": pd.Series([kinds[i % 4]] * 3, dtype=object) for i in range(80)}
    lines = column_lines(describe(pd.DataFrame(cells), "p", max_tokens=500))
    assert lines[:2] == [
        "x_0..x_76 object (20 columns) 1..1",
        "x_1..x_77 object (20 columns) 2024-01-01..2024-01-01",
    ]
    assert len([line for line in lines if "20 columns" in line]) == 4


@pytest.mark.parametrize("odd", ["NaN", "sNaN", "Infinity"])
def test_a_decimal_that_is_no_number_is_no_trouble(odd: str) -> None:
    """Alone or beside others, quiet or not."""
    cells = pd.Series([decimal.Decimal(odd)], dtype=object)
    for column in (cells, pd.concat([cells, pd.Series([decimal.Decimal(1)] * 3, dtype=object)])):
        frame = pd.DataFrame({"ok": 1.5, "d": column})
        lines = column_lines(describe(frame, "p", rows=2, quantiles=True))
        assert any(line.startswith("ok f64 always 1.5") for line in lines)


def test_the_type_of_a_sparse_column_shows_no_value() -> None:
    """What such a column is filled with is a value of it."""
    for value, shown in ((77, "Sparse[int64]"), ("Ann", "Sparse[object]")):
        frame = pd.DataFrame({"a": pd.arrays.SparseArray([value] * 20, fill_value=value)})
        assert line_of(describe(frame, "p", level="schema"), "a") == f"a {shown}"


def test_an_index_of_several_levels_is_refused_with_a_remedy() -> None:
    """To describe it would be to copy it."""
    index = pd.MultiIndex.from_product([[1], [2]])
    with pytest.raises(FrameError, match="MultiIndex cannot be described") as caught:
        describe(index, "p")
    assert "to_frame" in caught.value.remedy


def test_a_frame_that_cannot_be_read_is_an_error() -> None:
    """A query that cannot run at all is two lines with a remedy."""
    with pytest.raises(FrameError, match="p cannot be read: ColumnNotFoundError") as caught:
        describe(pl.LazyFrame({"a": [1]}).select("b"), "p")
    assert "p.head(5)" in caught.value.remedy


def test_long_names_and_values_are_cut() -> None:
    """A megabyte in a name or a cell takes one short line."""
    frame = pd.DataFrame({"n" * 10**6: ["v" * 10**6] * 20})
    assert describe(frame, "p", rows=2).tokens < 250


@pytest.mark.parametrize("shift", [0, 2**60])
def test_quartiles_of_long_whole_numbers_are_numbers_of_the_column(shift: int) -> None:
    """A float has not the digits for them: none is below the lowest; none at all of nothing."""
    numbers = [shift + 2 * i + 1 for i in range(5)]
    for frame in (pl.DataFrame({"x": numbers}), pl.LazyFrame({"x": [*numbers, None]})):
        line = line_of(describe(frame, "f", quantiles=True, level="stats"), "x")
        assert f"quartiles {' '.join(map(str, numbers[1:4]))}" in line
    empty = pl.DataFrame({"x": pl.Series([None, None], dtype=pl.Int64)})
    assert line_of(describe(empty, "f", quantiles=True), "x").startswith("x i64 100% missing")
