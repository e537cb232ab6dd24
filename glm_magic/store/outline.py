"""What a list of conversations shows of a journal, without reading it through."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .lines import decode

if TYPE_CHECKING:
    from .lines import Event

# `lines.encode` puts kind and time first, and no line holds a raw line feed.
_HEAD = re.compile(rb'\n\{"kind":"[^"\\\n]{1,40}","at":"([0-9TZ:.+-]{16,40})"')
_HEAD_BEGINS = b'\n{"kind":"'
_ASKED = b'\n{"kind":"asked",'
_OPENED = b'\n{"kind":"opened",'


class Outline(NamedTuple):
    """A journal at a glance.

    Attributes:
        first: Time of its first event, ISO 8601 in UTC; "" when there is none.
        last: Time of its last event.
        asked: How many questions it holds.
        opened: Its events of that kind, oldest first.
    """

    first: str
    last: str
    asked: int
    opened: tuple[Event, ...]


def outline(data: bytes) -> Outline:
    """The outline of a journal's bytes."""
    data = b"\n" + data
    head = _HEAD.search(data)
    first = head[1].decode() if head else ""
    return Outline(first, _last(data) or first, data.count(_ASKED), tuple(_opened(data)))


def _last(data: bytes) -> str:
    end = len(data)
    while (end := data.rfind(_HEAD_BEGINS, 0, end)) >= 0:
        if head := _HEAD.match(data, end):
            return head[1].decode()
    return ""


def _opened(data: bytes) -> list[Event]:
    found = []
    start = data.find(_OPENED)
    while start >= 0:
        end = data.find(b"\n", start + 1)
        event = decode(data[start + 1 : end if end >= 0 else len(data)])
        if event is not None:
            found.append(event)
        start = data.find(_OPENED, start + 1)
    return found
