"""Bytes of a response to deltas: chunk JSON of any host that was seen to speak this wire."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ..catalog import find_model
from ..chat.deltas import Delta
from ..chat.messages import Source, Usage
from ..errors import GLMError, ProtocolError
from ..keys import APIKey, redact
from .calls import CallPieces
from .failures import error_in, refusal_error
from .scrub import Content, Outlet, joined_halves
from .sse import NOTICE, WARNING, WARNINGS, Event, EventDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator

DONE = "[DONE]"
MAX_DOCUMENT_BYTES = 32 * 2**20
_MOST_TOKENS = 2**53  # up to there other readers of JSON count exactly, and a cost is a number
_BLANK = re.compile(r"\s*")
_JSON = json.JSONDecoder()
# The turn itself tells of these.
_TELLING = ("length", "model_context_window_exceeded", "sensitive", "network_error", "error")
_MOST_WORDS = 64  # that are remembered; some hosts give each record an id of its own


class AnswerDecoder:
    """Feed bytes cut anywhere, get the deltas that are whole; `finish` gives the last ones.

    However the bytes are cut, the deltas together say the same.

    Args:
        key: The key that was sent, so that an echo of it is taken out.
        model: The model asked for, to make refusals clear.
        events: Whether the body is a stream of events; else it is one JSON document.

    Attributes:
        failure: Why this is no answer, or not the end of one; raise it after what came.
        ended: The host said that the answer is over.
        finish_reason: Why the model stopped; "" while it has not.
    """

    def __init__(self, *, key: APIKey | None = None, model: str = "", events: bool = True) -> None:
        self.failure: GLMError | None = None
        self.ended = False
        self.finish_reason = ""
        self._key = key
        self._model = model
        self._events = EventDecoder() if events else None
        self._document = bytearray()
        self._content = Content(boxes=find_model(model).images is not False)
        self._text = Outlet(key)
        self._thought = Outlet(key)
        self._words: dict[str, str] = {}
        self._calls = CallPieces(key, self._word)
        self._bad_records = 0
        self._said = False

    @property
    def over(self) -> bool:
        """Whether no more bytes are wanted."""
        return self.ended or self.failure is not None

    def feed(self, data: bytes) -> list[Delta]:
        """The deltas completed by these bytes."""
        if self.over:
            return []
        if self._events is not None:
            deltas = self._deltas(self._events.feed(data))
            self._note(deltas)
            return deltas
        self._document += data
        if len(self._document) > MAX_DOCUMENT_BYTES:
            self.failure = too_long()
        return []

    def finish(self) -> list[Delta]:
        """What the end of the body completes."""
        events: list[Event] = []
        if not self.over:
            events = self._whole() if self._events is None else self._events.finish()
        deltas = [*self._deltas(events), *self._rest()]
        self._note(deltas)
        if self._is_empty:
            deltas.append(Delta(warning="The answer is empty."))
        if self._bad_records:
            records = "record was" if self._bad_records == 1 else "records were"
            warning = f"{self._bad_records} broken {records} left out of the stream."
            deltas.append(Delta(warning=warning))
        return deltas

    def _note(self, deltas: list[Delta]) -> None:
        self._said = self._said or any(
            one.text.strip() or one.reasoning or one.tool_calls for one in deltas
        )

    @property
    def _is_empty(self) -> bool:
        """Whether it came to its end without a word, and nothing tells why."""
        over = (self.ended or self.finish_reason) and self.failure is None
        told = self._said or self._bad_records or self.finish_reason in _TELLING
        return bool(over) and not told

    def _rest(self) -> list[Delta]:
        """What was held back because it could have been the beginning of a mark or of the key."""
        text, thought = self._content.feed("", final=True)
        text = self._text.feed(text, final=True)
        thought = self._thought.feed(thought, final=True)
        pieces = self._calls.finish()
        return [Delta(text, thought, pieces)] if text or thought or pieces else []

    def _whole(self) -> list[Event]:
        """A non-streamed answer, read as the one event that ends."""
        try:
            document = json.loads(self._document)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict) or not ("choices" in document or error_in(document)):
            message = "The host's answer is not one of this wire."
            self.failure = ProtocolError(message, "Check the base URL: %glm config.")
            return []
        told = document.get(WARNINGS)
        beside = [Event(WARNING, words) for words in told] if isinstance(told, list) else []
        return [*beside, Event("", json.dumps(document)), Event("", DONE)]

    def _deltas(self, events: list[Event]) -> list[Delta]:
        deltas: list[Delta] = []
        for event in events:
            if event.type in (NOTICE, WARNING):
                words = self._word(event.data)
                said = Delta(notice=words) if event.type == NOTICE else Delta(warning=words)
                deltas.append(said)
                continue
            chunks = self._chunks(event.data) if event.type != "error" else _error_chunk(event.data)
            for chunk in chunks:
                if error := error_in(chunk):
                    self.failure = refusal_error(None, *error, model=self._model, key=self._key)
                    return deltas
                if chunk is None:
                    self.ended = True
                    return [*deltas, Delta(ended=True)]
                deltas.append(self._delta(chunk))
        if self._events is not None and self._events.overlong:
            self.failure = self._events.overlong
        return deltas

    def _chunks(self, data: str) -> Iterator[dict[str, Any] | None]:
        """The JSON objects of one event: usually one, sometimes several glued by `data:`.

        A broken record is counted and passed over (github.com/zai-org/GLM-5/issues/66). None
        stands for `[DONE]`.
        """
        at = _after_blank(data, 0)
        while at < len(data):
            if data.startswith(DONE, at):
                yield None
                return
            chunk: Any = None
            try:
                chunk, at = _JSON.raw_decode(data, at)
            except (ValueError, RecursionError):
                following = data.find("data:", at + 1)
                at = len(data) if following < 0 else following
            if isinstance(chunk, dict):
                yield chunk
            else:
                self._bad_records += 1
            at = _after_blank(data, at)
            if data.startswith("data:", at):
                at = _after_blank(data, at + len("data:"))

    def _delta(self, chunk: dict[str, Any]) -> Delta:
        choice = _first(chunk.get("choices"))
        said = _dictionary(choice.get("delta")) or _dictionary(choice.get("message"))
        finish_reason = self._word(choice.get("finish_reason"))
        # Who reads on may take it for the end, so nothing is held back behind the first of them.
        final = bool(finish_reason) and not self.finish_reason
        self.finish_reason = finish_reason or self.finish_reason
        text, thought = self._content.feed(_text(said.get("content")), final=final)
        thought += _string(said.get("reasoning_content")) or _string(said.get("reasoning"))
        pieces = self._calls.feed(said.get("tool_calls"))
        return Delta(
            text=self._text.feed(text, final=final) if text or final else "",
            reasoning=self._thought.feed(thought, final=final) if thought or final else "",
            tool_calls=(*pieces, *self._calls.finish()) if final else pieces,
            finish_reason=finish_reason,
            usage=_usage(chunk.get("usage")),
            model=self._word(chunk.get("model")),
            response_id=self._word(chunk.get("id")),
            sources=self._sources(chunk.get("web_search") or said.get("web_search")),
        )

    def _sources(self, found: object) -> tuple[Source, ...]:
        """What the provider's web search found (docs.z.ai chat completion reference)."""
        pages = [_dictionary(page) for page in (found if isinstance(found, list) else ())]
        names = ("refer", "title", "link", "publish_date")
        told = (Source(*(self._word(page.get(name)) for name in names)) for page in pages)
        return tuple(one for one in told if one.link or one.title)

    def _word(self, value: object) -> str:
        """A short text that comes whole, and mostly the same in every record."""
        if not isinstance(value, str) or not value:
            return ""
        if value not in self._words:
            if len(self._words) == _MOST_WORDS:
                self._words.clear()
            self._words[value] = redact(joined_halves(value), self._key)
        return self._words[value]


