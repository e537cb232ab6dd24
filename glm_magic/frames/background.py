"""Queries that an interrupt stops, also where their library does not notice one."""

from __future__ import annotations

import time
from typing import Any


def run_polars(query: Any) -> Any:
    """The result of a polars query.

    It runs in the background, because in a notebook polars does not notice an interrupt.
    """
    # Streaming reads a file in pieces; the default engine loads the columns whole.
    running = query.collect(engine="streaming", background=True)
    pause = 0.001
    try:
        while (result := running.fetch()) is None:
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
    except BaseException:
        running.cancel()
        raise
    return result
