"""What comes back that is no answer: redirects, refusals read with a bound, a failing line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ConnectionFailedError, RedirectRefusedError, TimedOutError, TransportError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx


def refuse_redirect(status: int) -> None:
    """Raise RedirectRefusedError if this status is a redirect; none is ever followed."""
    if 300 <= status < 400:
        message = f"The host answered with a redirect (HTTP {status}); not followed."
        remedy = "The key goes to one host only. Set the final URL: %config GLM.base_url = '…'"
        raise RedirectRefusedError(message, remedy)


def is_packed(headers: Mapping[str, str]) -> bool:
    """Whether the body is compressed, which nobody asked for; it is never unpacked."""
    return headers.get("content-encoding", "identity").strip().lower() != "identity"


def kind_of(headers: Mapping[str, str]) -> str:
    """The body's content type in lower case, without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def raw_body(response: httpx.Response, most_bytes: int) -> bytes:
    """The body as it was sent, its beginning if it is longer; nothing of a compressed one."""
    body = bytearray()
    for data in () if is_packed(response.headers) else response.iter_raw():
        body += data
        if len(body) > most_bytes:
            break
    return bytes(body)


# httpx's and aiohttp's names for having had no line to send anything over, or how they begin.
_NO_LINE = ("Connect", "ClientConnector", "PoolTimeout", "ProxyError")


def line_error(kind: str, base_url: str, *, timed_out: bool, tls: bool) -> TransportError:
    """Our error for a line that failed before there was an answer.

    Args:
        kind: The library's name for it; its words may hold the request's headers.
        base_url: Who was asked.
        timed_out: Whether nothing came in time.
        tls: Whether the certificate was not accepted.
    """
    error: TransportError
    if tls:
        message = f"The certificate of {base_url} could not be verified; nothing was sent."
        error = ConnectionFailedError(message, "Check the URL, the clock, or set SSL_CERT_FILE.")
    elif timed_out:
        message = f"No connection to {base_url} in time ({kind})."
        error = TimedOutError(message, "Check the network, or %config GLM.connect_timeout_seconds.")
    else:
        message = f"No connection to {base_url}, or it was lost ({kind})."
        error = ConnectionFailedError(message, "Check the network and %glm config, and run again.")
    error.sent = not (tls or kind.startswith(_NO_LINE))
    return error
