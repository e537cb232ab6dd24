"""One question of a student: place in the queue, words from the host, and what it is charged."""

from __future__ import annotations

import asyncio
import json
import math
import random
import time
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from ..api.sse import NOTICE
from ..api.wire import call_document
from ..chat.deltas import Delta, Growing
from ..errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    BalanceError,
    ContentFilterError,
    GLMError,
    OverloadedError,
    PermissionDeniedError,
    QuotaError,
    RateLimitError,
    TransportError,
)
from .hints import WithoutCode
from .refusing import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ..api.client import Client
    from ..chat.messages import Request, Usage
    from .places import Places, Ticket

HINTS_ON = "Hints mode is on: the course's assistant gives hints and leaves code out."
_TICK_SECONDS = 0.5
_QUIET_SECONDS = 10.0  # proxies end a line that is silent for a minute
_PAUSES_SECONDS = (1.0, 2.0, 4.0)  # while the host says that it is busy
_LONGEST_PAUSE_SECONDS = 30.0  # longer, a student is told and the place is given to others
_CLIENTS_PAUSE_SECONDS = 1.0  # no client of ours asks again sooner
_LONGEST_TOLD_SECONDS = 86_400.0  # a host may say any number
_BUSY = (RateLimitError, OverloadedError)
_ACCOUNT = (AuthenticationError, BalanceError, PermissionDeniedError, QuotaError)


class Reader(Protocol):
    """The student's side of the line."""

    gone: bool

    async def comment(self, text: str) -> None:
        """Write what is no part of the answer."""

    async def chunk(self, document: dict[str, Any]) -> None:
        """Write a piece of the answer."""


class Gone(Exception):  # noqa: N818 - the deed, not a failure of ours
    """The student went away."""


async def wait_for_turn(places: Places, ticket: Ticket, reader: Reader) -> None:
    """Until the ticket's turn; tells the student how many go before.

    Raises:
        Gone: The student went away meanwhile.
    """
    told, told_at = -1, 0.0
    while not ticket.turn.is_set():
        ahead, now = places.ahead(ticket), time.monotonic()
        if ahead != told or now - told_at > _QUIET_SECONDS:
            before = "you are next" if not ahead else f"{ahead} before you"
            await reader.comment(f"{NOTICE} Waiting in the course's queue: {before}")
            told, told_at = ahead, now
        if reader.gone:
            raise Gone
        try:
            async with asyncio.timeout(_TICK_SECONDS):
                await ticket.turn.wait()
        except TimeoutError:
            continue


