"""Many requests at once with aiohttp, which is an extra; the one place that imports it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp

from ..errors import SettingsError
from .decoding import MAX_DOCUMENT_BYTES, too_long
from .posting import Reply, proxy_for
from .responses import line_error

if TYPE_CHECKING:
    import ssl

    from .client import Client


class AiohttpPoster:
    """One session with as many connections as are wanted."""

    def __init__(self, client: Client, seconds: float) -> None:
        self._client = client
        self._proxy = proxy_for(client.base_url) or None
        self._timeout = aiohttp.ClientTimeout(total=seconds, connect=client.limits.connect_seconds)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: bytes) -> Reply:
        """See `Poster.post`."""
        try:
            return await self._post(body)
        except TimeoutError as error:
            kind, late, tls = type(error).__name__, True, False
        except (aiohttp.ClientError, OSError) as error:
            kind, late = type(error).__name__, False
            tls = isinstance(error, aiohttp.ClientConnectorCertificateError)
        # Outside of the handler: aiohttp's errors may hold the request with its headers.
        raise line_error(kind, self._client.base_url, timed_out=late, tls=tls)

    async def _post(self, body: bytes) -> Reply:
        if self._session is None:
            self._session = self._new_session()
        async with self._session.post(
            self._client.url,
            data=body,
            headers=self._client.headers(),
            allow_redirects=False,
            proxy=self._proxy,
        ) as response:
            found = bytearray()
            async for data in response.content.iter_any():
                found += data
                if len(found) > MAX_DOCUMENT_BYTES:
                    raise too_long()
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status, headers, bytes(found))

    def _new_session(self) -> aiohttp.ClientSession:
        # trust_env would read .netrc too, so the proxy is looked up here.
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                ssl=self._tls(),
                # As every other program here finds hosts; aiodns, if it is there, would not.
                resolver=aiohttp.ThreadedResolver(),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            trust_env=False,
            auto_decompress=False,
        )

    def _tls(self) -> ssl.SSLContext | bool:
        """The same certificates as every other request of ours trusts."""
        if not self._client.base_url.startswith("https:"):
            return True
        import httpx

        try:
            return httpx.create_ssl_context()
        except (OSError, ValueError) as error:
            kind = type(error).__name__
        message = f"The environment's certificates cannot be used ({kind})."
        raise SettingsError(message, "Look at SSL_CERT_FILE and SSL_CERT_DIR.")

    async def close(self) -> None:
        """See `Poster.close`."""
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # the transports are told in the loop's next round
