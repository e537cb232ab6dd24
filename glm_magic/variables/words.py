"""Values as short words: cut, quoted, and held back where they are nobody's business."""

from __future__ import annotations

import re
from functools import partial
from heapq import nsmallest
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..frames.escape import exact_scalar, format_scalar
from ..frames.personal import (
    SECRETS,
    is_personal_header,
    is_personal_number,
    is_personal_text,
    is_secret_name,
)
from ..keys import redact_secrets
from .plain import (
    SEQUENCES,
    class_attribute,
    class_name,
    examples,
    is_a,
    is_date,
    is_exactly,
    is_missing,
    is_namedtuple,
    is_number,
    is_of,
    own_name,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .finding import Wish

MAX_NAME, MAX_VALUE = 60, 60
_ITEMS, _DEPTH = 5, 2
_MAX_SORTED = 100_000  # of a set of several types
_MAX_INT_BITS = 4000  # Python itself refuses to print much longer ones

# Half a key is not found any more, so no text is cut within a word, or within what is known to be
# a secret. The longest are private keys.
_LONGEST_SECRET = 9000
_HALF_WORD_BEHIND = re.compile(r"[\w.\-]{1,64}\Z")
_HALF_WORD_AHEAD = re.compile(r"\A[\w.\-]{1,64}")
_SECRET_IN_TEXT = re.compile(
    rf"((?:{SECRETS})['\"]?\s*[=:]\s*)"
    r"('[^']*'?|\"[^\"]*\"?|[^\s,;)}\]]+)",
    re.I,
)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,16}\b")
HELD_BACK = "(a secret by its name, not shown)"
PERSONAL = "(personal?)"


def clip(text: str, most: int) -> str:
    """The head of a text, with "…" where it was cut."""
    if len(text) <= most:
        return text
    return _HALF_WORD_BEHIND.sub("", redact_secrets(text[: most + _LONGEST_SECRET], most)) + "…"


def tail(text: str, most: int) -> str:
    """The end of a text that is longer."""
    return _HALF_WORD_AHEAD.sub("", redact_secrets(text[-most - _LONGEST_SECRET :])[-most:])


def quote(text: str, most: int = MAX_VALUE) -> str:
    """A text in double quotes, on one line once hidden characters are escaped."""
    shown = clip(text, most).replace('"', '\\"')
    return f'"{shown}"'


def name_of(key: object) -> str:
    """A key or label as a reader writes it: words bare, other text quoted."""
    key = plain(key)
    if type(key) is str:
        return key if key.isidentifier() and len(key) <= MAX_NAME else quote(key, MAX_NAME)
    return value_text(key, texts=True, depth=1)


def value_text(
    value: Any,
    *,
    texts: bool,
    depth: int = _DEPTH,
    exact: bool = False,
    hidden: Sequence[str] = (),
    allowed: Sequence[str] = (),
) -> str:
    """Any value in a few words; a foreign object is shown by its class only.

    Args:
        value: Anything.
        texts: Whether texts inside may be shown; else their lengths are.
        depth: How many levels of containers are looked into.
        exact: Whether numbers and dates are written in full, as in raw rows.
        hidden: Names or patterns of keys that are left out.
        allowed: Names or patterns of keys in containers that look personal and may be shown, as
            all may in raw rows.
    """
    value = plain(value)
    if type(value) is str:
        return quote(value) if texts else f"str of {len(value):,} characters"
    if value is None or is_exactly(value, bool, complex):
        return str(value)
    if type(value) is int and value.bit_length() > _MAX_INT_BITS:
        return f"int of {value.bit_length():,} bits"
    if is_number(value) or is_date(value):
        return "nan" if is_missing(value) else (exact_scalar if exact else format_scalar)(value)
    if is_missing(value):
        return "missing"
    if is_exactly(value, bytes, bytearray):
        return f"<{len(value):,} bytes>"
    if is_of(value, "numpy", "ndarray"):
        return f"<{array_form(value)}>"
    if depth and is_a(value, dict, *SEQUENCES):
        allowed = ("*",) if exact else allowed
        show = partial(
            _inside, texts=texts, depth=depth - 1, exact=exact, hidden=hidden, allowed=allowed
        )
        return _nested(value, texts, hidden, show)
    return f"<{own_name(type(value))}>"


def array_form(value: Any) -> str:
    """Size and type of a numpy array: "array 3 × 4 f64"."""
    from .dtypes import base_array, dtype_text, size_text

    array = base_array(value)
    return f"array {size_text(array.shape)} {dtype_text(array.dtype)}".replace("  ", " ")


