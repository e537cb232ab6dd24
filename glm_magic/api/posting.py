"""Many requests at once to one host: whole answers, from a running event loop.

One `httpx.AsyncClient` is not good enough for this: its pool looks at every connection at every
event, and at 64 in flight that costs seven times the processor time of eight small clients
(encode/httpx#3215). aiohttp, an extra, is cheaper again, so it is used where it is installed.
"""

from __future__ import annotations

import asyncio
import urllib.request
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

from ..origins import is_loopback
from .decoding import MAX_DOCUMENT_BYTES, too_long
from .responses import line_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from .client import Client

_CONNECTIONS_EACH = 8  # of one small httpx client


class Reply(NamedTuple):
    """What a host sent back: an HTTP status, headers with names in lower case, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Poster(Protocol):
    """Sends bodies to the one URL of a client; redirects come back as they are."""

    async def post(self, body: bytes) -> Reply:
        """Send one request and read what comes back.

        Raises:
            TransportError: No connection, nothing in time, or far too much.
        """

    async def close(self) -> None:
        """End all connections."""


def poster_for(client: Client, seconds: float) -> Poster:
    """The best poster that is installed.

    Args:
        client: Whose URL, key, proxy rules and connect timeout hold.
        seconds: To wait for a whole answer.
    """
    proxied = proxy_for(client.base_url)
    spoken = not proxied or proxied.startswith(("http://", "https://"))
    if find_spec("aiohttp") is not None and spoken:
        from .posting_aiohttp import AiohttpPoster

        return AiohttpPoster(client, seconds)
    return HttpxPoster(client, seconds)


def proxy_for(base_url: str) -> str:
    """The environment's proxy, "" for none; never for this machine itself."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return ""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


class HttpxPoster:
    """Several small httpx clients, made as they are needed."""

    def __init__(self, client: Client, seconds: float) -> None:
        self._client = client
        self._seconds = seconds
        self._small: list[httpx.AsyncClient] = []
        self._flying: list[int] = []

    async def post(self, body: bytes) -> Reply:
        """See `Poster.post`."""
        import httpx

        place = self._place()
        self._flying[place] += 1
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(self._small[place], body)
        except (httpx.HTTPError, TimeoutError) as error:
            kind = type(error).__name__
            late = isinstance(error, httpx.TimeoutException | TimeoutError)
            tls = "CERTIFICATE" in str(error)
        finally:
            self._flying[place] -= 1
        # Outside of the handler: the httpx error holds the request with its headers.
        raise line_error(kind, self._client.base_url, timed_out=late, tls=tls)

    async def _post(self, http: httpx.AsyncClient, body: bytes) -> Reply:
        url = self._client.url
        async with http.stream(
            "POST", url, headers=self._client.headers(), content=body
        ) as response:
            found = bytearray()
            async for data in response.aiter_raw():
                found += data
                if len(found) > MAX_DOCUMENT_BYTES:
                    raise too_long()
            return Reply(response.status_code, response.headers, bytes(found))

    def _place(self) -> int:
        for place, flying in enumerate(self._flying):
            if flying < _CONNECTIONS_EACH:
                return place
        self._small.append(self._client.small_http(_CONNECTIONS_EACH, self._seconds))
        self._flying.append(0)
        return len(self._small) - 1

    async def close(self) -> None:
        """See `Poster.close`."""
        for http in self._small:
            await http.aclose()
