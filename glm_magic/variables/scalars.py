"""Single values: numbers, dates, truth values, members of an enumeration."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from .finding import Finding, plural
from .leash import GaveUpError, on_leash
from .plain import class_attribute, is_a, is_date, is_exactly, is_number, own_name, plain, stored
from .words import clip, held_back, value_text

if TYPE_CHECKING:
    from .finding import Wish

_MAX_TEXT = 200


def find(value: object, wish: Wish) -> Finding:
    """The value; its type alone at schema, and no text below values."""
    kind = own_name(type(value))
    if is_a(value, Enum):
        return _member(value, kind, wish)
    exact = plain(value)
    if exact is None:
        return Finding("None")
    if not wish.figures:
        return Finding(kind)
    reason = held_back(wish.name, exact, wish)
    if reason:
        return Finding(kind, lines=(reason,))
    if is_exactly(exact, bool, complex) or is_number(exact) or is_date(exact):
        return Finding(kind, lines=(f"value {value_text(exact, texts=True)}",))
    # Time zones, fractions and other classes write themselves.
    if not wish.texts:
        return Finding(kind)
    try:
        shown = on_leash(lambda: plain(str(exact)))
    except GaveUpError as error:
        return Finding(kind, lines=(f"it could not be shown: {error}",))
    return Finding(kind, lines=(f"value {clip(shown, _MAX_TEXT)}",))


def _member(value: object, kind: str, wish: Wish) -> Finding:
    members = class_attribute(type(value), "_member_map_")
    count = len(members) if type(members) is dict else 0
    lines = [f"one of {plural(count, 'member')} of this enumeration"] if count else []
    if wish.texts:
        name = stored(value, "_name_")
        inner = value_text(stored(value, "_value_"), texts=True)
        lines.append(f"value {value_text(name, texts=True)} = {inner}")
    return Finding(f"{kind} (enumeration)", lines=tuple(lines))
