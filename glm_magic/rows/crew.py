"""Who asks: a thread with an event loop of its own, and as many requests in flight as may be.

A notebook's own loop is busy while its cell runs, so this one is apart. Every answer is in the
journal before anybody else hears of it.
"""

from __future__ import annotations

import asyncio
import heapq
import queue
import random
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import (
    ConnectionFailedError,
    GLMError,
    OverloadedError,
    RateLimitError,
    ServerError,
    StoreError,
    TimedOutError,
)
from .asking import ask_row
from .faults import END_OF_RUN, Patience, row_error
from .outcomes import Outcome
from .spending import Reserved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .asking import Asker
    from .recorded import Recorded
    from .spending import Spending
    from .task import Task
    from .window import Ticket, Window

_TOO_OFTEN = "1303"
_LONGEST_PAUSE_SECONDS = 60.0
_JOIN_SECONDS = 0.2
_NOT_KEPT = "These answers are not kept: run again when that is over."
_LOST = (ConnectionFailedError, TimedOutError, ServerError)

Came = tuple[str, Outcome]


@dataclass(slots=True)
class Row:
    """A row that is to be asked.

    Attributes:
        key: Names its answer.
        text: What is sent of it.
        tries: How often it failed for a reason that may pass.
        pauses: How often it waited because the host was busy.
    """

    key: str
    text: str
    tries: int = 0
    pauses: int = 0


