"""Bytes to server-sent events, without I/O.

The httpx-sse library was tried first. It loses the last event of a stream that ends without an
empty line, decodes by the charset the host claims, and has no bound on the length of a line;
real hosts do the first two, and a hostile one could do the third.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from ..errors import ProtocolError

# Only these end a line: str.splitlines also cuts at U+2028, U+2029 and U+0085, which are
# ordinary characters inside JSON.
_LINE_END = re.compile(r"\r\n|\n|\r")
MAX_EVENT_CHARACTERS = 8 * 2**20
# What a course's service says beside the answer, in comments that other clients pass over.
NOTICE, WARNING = "glm-notice", "glm-warning"
WARNINGS = "glm_warnings"  # the same in a whole answer, which has no comments: a list of texts
SHOWS_NOTICES = ("X-GLM-Notices", "shown")  # the header of a client whose user sees the comments


class Event(NamedTuple):
    """One event: its type ("" is the usual one) and its data."""

    type: str
    data: str


class EventDecoder:
    """Feed bytes cut anywhere, get the events that are whole; `finish` gives the last one.

    Attributes:
        overlong: Set when an event is longer than `MAX_EVENT_CHARACTERS`; what follows is dropped.
    """

    def __init__(self) -> None:
        self.overlong: ProtocolError | None = None
        # The standard says UTF-8, whatever the header says; bad bytes become U+FFFD.
        self._text = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._pending: list[str] = []
        self._pending_characters = 0
        self._data_characters = 0
        self._type = ""
        self._data: list[str] = []

    def feed(self, data: bytes) -> list[Event]:
        """The events completed by these bytes."""
        return self._take(self._text.decode(data))

    def finish(self) -> list[Event]:
        """The event that the end of the stream completes, if any."""
        events = self._take(self._text.decode(b"", final=True))
        events += self._line("".join(self._pending).removesuffix("\r"))
        return events + self._line("")

    def _take(self, text: str) -> list[Event]:
        after_cr = self._pending and self._pending[-1].endswith("\r")
        if not (after_cr or "\n" in text or "\r" in text):
            self._hold(text)
            return []
        text = "".join((*self._pending, text))
        self._pending, self._pending_characters = [], 0
        # A CR at the end may be half of a CRLF: it waits for the next bytes.
        held = "\r" if text.endswith("\r") else ""
        *lines, rest = _LINE_END.split(text.removesuffix("\r"))
        events = [event for line in lines for event in self._line(line)]
        self._hold(rest + held)
        return events

    def _hold(self, text: str) -> None:
        if text and not self.overlong:
            self._pending.append(text)
            self._pending_characters += len(text)
            self._bound(self._pending_characters)

    def _bound(self, characters: int) -> None:
        if self._data_characters + characters > MAX_EVENT_CHARACTERS:
            message = f"The host sent an event of more than {MAX_EVENT_CHARACTERS:,} characters."
            remedy = "The answer so far is kept; check the base URL."
            self.overlong = ProtocolError(message, remedy)
            self._pending, self._data = [], []

    def _line(self, line: str) -> list[Event]:
        self._bound(len(line))
        if self.overlong:
            return []
        if not line:
            event = Event(self._type, "\n".join(self._data))
            whole = bool(self._data)
            self._type, self._data, self._data_characters = "", [], 0
            return [event] if whole else []
        name, _, value = line.partition(":")  # a comment has an empty name
        value = value.removeprefix(" ")
        if not name:
            kind, _, words = value.partition(" ")
            return [Event(kind, words)] if kind in (NOTICE, WARNING) else []
        if name == "data":
            self._data.append(value)
            self._data_characters += len(line)
        elif name == "event":
            self._type = value
        return []