class Passing:
    """Passes an answer on, and knows afterwards what it took.

    Args:
        client: Speaks to the model's host.
        request: What is asked.
        reader: The student's side.
        hints: Whether code and reasoning are left out.

    Attributes:
        grown: What the student got so far, and the usage as the host told it.
        began: Whether anything came of an answer.
        sent: Whether the question may have reached the host.
        failed: Whether the host, not the student, ended it before anything came.
    """

    def __init__(self, client: Client, request: Request, reader: Reader, *, hints: bool) -> None:
        self.grown = Growing()
        self.began = False
        self.sent = False
        self.failed = False
        self._client = client
        self._request = request
        self._reader = reader
        self._filter = WithoutCode() if hints else None
        self._wrote_at = time.monotonic()

    @property
    def hints(self) -> bool:
        """Whether code and reasoning are left out."""
        return self._filter is not None

    @property
    def model(self) -> str:
        """The one that answers, as the host names it; else the one that was asked."""
        return self.grown.model or self._request.model

    async def run(self) -> None:
        """Pass on until the end; a busy host is asked again while the place is kept.

        Raises:
            Refused: The host refused or failed; the words are for the student.
            Gone: The student went away.
        """
        for pause in (*_PAUSES_SECONDS, None):
            try:
                await self._once()
                return
            except _BUSY as error:
                wished = error.retry_after_seconds or 0.0
                if pause is None or self.began or wished > _LONGEST_PAUSE_SECONDS:
                    raise told(error) from None
                seconds = wished or pause + random.uniform(0, pause / 2)  # noqa: S311 - jitter
            except GLMError as error:
                raise told(error) from None
            await self._pause(seconds)

    async def _pause(self, seconds: float) -> None:
        """Wait and say so, but not for a student who has gone."""
        await self._reader.comment(
            f"{NOTICE} The model's host is busy; asking again in {seconds:.0f} s"
        )
        end = time.monotonic() + seconds
        while not self._reader.gone and (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(left, _TICK_SECONDS))

    async def _once(self) -> None:
        if self._reader.gone:
            raise Gone
        exchange = self._client.send(self._request)
        self.sent, self.failed = True, False
        try:
            async with aclosing(aiter(exchange)) as deltas:  # type: ignore[type-var]
                await self._pass_on(deltas)
        except GLMError as error:
            self.failed = not self.began
            self.sent = self.began or not was_refused(error)
            raise
        finally:
            exchange.stop()
        if not (self.grown.finish_reason or self.grown.ended):
            self.failed = not self.began
            raise Refused("course-host", "The model's host ended the answer in the middle.")

    async def _pass_on(self, deltas: AsyncIterator[Delta]) -> None:
        async for delta in deltas:
            if self._reader.gone:
                raise Gone
            self.began = self.began or bool(
                delta.text or delta.reasoning or delta.tool_calls or delta.usage
            )
            await self._write(self._shown(self._filtered(delta)))
        if self._filter is not None:
            await self._write(self._shown(Delta(self._filter.finish())))

    async def _write(self, shown: dict[str, Any]) -> None:
        if shown:
            await self._reader.chunk(shown)
            self._wrote_at = time.monotonic()
        elif time.monotonic() - self._wrote_at > _QUIET_SECONDS:
            await self._reader.comment(f"{NOTICE} The model is still at work")
            self._wrote_at = time.monotonic()

    def _filtered(self, delta: Delta) -> Delta:
        if self._filter is None:
            return delta
        text = self._filter.feed(delta.text) if delta.text else ""
        text += self._filter.finish() if delta.finish_reason or delta.ended else ""
        return replace(delta, text=text, reasoning="", tool_calls=())

    def _shown(self, delta: Delta) -> dict[str, Any]:
        """The chunk that a student gets of a delta; {} for nothing."""
        self.grown.add(delta)
        said: dict[str, Any] = {}
        if delta.text:
            said["content"] = delta.text
        if delta.reasoning:
            said["reasoning_content"] = delta.reasoning
        if delta.tool_calls:
            said["tool_calls"] = [
                {"index": piece.index, **call_document(piece)} for piece in delta.tool_calls
            ]
        chunk: dict[str, Any] = {}
        if said or delta.finish_reason:
            choice: dict[str, Any] = {"index": 0, "delta": said}
            if delta.finish_reason:
                choice["finish_reason"] = delta.finish_reason
            chunk["choices"] = [choice]
        if delta.usage:
            chunk.setdefault("choices", [])
            chunk["usage"] = usage_document(delta.usage)
        if chunk:
            chunk["model"] = self.model
        return chunk

    def charge(self, held: int) -> int:
        """Tokens to charge: what the host told; what was held if it was sent; else none."""
        if self.grown.usage is not None:
            return self.grown.usage.total_tokens
        return held if self.sent else 0


def usage_document(usage: Usage) -> dict[str, Any]:
    """Token counts as the wire has them."""
    document: dict[str, Any] = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
    if usage.cached_tokens is not None:
        document["prompt_tokens_details"] = {"cached_tokens": usage.cached_tokens}
    if usage.reasoning_tokens is not None:
        document["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return document


def was_refused(error: GLMError) -> bool:
    """Whether the host, or the way to it, said no before a model began."""
    return isinstance(error, APIError) or (isinstance(error, TransportError) and not error.sent)


def told(error: GLMError) -> Refused:
    """A failure of the host in words for a student, who cannot top up the course's account."""
    code = getattr(error, "code", "")
    words = error.message.rpartition(" (")[0] or error.message
    if isinstance(error, _BUSY):
        seconds = min(error.retry_after_seconds or 0.0, _LONGEST_TOLD_SECONDS)
        if seconds <= _CLIENTS_PAUSE_SECONDS:
            return Refused("course-busy", "The model's host is busy.")
        message = f"The model's host is busy and says to wait {math.ceil(seconds):,} s."
        return Refused("course-later", message, retry_after_seconds=seconds)
    if isinstance(error, _ACCOUNT):
        shown = f" (its code {code})" if code else ""
        return Refused("course-account", f"The model's host refused the course's account{shown}.")
    if isinstance(error, BadRequestError | ContentFilterError):
        return Refused(code or "course-request", words, error.status or 400)
    return Refused("course-host", "The model's host failed, or the line to it was lost.")


def event(document: dict[str, Any]) -> bytes:
    """A server-sent event."""
    return b"data: " + json.dumps(document, ensure_ascii=False).encode() + b"\n\n"
