"""A tree of the places in nested data, and what stands there; every place is bounded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..frames.escape import format_scalar, format_share
from ..frames.personal import is_personal_number, is_personal_text, is_secret_name
from .finding import plural
from .plain import (
    SEQUENCES,
    class_name,
    examples,
    is_a,
    is_date,
    is_exactly,
    is_missing,
    is_namedtuple,
    is_number,
    is_of,
    plain,
)
from .words import (
    HELD_BACK,
    PERSONAL,
    array_form,
    fields_of,
    head_of,
    held_back,
    is_allowed,
    is_hidden_name,
    length_of,
    name_of,
    type_word,
    value_text,
)

if TYPE_CHECKING:
    from .finding import Wish

_MAX_VALUES = 20_000
_MAX_ITEMS = 1_000  # of one list
_MAX_OUTER_ITEMS = 10_000  # of the outermost
_MAX_DEPTH = 6
_FEWEST_FIELDS = 30  # a dict with more keys of one type of value maps; its keys are data
_MAX_FIELDS = 60
_LEAST_SEEN = 10
_FEW_DISTINCT, _MAX_TOP = 20, 8


@dataclass(slots=True)
class Node:
    """What stands in one place, taken together over all items of the lists above it.

    Attributes:
        name: The key it stands under, for items of lists and mappings too, or "".
        single: Whether there is but one value here, whatever the data.
        types: Names of the types.
        lengths: Smallest and largest size of containers and texts.
        numbers: Smallest and largest number or date, and their sum, None before the first.
        suspects: How many numbers look personal.
        texts: Texts with counts, of few distinct ones.
        personal: Whether a text looked personal.
        value: The last value that was seen.
        items: What lists hold.
        entries: What mappings hold.
        fields: What dicts hold, by key.
    """

    name: str = ""
    single: bool = True
    types: Counter[str] = field(default_factory=Counter)
    lengths: dict[str, tuple[int, int]] = field(default_factory=dict)
    low: Any = None
    high: Any = None
    total: float = 0.0
    numbers: int = 0
    suspects: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    personal: bool = False
    value: Any = None
    items: Node | None = None
    entries: Node | None = None
    fields: dict[str, Node] = field(default_factory=dict)

    @property
    def seen(self) -> int:
        """How many values stand here."""
        return sum(self.types.values())

    def facts(self, wish: Wish) -> list[str]:
        """What is told of the place, as far as the level allows."""
        facts = [
            plural(high, noun) if low == high else f"{low:,}-{high:,} {noun}s"
            for noun, (low, high) in sorted(self.lengths.items())
        ]
        reason = self._reason(wish)
        if reason:
            return [*facts, reason] if reason == HELD_BACK or self.is_leaf else facts
        if wish.figures:
            facts += self._figures()
        if wish.texts:
            facts += self._texts()
        return facts

    def _reason(self, wish: Wish) -> str:
        """Why no value is shown, or "": by all that were seen, whichever came last."""
        seen = self.value if len(self.types) == 1 and not is_number(self.value) else None
        worst = "" if {"str", "bytes"} & self.types.keys() else seen
        reason = held_back(self.name, worst, wish) if self.name else ""
        if reason or is_allowed(self.name or wish.name, wish):
            return reason
        return PERSONAL if self.personal or self._are_personal() else ""

    def _are_personal(self) -> bool:
        """Whether half of the numbers look personal."""
        if self.low == self.high:
            return is_personal_number(self.low, alone=True)
        return 0 < self.numbers <= 2 * self.suspects

    @property
    def is_leaf(self) -> bool:
        """Whether nothing is below."""
        return self.items is None and self.entries is None and not self.fields

    def _figures(self) -> list[str]:
        if self.low is None:
            return []
        if self.single and self.seen == 1:
            return [f"value {value_text(self.low, texts=False)}"]
        low, high = value_text(self.low, texts=False), value_text(self.high, texts=False)
        if low == high:
            return [f"always {low}"]
        mean = f" mean {format_scalar(self.total / self.numbers)}" if self.numbers else ""
        return [f"{low}..{high}{mean}"]

    def _texts(self) -> list[str]:
        if self.single and self.seen == 1:
            shown = is_exactly(self.value, str, bool)
            return [f"value {value_text(self.value, texts=True)}"] if shown else []
        if not 0 < len(self.texts) <= _FEW_DISTINCT:
            return []
        ranked = sorted(self.texts.items(), key=lambda pair: (-pair[1], pair[0]))
        often = [(text, n) for text, n in ranked if n >= _LEAST_SEEN][:_MAX_TOP]
        words = [f"{name_of(text)} {format_share(n / self.seen)}" for text, n in often]
        return [f"{len(self.texts)} distinct: {' '.join(words)}"] if words else []


class Tree:
    """How much of the data was walked, and what was not."""

    def __init__(self) -> None:
        self.left = _MAX_VALUES
        self.hidden = 0
        self.cut: dict[str, None] = {}

    @property
    def left_out(self) -> list[str]:
        """What was not looked at, one phrase each."""
        hidden = [f"{plural(self.hidden, 'key')}, hidden by the user"] if self.hidden else []
        return [*hidden, *self.cut]


def grow(root: Node, value: Any, wish: Wish) -> Tree:
    """Fill a node with a value and all that is in it."""
    tree = Tree()
    if is_secret_name(wish.name):
        root.name = wish.name
    _add(root, value, 0, tree, wish)
    return tree


def _add(node: Node, value: Any, depth: int, tree: Tree, wish: Wish) -> None:
    tree.left -= 1
    value = node.value = plain(value)
    if is_namedtuple(value):
        node.types[class_name(type(value))] += 1
        _add_dict(node, dict(fields_of(value)), depth, tree, wish)
    elif is_a(value, dict):
        node.types[class_name(type(value))] += 1
        _stretch(node, "key", dict.__len__(value))
        _add_dict(node, value, depth, tree, wish)
    elif is_a(value, *SEQUENCES):
        node.types[class_name(type(value))] += 1
        size = length_of(value)
        _stretch(node, "item", size)
        node.items = node.items or Node(node.name, single=False)
        most = _MAX_ITEMS if depth else _MAX_OUTER_ITEMS
        if _may_go_down(depth, tree, size, most):
            for each in head_of(value, most):
                if _has_room(tree):
                    _add(node.items, each, depth + 1, tree, wish)
    else:
        _add_leaf(node, value)


def _add_dict(node: Node, value: Any, depth: int, tree: Tree, wish: Wish) -> None:
    pairs = list(islice(dict.items(value), _MAX_ITEMS))
    maps = len(pairs) > _FEWEST_FIELDS and len(examples(each for _, each in pairs)) <= 2
    maps = maps or any(
        type(plain(key)) is not str or is_personal_text(plain(key)) for key, _ in pairs
    )
    if not pairs or not _may_go_down(depth, tree, dict.__len__(value), _MAX_ITEMS):
        return
    if maps:
        node.entries = node.entries or Node(node.name, single=False)
        for _, each in pairs:
            if _has_room(tree):
                _add(node.entries, each, depth + 1, tree, wish)
        return
    for key, each in pairs:
        name = plain(key)
        if is_hidden_name(name, wish):
            tree.hidden += 1
        elif name not in node.fields and len(node.fields) >= _MAX_FIELDS:
            tree.cut[f"keys after the first {_MAX_FIELDS} of one dict"] = None
        elif _has_room(tree):
            # What stands below a secret name is as secret.
            under = node.name if is_secret_name(node.name) else name
            child = node.fields.setdefault(name, Node(under, node.single))
            _add(child, each, depth + 1, tree, wish)


def _add_leaf(node: Node, value: Any) -> None:
    if is_of(value, "numpy", "ndarray"):
        node.types[array_form(value)] += 1
        return
    node.types[type_word(value)] += 1
    if type(value) is str:
        _stretch(node, "character", len(value))
        node.personal = node.personal or is_personal_text(value)
        if len(node.texts) <= _FEW_DISTINCT and len(value) <= 200:
            node.texts[value] += 1
    elif is_exactly(value, bytes, bytearray):
        _stretch(node, "byte", len(value))
    elif (is_number(value) or is_date(value)) and not is_missing(value):
        _add_number(node, value)


def _add_number(node: Node, value: Any) -> None:
    try:
        node.low = value if node.low is None or value < node.low else node.low
        node.high = value if node.high is None or value > node.high else node.high
        if is_number(value):
            node.suspects += is_personal_number(value)
            node.total += float(value)
            node.numbers += 1
    except (TypeError, ArithmeticError):  # dates with and without a zone, numbers beside dates
        return


def _stretch(node: Node, noun: str, size: int) -> None:
    low, high = node.lengths.get(noun, (size, size))
    node.lengths[noun] = (min(low, size), max(high, size))


def _may_go_down(depth: int, tree: Tree, size: int, most: int) -> bool:
    if depth >= _MAX_DEPTH:
        tree.cut[f"what is nested deeper than {_MAX_DEPTH} levels"] = None
        return False
    if size > most:
        tree.cut[f"items after the first {most:,} of one list or dict, in the figures"] = None
    return True


def _has_room(tree: Tree) -> bool:
    if tree.left <= 0:
        tree.cut[f"all after the first {_MAX_VALUES:,} values, in the figures"] = None
    return tree.left > 0
