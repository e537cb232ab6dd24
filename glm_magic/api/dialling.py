"""Connections that are given up as soon as their asker is gone.

httpcore makes a connection in one blocking call, which nothing ends before its timeout: a stopped
question to a host that does not answer would keep a thread and a socket for ten seconds.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from typing import TYPE_CHECKING, Any

import httpcore

from .sockets import ASKER

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

    import httpx

_LOOK_SECONDS = 0.02


def heed_stops(http: httpx.Client) -> None:
    """Have the client connect by the means of this module.

    httpx does not pass a network backend on, so its transports are reached into. Where they look
    different one day, a stopped question keeps its thread until the connect timeout, as before.
    """
    for transport in [http._transport, *http._mounts.values()]:
        pool = getattr(transport, "_pool", None)
        if pool is not None and hasattr(pool, "_network_backend"):
            pool._network_backend = Backend()


class Backend(httpcore.SyncBackend):
    """httpcore's own, but for how a TCP connection is waited for."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect, unless the asker of this thread goes away.

        Raises:
            httpcore.ConnectTimeout: No host's address took the connection in time.
            httpcore.ConnectError: None took it, or the asker is gone.
        """
        gone = getattr(ASKER, "gone", None)
        stream = _stream_kind()
        if gone is None or stream is None:
            return super().connect_tcp(host, port, timeout, local_address, socket_options)
        try:
            line = _connected(host, port, timeout, local_address, gone)
            for option in socket_options or ():
                line.setsockopt(*option)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return stream(line)  # type: ignore[no-any-return]


def _stream_kind() -> Any:
    """Httpcore's class for a stream over a socket, which is not public; None if it has moved."""
    try:
        from httpcore._backends.sync import SyncStream
    except ImportError:
        return None
    return SyncStream


def _connected(
    host: str, port: int, seconds: float | None, local: str | None, gone: threading.Event
) -> socket.socket:
    """A socket to the first of the host's addresses that takes the connection."""
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        line = socket.socket(family, kind, protocol)
        try:
            if local is not None:
                line.bind((local, 0))
            _connect(line, address, seconds, gone)
        except OSError as error:
            line.close()
            failure = error
        except BaseException:
            line.close()
            raise
        else:
            return line
    raise failure


def _connect(
    line: socket.socket, address: Any, seconds: float | None, gone: threading.Event
) -> None:
    end = None if seconds is None else time.monotonic() + seconds
    line.setblocking(False)
    number = line.connect_ex(address)
    if number not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
        raise OSError(number, os.strerror(number))
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_WRITE)
        while not selector.select(_LOOK_SECONDS):
            if gone.is_set():
                message = "nobody waits for this connection any more"
                raise ConnectionAbortedError(message)
            if end is not None and time.monotonic() > end:
                message = "timed out"
                raise TimeoutError(message)
    if number := line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(number, os.strerror(number))
