"""The hosts this process talks to: one client for each, and the sandbox where there is no key."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from .api.client import Client, Limits
from .keys import APIKey

if TYPE_CHECKING:
    from .sandbox import Sandbox
    from .settings import Settings


class Hosts:
    """Makes clients when they are first needed, and keeps them."""

    def __init__(self) -> None:
        self._clients: dict[tuple[Any, ...], Client] = {}
        self._sandbox: Sandbox | None = None
        self._lock = threading.Lock()

    def client(self, settings: Settings) -> Client:
        """The client for these settings; one is kept for each host, key and set of limits."""
        limits = Limits(
            settings.connect_timeout_seconds,
            settings.idle_timeout_seconds,
            settings.total_timeout_seconds,
            settings.retries,
        )
        key, url = settings.key, settings.base_url
        with self._lock:
            if settings.provider.key == "none":
                url, key = self._sandbox_address()
            parts = (url, settings.provider.name, key, limits)
            if parts not in self._clients:
                self._clients[parts] = Client(url, key, settings.provider, limits)
            return self._clients[parts]

    def _sandbox_address(self) -> tuple[str, APIKey]:
        from .sandbox import Sandbox

        if self._sandbox is None:
            self._sandbox = Sandbox().start()
        return self._sandbox.base_url, APIKey(self._sandbox.key)

    def close(self) -> None:
        """End all connections and the sandbox; everything can be used again afterwards."""
        with self._lock:
            clients, self._clients = self._clients, {}
            sandbox, self._sandbox = self._sandbox, None
        for client in clients.values():
            client.close()
        if sandbox is not None:
            sandbox.stop()

    def forget(self) -> None:
        """Begin anew in a forked process: the connections and threads are the parent's.

        Nothing is closed or shut down, for that would end the parent's connections.
        """
        self.__init__()  # type: ignore[misc]  # all that there is, as at the beginning
