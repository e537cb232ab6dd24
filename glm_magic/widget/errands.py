"""Deeds done one after the other in a background thread, which ends when there are none left."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

Deed = Callable[[], None]


class Errands:
    """Takes deeds from any thread; one that raises does not keep the next from being done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Deed] = deque()
        self._working = False

    def add(self, deed: Deed) -> None:
        """Do it after all that was added before; returns at once."""
        with self._lock:
            self._waiting.append(deed)
            if self._working:
                return
            self._working = True
        self._begin()

    def _begin(self) -> None:
        threading.Thread(target=self._work, name="glm-panel", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._working = False
                    return
                deed = self._waiting.popleft()
            try:
                deed()
            except BaseException:
                self._begin()
                raise
