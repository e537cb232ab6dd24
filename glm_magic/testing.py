"""For tests of notebooks and of code that asks: a client that is fed its answers in advance.

import glm_magic
from glm_magic.testing import scripted

with scripted("Adelie.", "By island: Biscoe.") as client:
    assert glm_magic.ask("Which species?").text == "Adelie."
    assert client.requests[0].messages[-1].content == "Which species?"
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager

from .api.wire import body_bytes, request_body
from .catalog import find_provider
from .chat.deltas import Delta
from .chat.messages import Request, Usage
from .wiring import workbench

Reply = str | Iterable[Delta] | BaseException


class ScriptedClient:
    """Answers with what it was given, one reply a request, and keeps the requests.

    Args:
        replies: A text is one whole answer; deltas are streamed as they come; an
            exception is raised.
    """

    def __init__(self, replies: Iterable[Reply]) -> None:
        self.requests: list[Request] = []
        self.url = "scripted://nowhere"
        self._replies = iter(replies)

    def body(self, request: Request) -> bytes:
        """The bytes that Z.ai would be sent."""
        return body_bytes(request_body(request, find_provider("zai")))

    def send(self, request: Request) -> ScriptedExchange:
        """Take the next reply.

        Raises:
            AssertionError: There is none left.
        """
        self.requests.append(request)
        reply = next(self._replies, None)
        if reply is None:
            message = f"No reply is left for request {len(self.requests)}."
            raise AssertionError(message)
        return ScriptedExchange(reply)


class ScriptedExchange:
    """An answer that is known in advance."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.stopped = False

    def _deltas(self) -> Iterator[Delta]:
        if isinstance(self._reply, BaseException):
            raise self._reply
        if isinstance(self._reply, str):
            words = len(self._reply.split())
            yield Delta(text=self._reply)
            yield Delta(finish_reason="stop", usage=Usage(0, words), ended=True)
        else:
            yield from self._reply

    def __iter__(self) -> Iterator[Delta]:
        yield from self._deltas()

    async def __aiter__(self) -> AsyncIterator[Delta]:
        for delta in self._deltas():
            yield delta

    def stop(self) -> None:
        """Note that the asker went away."""
        self.stopped = True


@contextmanager
def scripted(*replies: Reply) -> Iterator[ScriptedClient]:
    """Within the block every question, from magics and Python alike, gets the next reply."""
    client = ScriptedClient(replies)
    bench = workbench()
    before, bench.stand_in = bench.stand_in, client
    try:
        yield client
    finally:
        bench.stand_in = before
