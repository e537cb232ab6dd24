"""The pages that a web search found, as footnotes: where each link leads is said beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cleaning import plain
from .escapes import literal
from .links import host, inline_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..chat.messages import Source

_MOST_CHARACTERS = 200


def footnotes(sources: Sequence[Source]) -> str:
    """One line a page, inert; "" when there are none."""
    return "\n".join(_line(number, source) for number, source in enumerate(sources, 1))


def plain_footnotes(sources: Sequence[Source]) -> str:
    """The same for a terminal."""
    lines = []
    for number, one in enumerate(sources, 1):
        told = (_mark(number, one), one.title, one.date, one.link)
        lines.append(" ".join(plain(" ".join(part.split())) for part in told if part))
    return "\n".join(lines)


def _line(number: int, source: Source) -> str:
    title = literal(plain(source.title)[:_MOST_CHARACTERS]) or "page"
    hit = inline_target(f"({plain(source.link).strip()})", 0)
    shown = title
    if hit and hit[0].startswith(("http://", "https://")):
        shown = f"[{title}]{hit[1]} ({literal(host(hit[0]))})"
    date = f", {literal(plain(source.date)[:40])}" if source.date else ""
    return f"- <small>{literal(_mark(number, source))} {shown}{date}</small>"


def _mark(number: int, source: Source) -> str:
    return f"[{source.mark[:40] or number}]"