def type_word(value: object) -> str:
    """What a reader calls the type of a value."""
    return "None" if value is None else own_name(type(value))


def items_of(value: Any) -> Iterator[Any]:
    """The items of a built-in container, or of a subclass, by the built-in's own method."""
    kind = next(kind for kind in (dict, *SEQUENCES) if is_a(value, kind))
    items: Any = dict.items if kind is dict else vars(kind)["__iter__"]
    return iter(items(value))


def fields_of(value: Any) -> list[tuple[str, Any]]:
    """Names and values of a named tuple."""
    names = class_attribute(type(value), "_fields")
    return list(zip(names, tuple.__iter__(value), strict=False))


def length_of(value: Any) -> int:
    """The length of a built-in container, or of a subclass, by the built-in's own method."""
    kind = next(kind for kind in (dict, *SEQUENCES) if is_a(value, kind))
    return int(vars(kind)["__len__"](value))


def head_of(value: Any, most: int) -> list[Any]:
    """The first items of a container; a set's in an order that is the same in every run."""
    items = items_of(value)
    if not is_a(value, set, frozenset):
        return list(islice(items, most))
    kinds = examples(items_of(value))
    if len(kinds) == 1 and is_exactly(kinds[0], int, str, bytes):
        return sorted(items)[:most]
    return nsmallest(most, islice(items, _MAX_SORTED), key=_rank)


def is_hidden_name(name: str, wish: Wish) -> bool:
    """Whether the user has hidden this key or column."""
    return _matches(name, wish.hidden)


def is_allowed(name: str, wish: Wish) -> bool:
    """Whether the user has allowed to show what looks personal."""
    return _matches(name, wish.allowed)


def held_back(name: str, value: object, wish: Wish) -> str:
    """Why a value under this name is not shown, or ""."""
    reason = reason_for(name, value)
    return "" if reason == PERSONAL and is_allowed(name, wish) else reason


def reason_for(name: str, value: object) -> str:
    """The same where nothing is allowed."""
    value = plain(value)
    if (is_exactly(value, str, bytes) or is_a(value, dict, *SEQUENCES)) and is_secret_name(name):
        return HELD_BACK
    if type(value) is bool:
        return ""
    personal = is_personal_text(value) if type(value) is str else is_personal_number(value)
    return PERSONAL if personal or is_personal_header(name) else ""


def without_secrets(text: str) -> str:
    """A text that another class wrote, without passwords and without addresses in memory."""
    return _ADDRESS.sub("0x…", _SECRET_IN_TEXT.sub(r"\1[secret]", text))


def _matches(name: str, patterns: Sequence[str]) -> bool:
    if not patterns:
        return False
    from ..frames.hiding import matches  # which needs narwhals

    return matches(name, patterns)


def _inside(value: Any, key: object = "", *, allowed: Sequence[str], **options: Any) -> str:
    """An item of a container, unless it looks personal or the key it stands under says so."""
    key = plain(key)
    name = key if type(key) is str else ""
    reason = reason_for(name, value)
    if reason == HELD_BACK or (reason and not _matches(name, allowed)):
        return reason
    return value_text(value, allowed=allowed, **options)


def _nested(value: Any, texts: bool, hidden: Sequence[str], show: Callable[..., str]) -> str:
    size, items = length_of(value), head_of(value, _ITEMS)
    if is_namedtuple(value):
        items = [each for name, each in fields_of(value) if not _matches(name, hidden)][:_ITEMS]
    if is_a(value, dict):
        words = (
            _entry(key, each, texts, show)
            for key, each in items
            if not (type(key) is str and _matches(key, hidden))
        )
        opening, closing = "{", "}"
    else:
        words = (show(each) for each in items)
        opening, closing = ("(", ")") if is_a(value, tuple) else ("[", "]")
        opening, closing = ("{", "}") if is_a(value, set, frozenset) else (opening, closing)
    shown = ", ".join(words)
    return f"{opening}{shown}{', …' if size > _ITEMS else ''}{closing}"


def _entry(key: Any, value: Any, texts: bool, show: Callable[..., str]) -> str:
    name = name_of(key) if texts else class_name(type(key))
    return f"{reason_for('', key) or name}: {show(value, key)}"


def _rank(value: object) -> tuple[str, float, str]:
    """By class, then numbers by size and the rest by text; never with a method of the object."""
    name, value = class_name(type(value)), plain(value)
    if is_number(value) and not is_missing(value):
        try:
            return name, float(value), ""  # type: ignore[arg-type]
        except OverflowError:
            return name, float("inf"), ""
    return name, 0.0, value if type(value) is str else value_text(value, texts=True)
