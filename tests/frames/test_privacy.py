"""What must never be in the text, whatever the data is."""

import string
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_magic.frames import describe
from glm_magic.frames.personal import is_personal_header, is_personal_text

MARK = "qZ7"  # in no column name, no type, no word of the description
marked = st.text(string.printable + "é中\u202e\u200b", max_size=30).map(lambda t: MARK + t)
counts = st.integers(1, 30)
texts = st.lists(st.tuples(marked, counts), min_size=1, max_size=30, unique_by=lambda pair: pair[0])
makers = st.sampled_from(
    [
        lambda values, name: pd.DataFrame({name: values, "n": range(len(values))}),
        lambda values, name: pd.DataFrame({name: pd.Categorical(values)}),
        lambda values, name: pd.DataFrame({name: [*values, 1, b"x"]}),
        lambda values, name: pd.Series(values, name=name),
        lambda values, name: pl.DataFrame({name: values}),
        lambda values, name: pl.DataFrame({name: values}).lazy(),
        lambda values, name: pl.DataFrame({name: pl.Series(values, dtype=pl.Categorical)}),
        lambda values, name: pl.DataFrame(
            {name: pl.Series(values, dtype=pl.Enum(list(dict.fromkeys(values))))}
        ),
        lambda values, name: pl.DataFrame({name: [[{"a": value}] for value in values]}),
        lambda values, name: pl.DataFrame({name: values}).to_arrow(),
    ]
)


def _spread(pairs: list[tuple[str, int]]) -> list[str]:
    return [value for value, count in pairs for _ in range(count)]


@settings(max_examples=150)
@given(pairs=texts, make=makers, level=st.sampled_from(["schema", "stats"]))
def test_no_text_of_a_cell_is_shown_below_values(pairs: Any, make: Any, level: str) -> None:
    """At schema and stats no text of any cell is in the description or its notes."""
    attachment = describe(make(_spread(pairs), "column"), "frame", level=level)
    assert MARK not in attachment.text
    assert not any(MARK in note for note in attachment.notes)


@settings(max_examples=150)
@given(pairs=texts, make=makers)
def test_no_rare_value_is_shown_at_values(pairs: Any, make: Any) -> None:
    """At values only values that were seen ten times are in the description."""
    alone = [(f"{MARK}{i}x{count}", count) for i, (_, count) in enumerate(pairs)]
    text = describe(make(_spread(alone), "column"), "frame").text
    for value, count in alone:
        assert count >= 10 or f"{value} " not in text


@settings(max_examples=75)
@given(
    pairs=texts,
    make=makers,
    name=st.sampled_from(["email", "Last Name", "homeAddress", "phone_2", "IBAN", "姓名"]),
)
def test_no_value_of_a_personal_column_is_shown(pairs: Any, make: Any, name: str) -> None:
    """A column whose header is personal keeps its values to itself, however frequent they are."""
    values = [value for value in _spread(pairs) for _ in range(10)]
    assert MARK not in describe(make(values, name), "frame").text


@pytest.mark.parametrize(
    "value", ["ann@example.org", "+49 170 1234567", "DE89 3704 0044 0532 0130 00", "078-05-1120"]
)
def test_values_that_look_personal_are_not_shown(value: str) -> None:
    """Under a harmless header, frequent values that look personal stay hidden too."""
    frame = pl.DataFrame({"code": [value] * 50})
    attachment = describe(frame, "frame")
    assert value not in attachment.text
    assert "(personal?)" in attachment.text


def test_a_personal_value_behind_the_probe_is_not_shown() -> None:
    """What the first 10,000 rows do not show is checked again before it is shown."""
    frame = pl.DataFrame({"code": ["plain"] * 20_000 + ["ann@example.org"] * 20})
    attachment = describe(frame, "frame")
    assert "example" not in attachment.text
    assert "code" in attachment.notes[0]


def test_a_number_that_is_a_phone_has_no_range() -> None:
    """The smallest phone number is somebody's phone number."""
    text = describe(pd.DataFrame({"phone": [4915112345678, 4915187654321]}), "frame").text
    assert "49151" not in text


def test_keys_are_taken_out_of_names_values_and_rows() -> None:
    """Whatever has a GLM key's shape leaves nowhere, not even cut in half."""
    key = "0123456789abcdef" * 2 + "." + "ABCDEFGH" * 2
    frame = pd.DataFrame({"code": [key] * 20, key: ["padding " * 3 + key] * 20})
    attachment = describe(frame, "frame", rows=2)
    assert key[:16] not in attachment.text
    assert attachment.notes[-1] == "Taken out of the text: 8 API keys."


@pytest.mark.parametrize(
    ("header", "personal"),
    [
        ("name", True),
        ("customerName", True),
        ("E-Mail", True),
        ("phone_number", True),
        ("company_email", True),
        ("date of birth", True),
        ("Straße", True),
        ("手机号", True),
        ("product_name", False),
        ("email_verified", False),
        ("telescope", False),
        ("hotel", False),
        ("species", False),
    ],
)
def test_headers_are_judged_by_whole_words(header: str, personal: bool) -> None:
    """A header is personal by its words, unless another word says that it is about a thing."""
    assert is_personal_header(header) is personal


@pytest.mark.parametrize(
    "text", ["2024-01-31", "31.12.2024", "2020-2021", "12.5", "Adelie", "1234567"]
)
def test_dates_and_numbers_are_not_phones(text: str) -> None:
    """Frequent harmless forms are not taken for phone numbers."""
    assert not is_personal_text(text)
