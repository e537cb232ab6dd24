"""Arrays by shape, type, range and missing values; never copied whole."""

import tracemalloc
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glm_magic.variables import describe

from .samples import METHODS, label, refuse, told


@pytest.mark.parametrize(
    ("array", "form", "facts"),
    [
        (np.arange(6.0).reshape(2, 3), "2 × 3 f64", "0..5 mean 2.5"),
        (np.arange(6, dtype="i2").reshape(2, 3).T, "3 × 2 i16", "0..5 mean 2.5"),
        (np.array([1.5, np.nan, np.inf, -np.inf]), "4 f64", "25% missing 1.5..1.5 mean 1.5 and 2"),
        (np.full(4, np.nan), "4 f64", "100% missing"),
        (np.array([True, False, True, True]), "4 bool", "true 75%"),
        (np.array([3 + 4j, 0]), "2 c128", "magnitude 0..5"),
        (np.array(["2020-01-01", "NaT", "2021-03-01"], "M8[ns]"), "3 datetime", "33% missing 2020"),
        (np.array([90, 30], "m8[s]"), "2 duration", "0:00:30..0:01:30"),
        (np.array([3, 30], "m8[M]"), "2 duration", "3 months..30 months"),
        (np.array(["a", "abc"]), "2 str", "1-3 characters"),
        (np.array([b"ab", b"cd"]), "2 bytes", "2 characters"),
        (np.array([1, "a", None], object), "3 object", "Python types None 33%, int 33%, str 33%"),
        (np.full(3, 7), "3 i64", "always 7"),
        (np.array(2.5), "f64", "value 2.5"),
        (np.array([2**63], "u8"), "1 u64", "value 9223372036854775808"),
    ],
)
def test_each_type_has_its_figures(array: Any, form: str, facts: str) -> None:
    """The form names shape and type, the line says range, mean and what is missing."""
    assert label(array) == f"x (numpy array {form})"
    assert told(array, level="stats")[1].startswith(facts)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_an_empty_array_has_a_shape_only(shape: tuple[int, ...]) -> None:
    """No elements are no error at any level."""
    for level in ("schema", "stats", "values"):
        assert told(np.zeros(shape), level=level) == ["0 bytes"]


def test_frequent_values_are_shown_at_values_only() -> None:
    """The classes of a target are listed when each was seen ten times, and no rarer text is."""
    target = np.array(["cat"] * 60 + ["dog"] * 39 + ["Rex"])
    assert "3 distinct: cat 60% dog 39%" in told(target)[1]
    assert "Rex" not in describe(target, "x").text
    assert "cat" not in describe(target, "x", level="stats").text


def test_personal_texts_are_not_listed() -> None:
    """A frequent e-mail address in an array stays at home."""
    assert "example" not in describe(np.array(["ann@example.org"] * 50), "x").text


def test_numbers_begin_with_the_first_ones() -> None:
    """A vector shows its first numbers at values, a matrix its rows only when asked."""
    assert "begins 0, 0.1, 0.2, …" not in told(np.arange(8) / 10)[1]
    assert "begins 0, 0.1, 0.2, 0.3, 0.4, …" in told(np.arange(8) / 10)[1]
    assert told(np.arange(6).reshape(3, 2), rows=2)[-3:] == ["the first 2 items:", "0, 1", "2, 3"]


@pytest.mark.parametrize(
    ("array", "rows"),
    [
        (np.array([12345.678, 99999.99, 1e22]), ["12345.678", "99999.99", "1e+22"]),
        (np.array([[0.123456789, np.nan], [1, -np.inf]]), ["0.123456789, nan", "1, -inf"]),
        (np.array([Decimal("12345.67"), 10**30]), ["12345.67", str(10**30)]),
        (np.array(["2024-01-01T01:02:03.5", "NaT"], "M8[ns]"), ["2024-01-01 01:02:03.5", "NaT"]),
        (np.array([["2024-01-01"]], "M8[ns]"), ["2024-01-01 00:00:00"]),
        (np.array(["2024-01-01"], "M8[D]"), ["2024-01-01"]),
        (np.array([1500], "m8[ms]"), ["0:00:01.5"]),
        (np.array([1500], "m8[ns]"), ["1500 nanoseconds"]),
        (np.array([(0.123456, "a")], "f8,U1"), ['(0.123456, "a")']),
    ],
)
def test_raw_rows_are_not_rounded(array: Any, rows: list[str]) -> None:
    """What was asked for as it is leaves as it is; only the summary above is short."""
    assert told(array, rows=5)[-len(rows) :] == rows


