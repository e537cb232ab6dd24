"""Ten million rows of twenty columns in every library, beside DuckDB's SUMMARIZE of the same.

Each library has a process of its own, which is this module: it opens the data, describes a small
part first, and then says how long describing the whole took and how much memory.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from .describing import large_frame
from .report import Figure
from .surroundings import ROOT

TITLE = "Describing 10 million rows of 20 columns"

_PARTS = 10
_SMALL_ROWS = 2_000
_RUNS = 3
_NOTE = "Baseline: DuckDB SUMMARIZE of the same data, in the same run. Target: {share} of it."
_MEMORY_NOTE = "Peak above what was there before, {what}."

# The share of SUMMARIZE's time that was promised, and whether the data is in memory before.
LIBRARIES = {
    "pandas": (0.2, True),
    "polars": (0.2, True),
    "pyarrow": (0.2, True),
    "duckdb table": (0.2, True),
    "polars lazy": (0.2, False),
    "pyarrow dataset": (0.2, False),
    "duckdb": (0.2, False),
    "ibis": (0.2, False),
    "dask": (1.0, False),
    "spark": (1.0, False),
}
_LOADED_MEGABYTES, _SCANNED_MEGABYTES = 150, 600


def measure() -> Iterator[Figure]:
    """Seconds and megabytes of each library."""
    with tempfile.TemporaryDirectory(prefix="glm_magic_bench_") as folder:
        large, small = Path(folder) / "large", Path(folder) / "small"
        large.mkdir()
        small.mkdir()
        for part in range(_PARTS):
            frame = large_frame(part)
            frame.write_parquet(large / f"part-{part}.parquet")
            frame.head(_SMALL_ROWS).write_parquet(small / f"part-{part}.parquet")
        least = {True: _run("summarize table", folder), False: _run("summarize", folder)}
        for name, (share, loaded) in LIBRARIES.items():
            found = _run(name, folder)
            baseline = least[loaded]
            yield Figure(
                f"{name}, time", found["seconds"], "s", baseline["seconds"],
                share * baseline["seconds"], _NOTE.format(share=share),
            )  # fmt: skip
            what = "the table itself" if loaded else "nothing of the table"
            yield Figure(
                f"{name}, memory", found["megabytes"], "MB", baseline["megabytes"],
                _LOADED_MEGABYTES if loaded else _SCANNED_MEGABYTES,
                _MEMORY_NOTE.format(what=what),
            )  # fmt: skip


def _run(name: str, folder: str) -> dict[str, float]:
    command = [sys.executable, "-m", __name__, name, folder]
    spark = {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    env = {**os.environ, **spark, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory(prefix="glm_magic_bench_") as place:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=env, cwd=place
        )
    if done.returncode:
        message = f"{name}: {done.stderr.strip().splitlines()[-1]}"
        raise RuntimeError(message)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _pandas(folder: Path) -> Any:
    import pandas

    return pandas.read_parquet(folder)


def _polars(folder: Path) -> Any:
    return _polars_lazy(folder).collect()


def _polars_lazy(folder: Path) -> Any:
    import polars

    return polars.scan_parquet(folder / "*.parquet")


def _pyarrow(folder: Path) -> Any:
    return _dataset(folder).to_table()


def _dataset(folder: Path) -> Any:
    import pyarrow.dataset

    return pyarrow.dataset.dataset(folder)


def _duckdb(folder: Path) -> Any:
    import duckdb

    return duckdb.read_parquet(f"{folder}/*.parquet")


def _duckdb_table(folder: Path) -> Any:
    import duckdb

    duckdb.sql(f"create or replace table loaded as from '{folder}/*.parquet'")
    return duckdb.table("loaded")


def _ibis(folder: Path) -> Any:
    import ibis

    return ibis.duckdb.connect().read_parquet(f"{folder}/*.parquet")


def _dask(folder: Path) -> Any:
    import dask.dataframe

    return dask.dataframe.read_parquet(folder)


def _spark(folder: Path) -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[*]").config("spark.ui.enabled", "false")
    return builder.getOrCreate().read.parquet(str(folder))


_OPEN: dict[str, Callable[[Path], Any]] = {
    "pandas": _pandas,
    "polars": _polars,
    "pyarrow": _pyarrow,
    "duckdb table": _duckdb_table,
    "summarize table": _duckdb_table,
    "polars lazy": _polars_lazy,
    "pyarrow dataset": _dataset,
    "duckdb": _duckdb,
    "summarize": _duckdb,
    "ibis": _ibis,
    "dask": _dask,
    "spark": _spark,
}


def _deed(name: str, frame: Any) -> Callable[[], object]:
    if name.startswith("summarize"):
        return lambda: frame.query("data", "summarize data").fetchall()
    from glm_magic.frames import describe

    return lambda: describe(frame, "frame")


def main() -> None:
    """Describe one table in one library, several times, and write what it took."""
    name, folder = sys.argv[1:]
    warnings.simplefilter("ignore")
    # A small one first: it loads narwhals, and starts what has to be started.
    _deed(name, _OPEN[name](Path(folder) / "small"))()
    deed = _deed(name, _OPEN[name](Path(folder) / "large"))
    before = _megabytes("VmRSS")
    _forget_peak()
    seconds, peak = [], 0.0
    cpu = time.process_time()
    for _ in range(_RUNS):
        began = time.perf_counter()
        deed()
        seconds.append(time.perf_counter() - began)
        peak = peak or _megabytes("VmHWM")
    cpu = (time.process_time() - cpu) / _RUNS  # of Python; Spark's Java has its own
    megabytes = max(0.0, peak - before)
    print(json.dumps({"seconds": median(seconds), "megabytes": megabytes, "cpu": cpu}))


def _family() -> list[Path]:
    """This process and what it started, for example Spark's Java."""
    found = [Path("/proc/self")]
    for tasks in Path("/proc/self/task").glob("*/children"):
        found += [Path("/proc") / child for child in tasks.read_text().split()]
    return found


def _megabytes(field: str) -> float:
    total = 0
    for process in _family():
        lines = (process / "status").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith(field))
    return total / 1024


def _forget_peak() -> None:
    for process in _family():
        (process / "clear_refs").write_text("5")


if __name__ == "__main__":
    main()
