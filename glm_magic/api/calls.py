"""Pieces of tool calls, each put where it belongs, however the host marks them.

By its index as documented; where a host leaves that out, by its id, else to the latest call. Some
hosts give every call the index 0, or all calls one id, or neither: so a piece that comes after
whole arguments and is not their repetition begins another call.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..chat.deltas import ToolCallPiece, is_json
from .scrub import Outlet

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..keys import APIKey


@dataclass(slots=True)
class _Call:
    """What is known of one call so far; `text` is its arguments as they came."""

    outlet: Outlet
    id: str = ""
    text: str = ""


class CallPieces:
    """Takes the calls of one delta after the other.

    Args:
        key: The key that must not be shown.
        word: Makes a short text that comes whole safe to show.
    """

    def __init__(self, key: APIKey | None, word: Callable[[object], str]) -> None:
        self._key = key
        self._word = word
        self._calls: dict[int, _Call] = {}
        self._places: dict[int | str, int] = {}  # of an index or an id: the latest call of it

    def feed(self, calls: object) -> tuple[ToolCallPiece, ...]:
        """The pieces of one delta."""
        found = calls if isinstance(calls, list) else ()
        return tuple(self._piece(call) for call in found if isinstance(call, dict))

    def finish(self) -> tuple[ToolCallPiece, ...]:
        """What was held back because it could have been the beginning of the key."""
        held = [(n, call.outlet.feed("", final=True)) for n, call in self._calls.items()]
        return tuple(ToolCallPiece(n, arguments=rest) for n, rest in held if rest)

    def _piece(self, document: dict[str, Any]) -> ToolCallPiece:
        function = document.get("function")
        function = function if isinstance(function, dict) else {}
        arguments = function.get("arguments")
        if arguments is not None and not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)  # the documentation's form
        text = arguments or ""
        call_id = document.get("id")
        call_id = call_id if isinstance(call_id, str) else ""
        place = self._place(document.get("index"), call_id, text)
        call = self._calls[place]
        call.id, call.text = call.id or call_id, call.text + text
        name = self._word(function.get("name"))
        return ToolCallPiece(place, self._word(call_id), name, call.outlet.feed(text))

    def _place(self, index: object, call_id: str, text: str) -> int:
        """Which call a piece belongs to; a new one where there is none yet."""
        marks: list[int | str] = []
        if isinstance(index, int):
            marks.append(index)
        if call_id:
            marks.append(call_id)
        known = [self._places[mark] for mark in marks[:1] if mark in self._places]
        if not marks and self._calls:
            known = [max(self._calls)]
        if known and not self._is_another(known[0], index, call_id, text):
            place = known[0]
        else:
            place = max(self._calls, default=-1) + 1
            if isinstance(index, int) and index not in self._calls:
                place = index
            self._calls[place] = _Call(Outlet(self._key))
        for mark in marks:
            self._places[mark] = place
        return place

    def _is_another(self, place: int, index: object, call_id: str, text: str) -> bool:
        """Whether a piece with the marks of a call begins another one all the same."""
        call = self._calls[place]
        if not text or text == call.text or not is_json(call.text):
            return False
        return not isinstance(index, int) or bool(call_id and call_id != call.id)
