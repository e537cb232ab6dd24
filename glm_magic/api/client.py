"""The client: one host, one key, one connection pool, kept for as long as the kernel lives."""

from __future__ import annotations

import json
import math
import threading
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar
from urllib.parse import urlsplit

from ..catalog import CLASSROOM, Price, Provider
from ..errors import ConnectionFailedError, ProtocolError, SettingsError, Stopped
from ..keys import redact_in
from ..origins import is_loopback
from .exchange import Exchange
from .failures import response_error
from .responses import raw_body, refuse_redirect
from .sockets import Sockets
from .wire import body_bytes, chat_url, request_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from ..chat.messages import Request
    from ..keys import APIKey

T = TypeVar("T")

_UNPACKED = {"Accept-Encoding": "identity"}  # nothing to unpack: no compressed bomb, no delay
_DOCUMENT_BYTES = 16 * 2**20


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
            **_UNPACKED,
            "Accept-Language": "en-US,en",  # without it the mainland host's errors are Chinese
        }
        if self.provider.name == CLASSROOM:
            headers["X-GLM-Notices"] = "shown"  # our comments reach the user (`api.sse`)
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

    def course(self) -> dict[str, Any]:
        """What a course's service says of the one who asks: mode, models, budget.

        Raises:
            APIError: The service refused.
            TransportError: No connection, or no such service.
        """
        url = self.base_url.removesuffix("/v1") + "/usage"
        document = self._get_json(url, with_key=True)
        if not _is_course(document):
            message = f"{url} is not a course's service."
            raise ProtocolError(message, "Check GLM_BASE_URL: it ends in /services/glm/v1.")
        return document

    def model_ids(self) -> list[str]:
        """What the host says it serves; Z.ai's own list is known to be incomplete.

        Raises:
            APIError: The host refused.
            TransportError: No connection, or no list.
        """
        document = self._get_json(f"{self.base_url}/models", with_key=True)
        records = document.get("data") if isinstance(document, dict) else None
        if not isinstance(records, list):
            raise ProtocolError("The host sent no list of models.", "It may not offer one.")
        return sorted(str(record.get("id")) for record in records if isinstance(record, dict))

    def price_feed(self) -> Mapping[str, Price]:
        """The provider's public prices by model id; empty when it publishes none.

        The shape is CometAPI's (`{"data": [{"id", "pricing": {"input", "output"}}]}`), read from
        the source of its official command line, cometapi-cli 0.3.10. No key is sent.
        """
        feed = self.provider.price_feed
        if not feed:
            return {}
        document = self._get_json(feed, with_key=False)
        records = document.get("data") if isinstance(document, dict) else None
        priced = map(_priced, records if isinstance(records, list) else ())
        return dict(one for one in priced if one is not None)

    def _get_json(self, url: str, *, with_key: bool) -> Any:
        import httpx

        http = self.http()
        failed, stopped = "", False
        try:
            # The request hides its headers; an argument would stand in the library's frames.
            request = http.build_request(
                "GET",
                url,
                headers=self.headers() if with_key else _UNPACKED,
                timeout=self.limits.connect_seconds,
            )
            with closing(http.send(request, stream=True)) as response:
                refuse_redirect(response.status_code)
                body = raw_body(response, _DOCUMENT_BYTES)
        except httpx.HTTPError as error:
            failed = type(error).__name__
        except KeyboardInterrupt:
            stopped = True
        # Raised outside of the handlers: what was caught holds frames with the key.
        if stopped:
            raise Stopped
        if failed:
            message = f"No answer from {urlsplit(url).netloc} ({failed})."
            raise ConnectionFailedError(message, "Check the connection and %glm config.")
        if response.status_code != 200:
            raise response_error(
                response.status_code, response.headers, body, model="", key=self.key
            )
        try:
            return redact_in(json.loads(body), self.key)  # a host may say it back
        except (ValueError, RecursionError):
            return None


def _is_course(document: Any) -> TypeGuard[dict[str, Any]]:
    """Whether it has the shape of what `hub` tells of the one who asks."""
    if not isinstance(document, dict):
        return False
    texts = [document.get(name) for name in ("course", "student", "mode")]
    models = document.get("models", [])
    counts = [document.get(name) for name in ("requests", "tokens")]
    counts += [document.get(f"{name}_limit") for name in ("requests", "tokens")]
    return (
        isinstance(models, list)
        and all(isinstance(one, str) for one in (*texts, *models))
        and all(isinstance(one, int | None) for one in counts)
    )


def _priced(record: Any) -> tuple[str, Price] | None:
    """The model's id and price, or None for a record without them."""
    pricing = record.get("pricing") if isinstance(record, dict) else None
    if not isinstance(pricing, dict):
        return None
    prices = [pricing.get("input"), pricing.get("output")]
    usable = [one for one in prices if isinstance(one, int | float) and 0 <= one < math.inf]
    return (str(record.get("id")), Price(*usable)) if len(usable) == 2 else None
