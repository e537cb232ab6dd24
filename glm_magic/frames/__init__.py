"""What a frame looks like to a model: columns and statistics, rows only when asked.

`libraries` says which library owns an object, `opening` gives it unique column names, `measure`
computes column records where the data lives, `summary` prints them within a token budget. No
DataFrame library is ever imported here, and narwhals only when a frame is described.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glm_magic.frames.libraries import is_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from glm_magic.chat.attachments import Attachment

__all__ = ["describe", "is_frame"]


def describe(
    frame: object,
    name: str,
    *,
    level: str = "values",
    rows: int = 0,
    max_tokens: int = 1500,
    hidden: Iterable[str] = (),
    allowed: Iterable[str] = (),
    quantiles: bool = False,
    kind: str = "",
    remarks: Iterable[str] = (),
    say: Callable[[str], None] | None = None,
) -> Attachment:
    """Describe a frame to a model; the text is the same for the same data.

    Args:
        frame: A table or column of pandas, polars, pyarrow, DuckDB, Ibis, Dask or Spark. It is
            not changed, not copied, and what is lazy is never collected whole.
        name: The variable's name, as the user knows it.
        level: "schema" (names, types, missing), "stats" (+ ranges, distinct class, shape of
            text) or "values" (+ frequent values of columns with few distinct values).
        rows: Raw rows, from the head, to show below the columns; the level is then "rows".
        max_tokens: Estimated tokens the description of the columns may take. Raw rows may
            take four times as many on top.
        hidden: Names or patterns ("*_name", case matters) of columns and index levels that are
            left out altogether: the text only says how many.
        allowed: Names or patterns of likely personal columns whose values may be shown like
            those of any other column.
        quantiles: Whether quartiles and approximate distinct counts are computed too.
        kind: What the text calls the frame; "" for its library and class.
        remarks: Further lines about the frame for the model; they count as data.
        say: Is told in one line what is going on once that takes more than a second, and ""
            in the end; called from another thread.

    Returns:
        The text with its digest, the level that was reached, shape (rows, columns), and notes
        on what was left out.

    Raises:
        FrameError: The object is no frame that can be described, or it cannot be read.
        ArgumentError: An unknown level, a number below zero, or `hidden` is no list of names.
    """
    from glm_magic.frames.describing import Wish
    from glm_magic.frames.describing import describe as describe_frame
    from glm_magic.frames.hiding import patterns_of

    hide, show = patterns_of(hidden, "hidden"), patterns_of(allowed, "allowed")
    wish = Wish(level, rows, max_tokens, hide, show, quantiles, kind, tuple(remarks))
    return describe_frame(frame, name, wish, say)
