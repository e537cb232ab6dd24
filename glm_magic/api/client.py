"""The client: one host, one key, one connection pool, kept for as long as the kernel lives."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from ..catalog import CLASSROOM, Provider
from ..errors import SettingsError
from ..origins import is_loopback
from .exchange import Exchange
from .sockets import Sockets
from .sse import SHOWS_NOTICES
from .wire import body_bytes, chat_url, request_body

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from ..chat.messages import Request
    from ..keys import APIKey

T = TypeVar("T")

UNPACKED = {"Accept-Encoding": "identity"}  # nothing to unpack: no compressed bomb, no delay


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds, and how often to ask again.

    Attributes:
        connect_seconds: For a connection.
        idle_seconds: For the next event of an answer; keep-alive comments do not count.
        total_seconds: For a whole answer, retries and waiting included.
        retries: How often a busy host is asked again.
        backoff_seconds: The first pause before asking again; it doubles, with jitter.
        longest_backoff_seconds: The longest pause that is our own choice.
        requests_in_flight: Per model; GLM limits concurrency, not rate.
    """

    connect_seconds: float = 10.0
    idle_seconds: float = 120.0
    total_seconds: float = 1800.0
    retries: int = 3
    backoff_seconds: float = 1.0
    longest_backoff_seconds: float = 60.0
    requests_in_flight: int = 1


class Client:
    """Speaks the chat-completions wire with one host.

    Redirects are never followed, so the key stays with the host it was given for. Environment
    proxies are respected except for this machine itself; `.netrc` is not read.

    Args:
        base_url: A URL that `origins.check_url` has let pass, without a trailing slash.
        key: The key for this host, or None.
        provider: The host's profile.
        limits: Timeouts and retries.
    """

    def __init__(
        self, base_url: str, key: APIKey | None, provider: Provider, limits: Limits | None = None
    ) -> None:
        self.base_url = base_url
        self.key = key
        self.provider = provider
        self.limits = limits or Limits()
        self.sockets = Sockets()
        self._http: httpx.Client | None = None
        self._lock = threading.Lock()
        self._slots: dict[str, threading.BoundedSemaphore] = {}

    @property
    def url(self) -> str:
        """Where questions go."""
        return chat_url(self.base_url)

    def body(self, request: Request) -> bytes:
        """The exact bytes that `send` would send; no key is among them, wherever it stood."""
        return body_bytes(request_body(request, self.provider), self.key)

    def send(self, request: Request) -> Exchange:
        """Begin the exchange; nothing blocks until it is iterated over."""
        return Exchange(self, request.model, self.body(request))

    def headers(self) -> dict[str, str]:
        """What goes with a question; made anew each time, so that no object keeps the key."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "text/event-stream, application/json",
            **UNPACKED,
            "Accept-Language": "en-US,en",  # without it the mainland host's errors are Chinese
        }
        if self.provider.name == CLASSROOM:
            headers.update([SHOWS_NOTICES])
        if self.key:
            headers["Authorization"] = f"Bearer {self.key.reveal()}"
        return headers

    def http(self) -> httpx.Client:
        """The connection pool, made at the first question: importing httpx costs 65 ms.

        Raises:
            SettingsError: The environment's proxy or certificates cannot be used.
        """
        with self._lock:
            if self._http is None:
                self._http = self._new_http()
            return self._http

    def _new_http(self) -> httpx.Client:
        import httpx

        from .dialling import heed_stops

        limits = httpx.Limits(max_connections=None, keepalive_expiry=30)
        http: httpx.Client = self._made(httpx.Client, limits)
        heed_stops(http)
        return http

    def small_http(self, connections: int, seconds: float) -> httpx.AsyncClient:
        """A connection pool for many requests at once, one of several; the caller closes it.

        Args:
            connections: At most.
            seconds: To wait for a whole answer to begin.

        Raises:
            SettingsError: The environment's proxy or certificates cannot be used.
        """
        import httpx

        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        return self._made(httpx.AsyncClient, limits, seconds)

    def _made(
        self, kind: Callable[..., T], limits: httpx.Limits, seconds: float | None = None
    ) -> T:
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpx

        self._check_host()
        local = is_loopback(urlsplit(self.base_url).hostname or "")
        try:
            return kind(
                follow_redirects=False,
                trust_env=not local,  # a proxy must not see what is meant for this machine
                verify=httpx.create_ssl_context(),  # SSL_CERT_FILE counts there too
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # none is sent back
                timeout=httpx.Timeout(60, connect=self.limits.connect_seconds, read=seconds),
                limits=limits,
            )
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            kind_of_error = type(error).__name__  # its text may hold the proxy's password
        message = f"The environment's proxy or certificates cannot be used ({kind_of_error})."
        remedy = "Look at HTTPS_PROXY, ALL_PROXY (socks needs the package socksio), SSL_CERT_FILE."
        raise SettingsError(message, remedy)

    def _check_host(self) -> None:
        """Refuse a host name that `check_url` lets pass and the library stumbles over."""
        import httpx

        try:
            if httpx.URL(self.base_url).host:
                return
        except (httpx.InvalidURL, ValueError):  # its `xn--` part is none, or no address in `[]`
            pass
        message = f"The base URL {self.base_url} cannot be used: its host is no name or address."
        raise SettingsError(message, "Check it: %glm config.")

    def slot(self, model: str) -> threading.BoundedSemaphore:
        """Who holds it may have a request in flight for this model."""
        with self._lock:
            fresh = threading.BoundedSemaphore(self.limits.requests_in_flight)
            return self._slots.setdefault(model, fresh)

    def close(self) -> None:
        """End all connections; the client can be used again afterwards."""
        self.sockets.shutdown_all()
        with self._lock:
            if self._http is not None:
                self._http.close()
                self._http = None
