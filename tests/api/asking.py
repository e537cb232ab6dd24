"""Asking a host, blocking or in an event loop, and what came of it."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from glm_magic.api.client import Client, Limits
from glm_magic.catalog import find_provider
from glm_magic.chat.asking import Asking
from glm_magic.chat.chat import Chat
from glm_magic.chat.deltas import Delta
from glm_magic.chat.turns import Turn
from glm_magic.errors import GLMError
from glm_magic.keys import APIKey

QUICK = Limits(connect_seconds=2, idle_seconds=5, total_seconds=10, retries=0, backoff_seconds=0.01)
SOON_SECONDS = 0.2


def client_of(
    base_url: str, limits: Limits = QUICK, key: APIKey | None = None, provider: str = "zai"
) -> Client:
    """A client for a loopback host."""
    return Client(base_url, key, find_provider(provider), limits)


@dataclass
class Outcome:
    """What came of a question.

    Attributes:
        turn: The finished turn.
        deltas: All but the ticks.
        error: What was raised, or None.
        seconds: How long it took.
    """

    turn: Turn
    deltas: list[Delta]
    error: BaseException | None
    seconds: float

    @property
    def refusal(self) -> Any:
        """The error, which must be one of ours."""
        assert isinstance(self.error, GLMError), self.error
        return self.error

    @property
    def notices(self) -> list[str]:
        """What the user was told while waiting."""
        return [delta.notice for delta in self.deltas if delta.notice]


@dataclass
class Way:
    """One of the two ways to ask.

    Attributes:
        name: "sync" or "async".
    """

    name: str
    seen: Callable[[Delta], object] = field(default=lambda delta: None)

    def question(self, client: Client, prompt: str = "Hello", **fields: Any) -> Asking:
        """A question that was not begun."""
        return Chat(client, "test").ask(prompt, **{"model": "glm-4.5", **fields})

    def ask(self, client: Client, prompt: str = "Hello", **fields: Any) -> Outcome:
        """Ask and wait for the end."""
        return self.follow(self.question(client, prompt, **fields))

    def follow(self, asking: Asking) -> Outcome:
        """Wait for the end of a question."""
        deltas: list[Delta] = []
        began, raised = time.monotonic(), None
        try:
            if self.name == "sync":
                for delta in asking:
                    self._keep(deltas, delta)
            else:
                asyncio.run(self._follow(asking, deltas))
        except GLMError as error:
            raised = error
        return Outcome(asking.turn, deltas, raised, time.monotonic() - began)

    async def _follow(self, asking: Asking, deltas: list[Delta]) -> None:
        async for delta in asking:
            self._keep(deltas, delta)

    def _keep(self, deltas: list[Delta], delta: Delta) -> None:
        if delta != Delta():
            deltas.append(delta)
            self.seen(delta)


class Background:
    """A question asked in a thread of its own, to be stopped from here."""

    def __init__(self, way: Way, asking: Asking) -> None:
        self.asking = asking
        self.deltas: list[Delta] = []
        self.outcome: Outcome | None = None
        follower = Way(way.name, self.deltas.append)
        self._thread = threading.Thread(target=self._run, args=(follower,), name="asker")
        self._thread.start()

    def _run(self, way: Way) -> None:
        self.outcome = way.follow(self.asking)

    def stop(self) -> float:
        """Stop it; the seconds until the asker had its end."""
        began = time.monotonic()
        self.asking.stop()
        self._thread.join(10)
        return time.monotonic() - began


def exchanges() -> list[threading.Thread]:
    """The worker threads that are alive."""
    return [one for one in threading.enumerate() if one.name == "glm-exchange"]


def until(holds: Callable[[], object], seconds: float = 5.0) -> float:
    """Wait until something holds; the seconds it took."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"Not so after {seconds} s.")
        time.sleep(0.002)
    return time.monotonic() - began
