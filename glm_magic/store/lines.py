"""An event as one line of JSON, and back; whatever the line holds, nothing worse happens."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NamedTuple, NoReturn

from ..errors import StoreError

# {"kind": what happened, "at": when, ISO 8601 in UTC, ...}: what else it holds is for the chat.
Event = dict[str, Any]

_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d[0-9:.+Z]*")
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_ASCII_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


class Damaged(NamedTuple):
    """A line that is no event: its number, from 1, and its bytes without the line feed."""

    number: int
    line: bytes


def encode(event: Event) -> bytes:
    """The event's line, with its line feed; kind and time stand first, for `outline`.

    Raises:
        StoreError: It is no event, or holds what JSON cannot.
    """
    try:
        event = {"kind": event["kind"], "at": event["at"]} | event
        if not _is_event(event):
            message = f"kind {event['kind']!r} at {event['at']!r}"
            raise ValueError(message)
        text = _ENCODER.encode(event)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        message = f"This cannot be kept: {type(error).__name__} {error}"[:300]
        raise StoreError(message, "It is lost; please report this.") from error
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # half a character: JSON can hold it as an escape, UTF-8 cannot
        return _ASCII_ENCODER.encode(event).encode() + b"\n"


def decode(line: bytes) -> Event | None:
    """The event of a line, or None."""
    event = plain(line)
    return event if _is_event(event) else None


def plain(data: bytes) -> Any:
    """The JSON value, or None: for NaN, repeated names and the bottomless too."""
    try:
        return _DECODER.decode(data.decode())
    except (ValueError, RecursionError, MemoryError):
        return None


def parse(data: bytes) -> tuple[list[Event], list[Damaged]]:
    """All events of a file, and the lines that are none.

    A piece that the next line begins with is neither: that write was cut short, and repeated.
    """
    events: list[Event] = []
    damaged: list[Damaged] = []
    lines = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        if (event := decode(line)) is not None:
            events.append(event)
        elif line.strip() and not (number < len(lines) and lines[number].startswith(line)):
            damaged.append(Damaged(number, line))
    return events, damaged


def _is_event(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    kind, at = value.get("kind"), value.get("at")
    return isinstance(kind, str) and isinstance(at, str) and _AT.fullmatch(at) is not None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):  # which one was meant?
        message = "a name is repeated"
        raise ValueError(message)
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        message = "too large a number"
        raise ValueError(message)
    return number


def _refuse(name: str) -> NoReturn:
    message = f"{name} is no number"
    raise ValueError(message)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_finite, parse_constant=_refuse)
