"""One answer on its way to the client: speed, pauses, cuts, and a client that leaves."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import TYPE_CHECKING, cast

from tornado.iostream import IOStream, StreamClosedError

from .steps import Cut, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tornado.http1connection import HTTP1Connection

    from .server import Route

_BATCH_BYTES = 65_536
_RECORD = b"data: {"


class Line:
    """The connection of one request.

    Args:
        route: The request being answered.
        stopping: Set when the sandbox stops.
    """

    def __init__(self, route: Route, stopping: asyncio.Event) -> None:
        self._route = route
        self._stopping = stopping
        self._stream: IOStream = cast("HTTP1Connection", route.request.connection).stream
        self._left = route.client_left
        # Small records must not wait in the kernel for the last one's acknowledgement.
        self._stream.set_nodelay(True)

    async def pause(self, seconds: float | None) -> bool:
        """Wait; None is without end.

        Returns:
            Whether there is still somebody to answer.
        """
        if seconds is not None and seconds <= 0:
            await asyncio.sleep(0)
        else:
            waits = [asyncio.ensure_future(e.wait()) for e in (self._left, self._stopping)]
            try:
                await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
        here = not self._left.is_set() and not self._stopping.is_set()
        if not here:
            self._route.recorded.ended = "client left"
        return here

    async def send(self, steps: Sequence[Step], tokens_per_second: float | None) -> None:
        """Write the steps; records of a stream at the given speed, the rest at once."""
        recorded = self._route.recorded
        try:
            await self._route.flush()  # headers first: an answer may take long to begin
            if await self._write(steps, tokens_per_second):
                recorded.ended = "complete"
                self._route.finish()
        except StreamClosedError:
            recorded.ended = "client left"

    async def _write(self, steps: Sequence[Step], rate: float | None) -> bool:
        began, due = time.monotonic(), 0
        waiting: list[bytes] = []
        size = 0
        for step in steps:
            if isinstance(step, bytes):
                is_record = step.startswith(_RECORD)
                if is_record and rate is not None:
                    due += 1
                    ahead = began + due / rate - time.monotonic()
                    if ahead > 0:
                        await self._flush(waiting)
                        size = 0
                        await asyncio.sleep(ahead)
                waiting.append(step)
                size += len(step)
                if size >= _BATCH_BYTES:
                    await self._flush(waiting)
                    size = 0
                continue
            await self._flush(waiting)
            size = 0
            if isinstance(step, Cut):
                self._cut(step)
                return False
            if not await self.pause(step.seconds):
                self._stream.close()
                return False
        await self._flush(waiting)
        return True

    async def _flush(self, waiting: list[bytes]) -> None:
        if self._left.is_set():
            raise StreamClosedError
        if waiting:
            self._route.write(b"".join(waiting))
            await self._route.flush()
            records = sum(1 for step in waiting if step.startswith(_RECORD))
            self._route.recorded.chunks_sent += records
            waiting.clear()

    def _cut(self, cut: Cut) -> None:
        self._route.recorded.ended = "cut"
        if cut.reset:
            linger = struct.pack("ii", 1, 0)  # on, no time: the system resets the connection
            self._stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._stream.close()
