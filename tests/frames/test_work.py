"""Nothing heavy is imported, collected or copied."""

import os
import subprocess
import sys
import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from glm_magic.errors import FrameError
from glm_magic.frames import describe, is_frame

HEAVY = ("narwhals", "pandas", "polars", "pyarrow", "numpy")


def test_importing_the_layer_imports_no_library() -> None:
    """A fresh interpreter that asks is_frame has not even narwhals."""
    code = (
        "import sys, glm_magic.frames as f; assert not f.is_frame([]); "
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() == "[]"


def test_frames_are_known_by_their_class() -> None:
    """Every kind that can be described is a frame, a subclass as well."""

    class Own(pd.DataFrame):
        pass

    kinds = {
        "pandas DataFrame": pd.DataFrame({"a": [1]}),
        "pandas Series": pd.Series([1]),
        "polars DataFrame": pl.DataFrame({"a": [1]}),
        "polars LazyFrame": pl.LazyFrame({"a": [1]}),
        "polars Series": pl.Series([1]),
        "pyarrow Table": pa.table({"a": [1]}),
        "tests Own, a pandas DataFrame": Own({"a": [1]}),
    }
    for kind, frame in kinds.items():
        assert is_frame(frame)
        assert describe(frame, "p").kind == kind


class Posing:
    """An object that says it is a frame."""

    __module__ = "pandas"

    @property
    def __class__(self) -> Any:
        return pd.DataFrame


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        (np.zeros(3), "pandas.DataFrame(v)"),
        ({"a": [1]}, "pandas.DataFrame(v)"),
        (pd.Index([1]), "v.to_frame()"),
        (pd.DataFrame, "Pass a pandas or polars"),
        (pl.DataFrame({"a": [1]}).group_by("a"), "the one v came from"),
        (pa.record_batch({"a": [1]}), "pyarrow.table(v)"),
        (None, "Pass a pandas or polars"),
        ("text", "Pass a pandas or polars"),
        (Posing(), ""),
    ],
)
def test_anything_else_is_refused_with_a_remedy(value: Any, remedy: str) -> None:
    """What is no frame is two lines: what it is, and what to pass instead."""
    assert not is_frame(value)
    with pytest.raises(FrameError, match=r"^v is an? .* cannot be described") as caught:
        describe(value, "v")
    assert remedy in caught.value.remedy
    assert len(caught.value._render_traceback_()) == 2


def test_a_lazy_frame_is_never_collected_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """No query returns more than the probe, and the columns of a line at most."""
    heights = []
    collect = pl.LazyFrame.collect

    def watched(self: pl.LazyFrame, **options: Any) -> Any:
        result = collect(self, **options)
        heights.append(result.height)
        return result

    monkeypatch.setattr(pl.LazyFrame, "collect", watched)
    frame = pl.LazyFrame({"a": range(50_000), "b": ["x", "y"] * 25_000})
    attachment = describe(frame, "p", rows=5)
    assert attachment.shape == (50_000, 2)
    assert sorted(heights)[-1] == 10_000
    assert sorted(heights)[:-1] == [1, 2, 5]


def test_a_probe_that_misleads_tells_nothing_wrong() -> None:
    """Sorted data hides its many values from the probe; the count of values corrects it."""
    frame = pl.DataFrame({"a": ["first"] * 10_000 + [f"late{i % 50}" for i in range(1000)]})
    text = describe(frame, "p").text
    assert "a str many distinct, ~5 characters" in text
    assert "figures marked ~ are from the first 10,000 rows" in text


@pytest.mark.parametrize("own_names", [["a", "b"], [1, 1]])
def test_a_pandas_frame_is_not_copied(own_names: list[Any]) -> None:
    """The memory taken is a fraction of the frame, with renamed columns too."""
    frame = pd.DataFrame(np.random.default_rng(0).random((2_000_000, 2)), columns=own_names)
    describe(frame.head(10), "p")
    tracemalloc.start()
    describe(frame, "p", level="values")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16e6  # the frame has 32 MB
