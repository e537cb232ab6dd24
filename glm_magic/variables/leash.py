"""Foreign code on a leash: an answer within a second, or none.

It runs in a thread of its own, so that a `__repr__` that sleeps or loops stops nothing, and Ctrl-C
reaches the user's own thread at once.
"""

from __future__ import annotations

import contextvars
import ctypes
import threading
from typing import TYPE_CHECKING, TypeVar

from .plain import class_name

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

SECONDS = 1.0
_PULLS = 5
_PULL_SECONDS = 0.02


class GaveUpError(Exception):
    """There is no answer; the text says why, without a word of the foreign code."""


class _Pulled(SystemExit):
    """Thrown into the thread; as a SystemExit it ends there without a traceback."""


def on_leash(compute: Callable[[], Result], seconds: float = SECONDS) -> Result:
    """The result of foreign code.

    Args:
        compute: Runs in another thread, with the caller's context variables.
        seconds: How long it may take.

    Raises:
        GaveUpError: It failed, or took too long; then it is stopped, as far as Python can.
        KeyboardInterrupt: The user's own, while waiting.
    """
    results: list[Result] = []
    failures: list[BaseException] = []
    done = threading.Event()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            results.append(context.run(compute))
        except BaseException as error:
            failures.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=run, name="glm_magic-leash", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no threads here, or no more of them
        message = "there is no thread to run it in"
        raise GaveUpError(message) from None
    try:
        done.wait(seconds)
    finally:
        if not done.is_set():
            _pull(thread, done)
    if results:
        return results[0]
    message = f"failed with {class_name(type(failures[0]))}" if failures else "took too long"
    if failures and isinstance(failures[0], _Pulled):
        message = "took too long"
    raise GaveUpError(message)


def _pull(thread: threading.Thread, done: threading.Event) -> None:
    """Stop it between two bytecodes; code that catches everything is pulled a few times."""
    for _ in range(_PULLS):
        if thread.ident is None or done.is_set():
            return
        throw = ctypes.pythonapi.PyThreadState_SetAsyncExc
        throw(ctypes.c_ulong(thread.ident), ctypes.py_object(_Pulled))
        done.wait(_PULL_SECONDS)
