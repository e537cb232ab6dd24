"""The thread that asked: what can be done only there, while tools run in another one."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Iterator

Given = TypeVar("Given")
_HOME: ContextVar[AbstractEventLoop | None] = ContextVar("home", default=None)


def away_from(loop: AbstractEventLoop) -> Context:
    """A context for work in another thread, which knows its way home."""
    context = copy_context()
    context.run(_HOME.set, loop)
    return context


def home() -> AbstractEventLoop | None:
    """The loop of the thread that asked; None when we are there."""
    return _HOME.get()


def at_home(deed: Callable[[], Given]) -> Given:
    """Do it in the thread that asked, and wait for it.

    A person is asked there, and cells run there: neither the line to the keyboard nor the shell
    is made for several threads. An interrupt, which always goes there, is raised here.
    """
    loop = home()
    if loop is None:
        return deed()
    done: Future[Given] = Future()

    def run() -> None:
        try:
            with _interruptible():
                given = deed()
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(given)

    loop.call_soon_threadsafe(run)
    return done.result()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Interrupts are raised at once.

    Kernels turn them into the end of a task, or into nothing between two cells; a task cannot end
    while its loop waits for the keyboard.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
