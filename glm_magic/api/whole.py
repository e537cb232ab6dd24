"""A whole answer that was not streamed, read with the decoder of all answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..chat.deltas import Growing
from .decoding import AnswerDecoder
from .failures import response_error
from .responses import is_packed, kind_of, refuse_redirect

if TYPE_CHECKING:
    from ..keys import APIKey
    from .posting import Reply


def read_whole(reply: Reply, *, key: APIKey | None, model: str) -> Growing:
    """The answer in a reply, with the key taken out of all that the host says.

    Raises:
        APIError: The host refused.
        TransportError: A redirect, or something that is not an answer.
    """
    refuse_redirect(reply.status)
    kind, packed = kind_of(reply.headers), is_packed(reply.headers)
    if reply.status != 200 or packed or kind not in ("application/json", "text/event-stream"):
        body = b"" if packed else reply.body
        raise response_error(reply.status, reply.headers, body, model=model, key=key)
    decoder = AnswerDecoder(key=key, model=model, events=kind == "text/event-stream")
    grown = Growing()
    for delta in [*decoder.feed(reply.body), *decoder.finish()]:
        grown.add(delta)
    if decoder.failure is not None:
        raise decoder.failure
    return grown
