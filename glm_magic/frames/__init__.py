"""What a frame looks like to a model: columns and statistics, rows only when asked.

`libraries` says which library owns an object, `opening` gives it unique column names, `measure`
computes column records where the data lives, `summary` prints them within a token budget. No
DataFrame library is ever imported here, and narwhals only when a frame is described.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glm_magic.frames.libraries import is_frame

if TYPE_CHECKING:
    from glm_magic.chat.attachments import Attachment

__all__ = ["describe", "is_frame"]


def describe(
    frame: object, name: str, *, level: str = "values", rows: int = 0, max_tokens: int = 1500
) -> Attachment:
    """Describe a frame to a model; the text is the same for the same data.

    Args:
        frame: A pandas or polars DataFrame or Series, a polars LazyFrame, or a pyarrow Table.
            It is not changed, not copied, and a LazyFrame is never collected whole.
        name: The variable's name, as the user knows it.
        level: "schema" (names, types, missing), "stats" (+ ranges, distinct class, shape of
            text) or "values" (+ frequent values of columns with few distinct values).
        rows: Raw rows, from the head, to show below the columns; the level is then "rows".
        max_tokens: Estimated tokens the description of the columns may take. Raw rows may
            take four times as many on top.

    Returns:
        The text with its digest, the level that was reached, shape (rows, columns), and notes
        on what was left out.

    Raises:
        FrameError: The object is no frame that can be described, or it cannot be read.
        ArgumentError: An unknown level, or a number below zero.
    """
    from glm_magic.frames.describing import describe as describe_frame

    return describe_frame(frame, name, level=level, rows=rows, max_tokens=max_tokens)
