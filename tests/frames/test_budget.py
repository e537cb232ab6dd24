"""The text fits the budget, and says what it cost."""

import time
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_magic.frames import describe

from .samples import column_lines


def eighteen_columns() -> pl.DataFrame:
    """80 rows × 18 columns, eight frequent values each."""
    names = [first + second for first in "xyz" for second in "abcdef"]
    return pl.DataFrame({name: [f"value{i % 8}" for i in range(80)] for name in names})


@pytest.mark.parametrize(
    ("max_tokens", "level", "said"),
    [
        (1500, "values", ""),
        (550, "values", ""),
        (450, "values", "all but the 3 most frequent values of a column"),
        (300, "stats", "frequent values of all columns"),
        (150, "schema", "statistics and frequent values of all columns"),
    ],
)
def test_a_small_budget_takes_values_first_then_statistics(
    max_tokens: int, level: str, said: str
) -> None:
    """Frequent values get fewer, then go, then statistics go; the text and a note say so."""
    attachment = describe(eighteen_columns(), "p", max_tokens=max_tokens)
    assert attachment.level == level
    assert attachment.tokens <= max_tokens
    notes = (f"Left out: {said}, to fit the token budget.",) if said else ()
    assert attachment.notes == notes
    assert ("\nleft out: " + said in attachment.text) == bool(said)


def test_numbered_columns_fold_when_they_do_not_fit() -> None:
    """A pattern of names takes one line with its common range; the others keep their detail."""
    frame = pd.DataFrame({f"x_{i:03}": [0.5, i] for i in range(200)})
    frame["target"] = [1, 2]
    attachment = describe(frame, "p")
    assert column_lines(attachment) == [
        "x_000..x_199 f64 (200 columns) 0..199",
        "target i64 1..2 mean 1.5, 2 distinct",
        "left out: details of columns folded into one line, to fit the token budget",
    ]
    assert attachment.level == "values"


@pytest.mark.parametrize("library", ["pandas", "polars", "lazy", "arrow"])
@pytest.mark.parametrize("pattern", ["x_{:04}", "gene {:x}"])
def test_five_thousand_columns_are_fast_and_short(library: str, pattern: str) -> None:
    """A very wide frame takes less than three seconds and stays within the budget."""
    cells = np.zeros((100, 5000))
    frame: Any = pd.DataFrame(cells, columns=[pattern.format(i) for i in range(5000)])
    frame["target"] = "yes"
    if library != "pandas":
        frame = pl.from_pandas(frame)
    frame = {"lazy": lambda: frame.lazy(), "arrow": lambda: frame.to_arrow()}.get(
        library, lambda: frame
    )()
    start = time.process_time()
    attachment = describe(frame, "wide")
    assert time.process_time() - start < 3
    assert attachment.tokens <= 1500
    assert attachment.shape == (100, 5001)
    assert attachment.notes


@settings(max_examples=60)
@given(
    st.lists(st.text("abc12_", min_size=1, max_size=8), min_size=1, max_size=80, unique=True),
    st.integers(150, 900),
)
def test_the_budget_holds_for_any_names(names: list[str], max_tokens: int) -> None:
    """The text never takes more than the budget, from 150 tokens on."""
    frame = pl.DataFrame({name: ["some words", "other"] * 10 for name in names})
    attachment = describe(frame, "p", max_tokens=max_tokens)
    assert attachment.tokens <= max_tokens


def test_rows_beyond_their_room_are_left_out_and_told() -> None:
    """Asked for more rows than fit, the text holds whole rows, and says how many."""
    frame = pl.DataFrame({"text": ["x" * 150] * 1000})
    attachment = describe(frame, "p", rows=1000, max_tokens=200)
    assert 0 < attachment.rows_sent < 30
    assert f"{attachment.rows_sent} of the 1,000 rows asked for" in attachment.notes[-1]
    assert attachment.text.count("x" * 150) == attachment.rows_sent


def test_asking_for_more_rows_than_there_are_is_no_loss() -> None:
    """A short frame is shown whole, without a note."""
    attachment = describe(pl.DataFrame({"a": [1, 2]}), "p", rows=50)
    assert (attachment.rows_sent, attachment.notes) == (2, ())
