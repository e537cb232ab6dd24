"""Which code of an answer becomes a cell, and how it must be written to be one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .answer import CodeBlock

_PYTHON = ("python", "py", "python3", "ipython", "ipython3", "pycon", "")
# Languages that IPython runs by a cell magic.
_MAGICS = {
    "bash": "bash", "sh": "bash", "shell": "bash", "zsh": "bash", "console": "bash",
    "html": "html", "javascript": "javascript", "js": "javascript", "latex": "latex",
    "tex": "latex", "svg": "svg", "markdown": "markdown", "md": "markdown",
}  # fmt: skip


def cell_source(blocks: Sequence[CodeBlock], number: int | None = None) -> str:
    """The source of the cell that an answer's code makes; "" when there is none.

    Args:
        blocks: The answer's blocks in order.
        number: Which of them, from 1; None takes those of `one_cell`.
    """
    chosen = one_cell(blocks)[0] if number is None else [blocks[number - 1]]
    return "\n\n".join(map(as_cell, chosen))


def one_cell(blocks: Sequence[CodeBlock]) -> tuple[Sequence[CodeBlock], int]:
    """All Python of an answer, or its first block where there is none; and how many are left.

    A cell magic takes whatever stands below it, and is none below other code: where there is one,
    the first block stands alone.
    """
    python = [block for block in blocks if _named(block) in _PYTHON[:-1]]
    chosen = python or [block for block in blocks if not block.language][:1] or blocks[:1]
    alone = any(as_cell(block).lstrip().startswith("%%") for block in chosen)
    return (chosen[:1], len(chosen) - 1) if alone else (chosen, 0)


def as_cell(block: CodeBlock) -> str:
    """One block as the source of a cell; another language gets the magic that runs it.

    A language without one becomes comments: it must not look like Python.
    """
    language = _named(block)
    if language in _PYTHON:
        return _without_prompts(block.source) if language == "pycon" else block.source
    if language in _MAGICS:
        return f"%%{_MAGICS[language]}\n{block.source}"
    lines = [f"# {block.language}:", *block.source.split("\n")]
    return "\n".join(line if line.startswith("#") else f"# {line}".rstrip() for line in lines)


def _named(block: CodeBlock) -> str:
    return block.language.strip("{}.").lower()


def _without_prompts(source: str) -> str:
    """The input lines of an interactive session."""
    lines = source.split("\n")
    return "\n".join(line[4:] for line in lines if line.startswith((">>> ", "... ")))
