"""Templates are read as they are meant, and checked before anything is sent."""

import datetime as dt
import decimal
from contextlib import suppress
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from glm_magic.errors import ArgumentError
from glm_magic.rows.template import Template, text_of

NAMES = st.text(st.characters(exclude_characters="{}\n", exclude_categories=["Cs"]), min_size=1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(TEXTS, NAMES), min_size=1), TEXTS)
def test_any_text_can_stand_around_names(pieces: list[tuple[str, str]], rest: str) -> None:
    """Doubled braces are text, names are found in order, and nothing else is changed."""
    double = str.maketrans({"{": "{{", "}": "}}"})
    text = "".join(f"{before.translate(double)}{{{name}}}" for before, name in pieces)
    template = Template.read(text + rest.translate(double))
    assert template.fields == tuple(dict.fromkeys(name for _, name in pieces))
    plain = "".join(f"{before}{{{name}}}" for before, name in pieces) + rest
    assert template.task == plain.strip()


@given(TEXTS)
def test_reading_never_fails_in_another_way(text: str) -> None:
    """Any text is a template or a clear error."""
    with suppress(ArgumentError):
        assert Template.read(text).fields


@pytest.mark.parametrize("text", ["{", "}", "a {} b {c}", "{a", "{a}}", "{{a}", "{a\nb}"])
def test_a_lone_brace_is_refused(text: str) -> None:
    """A brace that is neither a name nor doubled is an error that says to double it."""
    with pytest.raises(ArgumentError, match=r"Double the braces|names no column"):
        Template.read(text)


def test_a_template_without_names_is_refused() -> None:
    """It would ask every row the same."""
    with pytest.raises(ArgumentError, match="names no column"):
        Template.read("What is {{this}}?")


def test_an_unknown_column_is_refused_with_the_nearest() -> None:
    """A misspelt name offers the right one; JSON in a template says to double its braces."""
    with pytest.raises(ArgumentError, match=r"Did you mean review\?"):
        Template.read("{revew}").check(["review", "price"])
    with pytest.raises(ArgumentError, match="Double the braces"):
        Template.read('Answer as {"a": 1}').check(["review"])


def test_a_row_is_its_values_by_name() -> None:
    """What is sent of a row names each value, says which is missing, and is None if all are."""
    template = Template.read("{a} or {b}? {a}!")
    assert template.row(["x {b}", None]) == "<a>x {b}</a>\n<b>(missing)</b>"
    assert template.row([None, float("nan")]) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", ""), ("NaN", "NaN"), (None, None), (float("nan"), None), (pd.NA, None),
        (pd.NaT, None), (np.float64("nan"), None), (True, "True"), (3, "3"), (np.int64(3), "3"),
        (2**70, str(2**70)), (0.1, "0.1"), (np.float64(0.1), "0.1"), (5.0, "5.0"),
        (dt.date(2026, 1, 2), "2026-01-02"), (pd.Timestamp("2026-01-02"), "2026-01-02T00:00:00"),
        (["a", 1], '["a", 1]'), ({"a": dt.date(2026, 1, 2)}, '{"a": "2026-01-02"}'),
        (decimal.Decimal("1.10"), "1.10"), (np.str_("a"), "a"), (np.bool_(True), "True"),
        (np.array([1, 2]), "[1, 2]"), (np.array([[0.5], [True]]), "[[0.5], [1.0]]"),
        (np.array(["a", "b"]), '["a", "b"]'), (np.array([None, "a"], object), '[null, "a"]'),
        (np.array(["2026-01-02"], "M8[D]"), '["2026-01-02"]'), (np.array(5), "5"),
        ({"a": np.array([1])}, '{"a": [1]}'), ([np.int64(1), np.float32(0.5)], "[1, 0.5]"),
        ({"b", "a", "c"}, '["a", "b", "c"]'), (frozenset({2, 10, "a"}), '["a", 10, 2]'),
        ([{2, 1}], "[[1, 2]]"), ({(1, 2): "a"}, "{(1, 2): 'a'}"),
    ],
)  # fmt: skip
def test_cells_have_one_spelling(value: Any, text: str | None) -> None:
    """A cell is the same text from every library, and missing in every library's way."""
    assert text_of(value) == text


def test_long_arrays_that_differ_are_different_rows() -> None:
    """Nothing is left out of them, as it is where numpy prints them."""
    one, other = np.arange(2000.0), np.arange(2000.0)
    other[1000] = -5
    assert text_of(one) != text_of(other)
