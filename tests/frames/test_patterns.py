"""What texts are, said by their form: the facts somebody needs who has to parse them."""

import polars as pl
import pytest

from glm_magic.frames import describe
from glm_magic.frames.patterns import pattern_of

from .samples import line_of

FORMS = {
    "date as text (YYYY-MM-DD)": ["2021-01-31"],
    "date as text (year first)": ["2021/1/5", "2021.01.05"],
    "date as text (year last)": ["31.12.2021", "12/31/21", "1-2-2023"],
    "date as text (month in words)": ["12 Jan 2023", "Jan. 12, 2023", "12-Dec-23"],
    "datetime as text (year first)": ["2023-01-01T10:00:00Z", "2023/01/01 10:00"],
    "datetime as text (year last)": ["1/31/2023 0:00:00", "31.01.2023, 14:05"],
    "datetime as text (month in words)": ["12 Jan 2023 10:00"],
    "percentage as text": ["12%", "-3.5 %"],
    "amount of money as text": ["$1,000.00", "-$5", "($1,234)", "1.000,50 €", "EUR 12.50"],
    "number as text with a decimal comma": ["1.234,56", "0,5", "12345,67"],
    "number as text": ["12", "-1.5e-3", "1,234.5"],
    "URL": ["https://example.org/x"],
    "UUID": ["550e8400-e29b-41d4-a716-446655440000"],
    "JSON": ['{"a": 1}', "[1, 2]"],
    "free text": ["the room was clean and quiet"],
    "lower case": ["kitchen"],
    "": ["1.2.3", "12-3/4567", "Mixed words"],
}


@pytest.mark.parametrize(
    ("text", "form"), [(text, form) for form, texts in FORMS.items() for text in texts]
)
def test_each_form_is_known(text: str, form: str) -> None:
    """A column of such texts is said to be of this form."""
    assert pattern_of([text] * 20) == form


def test_several_forms_of_dates_are_told_as_such() -> None:
    """Days written in two ways parse with no single format, and the line says so."""
    frame = pl.DataFrame(
        {"day": [f"2021-01-{k:02}" if k % 2 else f"{k}/1/21" for k in range(10, 30)]}
    )
    assert "dates as text in several forms" in line_of(describe(frame, "f"), "day")


def test_a_tenth_may_be_of_another_form() -> None:
    """Nine in ten are enough; fewer are no form."""
    assert pattern_of(["12%"] * 9 + ["n/a"]) == "percentage as text"
    assert pattern_of(["12%"] * 8 + ["n/a"] * 2) == ""
    assert pattern_of(["", " "]) == ""
