"""Nothing heavy is imported, collected or copied."""

import io
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from polars.lazyframe.in_process import InProcessQuery

from glm_magic.errors import FrameError
from glm_magic.frames import describe, is_frame
from glm_magic.frames.datasets import Dataset
from glm_magic.frames.measure import measure, read_schema
from glm_magic.frames.opening import Opened
from glm_magic.frames.partitions import (
    answer_of_partition,
    held_by_partition,
    self_contained,
    sketch_of_partition,
)

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


def test_a_subclass_is_known_by_both_names() -> None:
    """The user's own class is shown with the class of the library."""

    class Own(pd.DataFrame):
        pass

    assert is_frame(Own({"a": [1]}))
    assert describe(Own({"a": [1]}), "p").kind == "tests Own, a pandas DataFrame"


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
        (pd.DataFrame, "Pass a pandas or polars"),
        (pl.DataFrame({"a": [1]}).group_by("a"), "the one v came from"),
        (pa.schema({"a": pa.int64()}), "pyarrow.table(v)"),
        (duckdb.connect(), "v.sql("),
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
    assert caught.value._render_traceback_()[0].count("\n") == 1


def test_a_lazy_frame_is_never_collected_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads are read in the background, and whole columns in pieces only; little comes back."""
    heads, aggregates = [], []
    fetch, collect = InProcessQuery.fetch, pl.LazyFrame.collect

    def fetched(self: InProcessQuery) -> Any:
        result = fetch(self)
        if result is not None:
            heads.append(result.height)
        return result

    def collected(self: pl.LazyFrame, **options: Any) -> Any:
        result = collect(self, **options)
        # In the background polars ignores the engine, and loads whole columns.
        if not options.get("background"):
            assert options["engine"] == "streaming"
            aggregates.append(result.height)
        return result

    monkeypatch.setattr(InProcessQuery, "fetch", fetched)
    monkeypatch.setattr(pl.LazyFrame, "collect", collected)
    frame = pl.LazyFrame({"a": range(50_000), "b": ["x", "y"] * 25_000})
    attachment = describe(frame, "p", rows=5)
    assert attachment.shape == (50_000, 2)
    assert sorted(heads) == [5, 10_000]
    assert sorted(aggregates) == [1, 2]


def _stream(taken: list[int]) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        taken.append(1)
        yield pa.record_batch({"a": [1]})

    return pa.RecordBatchReader.from_batches(pa.schema({"a": pa.int64()}), batches())


def _ipc_stream(taken: list[int]) -> pa.RecordBatchReader:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, pa.schema({"a": pa.int64()})) as writer:
        writer.write(pa.record_batch({"a": [1]}))
    return pa.ipc.open_stream(sink.getvalue())


def _numbers(taken: list[int]) -> Iterator[int]:
    taken.append(1)
    yield 1


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (_stream, "table = v.read_all()"),
        (_ipc_stream, "table = v.read_all()"),
        (lambda taken: ds.Scanner.from_batches(_stream(taken)), "v.to_table()"),
        (_numbers, "pandas.DataFrame(v)"),
    ],
)
def test_what_can_be_read_only_once_is_not_read(make: Any, remedy: str) -> None:
    """A stream is refused with a remedy, and still has all its data."""
    taken: list[int] = []
    stream = make(taken)
    assert not is_frame(stream)
    with pytest.raises(FrameError, match=r"v is an? .* can be read only once") as caught:
        describe(stream, "v")
    assert remedy in caught.value.remedy
    assert taken == []


def test_a_query_that_writes_is_not_run(tmp_path: Path) -> None:
    """A lazy frame whose run writes a file is refused; a function in it is no reason."""
    frame = pl.LazyFrame({"a": [1]})
    writing = frame.sink_parquet(tmp_path / "out.parquet", lazy=True)
    with pytest.raises(FrameError, match="writes when it runs") as caught:
        describe(writing, "v")
    assert "before its sink_" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []
    assert "a i64" in describe(frame.map_batches(lambda part: part), "v").text


def test_dask_workers_need_nothing_of_ours(tmp_path: Path) -> None:
    """What is sent to a worker is understood where this package is not installed."""
    cloudpickle = pytest.importorskip("cloudpickle")
    part = pd.DataFrame({"a": [1.0, 2.0, None], "b": ["x", "x", "y"]})
    asks = [(figure, figure, "a") for figure in ("low", "missing", "mean", "frequent")]
    answers = {"low": 1, "missing": 1, "mean": (1.5, 2), "frequent": [(1, 1), (2, 1)]}
    sent = [
        (self_contained(function), argument, expected)
        for function, argument, expected in (
            (answer_of_partition, (asks, 2), answers),
            (answer_of_partition, (asks, 1), {**answers, "frequent": None}),
            (sketch_of_partition, ({"a": True}, 10, 0), {"a": ([1, 2], 2, [])}),
            (held_by_partition, [1.0, 5.0], {"held": {1}}),
        )
    ]
    (tmp_path / "sent").write_bytes(cloudpickle.dumps((part, sent)))
    code = (
        "import sys, pickle, pandas; part, sent = pickle.load(open(sys.argv[1], 'rb')); "
        "print([function(part, argument) == expected for function, argument, expected in sent], "
        "any(name.startswith('glm_magic') for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "sent")],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout.strip() == "[True, True, True, True] False"


class Watched:
    """A dataset that tells which columns are scanned."""

    def __init__(self, dataset: ds.Dataset) -> None:
        self._dataset, self.schema = dataset, dataset.schema
        self.scans: list[list[str]] = []

    def scanner(self, columns: list[str], **options: Any) -> Any:
        """See `pyarrow.dataset.Dataset.scanner`."""
        self.scans.append(columns)
        return self._dataset.scanner(columns=columns, **options)


def test_a_dataset_is_read_once() -> None:
    """After its head: ranges, means and the frequent values come of one and the same scan."""
    table = pa.table({"number": [1.5, 2.5] * 50, "word": ["north", "south"] * 50})
    watched = Watched(ds.dataset(table))
    opened = Opened(Dataset(watched), ("number", "word"))
    found = measure(opened, read_schema(opened), [0, 1], "values")
    assert [column.mean for column in found.columns] == [2.0, None]
    assert [top.value for top in found.columns[1].top] == ["north", "south"]
    assert watched.scans == [["number", "word"]] * 2


def test_objects_are_answered_as_by_pandas() -> None:
    """An object column, missing cells of every sort in it, has the range that pandas finds."""
    days = [date(2024, 5, n % 28 + 1) for n in range(100)]
    for gap in (None, float("nan"), pd.NaT, pd.NA):
        line = describe(pd.DataFrame({"day": [*days, gap]}, dtype=object), "p").text
        assert "2024-05-01..2024-05-28" in line
        assert "1% missing" in line
    empty = pd.DataFrame({"day": [None, None]}, dtype=object)
    assert "100% missing" in describe(empty, "p").text


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
