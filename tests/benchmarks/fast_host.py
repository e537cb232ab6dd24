"""A host that always answers the same, and costs as little as Python can.

The sandbox reads what it is asked; over a million rows, or with a thousand of them at once, that
would be what is measured.
"""

import asyncio
import json
import multiprocessing
from functools import partial
from multiprocessing.connection import Connection
from typing import Self

_ANSWER = json.dumps(
    {
        "id": "1", "model": "glm-4.5-air", "created": 0,
        "choices": [
            {"index": 0, "finish_reason": "stop",
             "message": {"role": "assistant", "content": "praise"}},
        ],
        "usage": {"prompt_tokens": 60, "completion_tokens": 1, "total_tokens": 61},
    }
).encode()  # fmt: skip
_REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(_ANSWER),
    _ANSWER,
)


class _Line(asyncio.Protocol):
    """One connection: whole requests in, the one reply out.

    Args:
        latency_seconds: How long each reply waits; 0 is not at all.
    """

    def __init__(self, latency_seconds: float) -> None:
        self._held = b""
        self._latency = latency_seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end].lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(self._held) < end + 4 + length:
                return
            self._held = self._held[end + 4 + length :]
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._transport.write, _REPLY)
            else:
                self._transport.write(_REPLY)


class FastHost:
    """The host, in a process of its own.

    Args:
        latency_seconds: From a whole request to its reply.
    """

    key = "none"
    base_url: str

    def __init__(self, latency_seconds: float = 0) -> None:
        self._latency = latency_seconds

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._latency), daemon=True)
        self._process.start()
        self.base_url = f"http://127.0.0.1:{pipe.recv()}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()


def _serve(pipe: Connection, latency_seconds: float) -> None:
    async def serve() -> None:
        make = partial(_Line, latency_seconds)
        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, backlog=4_096)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())
