"""What can be told of a turn for itself: whether its cell was saved, a digest of what it says."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .order import base_cell

if TYPE_CHECKING:
    from .turns import Turn

# What notebook files take as a cell's id; other ids are a front end's own, never in a file.
_IN_FILES = re.compile("[A-Za-z0-9_-]{1,64}")


def saved_before(turn: Turn, saved_at: str) -> bool:
    """Whether the notebook was written after this turn had ended, so with its cell.

    Args:
        turn: One that a cell of the notebook asked.
        saved_at: ISO 8601 in UTC; "" for not known.
    """
    if not saved_at or not _IN_FILES.fullmatch(base_cell(turn.cell)):
        return False
    try:
        asked_at = datetime.fromisoformat(turn.created)
        return asked_at + timedelta(seconds=turn.seconds) < datetime.fromisoformat(saved_at)
    except (ValueError, TypeError, OverflowError):  # a time that somebody else wrote
        return False


def digest_with(before: str, turn: Turn) -> str:
    """Of a turn and all before it; the same whether or not the texts of attachments are known."""
    words = [before, turn.prompt, *(one.digest for one in turn.attachments), turn.text]
    return hashlib.sha256("\0".join(words).encode("utf-8", "replace")).hexdigest()[:32]
