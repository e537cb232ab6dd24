"""A small table for people: Markdown in a notebook, aligned text in a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from IPython.display import display

if TYPE_CHECKING:
    from collections.abc import Sequence


def show_table(heads: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]) -> None:
    """Display a table with notes below it."""
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in (heads, ["-" * width for width in widths], *rows)]  # fmt: skip
    plain = "\n".join([*lines, *(textwrap.fill(note, 100) for note in notes)])
    table = [_markdown_row(heads), _markdown_row(["---"] * len(heads)), *map(_markdown_row, rows)]
    markdown = "\n".join([*table, "", *(f"<small>{_escaped(note)}</small>  " for note in notes)])
    display({"text/plain": plain, "text/markdown": markdown}, raw=True)


def _escaped(text: str) -> str:
    for mark in "\\`*_{}[]<>#$|~":
        text = text.replace(mark, f"\\{mark}")
    return text


def _markdown_row(cells: Sequence[str]) -> str:
    return (
        f"| {' | '.join(map(_escaped, cells))} |"
        if cells[0] != "---"
        else "|---" * len(cells) + "|"
    )
