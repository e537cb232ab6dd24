"""One answer under way: a worker thread reads the network, the asker reads a queue.

The asker never waits on the network itself, so an interrupt reaches it within 0.1 s whatever the
host does, in a thread and in an event loop alike.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from typing import TYPE_CHECKING

from ..chat.deltas import Delta
from ..errors import GLMError, TimedOutError
from .worker import Item, Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from .client import Client

TICK_SECONDS = 0.1
# A host that said why it stopped but neither "[DONE]" nor goodbye is not waited for.
_PATIENCE_AFTER_FINISH_SECONDS = 2.0
_NOTHING = [Delta()]  # a tick


class Exchange:
    """Iterate for the deltas, blocking or `async`; `stop` ends it from any thread."""

    def __init__(self, client: Client, model: str, body: bytes) -> None:
        self._limits = client.limits
        self._queue: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._worker = Worker(client, model, body, self._put)
        self._thread: threading.Thread | None = None
        self._wake: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._began = 0.0
        self._finish_seen = False
        self._over = False

    def _start(self) -> None:
        if self._over:  # stopped before it began
            self._queue.put(None)
            return
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._worker.run, name="glm-exchange", daemon=True)
        self._thread.start()

    def _put(self, item: Item) -> None:
        """Called by the worker: hand an item over, and wake the asker's loop if it has one."""
        self._queue.put(item)
        if self._wake:
            loop, event = self._wake
            try:
                loop.call_soon_threadsafe(event.set)
            except RuntimeError:  # the loop is closed: nobody listens any more
                self._worker.stop()

    def __iter__(self) -> Iterator[Delta]:
        self._start()
        while True:
            item = self._take(TICK_SECONDS)
            if self._ends(item):
                return
            yield from self._passed(item)

    async def __aiter__(self) -> AsyncIterator[Delta]:
        event = asyncio.Event()
        self._wake = (asyncio.get_running_loop(), event)
        self._start()
        while True:
            item = self._take(0)
            if self._ends(item):
                return
            for delta in self._passed(item):
                yield delta
            # A fast host must not keep the loop from everything else.
            await (_wait(event) if item is _NOTHING else asyncio.sleep(0))

    def _take(self, seconds: float) -> Item:
        try:
            return self._queue.get(block=seconds > 0, timeout=seconds)
        except queue.Empty:
            return _NOTHING

    def _ends(self, item: Item) -> bool:
        """Whether this item, or a stop from another thread, is the end; raises when time is up."""
        over = self._over or item is None or (item is _NOTHING and self._time_is_up())
        self._over = self._over or item is None
        return over

    def _passed(self, item: Item) -> list[Delta]:
        if isinstance(item, GLMError):
            self._over = True
            raise item
        self._check_total()
        item = item or []
        self._finish_seen = self._finish_seen or any(delta.finish_reason for delta in item)
        return item

    def _time_is_up(self) -> bool:
        """Whether the end needs no more waiting for; raises when it was waited for in vain."""
        limits, now = self._limits, time.monotonic()
        since = self._worker.waiting_since
        idle = 0.0 if since is None else now - since
        if self._finish_seen:
            return idle > _PATIENCE_AFTER_FINISH_SECONDS
        if idle > limits.idle_seconds:
            raise _timed_out(f"Nothing came for {limits.idle_seconds:g} s.", "idle_timeout_seconds")
        return False

    def _check_total(self) -> None:
        seconds = self._limits.total_seconds
        if time.monotonic() - self._began > seconds:
            raise _timed_out(f"No end after {seconds:g} s.", "total_timeout_seconds")

    def stop(self) -> None:
        """End it now, from any thread; the iteration ends too. A second call does nothing."""
        if not self._over:
            self._over = True
            self._worker.stop()
            self._put(None)


def _timed_out(message: str, setting: str) -> TimedOutError:
    remedy = f"What came is kept. Run the cell again, or wait longer: %config GLM.{setting}"
    return TimedOutError(message, remedy)


async def _wait(event: asyncio.Event) -> None:
    """Until the worker puts something, at most a tick: an interrupt needs a living loop.

    Not `asyncio.wait_for`: before Python 3.12 it swallows a cancellation that comes together
    with the event, and the stop button would be pressed in vain.
    """
    timer = asyncio.get_running_loop().call_later(TICK_SECONDS, event.set)
    try:
        await event.wait()
    finally:
        timer.cancel()
        event.clear()