def too_long() -> ProtocolError:
    """The error for a body that no answer has."""
    message = f"The host sent an answer of more than {MAX_DOCUMENT_BYTES:,} bytes."
    return ProtocolError(message, "Check the base URL: %glm config.")


def _error_chunk(data: str) -> list[dict[str, Any]]:
    """An event of type error, whatever its words are, as the chunk that reports it."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    return [document if error_in(document) else {"error": data or "no message"}]


def _after_blank(text: str, at: int) -> int:
    hit = _BLANK.match(text, at)
    return hit.end() if hit else at


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _text(content: object) -> str:
    """A text, or those in a list of parts."""
    if not isinstance(content, list):
        return _string(content)
    parts = [part for part in map(_dictionary, content) if part.get("type", "text") == "text"]
    return "".join(_string(part.get("text")) for part in parts)


def _dictionary(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(choices: object) -> dict[str, Any]:
    return _dictionary(choices[0]) if isinstance(choices, list) and choices else {}


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, dict):
        return None

    def count(record: object, name: str) -> int | None:
        value = record.get(name) if isinstance(record, dict) else None
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        return value if 0 <= value < _MOST_TOKENS else None

    prompt, completion = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
    if prompt is None or completion is None:
        return None
    cached = count(usage.get("prompt_tokens_details"), "cached_tokens")
    reasoning = count(usage.get("completion_tokens_details"), "reasoning_tokens")
    return Usage(prompt, completion, cached, reasoning)
