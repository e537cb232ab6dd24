"""What the texts of a column are: e-mail, URL, a date kept as text, free text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glm_magic.frames.personal import EMAIL, NATIONAL_ID, is_iban, is_ip, is_phone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_URL = re.compile(r"(?:https?|ftp|s3)://\S+")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_DAYS = {
    "year first": r"\d{4}([-./])\d{1,2}\1\d{1,2}",
    "year last": r"\d{1,2}([-./])\d{1,2}\1\d{2,4}",
    "month in words": rf"(?:\d{{1,2}}[ -]{_MONTH}[ -]\d{{2,4}}|{_MONTH} \d{{1,2}}, ?\d{{4}})",
}
_CLOCK = r"[T ,]{1,2}\d{1,2}:\d{2}.*"
_SIGN = r"(?:[$€£¥₹]|EUR|USD|GBP|CHF)"
_AMOUNT = r"[-+]?\d[\d.,' ]{0,20}"
_MONEY = re.compile(rf"[-+(]?{_SIGN} ?{_AMOUNT}\)?|{_AMOUNT}{_SIGN}")
_PERCENTAGE = re.compile(rf"{_AMOUNT}%")
_DECIMAL_COMMA = re.compile(r"[-+]?(?:\d{1,3}(?:[. ]\d{3})+|\d+),\d{1,2}|[-+]?\d+,\d{4,}")
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+(?:[eE][-+]?\d+)?")
_JSON = re.compile(r"\s*(?:\{.*|\[.*)", re.DOTALL)
_SENTENCE = re.compile(r"\S+(?:\s+\S+){4,}", re.DOTALL)


def _full(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


_DATES = (
    ("date as text (YYYY-MM-DD)", _full(_ISO_DATE)),
    *((f"date as text ({how})", _full(re.compile(day))) for how, day in _DAYS.items()),
    *((f"datetime as text ({how})", _full(re.compile(day + _CLOCK))) for how, day in _DAYS.items()),
)


def _is_date(text: str) -> bool:
    return any(matches(text) for _, matches in _DATES)


# In order: the first that most texts match is the column's pattern.
PATTERNS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("e-mail", _full(EMAIL)),
    ("URL", _full(_URL)),
    ("UUID", _full(_UUID)),
    ("ID number", _full(NATIONAL_ID)),
    *_DATES,
    ("dates as text in several forms", _is_date),
    ("phone number", is_phone),
    ("IBAN", is_iban),
    ("IP address", is_ip),
    ("percentage as text", _full(_PERCENTAGE)),
    ("amount of money as text", _full(_MONEY)),
    ("number as text with a decimal comma", _full(_DECIMAL_COMMA)),
    ("number as text", _full(_NUMBER)),
    ("JSON", _full(_JSON)),
    ("free text", _full(_SENTENCE)),
    # Who filters by a text must know its case.
    ("lower case", str.islower),
    ("upper case", str.isupper),
    ("title case", str.istitle),
)
_MOST = 0.9


def pattern_of(texts: Sequence[str]) -> str:
    """The name of the pattern that at least nine in ten texts match, or "".

    Args:
        texts: Values of the probe, shape (values,); long ones may be cut.
    """
    texts = [text.strip() for text in texts if text.strip()]
    allowed = len(texts) - _MOST * len(texts)
    for name, matches in PATTERNS if texts else ():
        misses = 0
        for text in texts:
            misses += not matches(text)
            if misses > allowed:
                break
        else:
            return name
    return ""
