"""How long a frame takes to describe, beside the frame's own `describe`."""

import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from statistics import median
from typing import Any

from glm_magic.frames import describe

from .report import Figure

TITLE = "Describing a frame"

_ROWS = 1_000_000
_NOTE = "The baseline is the frame's own describe()."


def measure() -> Iterator[Figure]:
    """The penguins in pandas, and a million rows of 20 columns in polars."""
    if find_spec("palmerpenguins"):
        import palmerpenguins

        yield from _compared("penguins (pandas)", palmerpenguins.load_penguins(), runs=15)
    if find_spec("polars"):
        yield from _compared("1M x 20 (polars)", large_frame(), runs=5)


def _compared(name: str, frame: Any, runs: int) -> Iterator[Figure]:
    attachment = describe(frame, "frame")  # imports narwhals
    frame.describe()
    ours = [_timed(lambda: describe(frame, "frame")) for _ in range(runs)]
    theirs = [_timed(frame.describe) for _ in range(runs)]
    for at, kind in enumerate(("CPU", "wall")):
        figure, least = (1000 * median(run[at] for run in each) for each in (ours, theirs))
        yield Figure(f"{name}, {kind}", figure, "ms", least, note=_NOTE)
    yield Figure(f"{name}, size", attachment.tokens, "tokens")


def _timed(deed: Callable[[], object]) -> tuple[float, float]:
    """CPU seconds of all threads, and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    deed()
    return time.process_time() - cpu, time.perf_counter() - wall


def large_frame(seed: int = 20) -> Any:
    """A million rows of numbers, dates, categories, texts and gaps; the same on every run."""
    import numpy as np
    import polars as pl

    random = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        f"measure_{n}": random.normal(n, 1 + n, _ROWS).round(3) for n in range(7)
    }
    columns |= {f"count_{n}": random.integers(0, 10 ** (n + 1), _ROWS) for n in range(4)}
    words = np.array(["north", "south", "east", "west", "centre", "abroad"])
    columns |= {f"region_{n}": words[random.integers(0, n + 3, _ROWS)] for n in range(4)}
    columns["flag"] = random.integers(0, 2, _ROWS).astype(bool)
    numbers = random.integers(0, _ROWS, _ROWS)
    columns["customer"] = [f"c-{number:07}" for number in numbers]
    columns["remark"] = [f"order {number} was late" for number in numbers]
    frame = pl.DataFrame(columns)
    seconds = pl.Series(random.integers(1_600_000_000, 1_760_000_000, _ROWS))
    moment = pl.from_epoch(seconds, time_unit="s")
    gap = pl.when(pl.col("count_1") > 5).then(pl.col("measure_0"))
    return frame.with_columns(moment.alias("at"), moment.dt.date().alias("day")).with_columns(
        gap.alias("measure_0")
    )
