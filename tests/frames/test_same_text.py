"""Equal data gives byte-equal text: in every run, in every library."""

import datetime as dt
import os
import subprocess
import sys

import pandas as pd
import polars as pl

from glm_magic.frames import describe

from .samples import as_polars, column_lines, penguins

CODE = """
import polars as pl
from glm_magic.frames import describe
n = 40_000
frame = pl.DataFrame({"t": [str(i % 7) for i in range(n)], "f": [i / 7 for i in range(n)]})
print(describe(frame.lazy(), "frame").digest, describe(frame, "frame").digest)
"""


def test_pandas_polars_and_arrow_agree() -> None:
    """The lines of a column are the same in four libraries, missing values included."""
    frame = penguins()
    frame["day"] = pd.date_range("2020-01-01", periods=344, tz="UTC")
    frame["flag"] = frame["year"] > 2007
    expected = column_lines(describe(frame, "p"))
    polars = as_polars(frame)
    for other in (
        polars,
        polars.lazy(),
        polars.to_arrow(),
        frame.astype({"species": object, "sex": object}),
    ):
        assert column_lines(describe(other, "p")) == expected


def test_nan_is_missing_in_every_library() -> None:
    """Polars counts NaN as a number and pandas as missing; the text says missing."""
    cells = [1.0, float("nan"), None, float("inf")] * 10
    lines = {
        line
        for frame in (pd.DataFrame({"a": cells}), pl.DataFrame({"a": cells}))
        for line in column_lines(describe(frame, "p", level="stats"))
    }
    assert lines == {"a f64 50% missing 1..1 mean 1 and 10 infinite, 2 distinct"}


def test_ties_are_broken_by_the_text_of_the_value() -> None:
    """Equally frequent values stand in the order of their text, not in the order of the rows."""
    forward = pl.DataFrame({"a": [c for c in "cadb" for _ in range(10)]})
    assert describe(forward, "p").text == describe(forward.reverse(), "p").text
    assert "a 25% b 25% c 25% d 25%" in describe(forward, "p").text


def test_another_interpreter_writes_the_same() -> None:
    """Neither the hash seed nor the order of threads is in the text."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", CODE],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_the_frame_is_not_changed() -> None:
    """Describing leaves the user's frame as it was, odd names included."""
    frame = pd.DataFrame([[1, 2.5, dt.date(2020, 1, 1)]] * 20, columns=["a", "a", 3])
    before = frame.copy()
    describe(frame, "p", rows=3)
    pd.testing.assert_frame_equal(frame, before)
