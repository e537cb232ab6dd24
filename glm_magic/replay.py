"""Answers from recordings instead of a model: `%config GLM.replay`, below everything that asks.

live      ask; no recording is read or written (the default)
record    ask, and keep each complete answer
replay    recordings only; a question without one never touches the network
auto      a recording where there is one, else ask, if there is a key
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .api.wire import body_bytes, chat_url, request_body
from .chat.deltas import Delta, Growing
from .chat.recording import Recording, key_of
from .errors import KeyMissingError, NotRecordedError, StoreError
from .store.recordings import Recordings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from .chat.client import Client, Exchange
    from .chat.messages import Request
    from .settings import Settings

_BROKEN = ("network_error", "error", "sensitive")
_NOTHING = "is empty or not there"
_MOST_PROMPTS = 4
_PROMPT_CHARACTERS = 60


class ReplayClient:
    """A client that answers from recordings, or makes them; made anew for each question.

    Args:
        settings: Of the question; `replay` is not "live".
        prompt: The user's own text.
        recordings: Beside the notebook.
        live: The client that asks a model, made when it is needed; raises without a key.
    """

    def __init__(
        self,
        settings: Settings,
        prompt: str,
        recordings: Recordings,
        live: Callable[[], Client],
    ) -> None:
        self._settings = settings
        self._prompt = prompt
        self._recordings = recordings
        self._live = live

    @property
    def url(self) -> str:
        """Where questions go, or would with a key."""
        if self._settings.replay == "replay":
            return f"nowhere (answered from {self._recordings.path.name})"
        try:
            return str(getattr(self._live(), "url", ""))
        except KeyMissingError:
            return chat_url(self._settings.base_url)

    def body(self, request: Request) -> bytes:
        """The bytes that a live client would send; it need not be there."""
        return body_bytes(request_body(request, self._settings.provider), self._settings.key)

    def send(self, request: Request) -> Exchange:
        """Begin the exchange, or its replay.

        Raises:
            NotRecordedError: There is no recording, and no model may be asked.
        """
        found = self._found(request)
        if found is not None:
            return Replayed(found, request)
        exchange = self._asked(request).send(request)
        if self._settings.replay != "record":
            return exchange
        return Recorded(exchange, lambda grown: self._keep(request, grown))

    def answers(self, request: Request) -> bool:
        """Whether a recording answers the request, so that it costs nothing.

        Raises:
            NotRecordedError: There is none, and no model may be asked.
        """
        if self._found(request) is not None:
            return True
        self._asked(request)
        return False

    def _found(self, request: Request) -> Recording | None:
        if self._settings.replay == "record":
            return None
        return self._recordings.find(key_of(request))

    def _asked(self, request: Request) -> Client:
        if self._settings.replay == "replay":
            raise self._missing(request)
        try:
            return self._live()
        except KeyMissingError:
            if self._settings.replay == "record":
                raise
        raise self._missing(request)

    def _missing(self, request: Request) -> NotRecordedError:
        kept, name = self._recordings.all(), self._recordings.path.name
        message = f"No recording in {name} answers this request; nothing was sent."
        if bad := self._recordings.unreadable:
            message += f" {bad} of its lines {'is no recording' if bad == 1 else 'are none'}."
        ask = "To ask a model: %glm login, then --fresh."
        if not kept:
            line = "holds no recording: each is one line of JSON in UTF-8"
            return NotRecordedError(message, f"{name} {line if bad else _NOTHING}. {ask}")
        same = [one for one in kept if one.prompt == self._prompt]
        if not same:
            prompts = list(dict.fromkeys(_short(one.prompt) for one in kept))
            more = f" and {len(prompts) - _MOST_PROMPTS} more" if prompts[_MOST_PROMPTS:] else ""
            told = "; ".join(prompts[:_MOST_PROMPTS])
            return NotRecordedError(message, f"Recorded prompts: {told}{more}. {ask}")
        models = {one.model for one in same}
        if request.model not in models:
            return NotRecordedError(message, f"The prompt is recorded with {_words(models)}. {ask}")
        said = "The prompt is recorded with other data, options or earlier turns"
        return NotRecordedError(message, f"{said}: restart, and run the cells in order. {ask}")

    def _keep(self, request: Request, grown: Growing) -> None:
        if grown.finish_reason in _BROKEN or not (grown.finish_reason or grown.ended):
            return
        self._recordings.add(
            Recording(
                key=key_of(request),
                prompt=self._prompt,
                provider=self._settings.provider.name,
                model=grown.model or request.model,
                recorded=datetime.now(UTC).date().isoformat(),
                text=grown.text,
                reasoning=grown.reasoning,
                tool_calls=tuple((call.name, call.arguments) for call in grown.tool_calls),
                finish_reason=grown.finish_reason,
                usage=grown.usage,
            )
        )


class Replayed:
    """A recorded answer, given as a client gives one."""

    def __init__(self, recording: Recording, request: Request) -> None:
        self._recording = recording
        self._request = request

    def __iter__(self) -> Iterator[Delta]:
        return self._recording.deltas(self._request)

    async def __aiter__(self) -> AsyncIterator[Delta]:
        for delta in self._recording.deltas(self._request):
            yield delta

    def stop(self) -> None:
        """Nothing is under way that could be ended."""


class Recorded:
    """A live answer that is kept once it is complete.

    Args:
        exchange: The live one.
        keep: Given the whole answer; not called for one that was cut short.
    """

    def __init__(self, exchange: Exchange, keep: Callable[[Growing], None]) -> None:
        self._exchange = exchange
        self._keep = keep
        self._stopped = False

    def __iter__(self) -> Iterator[Delta]:
        grown = Growing()
        for delta in self._exchange:
            grown.add(delta)
            yield delta
        yield from self._end(grown)

    async def __aiter__(self) -> AsyncIterator[Delta]:
        grown = Growing()
        async for delta in self._exchange:
            grown.add(delta)
            yield delta
        for delta in self._end(grown):
            yield delta

    def _end(self, grown: Growing) -> Iterator[Delta]:
        if self._stopped:
            return
        try:
            self._keep(grown)
        except StoreError as error:  # the answer is whole all the same
            yield Delta(warning=f"Not recorded. {error.message}")

    def stop(self) -> None:
        """End it now, from any thread; what came is not kept as a recording."""
        self._stopped = True
        self._exchange.stop()


def recordings_beside(notebook: Path | None, folder: Path) -> Recordings:
    """The recordings of a notebook, or of the folder where it is not known which one runs."""
    return _KNOWN.setdefault((notebook, folder), Recordings(notebook, folder))


_KNOWN: dict[tuple[Path | None, Path], Recordings] = {}


def _short(prompt: str) -> str:
    line = " ".join(prompt.split())
    return f"“{line if len(line) <= _PROMPT_CHARACTERS else line[:_PROMPT_CHARACTERS] + '…'}”"


def _words(names: set[str]) -> str:
    return " and ".join(sorted(names))
