"""Coroutines of tools: awaited in a thread that may block, and cancelled when the turn ends."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..chat.home import home

if TYPE_CHECKING:
    from collections.abc import Coroutine

# A wait without end does not hear an interrupt that came just before it; on Windows it hears none.
_LOOK_SECONDS = 0.1


class Awaiting:
    """Awaits one coroutine after the other, until it is stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._done: Future[Any] = Future()  # of the one that runs, or ran last

    def result(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """What it returns, or raises; an interrupt of the thread that waits cancels it.

        Raises:
            CancelledError: It was stopped, perhaps before it began.
        """
        done: Future[Any] = Future()
        with self._lock:
            if self._stopped:
                coroutine.close()
                raise CancelledError
            self._done = done
        try:
            _begin(coroutine, done)
            while not done.done():
                with suppress(TimeoutError):
                    done.exception(_LOOK_SECONDS)  # an interrupt is raised here
            return done.result()
        except BaseException:
            done.cancel()
            raise

    def stop(self) -> None:
        """Cancel the one that runs, from any thread; none begins any more."""
        with self._lock:
            self._stopped = True
            self._done.cancel()


def _begin(coroutine: Coroutine[Any, Any, Any], done: Future[Any]) -> None:
    """Run it on the loop of the thread that asked, else in a thread of its own."""
    work = _followed(coroutine, done)
    if (loop := home()) is not None:
        asyncio.run_coroutine_threadsafe(work, loop)
    else:
        threading.Thread(target=asyncio.run, args=(work,), daemon=True).start()


async def _followed(coroutine: Coroutine[Any, Any, Any], done: Future[Any]) -> None:
    """Await it, and cancel it when what is waited for is cancelled."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def follow(_: object) -> None:
        if done.cancelled() and task is not None:
            loop.call_soon_threadsafe(task.cancel)

    done.add_done_callback(follow)
    with suppress(InvalidStateError):  # cancelled in the moment it was done
        try:
            done.set_result(await coroutine)
        except BaseException as error:  # an exit of a tool must not end the loop either
            done.set_exception(error)
