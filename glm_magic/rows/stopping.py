"""The stop button while rows are asked: heard at once, acted on between two steps."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stop:
    """Whether the user wants it to end.

    Attributes:
        asked: So.
    """

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def heeding_interrupts() -> Iterator[Stop]:
    """An interrupt sets `asked` instead of raising anywhere; a second one raises.

    So no table is left half filled. Only the main thread can be interrupted; elsewhere this
    changes nothing.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def heard(number: int, frame: Any) -> None:
        if stop.asked:
            signal.default_int_handler(number, frame)
        stop.asked = True

    before = signal.signal(signal.SIGINT, heard)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
