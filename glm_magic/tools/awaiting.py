"""What tools do, waited for in a thread that may block until they are done or the turn ends.

Then coroutines are cancelled; a plain function goes on, and nobody waits for it any more.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from ..chat.home import home

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

# A wait without end does not hear an interrupt that came just before it; on Windows it hears none.
_LOOK_SECONDS = 0.1


class Awaiting:
    """Waits for one after the other, until it is stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._done: Future[Any] = Future()  # of the one that runs, or ran last

    def result(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """What it returns, or raises; an interrupt of the thread that waits cancels it.

        Raises:
            CancelledError: It was stopped, perhaps before it began.
        """
        return self._wait(lambda done: _begin(coroutine, done), coroutine.close)

    def aside(self, function: Callable[[], Any]) -> Any:
        """What a function returns, or raises, in a thread that no exit of the process waits for.

        Raises:
            CancelledError: It was stopped, perhaps before it began; else the function goes on.
        """
        within = copy_context()

        def begin(done: Future[Any]) -> None:
            work = (lambda: within.run(function), done)
            threading.Thread(target=_told, args=work, name="glm-tool", daemon=True).start()

        return self._wait(begin)

    def _wait(
        self, begin: Callable[[Future[Any]], None], never: Callable[[], None] = lambda: None
    ) -> Any:
        """What comes of it once it is begun; `never` is called when it must not begin."""
        done: Future[Any] = Future()
        with self._lock:
            if self._stopped:
                never()
                raise CancelledError
            self._done = done
        try:
            begin(done)
            while not done.done():
                with suppress(TimeoutError):
                    done.exception(_LOOK_SECONDS)  # an interrupt is raised here
            return done.result()
        except BaseException:
            done.cancel()
            raise

    def stop(self) -> None:
        """Cancel the one that runs, or leave it, from any thread; none begins any more."""
        with self._lock:
            self._stopped = True
            self._done.cancel()


def _told(function: Callable[[], Any], done: Future[Any]) -> None:
    """Run it and tell what came of it, if anybody still waits."""
    if done.cancelled():  # in the moment it was begun
        return
    with suppress(InvalidStateError):
        try:
            done.set_result(function())
        except BaseException as error:
            done.set_exception(error)


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
