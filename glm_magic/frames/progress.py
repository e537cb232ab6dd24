"""What is going on, told when describing takes more than a moment."""

from __future__ import annotations

import threading
from contextvars import copy_context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

MOMENT_SECONDS = 1.0


class Progress:
    """Tells a listener one line at a time, and an empty one in the end if it was told anything.

    Args:
        deed: What is done: "describing sales".
        say: Is told each line; None for nobody. It may be called from another thread, because
            this one may wait for a library.
        moment: Seconds before the first line.
    """

    def __init__(
        self, deed: str, say: Callable[[str], None] | None, moment: float = MOMENT_SECONDS
    ) -> None:
        self._deed = deed
        self._say = say
        self._what = "opening it"
        self._speaks = False
        self._lock = threading.Lock()
        # A notebook finds the cell that an output belongs to by the context.
        self._timer = threading.Timer(moment, copy_context().run, (self._begin,))
        self._timer.daemon = True

    def __enter__(self) -> Progress:
        if self._say is not None:
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            say, self._say = self._say, None
            if self._speaks and say is not None:
                say("")

    def step(self, what: str) -> None:
        """The next step has begun.

        Args:
            what: A few words, such as "reading the first rows".
        """
        with self._lock:
            self._what = what
            self._tell()

    def _begin(self) -> None:
        with self._lock:
            self._speaks = True
            self._tell()

    def _tell(self) -> None:
        if self._speaks and self._say is not None:
            self._say(f"{self._deed}: {self._what} …")
