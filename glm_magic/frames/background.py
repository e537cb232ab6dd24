"""Queries that an interrupt stops, also where their library does not notice one."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any, TypeVar

import narwhals.stable.v2 as nw

from glm_magic.frames.failures import attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LOOK_SECONDS = 0.1
_CANCELS = 100

Result = TypeVar("Result")


def collect_aggregate(
    frame: nw.DataFrame[Any] | nw.LazyFrame[Any],
    names: Sequence[str],
    query: Callable[[Any], nw.DataFrame[Any] | nw.LazyFrame[Any]],
) -> nw.DataFrame[Any]:
    """The result of a query that reads some columns whole, and returns little.

    Args:
        frame: The frame.
        names: The columns that the query reads; none for one that counts rows.
        query: Makes the query of a frame.
    """
    if isinstance(frame, nw.DataFrame) or not frame.implementation.is_polars() or not names:
        return collect(query(frame))
    stopped = threading.Event()

    def passed(piece: Any) -> Any:
        if stopped.is_set():
            raise KeyboardInterrupt
        return piece

    # Only the streaming engine reads a file in pieces, and it cannot be run in the background:
    # there the default engine loads the columns whole. So each piece is asked on its way.
    cells = frame.select(names).to_native()
    cells = cells.map_batches(passed, validate_output_schema=False, streamable=True)
    native = query(nw.from_native(cells)).to_native()
    result: nw.DataFrame[Any] = nw.from_native(
        run_aside(lambda: native.collect(engine="streaming"), stopped.set)
    )
    return result


def collect(frame: nw.DataFrame[Any] | nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    """The result of a query that reads little, such as a head."""
    if isinstance(frame, nw.DataFrame):
        return frame
    if frame.implementation.is_polars():
        result: nw.DataFrame[Any] = nw.from_native(run_polars(frame.to_native()))
        return result
    connection = _duckdb_connection(frame)
    if connection is None:
        return frame.collect()
    return run_aside(frame.collect, connection.interrupt)


def run_polars(query: Any) -> Any:
    """The result of a polars query.

    It runs in the background, because in a notebook polars does not notice an interrupt.
    """
    running = query.collect(background=True)
    pause = 0.001
    try:
        while (result := running.fetch()) is None:
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
    except BaseException:
        running.cancel()
        raise
    return result


def run_aside(run: Callable[[], Result], cancel: Callable[[], object]) -> Result:
    """What `run` returns. It runs in a thread of its own, so that an interrupt is always noticed.

    In the main thread DuckDB misses one that is delivered to its own threads, and Spark waits for
    its job before it lets one out.

    Args:
        run: The query.
        cancel: Ends the query that is running, called from this thread after an interrupt.
    """
    running: Future[Result] = Future()

    def work() -> None:
        try:
            running.set_result(run())
        except BaseException as error:
            running.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        while not running.done():
            wait([running], _LOOK_SECONDS)
    except BaseException:
        for _ in range(_CANCELS):  # `run` may go on with another query
            cancel()
            if wait([running], _LOOK_SECONDS).done:
                break
        raise
    return running.result()


def _duckdb_connection(frame: nw.LazyFrame[Any]) -> Any:
    """The connection that will run a query, of DuckDB itself or of Ibis; else None."""
    native = frame.to_native()
    if frame.implementation.is_duckdb():
        connection = getattr(native, "_con", None)  # version 1 shows none
    elif frame.implementation.is_ibis():
        connection = attempt(lambda: native.get_backend().con)
    else:
        return None
    return connection if hasattr(connection, "interrupt") else None
