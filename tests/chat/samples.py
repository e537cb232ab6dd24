"""Clients, turns and attachments for tests of what stands above the wire."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from glm_magic.chat.asking import Asking
from glm_magic.chat.attachments import Attachment
from glm_magic.chat.deltas import Delta
from glm_magic.chat.messages import Message, Usage
from glm_magic.chat.turns import Turn, begin
from glm_magic.testing import Reply, ScriptedClient

END = Delta(finish_reason="stop", usage=Usage(3, 2), ended=True)


def attachment(text: str, name: str = "sales") -> Attachment:
    """A described frame."""
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return Attachment(name, "pandas DataFrame", "values", text, digest, 5)


def turn(text: str = "An answer.", cell: str | None = None, **changes: Any) -> Turn:
    """A finished turn."""
    begun = begin(
        cell=cell, provider="zai", model="glm-4.5", prompt=f"Prompt for {text}", attachments=(),
        user=Message("user", f"Prompt for {text}"), request_digest="",
    )  # fmt: skip
    return replace(begun, text=text, partial_reason="", **changes)


def client(*replies: Reply) -> ScriptedClient:
    """A client with its answers."""
    return ScriptedClient(replies)


def follow(asking: Asking, way: str = "sync") -> list[Delta]:
    """All deltas of a question, in one of the two ways."""
    import asyncio

    async def collect() -> list[Delta]:
        return [delta async for delta in asking]

    return list(asking) if way == "sync" else asyncio.run(collect())


class Endless:
    """A client and its exchange at once: says a word again and again until it is stopped."""

    def __init__(self) -> None:
        self.stops = 0

    def body(self, request: object) -> bytes:
        """Nothing."""
        return b""

    def send(self, request: object) -> "Endless":
        """Itself."""
        return self

    def __iter__(self) -> Iterator[Delta]:
        while True:
            yield Delta(text="word ")

    async def __aiter__(self) -> AsyncIterator[Delta]:
        for delta in self:
            yield delta

    def stop(self) -> None:
        """Count it."""
        self.stops += 1
