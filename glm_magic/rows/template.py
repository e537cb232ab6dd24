"""A prompt with column names in braces, and what one row puts in their place.

What is the same for all rows goes first and the row last, so that every request begins with the
same bytes and providers bill them at their cached price: the template is sent as the task, with
its names in braces, and each row follows as the texts of these names.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from ..frames.cells import without_hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
_DOUBLE = "Double the braces that are text: {{ and }}."
_MISSING = "(missing)"


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read.

    Attributes:
        task: The template as it is sent: names in braces, doubled braces single.
        fields: The names, each once, in the order they come.
        hidden: Names or patterns of keys that never leave, though they lie in cells.
    """

    task: str
    fields: tuple[str, ...]
    hidden: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str, hidden: tuple[str, ...] = ()) -> Template:
        """Read a template.

        Raises:
            ArgumentError: A single brace, or no name in braces.
        """
        pieces, fields, done = [], [], 0
        for found in _PIECE.finditer(text):
            pieces.append(text[done : found.start()])
            done = found.end()
            if found[0] in ("{{", "}}"):
                pieces.append(found[0][0])
            elif found[1]:
                pieces.append(found[0])
                fields.append(found[1])
            else:
                message = f"The template has a brace that names no column: {_around(text, found)}"
                raise ArgumentError(message, _DOUBLE)
        if not fields:
            message = "The template names no column, so every row would be asked the same."
            raise ArgumentError(message, "Put a column's name in braces: Translate {title}.")
        return cls("".join([*pieces, text[done:]]).strip(), tuple(dict.fromkeys(fields)), hidden)

    def check(self, columns: Iterable[str]) -> None:
        """Refuse a name that is no column.

        Raises:
            ArgumentError: With the nearest column.
        """
        known = list(columns)
        for field in self.fields:
            if field not in known:
                shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
                remedy = f"{_DOUBLE} The columns are {shown}."
                raise ArgumentError.unknown("column in the template", field, known, remedy)

    def row(self, values: Sequence[object]) -> str | None:
        """What is sent of one row, its values in the order of `fields`; None if all are missing."""
        texts = [text_of(without_hidden(value, self.hidden)) for value in values]
        if all(text is None for text in texts):
            return None
        return "\n".join(
            f"<{field}>{_MISSING if text is None else text}</{field}>"
            for field, text in zip(self.fields, texts, strict=True)
        )


def text_of(value: object) -> str | None:
    """A cell as text, the same from every library; None for a missing one."""
    if isinstance(value, str):
        return value
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Real):
        return None if math.isnan(value) else repr(float(value))
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, list | tuple | dict | set | frozenset) or _has_axes(value):
        return _json(value)
    return str(value)


def _has_axes(value: object) -> bool:
    return bool(getattr(value, "ndim", None))


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError, RecursionError):  # keys that are no texts, or a circle
        return str(value)


def _plain(value: Any) -> object:
    """What JSON has no word for, in words that it has: all of it, in the same order each time."""
    if isinstance(value, set | frozenset):
        return sorted(value, key=_json)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if _has_axes(value) and hasattr(value, "tolist"):
        times = getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m")
        return (value.astype(str) if times else value).tolist()  # numpy has numbers for times
    return str(value)


def _around(text: str, found: re.Match[str]) -> str:
    return repr(text[max(0, found.start() - 15) : found.end() + 15])
