"""What speaks to a model, as the rest of the house sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from .deltas import Delta
    from .messages import Request


class Exchange(Protocol):
    """An answer under way. Iterating gives deltas, with an empty one each 0.1 s as a tick."""

    def __iter__(self) -> Iterator[Delta]:
        """The deltas, blocking in steps of at most 0.1 s."""

    def __aiter__(self) -> AsyncIterator[Delta]:
        """The deltas, for a running event loop."""

    def stop(self) -> None:
        """End it now, from any thread; a second call does nothing."""


class Client(Protocol):
    """What speaks to a model."""

    def body(self, request: Request) -> bytes:
        """The exact bytes that `send` would send."""

    def send(self, request: Request) -> Exchange:
        """Begin the exchange."""
