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
_DATE = re.compile(r"\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}[/.]\d{1,2}[/.]\d{1,2}")
_DATETIME = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ]\d{1,2}:\d{2}.*")
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+(?:[eE][-+]?\d+)?")
_JSON = re.compile(r"\s*(?:\{.*|\[.*)", re.DOTALL)
_SENTENCE = re.compile(r"\S+(?:\s+\S+){4,}", re.DOTALL)


def _full(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


# In order: the first that most texts match is the column's pattern.
PATTERNS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("e-mail", _full(EMAIL)),
    ("URL", _full(_URL)),
    ("UUID", _full(_UUID)),
    ("ID number", _full(NATIONAL_ID)),
    ("date as text (YYYY-MM-DD)", _full(_ISO_DATE)),
    ("date as text", _full(_DATE)),
    ("datetime as text", _full(_DATETIME)),
    ("phone number", is_phone),
    ("IBAN", is_iban),
    ("IP address", is_ip),
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
