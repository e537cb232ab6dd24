"""Headings in order: none stands more than one level below the one above it.

Who reads with a screen reader moves from heading to heading and by their levels; models like to
jump from `##` to `####`.
"""

from __future__ import annotations

import re

from .cleaning import plain
from .lines import LineReader

# The open headings, outermost first: the level as written, and as shown.
Levels = tuple[tuple[int, int], ...]

_MAY_HOLD = re.compile(r"#[ \t\n]|#$|^[ \t>]*(?:=+|-+)[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(?:(=+)|-+) *$")


def in_order(markdown: str, above: Levels = ()) -> tuple[str, Levels]:
    """The text with its headings in order.

    Args:
        markdown: What the model wrote; it is not inert yet.
        above: What this function returned for the text above it; a growing answer comes in
            pieces.

    Returns:
        The text, cleaned as `plain` does, with some `#` fewer, and the headings open at its end.
    """
    markdown = plain(markdown)
    if not _MAY_HOLD.search(markdown):
        return markdown, above
    reader, written = LineReader(), []
    for line in markdown.split("\n"):
        underlines = reader.in_paragraph and not reader.containers
        text = reader.text if reader.read(line) == "prose" else ""
        heading, underline = _HEADING.match(text), underlines and _UNDERLINE.match(text)
        if underline:
            above = _opened(above, 1 if underline[1] else 2)
            reader.in_paragraph = False
        elif heading:
            above = _opened(above, len(heading[1]))
            spare = len(heading[1]) - above[-1][1]
            if spare and line.endswith(text):
                at = len(line) - len(text) + heading.start(1)
                line = line[:at] + line[at + spare :]
        written.append(line)
    return "\n".join(written), above


def _opened(above: Levels, level: int) -> Levels:
    """The open headings when one of this level has come."""
    outer = tuple(one for one in above if one[0] < level)
    return (*outer, (level, min(level, outer[-1][1] + 1) if outer else level))
