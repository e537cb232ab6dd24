"""What the four levels show of a frame everybody knows."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest

from glm_magic.chat.tokens import estimate_tokens
from glm_magic.errors import ArgumentError
from glm_magic.frames import describe

from .libraries import needed
from .samples import column_lines, line_of, penguins

SCHEMA = """\
species str
island str
bill_length_mm f64 0.6% missing
bill_depth_mm f64 0.6% missing
flipper_length_mm f64 0.6% missing
body_mass_g f64 0.6% missing
sex str 3.2% missing
year i64"""

STATS = """\
species str 3 distinct, 6-9 characters, title case
island str 3 distinct, 5-9 characters, title case
bill_length_mm f64 0.6% missing 32.1..59.6 mean 43.92
bill_depth_mm f64 0.6% missing 13.1..21.5 mean 17.15
flipper_length_mm f64 0.6% missing 172..231 mean 200.9
body_mass_g f64 0.6% missing 2700..6300 mean 4202
sex str 3.2% missing 2 distinct, 4-6 characters, lower case
year i64 2007..2009 mean 2008, 3 distinct"""

VALUES = """\
species str 3 distinct: Adelie 44% Gentoo 36% Chinstrap 20%
island str 3 distinct: Biscoe 49% Dream 36% Torgersen 15%
bill_length_mm f64 0.6% missing 32.1..59.6 mean 43.92
bill_depth_mm f64 0.6% missing 13.1..21.5 mean 17.15
flipper_length_mm f64 0.6% missing 172..231 mean 200.9
body_mass_g f64 0.6% missing 2700..6300 mean 4202
sex str 3.2% missing 2 distinct: male 49% female 48%
year i64 2007..2009 mean 2008, 3 distinct: 2009 35% 2008 33% 2007 32%"""

ROWS = """
the first 2 rows as CSV:
species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,year
Adelie,Torgersen,39.1,18.7,181,3750,male,2007
Adelie,Torgersen,39.5,17.4,186,3800,female,2007"""


@pytest.mark.parametrize("level", ["schema", "stats", "values"])
@pytest.mark.parametrize("library", ["pandas", "polars", "lazy", "arrow", "dataset", "duckdb"])
def test_nan_is_missing_at_every_level(library: str, level: str) -> None:
    """Where a library calls it a number, too; infinity is not missing."""
    cells = pa.table({"x": [float("nan"), float("inf"), None, 1.5], "n": [1, 2, 3, 4]})
    make: dict[str, Any] = {
        "pandas": lambda: cells.to_pandas(),
        "polars": lambda: pl.from_arrow(cells),
        "lazy": lambda: pl.LazyFrame(cells),
        "arrow": lambda: cells,
        "dataset": lambda: pyarrow.dataset.dataset(cells),
        "duckdb": lambda: needed("duckdb").from_arrow(cells),
    }
    line = line_of(describe(make[library](), "f", level=level), "x")
    assert line.startswith("x f64 50% missing")


@pytest.mark.parametrize(
    ("level", "rows", "text"),
    [
        ("schema", 0, SCHEMA),
        ("stats", 0, STATS),
        ("values", 0, VALUES),
        ("values", 2, VALUES + ROWS),
        ("rows", 2, VALUES + ROWS),
        ("schema", 2, SCHEMA + ROWS),
    ],
)
def test_each_level_shows_exactly_this(level: str, rows: int, text: str) -> None:
    """The text of each level is fixed to the byte."""
    attachment = describe(penguins(), "penguins", level=level, rows=rows)
    assert "\n".join(column_lines(attachment)) == text
    assert attachment.level == ("rows" if rows else level)
    assert attachment.rows_sent == rows


def test_the_attachment_says_what_it_is() -> None:
    """Name, kind, shape, level and digest describe the text that is sent."""
    attachment = describe(penguins(), "penguins")
    header = "penguins: pandas DataFrame, 344 rows × 8 columns (level: values)"
    assert attachment.text.startswith(header + "\n")
    assert (attachment.name, attachment.kind) == ("penguins", "pandas DataFrame")
    assert attachment.shape == (344, 8)
    assert attachment.tokens == estimate_tokens(attachment.text) < 160
    assert attachment.notes == ()
    assert attachment.label() == "penguins (344 × 8, values)"


def test_the_default_is_values_without_rows() -> None:
    """Nobody sends a row by accident."""
    assert describe(penguins(), "p") == describe(penguins(), "p", level="values", rows=0)


@pytest.mark.parametrize("options", [{"level": "all"}, {"level": "rows"}, {"rows": -1}])
def test_a_wrong_option_is_refused(options: dict[str, object]) -> None:
    """An unknown level, or rows without a number, is an error with a remedy."""
    with pytest.raises(ArgumentError) as caught:
        describe(penguins(), "p", **options)  # type: ignore[arg-type]
    assert caught.value.remedy


def test_rows_of_a_named_index_keep_their_labels() -> None:
    """A row of a time series is nothing without its time."""
    frame = penguins().head(12).rename_axis("bird")
    text = describe(frame, "p", rows=1).text
    assert "index, not among the columns: bird i64" in text
    frame = frame.set_index(["species", "year"])
    text = describe(frame, "p", rows=1).text
    assert "\nspecies,year,island," in text
    assert "\nAdelie,2007,Torgersen," in text


def test_likely_personal_columns_are_pointed_out() -> None:
    """A column of e-mail addresses is named as likely personal, in the text and to the user."""
    frame = penguins().assign(contact=[f"bird{i}@example.org" for i in range(344)])
    attachment = describe(frame, "p")
    line = "contact str all distinct, 17-19 characters, e-mail (personal?)"
    assert line_of(attachment, "contact") == line
    assert attachment.notes == ("Likely personal, values not summarized: contact.",)
    assert "The raw rows hold them." in describe(frame, "p", rows=1).notes[0]


def test_quartiles_and_distinct_counts_are_shown_on_request() -> None:
    """Asked for, a quarter, half and three quarters of the way up stand behind the mean."""
    shown = describe(penguins(), "p", quantiles=True)
    assert line_of(shown, "body_mass_g") == (
        "body_mass_g f64 0.6% missing 2700..6300 mean 4202 quartiles 3550 4050 4750, ~94 distinct"
    )
    assert line_of(shown, "sex") == "sex str 3.2% missing 2 distinct: male 49% female 48%"
    assert "quartiles" not in describe(penguins(), "p", quantiles=True, level="schema").text


def test_a_column_of_twelve_values_shows_all() -> None:
    """Months and the like are listed whole; of more values the most frequent are."""
    frame = pl.DataFrame({"month": [f"m{i:02}" for i in range(12) for _ in range(10)]})
    assert "m11 8.3%" in describe(frame, "f").text
    assert "rarer" not in describe(frame, "f").text


MOMENT = dt.datetime(2024, 1, 1, 1, 2, 3, 456789)
ZONED = dt.datetime(2024, 7, 1, tzinfo=dt.timezone(dt.timedelta(hours=2)))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Decimal("12345.67"), "12345.67"),
        (Decimal("99999.99"), "99999.99"),
        (Decimal("sNaN"), ""),
        (10**30, str(10**30)),
        (0.1 + 0.2, "0.30000000000000004"),
        (MOMENT, "2024-01-01 01:02:03.456789"),
        (ZONED, "2024-07-01 00:00:00+02:00"),
        (pd.Timestamp("2024-01-01 00:00:00.000000001"), "2024-01-01 00:00:00.000000001"),
        (dt.timedelta(days=-1, microseconds=-1500), "-1d 0:00:00.0015"),
        (dt.timedelta(seconds=90), "0:01:30"),
        ([Decimal("12345.67")], "[12345.67]"),
    ],
)
def test_raw_rows_hold_what_the_cells_hold(cell: Any, text: str) -> None:
    """Nothing in them is rounded, however short the line of the column is."""
    frame = pd.DataFrame({"a": pd.Series([cell], dtype=object)})
    assert column_lines(describe(frame, "frame", level="schema", rows=1))[-1].strip('"') == text
