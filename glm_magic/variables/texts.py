"""A text: its size and form, and at level values the text itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..frames.patterns import pattern_of
from ..keys import redact_secrets
from .finding import Finding, plural
from .plain import own_name, plain
from .words import HELD_BACK, PERSONAL, clip, held_back, tail

if TYPE_CHECKING:
    from .finding import Wish

_HEAD, _TAIL = 1400, 600
_MAX_LINES = 200
_SAMPLE = 256


def find(value: object, wish: Wish) -> Finding:
    """Length and lines; what most such texts are; the head and the tail of the text itself."""
    text = plain(value).replace("\r\n", "\n")
    count = text.count("\n") + 1
    size = plural(len(text), "character") + (f" in {count:,} lines" if count > 1 else "")
    kind = own_name(type(value))
    facts, left_out, notes = [], [], []
    reason = held_back(wish.name, text, wish)
    if wish.level == "stats" and len(text) <= _SAMPLE and reason != HELD_BACK:
        pattern = pattern_of([text])
        facts += [f"looks like: {pattern}"] if pattern else []
    if wish.texts and text:
        if reason == HELD_BACK:
            facts.append(reason)
        else:
            if reason == PERSONAL:
                notes.append("It looks personal, and was sent because you named it.")
            shown, gone = _shown(text)
            facts += ["the text:", *shown]
            left_out += [f"{gone:,} characters in the middle"] if gone else []
    return Finding(kind, f"{kind}, {size}", tuple(facts), tuple(left_out), tuple(notes))


def _shown(text: str) -> tuple[list[str], int]:
    """The lines that are shown, and how many characters are not."""
    if len(text) <= _HEAD + _TAIL:
        lines = redact_secrets(text).split("\n")
        return lines[:_MAX_LINES], len("\n".join(lines[_MAX_LINES:]))
    head, end = clip(text, _HEAD), tail(text, _TAIL)
    gone = len(text) - (len(head) - 1) - len(end)
    return [*head.split("\n")[:_MAX_LINES], *f"…{end}".split("\n")[-_MAX_LINES:]], gone
