"""Containers and nested data as an outline: one line for each place that values stand in.

user dict, 3 keys
user.name str, 3 characters (personal?)
user.tags list, 0-5 items
user.tags[*] str, 3-9 characters
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..frames.escape import format_share
from ..frames.failures import attempt
from .finding import Finding, plural
from .nodes import Node, grow
from .plain import SEQUENCES, is_a, own_name
from .words import head_of, held_back, length_of, name_of, value_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .finding import Wish

_MAX_LINES = 150
_MAX_TYPES = 4
_FIRST = 5
_FEW_TEXTS = 50


def find(value: Any, wish: Wish) -> Finding:
    """What a container holds, as deep as a reader wants to know."""
    kind = own_name(type(value))
    if is_a(value, range):
        return _range(value, kind, wish)
    root = Node()
    tree = grow(root, value, wish)
    lines = list(islice(_lines(root, "", wish), 1, _MAX_LINES + 1))  # the first is the form
    left_out = list(tree.left_out)
    if len(lines) == _MAX_LINES:
        left_out.append("deeper or further places")
    if wish.texts and not is_a(value, dict):
        lines += _first(value, wish)
    raw = tuple(_raw(value, wish)) if wish.rows and not is_a(value, dict) else ()
    noun = "key" if is_a(value, dict) else "item"
    form = f"{kind}, {plural(length_of(value), noun)}"
    return Finding(kind, form, tuple(lines), tuple(left_out), raw=raw)


def type_shares(names: Iterable[str]) -> list[str]:
    """Types with their shares, most frequent first; one alone without a share."""
    counts = Counter(names)
    total = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_MAX_TYPES]
    shown = [name if n == total else f"{name} {format_share(n / total)}" for name, n in ranked]
    return [*shown, "…"] if len(counts) > _MAX_TYPES else shown


def _range(value: range, kind: str, wish: Wish) -> Finding:
    """Its length by arithmetic, and no number that is longer than Python prints."""
    length = max(0, -((value.start - value.stop) // value.step))
    form = attempt(lambda: f"range, {plural(length, 'item')}")
    line = attempt(lambda: f"from {value.start:,} below {value.stop:,} in steps of {value.step:,}")
    return Finding(kind, form or kind, (line,) if line and wish.figures else ())


def _lines(node: Node, path: str, wish: Wish) -> Iterator[str]:
    if not node.types:  # in an empty list
        return
    words = [", ".join(type_shares(node.types.elements()))]
    words += node.facts(wish)
    yield f"{path} {', '.join(filter(None, words))}"
    if node.items is not None:
        yield from _lines(node.items, f"{path}[*]", wish)
    for key, child in node.fields.items():
        yield from _lines(child, f"{path}.{name_of(key)}" if path else name_of(key), wish)
    if node.entries is not None:
        yield from _lines(node.entries, f"{path}{{*}}", wish)


def _first(value: Any, wish: Wish) -> list[str]:
    """The first items of a list of scalars; of a set, the first in order.

    Many texts are data, as those of a column are; a few are names or choices.
    """
    items = head_of(value, _FIRST)
    if not items or any(is_a(each, dict, *SEQUENCES) for each in items):
        return []
    if length_of(value) > _FEW_TEXTS and any(is_a(each, str, bytes) for each in items):
        return []
    shown = ", ".join(value_text(each, texts=True) for each in items if not _personal(each, wish))
    return [f"begins {shown}{', …' if length_of(value) > _FIRST else ''}"] if shown else []


def _raw(value: Any, wish: Wish) -> Iterator[str]:
    for each in head_of(value, wish.rows):
        yield value_text(each, texts=True, exact=True, hidden=wish.hidden)


def _personal(value: Any, wish: Wish) -> bool:
    return bool(held_back(wish.name, value, wish))