class Crew:
    """Asks the rows it is given.

    Args:
        task: What is asked.
        make_asker: Makes who sends; called in the crew's thread.
        window: How many may be in flight.
        spending: What may be spent.
        recorded: Where a model's answers are kept; None keeps none.
        repairs: How often a wrong answer is sent back.

    Attributes:
        ended: Why no more is sent: the host refuses everything, or the budget is spent.
        warnings: What the user should know, one sentence each.
    """

    def __init__(
        self,
        task: Task,
        make_asker: Callable[[], Asker],
        window: Window,
        spending: Spending,
        recorded: Recorded | None,
        repairs: int = 0,
    ) -> None:
        self.window = window
        self.spending = spending
        self.ended: GLMError | None = None
        self.warnings: list[str] = []
        self._task = task
        self._make_asker = make_asker
        self._recorded = recorded
        self._repairs = repairs
        self._retries: int = task.settings.values["retries"]
        works = recorded is not None and recorded.begun
        self._patience = Patience(task.settings.values["total_timeout_seconds"], works=works)
        self._ready: deque[Row] = deque()
        self._later: list[tuple[float, int, Row]] = []
        self._flying: set[asyncio.Task[None]] = set()
        self._came: queue.SimpleQueue[Came | None] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="glm-rows", daemon=True)

    # From any thread

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, rows: Iterable[Row]) -> None:
        """Have these asked, too."""
        rows = list(rows)
        self._tell(lambda: self._ready.extend(rows))

    def came(self, seconds: float) -> list[Came]:
        """What came since the last call; waits for something, but not longer than told."""
        found: list[Came] = []
        try:
            one = self._came.get(timeout=seconds)
            while True:
                if one is not None:
                    found.append(one)
                one = self._came.get_nowait()
        except queue.Empty:
            return found

    @property
    def over(self) -> bool:
        """Whether nothing more will come, and all that came was fetched."""
        no_more = self.ended is not None and not self._flying
        return (no_more or not self._thread.is_alive()) and self._came.empty()

    def stop(self) -> None:
        """End everything now; what is in flight is given up."""

        def stop() -> None:
            self._stopping = True

        self._tell(stop)
        self._thread.join(_JOIN_SECONDS)

    def _tell(self, change: Callable[[], object]) -> None:
        def changed() -> None:
            change()
            self._wake.set()

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(changed)

    # In the crew's thread

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._work())
        finally:
            self._loop.close()
            self._came.put(None)

    async def _work(self) -> None:
        asker: Asker | None = None
        try:
            asker = self._make_asker()
            while not self._stopping:
                await self._rest(self._send(asker))
        except GLMError as error:
            self.ended = error.with_traceback(None)
        finally:
            for task in self._flying:
                task.cancel()
            await asyncio.gather(*self._flying, return_exceptions=True)
            if asker is not None:
                await asker.close()

    async def _rest(self, seconds: float | None) -> None:
        """Until something came or there is something new to send."""
        timer = None if seconds is None else self._loop.call_later(seconds, self._wake.set)
        await self._wake.wait()
        self._wake.clear()
        if timer is not None:
            timer.cancel()

    def _send(self, asker: Asker) -> float | None:
        """Send what may be sent; returns when to look again, in seconds."""
        now = self._loop.time()
        while self._later and self._later[0][0] <= now:
            self._ready.appendleft(heapq.heappop(self._later)[2])
        while self._ready and self.ended is None and self.window.may_send(now):
            reserved = self._reserve(asker, self._ready[0].text)
            if reserved is None:
                if not self._flying:
                    self._end(self.spending.used_up())
                return None
            asked = self._one(asker, self._ready.popleft(), self.window.sent(now), reserved)
            task = self._loop.create_task(asked)
            self._flying.add(task)
            task.add_done_callback(self._landed)
        waits = [self._later[0][0] - now] if self._later else []
        wait = self.window.wait_seconds(now) if self._ready and self.ended is None else None
        return min([*waits, wait] if wait is not None else waits, default=None)

    def _reserve(self, asker: Asker, text: str) -> Reserved | None:
        reserved = self.spending.reserve(text)
        # Who repairs may ask a model after a recording.
        if reserved is None and not self._repairs and asker.replays(self._task.request(text)):
            return Reserved()
        return reserved

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._wake.set()

    async def _one(self, asker: Asker, row: Row, ticket: Ticket, reserved: Reserved) -> None:
        heard = self.spending.heard
        try:
            outcome = await ask_row(asker, self._task, row.text, self._repairs, heard)
            self.window.answered(ticket, self._loop.time())
            self._keep(row, outcome)
        except asyncio.CancelledError:
            self.window.left()
            raise
        except GLMError as error:
            self._failed(row, ticket, error.with_traceback(None))
        except Exception as error:  # a mistake of ours must not lose the other rows
            self.window.left()
            self._came.put((row.key, Outcome(error=f"a bug of glm_magic: {error!r:.200}")))
        finally:
            self.spending.settle(reserved)

    def _keep(self, row: Row, outcome: Outcome) -> None:
        if outcome.warning:
            self._warn(f"{outcome.warning} {_NOT_KEPT}")
        elif self._recorded is not None and not outcome.error and not outcome.recorded:
            try:
                self._recorded.write(row.key, outcome)
            except StoreError as error:
                self._warn(str(error))
        self._tell_of(row, outcome)

    def _warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def _tell_of(self, row: Row, outcome: Outcome) -> None:
        if end := self._patience.outcome(outcome, self._loop.time()):
            self._end(end)
        self._came.put((row.key, outcome))

    def _failed(self, row: Row, ticket: Ticket, error: GLMError) -> None:
        """Ask again later, or let it be the row's own error, or the end of the run."""
        now, wished = self._loop.time(), getattr(error, "retry_after_seconds", None)
        if isinstance(error, RateLimitError):
            often = error.code == _TOO_OFTEN
            (self.window.too_often if often else self.window.refused)(ticket, now, wished)
            self._again(row, error, now, 0.0)
        elif isinstance(error, OverloadedError):
            self.window.busy(ticket, now, wished)
            row.pauses += 1
            self._again(row, error, now, wished or _pause(row.pauses))
        elif isinstance(error, _LOST) and row.tries < self._retries:
            self.window.busy(ticket, now, wished)
            row.tries += 1
            self._again(row, error, now, wished or _pause(row.tries))
        elif isinstance(error, END_OF_RUN):
            self.window.left()
            self._end(error)
        else:
            self.window.answered(ticket, now)
            self._tell_of(row, Outcome(error=row_error(error)))

    def _again(self, row: Row, error: GLMError, now: float, seconds: float) -> None:
        if self._patience.lost_with(error, now):
            self._end(error)
        elif seconds:
            heapq.heappush(self._later, (now + seconds, id(row), row))
        else:
            self._ready.appendleft(row)

    def _end(self, error: GLMError) -> None:
        self.ended = self.ended or error
        self._came.put(None)


def _pause(times: int) -> float:
    """Longer each time, and for no two rows the same."""
    longest = min(_LONGEST_PAUSE_SECONDS, 2.0**times)
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads waiting, keeps no secret