def test_fields_of_a_structured_array_have_a_line_each() -> None:
    """Each field is described like an array of its own; hidden and personal ones keep quiet."""
    kinds = [("id", "i4"), ("email", "U30"), ("pay", "f8"), ("pos", "f4", (3,))]
    array = np.array([(1, "a@example.org", 10.0, [1, 2, 3]), (2, "b", 20.0, [0, 0, 0])], kinds)
    lines = told(array, level="stats", hidden=("pay",))
    assert lines[1:] == [
        "id i32 1..2 mean 1.5",
        "email str (personal?)",
        "pos f32 0..3 mean 1",
        "left out: 1 field, hidden by the user",
    ]


def test_hidden_fields_are_in_no_row_either() -> None:
    """Neither a field nor what lies in one, nor a key of a dictionary in a cell, nor its name."""
    inner = np.dtype([("email", "U9"), ("zip", "i4")])
    array = np.array([("qZ7", 5, ("qZ7", 1))] * 2, [("email", "U9"), ("n", "i4"), ("at", inner)])
    for value in (array, array.reshape(1, 2), array.view(np.recarray), array[["email"]], array[0]):
        attachment = describe(value, "x", rows=2, hidden=("email",))
        assert "qZ7" not in attachment.text
        assert "email" not in attachment.text
        assert "hidden by the user" in attachment.text
    assert "(5)" in describe(array, "x", rows=2, hidden=("email",)).text
    cells = np.array([{"email": "qZ7", "n": 5}, [{"email": "qZ7"}]], dtype=object)
    assert "qZ7" not in describe(cells, "x", rows=2, hidden=("email",)).text


def test_masked_values_are_missing() -> None:
    """What a mask covers is in no figure."""
    array = np.ma.masked_array([1.0, 2.0, 900.0, np.nan], [0, 0, 1, 0])
    assert told(array)[1].startswith("50% missing 1..2 mean 1.5")
    assert "900" not in describe(array, "x", rows=3).text


def test_quartiles_are_told_when_asked_for() -> None:
    """Quartiles stand beside the range of a number array."""
    assert "quartiles 25 50 75" in told(np.arange(101), quantiles=True)[1]
    assert "quartiles" not in told(np.arange(101))[1]


def test_a_large_array_is_not_copied() -> None:
    """Describing 80 MB takes less than 8 MB more, whatever the layout."""
    ones = np.ones((1000, 10_000))
    for array in (ones, ones.copy().T, np.ones((1000, 20_000))[:, ::2]):
        array[5, 5] = np.nan
        tracemalloc.start()
        lines = told(array)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert "<0.1% missing always 1" in lines[1]
        assert peak < 8_000_000


def test_a_memory_mapped_array_is_read_in_blocks(tmp_path: Path) -> None:
    """An array in a file says so, and is described without loading it whole."""
    array = np.memmap(tmp_path / "big", dtype="f4", mode="w+", shape=(2_000_000,))
    array[:] = 0.5
    assert told(array)[0] == "8,000,000 bytes, memory-mapped from a file"
    assert "always 0.5" in told(array)[1]


def test_of_a_very_large_array_a_part_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit evenly spaced stretches are read, and the figures are marked."""
    monkeypatch.setattr("glm_magic.variables.blocks.MOST", 6_400)
    line = told(np.arange(1_000_000))[1]
    assert line.startswith("~0..999999 mean ~500000 (~ from 6,400 of the values, evenly spaced)")


def test_methods_of_a_subclass_are_not_run() -> None:
    """A subclass of ndarray that fails at everything is described by its data."""
    failing = dict.fromkeys(("min", "max", "sum", "view", "__getitem__", *METHODS), refuse)
    kind = type("Units", (np.ndarray,), failing)
    array = np.arange(5).view(kind)
    assert label(array) == "x (tests Units 5 i64)"
    assert told(array)[1] == "0..4 mean 2, begins 0, 1, 2, 3, 4"
