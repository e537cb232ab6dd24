"""The sockets of a client, so that a thread that waits on one can be ended at once.

Closing an httpx response or client from another thread leaves the waiting thread where it is
(measured: more than 3 s); shutting the socket down wakes it in less than a millisecond.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

# Per thread, `gone`: the event that says that nobody waits for what this thread does.
ASKER = threading.local()


class Sockets:
    """Knows which network streams exist and which exchange uses which.

    httpx tells of a stream when it connects, and again when response headers come. In between,
    on a reused connection, it does not tell whose stream it is: then every unclaimed one is shut
    down, which at most costs another exchange a retry before anything was shown.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: dict[int, Any] = {}
        self._claimed: dict[int, Any] = {}

    def claim(self, stream: Any | None) -> None:
        """This stream, if it is one, belongs to an exchange now."""
        if stream is not None:
            with self._lock:
                self._free.pop(id(stream), None)
                self._claimed[id(stream)] = stream

    def release(self, stream: Any | None) -> None:
        """Its exchange is over; the connection may be used again, if it still stands."""
        with self._lock:
            self._free = {key: one for key, one in self._free.items() if _socket(one)}
            if self._claimed.pop(id(stream), None) is not None:
                self._free[id(stream)] = stream

    def shutdown(self, stream: Any | None) -> None:
        """End this stream, or with None every one that no exchange has claimed."""
        with self._lock:
            streams = list(self._free.values()) if stream is None else [stream]
            if stream is None:
                self._free.clear()
        for one in streams:
            _shutdown(one)

    def shutdown_all(self) -> None:
        """End every stream."""
        with self._lock:
            streams = [*self._free.values(), *self._claimed.values()]
            self._free.clear()
        for one in streams:
            _shutdown(one)


def _socket(stream: Any) -> socket.socket | None:
    """The open socket under an httpcore stream, or None once it is closed."""
    found = stream.get_extra_info("socket")
    return found if isinstance(found, socket.socket) and found.fileno() >= 0 else None


def _shutdown(stream: Any) -> None:
    found = _socket(stream)
    if found is not None:
        with suppress(OSError):  # the other side was faster
            found.shutdown(socket.SHUT_RDWR)
