"""Read-only tools over the frames that go along with a question; offered only when named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..frames import is_frame
from ..frames.querying import query
from ..gathering import describe
from .declaring import Tool, tool_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..gathering import Detail

SHOW_ROWS = ("frame_query", "frame_head")
NAMES = (*SHOW_ROWS, "describe")
_MOST_ROWS = 50


def frame_tools(frames: Mapping[str, object], detail: Detail) -> dict[str, Tool]:
    """The tools by name; they change nothing, and columns that the user hides stay hidden.

    A description runs unasked, and tells of columns what the question itself may tell. What shows
    rows must be approved, unless `--rows` said already that rows may leave.

    Args:
        frames: What goes along, by name.
        detail: How much is told of each.
    """
    tables = {name: value for name, value in frames.items() if is_frame(value)}

    def table(frame: str) -> Any:
        if frame not in tables:
            names = ", ".join(tables) or "none"
            message = f"There is no frame {frame!r}; there are: {names}."
            raise LookupError(message)
        return tables[frame]

    def frame_query(sql: str) -> str:
        """Run one SQL SELECT (DuckDB) over the frames, each a table of its name; 50 rows at most.

        Use it to compute what the description of a frame does not say.
        """
        rules = {name: detail.hiding.of(value, name) for name, value in tables.items()}
        return query(sql, tables, rules, _MOST_ROWS)

    def frame_head(frame: str, rows: int = 10) -> str:
        """The first rows of a frame, 50 at most."""
        rows = max(1, min(rows, _MOST_ROWS))
        return describe(table(frame), frame, _with(detail, rows=rows)).text

    def describe_frame(frame: str) -> str:
        """The columns of a frame: types, missing cells, and what else may be told of it."""
        return describe(table(frame), frame, _with(detail, quantiles=True)).text

    made = (
        tool_of(frame_query, auto=detail.rows > 0, identity="built-in frame_query"),
        tool_of(frame_head, auto=detail.rows > 0, identity="built-in frame_head"),
        tool_of(describe_frame, auto=True, name="describe"),
    )
    return {one.name: one for one in made}


def _with(detail: Detail, *, rows: int = 0, quantiles: bool = False) -> Detail:
    level = "values" if detail.level == "rows" else detail.level
    return replace(detail, level=level, rows=rows, quantiles=quantiles, pictures=False)
