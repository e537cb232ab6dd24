"""Names and values as text that a reader sees as it is: escaped, redacted, cut, formatted."""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeAlias

from glm_magic.keys import MARKER, redact_secrets

Scalar: TypeAlias = bool | int | float | Decimal | datetime | date | time | timedelta

_SCALARS = frozenset({bool, int, float, Decimal, datetime, date, time, timedelta})

MAX_NAME_CHARACTERS = 60
MAX_VALUE_CHARACTERS = 40

# Characters that show nothing although Unicode counts them as letters or marks: fillers, the
# grapheme joiner, Mongolian and other variation selectors. U+FE0F stays, every emoji has it.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0e"
    "\U000e0100-\U000e01ef]"
)
# Control, format (bidi, zero-width, tags), surrogate, private use, unassigned; line separators.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# A redacted secret, or one character.
_PIECES = re.compile(rf"{MARKER.pattern.replace('(', '(?:')}|(?s:.)")
# A secret that begins in the part that is shown must be recognized.
_LOOK_AHEAD = 1000
_BARE = re.compile(r"[^\W\d][\w.\-]*|-?\d+(?:\.\d+)?")


def is_scalar(value: object) -> bool:
    """Whether a value is a plain number or date whose own methods can be trusted to be quick.

    A user's subclass may do anything when it is compared or printed.
    """
    kind = type(value)
    if kind in _SCALARS:
        return True
    module = str(type.__getattribute__(kind, "__module__")).partition(".")[0]
    return module in ("numpy", "pandas") and issubclass(kind, Scalar)


def span_text(value: object) -> str | None:
    """A period or interval of pandas as pandas writes it, such as "2024-01"; None for the rest."""
    known = vars(sys.modules["pandas"]) if "pandas" in sys.modules else {}
    spans = (known.get("Period"), known.get("Interval"))
    return str(value) if any(type(value) is span for span in spans) else None


def is_hidden(character: str) -> bool:
    """Whether a character is invisible or can reorder the text around it."""
    if character.isascii():
        return not character.isprintable()
    category = unicodedata.category(character)
    return category in _HIDDEN_CATEGORIES or _INVISIBLE.match(character) is not None


def count_hidden(text: str, max_characters: int) -> int:
    """How many characters of the part that is shown are shown as escapes."""
    return sum(map(is_hidden, text[:max_characters]))


def visible(text: str, max_characters: int) -> str:
    """The text on one line, secrets redacted, hidden characters escaped, cut with "…".

    Secrets are found before the cut: half a key would not be found any more. What stands for one
    is never cut, so that it can be counted.
    """
    text = redact_secrets(text[: max_characters + _LOOK_AHEAD], max_characters + 1)
    if len(text) <= max_characters and text.isascii() and text.isprintable():
        return text
    pieces: list[str] = []
    length = 0
    for piece in _PIECES.findall(text):
        if len(piece) == 1:
            piece = _escape(piece) if is_hidden(piece) else piece
            length += len(piece)
        if length > max_characters:
            return "".join(pieces) + "…"
        pieces.append(piece)
    return "".join(pieces)


def quoted(text: str, max_characters: int) -> str:
    """Visible text, in double quotes unless it is one plain word or number."""
    shown = visible(text, max_characters)
    return shown if _BARE.fullmatch(shown) else f'"{shown.replace(chr(34), chr(92) + chr(34))}"'


def format_value(value: object) -> str:
    """A frequent value as text: words bare, anything else quoted."""
    if isinstance(value, Scalar):
        return format_scalar(value)
    text = value if isinstance(value, str) else span_text(value)
    return f"<{type_name(value)}>" if text is None else quoted(text, MAX_VALUE_CHARACTERS)


def format_scalar(value: Scalar) -> str:
    """A number with 4 significant digits (whole numbers in full), or a date in ISO form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**20 else f"{Decimal(value):.3e}"
    if isinstance(value, float | Decimal):
        return _format_float(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, timedelta):
        return _format_duration(value)
    return value.isoformat()


def exact_scalar(value: Scalar) -> str:
    """A number or date as it is, nothing rounded or left out; "" for NaN."""
    if isinstance(value, float):
        return "" if value != value else repr(float(value)).removesuffix(".0")
    if isinstance(value, Decimal):
        return "" if value.is_nan() else str(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, timedelta):
        return _exact_duration(value)
    return str(value) if type(value) is int else format_scalar(value)


def format_share(share: float) -> str:
    """A share from 0 to 1 as percent; never rounded to all or nothing."""
    percent = share * 100
    if 0 < percent < 0.1:
        return "<0.1%"
    if 99.9 < percent < 100:
        return ">99.9%"
    if percent >= 9.95 and round(percent) < 100:
        return f"{percent:.0f}%"
    text = f"{percent:.1f}"
    return text.removesuffix(".0") + "%"


def type_name(value: object) -> str:
    """The name of a value's class, safe to show; the value itself is never asked."""
    return visible(type.__getattribute__(type(value), "__name__"), MAX_VALUE_CHARACTERS)


def _escape(character: str) -> str:
    point = ord(character)
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _format_float(value: float | Decimal) -> str:
    if not math.isfinite(value):
        return str(float(value))
    size = abs(float(value))
    if size < 1e15 and value == int(value):
        return str(int(value))
    short = f"{float(value):.4g}"
    # 27123.4 is 2.712e+04 to Python; a reader wants 27120.
    return str(int(float(short))) if "e" in short and 1 < size < 1e15 else short


def _format_duration(value: timedelta) -> str:
    size = abs(value)
    # The longest of all cannot be rounded up.
    if size < timedelta(milliseconds=1) or size.days > 10**8:
        return _exact_duration(value)
    # Below a minute a second is much.
    whole = timedelta(milliseconds=1) if size < timedelta(minutes=1) else timedelta(seconds=1)
    rounded = round(size.total_seconds() / whole.total_seconds()) * whole
    return _exact_duration(-rounded if value < timedelta(0) else rounded)


def _exact_duration(value: timedelta) -> str:
    size = abs(value)
    nanoseconds = getattr(size, "nanoseconds", 0)  # of pandas
    fraction = f".{size.microseconds:06}{nanoseconds:03}".rstrip("0.")
    clock = f"{size.seconds // 3600}:{size.seconds % 3600 // 60:02}:{size.seconds % 60:02}"
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}{f'{size.days}d ' if size.days else ''}{clock}{fraction}"
