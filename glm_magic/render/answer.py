"""A whole answer as text: what was thought, what was said, what to know about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .cleaning import plain
from .escapes import note
from .footnotes import footnotes, plain_footnotes
from .headings import in_order
from .inert import inert, language
from .lines import pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..chat.messages import Source


@dataclass(frozen=True)
class CodeBlock:
    """One fenced block of an answer.

    Attributes:
        language: The first word of the fence's info string; empty if there is none.
        source: The code, lines joined by newlines, none at the end.
    """

    language: str
    source: str


def answer_markdown(
    text: str,
    reasoning: str = "",
    *,
    thought_seconds: float | None = None,
    footer: str = "",
    warnings: Sequence[str] = (),
    sources: Sequence[Source] = (),
) -> str:
    """The final, self-contained Markdown of an answer, safe as a fresh notebook output.

    Args:
        text: The assistant's words, untouched.
        reasoning: The model's reasoning, untouched; shown folded in front of the answer.
        thought_seconds: How long the reasoning took, in seconds.
        footer: One line about the answer, plain text; shown small.
        warnings: One line each, plain text; shown after the answer.
        sources: Pages that the answer rests on; shown as footnotes.

    Returns:
        Markdown with a blank line between its parts; empty if all parts are.
    """
    shown = inert(in_order(text)[0]).strip("\n")
    folded_thoughts = thoughts(reasoning, thought_seconds, before=shown)
    ended = answer_end(shown, footer=footer, warnings=warnings, sources=sources)
    return "\n\n".join(filter(None, (folded_thoughts, ended)))


def answer_end(
    shown: str, *, footer: str = "", warnings: Sequence[str] = (), sources: Sequence[Source] = ()
) -> str:
    """The last words of an answer, inert already, and what stands below them.

    Arguments as for `answer_markdown`.
    """
    parts = [shown.strip("\n"), footnotes(sources)]
    parts += [f"> ⚠ *{note(plain(warning))}*" for warning in warnings if warning.strip()]
    if footer.strip():
        parts.append(f"<small>{note(plain(footer))}</small>")
    return "\n\n".join(part for part in parts if part.strip())


def thoughts(reasoning: str, thought_seconds: float | None, *, before: str) -> str:
    """The reasoning folded under one line; "" when there is none.

    Args:
        reasoning: The model's own words, untouched.
        thought_seconds: How long it took, in seconds.
        before: What follows it, or its first characters: they decide the room between the two,
            so that an answer that grows stands where the finished one will.
    """
    if not reasoning.strip():
        return ""
    # Front ends put no room below a folded line, but some above a heading, and styles do not
    # survive everywhere.
    room = "" if before.startswith("#") else "<br>"
    return f"{folded(_thought(thought_seconds), in_order(reasoning)[0])}{room}"


def folded(line: str, markdown: str) -> str:
    """Model text folded under one line, set off from what follows when it is unfolded."""
    # Made inert before it is wrapped: nothing in it is left open, so nothing can end this.
    inside = inert(markdown).strip("\n")
    head = f"<details><summary>{note(plain(line))}</summary><blockquote>"
    return f"{head}\n\n{inside}\n\n</blockquote></details>"


def answer_plain(
    text: str,
    reasoning: str = "",
    *,
    thought_seconds: float | None = None,
    footer: str = "",
    warnings: Sequence[str] = (),
    sources: Sequence[Source] = (),
) -> str:
    """The same answer for `text/plain` and terminals; arguments as for `answer_markdown`."""
    parts = []
    if reasoning.strip():
        parts.append(f"[{_thought(thought_seconds)}]\n{plain(reasoning).strip()}\n[Answer]")
    parts += [plain(text).strip("\n"), plain_footnotes(sources)]
    parts += [f"⚠ {_one_line(warning)}" for warning in warnings if warning.strip()]
    if footer.strip():
        parts.append(f"({_one_line(footer)})")
    return "\n\n".join(part for part in parts if part.strip())


def code_blocks(markdown: str) -> list[CodeBlock]:
    """Every fenced block of an answer in order, an unclosed last one included.

    As CommonMark reads them: backticks or tildes, in lists and quotes too, without the
    indentation and marks of what they lie in. Invisible and steering characters are shown or
    removed as `inert` does, so that what is inserted is what was seen.
    """
    return [
        CodeBlock(language(piece.fence.info), "\n".join(piece.fence.lines))
        for piece in pieces(plain(markdown))
        if piece.fence
    ]


def fenced(text: str, language: str) -> str:
    """The text as one code block, whatever fences it holds."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}" if text.strip() else ""


def _thought(seconds: float | None) -> str:
    if seconds is None:
        return "Thoughts"
    if seconds < 60:
        return f"Thought for {seconds:.1f} s"
    return f"Thought for {int(seconds // 60)} min {int(seconds % 60)} s"


def _one_line(text: str) -> str:
    return " ".join(plain(text).split())
