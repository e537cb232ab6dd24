"""What comes back that is no answer: redirects and refusals, read with a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import RedirectRefusedError

if TYPE_CHECKING:
    import httpx


def refuse_redirect(response: httpx.Response) -> None:
    """Raise RedirectRefusedError if this is a redirect; none is ever followed."""
    if 300 <= response.status_code < 400:
        message = f"The host answered with a redirect (HTTP {response.status_code}); not followed."
        remedy = "The key goes to one host only. Set the final URL: %config GLM.base_url = '…'"
        raise RedirectRefusedError(message, remedy)


def is_packed(response: httpx.Response) -> bool:
    """Whether the body is compressed, which nobody asked for; it is never unpacked."""
    return bool(response.headers.get("content-encoding", "identity").strip().lower() != "identity")


def raw_body(response: httpx.Response, most_bytes: int) -> bytes:
    """The body as it was sent, its beginning if it is longer; nothing of a compressed one."""
    body = bytearray()
    for data in () if is_packed(response) else response.iter_raw():
        body += data
        if len(body) > most_bytes:
            break
    return bytes(body)
