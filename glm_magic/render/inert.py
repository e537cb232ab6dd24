"""The one place that makes model text safe to show.

JupyterLab and Notebook 7 do not sanitize a fresh `text/markdown` output: raw HTML in it runs on
the user's server, images are fetched, pages are left. `inert` leaves Markdown that looks the same
and does nothing, in JupyterLab, nbconvert, VS Code and on GitHub.

Why code can be trusted to stay code:

- Every fence in the result is one of ours: backticks, one common length that no line of code
  reaches, always an info word, always closed. A parser that misses an opening takes the closing
  for an opening, and the next code is still code.
- Only a fence outside all containers may hold raw `<`. It stands in column 0 between blank lines,
  where no list, quote or paragraph can claim it, and where no formula can start before it: the
  prose holds no math opener but in checked formulas.
- All other code that could come alive is written as entities, on one line.
"""

from __future__ import annotations

import re

from .cleaning import plain
from .escapes import code_block
from .lines import Fence, Piece, pieces
from .prose import prose

__all__ = ["inert", "plain"]

_LONGEST_RUN = 16  # backticks; code with longer runs is written as entities
_RUN = re.compile(r"`{3,}")
_WORD = re.compile(r"[\w+#-][\w+#.-]*")
# Jupyter lifts math before it knows what code is. Dollars in fences are spared, these are not.
_LIFTED = re.compile(r"\\(?:begin|end)\{|\\\\[\[\]()]|@@\d+@@|`{17}")
# In a container the parsers differ: nothing may be in there that does harm outside of code.
_ALIVE = re.compile(
    r"(?m)^[ \t]*\[[^\]\n]*$|<[A-Za-z/!?]|!\[|\][(:]|[$]|\\(?:begin|end)\{|\\\\[\[\]()]|@@|`{3}|~{3}|(?i:ftp)://"
)


def inert(markdown: str) -> str:
    """Model text as Markdown that runs, fetches and opens nothing by itself.

    Pure, total and meant for the whole text each time, also for the tail of a stream. The result
    holds no HTML but the tags in `escapes.OWN_TAGS` without attributes, no image, no link but to
    http, https, mailto or a fragment, no drawn diagram, no open fence, formula or tag.

    Args:
        markdown: What the model wrote.

    Returns:
        Markdown; each construct it opens is closed.
    """
    found = pieces(plain(markdown))
    longest = max((_longest_run(piece.fence) for piece in found if piece.fence), default=0)
    mark = "`" * max(3, longest + 1)
    written: list[str] = []
    for index, piece in enumerate(found):
        top = _is_top(piece)
        text = _top_fence(piece.fence, mark) if top and piece.fence else _inner(piece, mark)
        if index:
            # Blank lines on both sides: no formula, HTML block or paragraph reaches across.
            apart = top or _is_top(found[index - 1])
            written.append(_blank_line(written[-1], text) if apart else "\n")
        written.append(text)
    return "".join(written)


def _blank_line(before: str, behind: str) -> str:
    """The line ends that are missing for a blank line in between: each costs bytes in a file."""
    there = len(before) - len(before.rstrip("\n")) + len(behind) - len(behind.lstrip("\n"))
    return "\n" * max(0, 2 - there)


def language(info: str) -> str:
    """The language word of a fence's info string, word characters only; may be empty."""
    match = _WORD.search(info)
    return match[0] if match else ""


def _is_top(piece: Piece) -> bool:
    return piece.fence is not None and not piece.fence.depth


def _inner(piece: Piece, mark: str) -> str:
    if piece.fence:
        return _nested_fence(piece.fence, mark)
    if piece.kind == "indented":
        return piece.first + code_block("\n".join(piece.lines))
    return prose("\n".join(piece.lines))


def _shown_language(info: str) -> str:
    """Never empty, so that an opening fence can never be taken for a closing one."""
    word = language(info)
    return "text" if not word or "mermaid" in word.lower() else word


def _top_fence(fence: Fence, mark: str) -> str:
    code = "\n".join(fence.lines)
    if _LIFTED.search(code):
        return code_block(code)
    return f"{mark}{_shown_language(fence.info)}\n{code}{'' if not fence.lines else chr(10)}{mark}"


def _nested_fence(fence: Fence, mark: str) -> str:
    code = "\n".join(fence.lines)
    if _ALIVE.search(code):
        return fence.first + code_block(code)
    lines = [f"{fence.first}{mark}{_shown_language(fence.info)}"]
    lines += [
        f"{fence.rest}{line}".rstrip(" ") if not line else fence.rest + line for line in fence.lines
    ]
    return "\n".join([*lines, fence.rest + mark])


def _longest_run(fence: Fence) -> int:
    runs = (len(run) for line in fence.lines for run in _RUN.findall(line))
    return max((run for run in runs if run <= _LONGEST_RUN), default=0)
