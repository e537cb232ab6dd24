"""What a function returned, as a bounded text without secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..keys import redact_secrets
from .declaring import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..gathering import Hiding

MOST_CHARACTERS = 8_000
_TAIL = 2_000
_ROWS = 20


def outcome_of(value: Any, hiding: Hiding | None = None) -> Outcome:
    """The result for the model: text, JSON where it is some, a table with its first rows.

    Args:
        value: What the function returned.
        hiding: Columns and keys that never leave.
    """
    if isinstance(value, Outcome):
        return Outcome(bounded(value.text), value.images)
    return Outcome(bounded(_text(value, hiding.of(value)[0] if hiding else ())))


def bounded(text: str) -> str:
    """At most so many characters and told when there were more, without secrets.

    The end stays as well as the beginning: there an error stands, and a total.
    """
    text = redact_secrets(text)
    left = len(text) - MOST_CHARACTERS
    if left > 0:
        head, tail = text[: MOST_CHARACTERS - _TAIL], text[-_TAIL:]
        text = f"{head}\n… ({left:,} characters left out) …\n{tail}"
    return text or "(nothing)"


def _text(value: Any, hidden: Sequence[str]) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool | int | float | list | tuple | dict):
        try:
            return json.dumps(_shown(value, hidden), ensure_ascii=False)
        except (TypeError, ValueError, RecursionError):
            pass
    from ..variables import describe

    return describe(value, "result", rows=_ROWS, hidden=hidden).text


def _shown(value: Any, hidden: Sequence[str]) -> Any:
    if not hidden:
        return value
    from ..frames.cells import without_hidden  # which needs narwhals

    return without_hidden(value, hidden)
