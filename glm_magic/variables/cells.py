"""Cells that ran before the question, and the one that failed, as a model reads them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..chat.attachments import Attachment
from ..chat.tokens import estimate_tokens
from ..frames.escape import visible
from ..frames.fence import fence
from ..keys import redact_secrets, say_redacted

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_LINE_CHARACTERS = 400
_MAX_CODE_LINES = 150
_MAX_OUTPUT_LINES = 40
_MAX_TOKENS = 4000
# What colours text in a terminal says nothing to a model (ECMA-48 control sequences).
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that ran.

    Attributes:
        code: Its source.
        output: Its text output, without pictures.
    """

    code: str
    output: str = ""


def describe_cells(cells: Sequence[Cell], max_tokens: int = _MAX_TOKENS) -> Attachment:
    """Cells in the order given, with their text output; the oldest leave first.

    Args:
        cells: From the first to the last, shape (cells,); at least one.
        max_tokens: Estimated tokens the text may take.
    """
    blocks: list[list[str]] = []
    room = max_tokens
    for cell in reversed(cells):
        block = _block(cell)
        room -= estimate_tokens("\n".join(block)) + 1
        if room < 0 and blocks:
            break
        blocks.insert(0, _fitting(block, room))
    lines = [line for block in blocks for line in block]
    gone = len(cells) - len(blocks)
    notes = (f"Left out: {_cells(gone)}, to fit the token budget.",) if gone else ()
    ran = "cell" if len(blocks) == 1 else f"{len(blocks)} cells"
    header = f"The {ran} that ran before this question, with text output"
    return _attachment(f"{_cells(len(blocks))} before", "code and output", header, lines, notes)


def describe_failure(cell: Cell, error: str) -> Attachment:
    """The cell that failed and its exception.

    Args:
        cell: The cell; its output is what it printed before it failed.
        error: The traceback, without the values of variables.
    """
    lines = [*_block(cell), "exception:", *_lines(error, _MAX_OUTPUT_LINES)]
    return _attachment("failed cell", "code and exception", "The cell that failed", lines, ())


def _attachment(
    name: str, kind: str, header: str, lines: Sequence[str], notes: tuple[str, ...]
) -> Attachment:
    text = fence(header, lines)
    taken = say_redacted(text)
    notes = (*notes, taken) if taken else notes
    return Attachment(
        name=name,
        kind=kind,
        level="cells",
        text=text,
        digest=hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
        tokens=estimate_tokens(text),
        notes=notes,
    )


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _block(cell: Cell) -> list[str]:
    lines = ["cell:", *_lines(cell.code, _MAX_CODE_LINES)]
    output = _ESCAPES.sub("", cell.output).strip("\n")
    return [*lines, "output:", *_lines(output, _MAX_OUTPUT_LINES)] if output else lines


def _lines(text: str, most: int) -> list[str]:
    """The lines of a text, escaped and cut; of a long one the head and the tail."""
    # Before it is cut into lines: a private key has several, and half a key is none to a pattern.
    lines = redact_secrets(text).expandtabs(4).strip("\n").split("\n")
    if len(lines) > most:
        half = most // 2
        left = len(lines) - 2 * half
        lines = [*lines[:half], f"… {left:,} lines left out …", *lines[-half:]]
    return [visible(line.rstrip("\r"), _MAX_LINE_CHARACTERS) for line in lines]


def _fitting(block: list[str], room: int) -> list[str]:
    """The block, cut when it alone is longer than the budget."""
    if room >= 0:
        return block
    most = max(4, int(len(block) * 0.5))
    return [*block[:most], f"… {len(block) - most:,} lines left out …"]
