"""A small table for people: Markdown in a notebook, aligned text in a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from IPython.display import display

from ..render.cleaning import plain
from ..render.escapes import literal
from ..store.marking import MARK

if TYPE_CHECKING:
    from collections.abc import Sequence


def show_table(heads: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]) -> None:
    """Display a table with notes below it; whatever stands in them is shown as text."""
    heads, notes = _cleaned(heads), _cleaned(notes)
    rows = [_cleaned(row) for row in rows]
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in (heads, ["-" * width for width in widths], *rows)]  # fmt: skip
    text = "\n".join([*lines, *(textwrap.fill(note, 100) for note in notes)])
    table = [_markdown_row(heads), "|---" * len(heads) + "|", *map(_markdown_row, rows)]
    markdown = "\n".join([*table, "", *(f"<small>{literal(note)}</small>  " for note in notes)])
    display({"text/plain": text, "text/markdown": markdown}, raw=True, metadata=MARK)


def _cleaned(cells: Sequence[str]) -> list[str]:
    """Each on one line, without what would steer a terminal or hide from the reader."""
    return [" ".join(plain(cell).split()) for cell in cells]


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(literal, cells))} |"
