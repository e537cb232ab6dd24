"""A notebook's JSON as it lies in the file: read within limits, and written as it was written.

Only `json`: importing nbformat takes more than a second.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT_BYTES = 100_000_000
_INDENT = re.compile(r"\A\s*[\[{]\r?\n([ \t]+)")
_BOM = "\ufeff"
_PROMPT = re.compile(r"\s*%%glm(?:_map)?(?!\S)")
_COMMAND = re.compile(r"%glm(?!\S)")
_SETTING = re.compile(r"%(?:(?:re|un)?load_ext\s+glm_magic|config\s+GLM\b.*)$")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file spells its JSON, so that only what is changed changes.

    Attributes:
        indent: Of one level; None is everything on one line.
        ascii: Whether other characters are escaped.
        separators: Between entries, and between a name and its value.
        newline: The line end.
        head: A byte-order mark or "".
        tail: What follows the last brace.
    """

    indent: str | None
    ascii: bool
    separators: tuple[str, str]
    newline: str
    head: str
    tail: str

    def dump(self, document: Any) -> bytes:
        """The document's bytes."""
        try:
            return self._text(document, self.ascii).encode()
        except UnicodeEncodeError:  # half a surrogate pair can only be written as an escape
            return self._text(document, True).encode()

    def _text(self, document: Any, ascii_only: bool) -> str:
        body = json.dumps(
            document, ensure_ascii=ascii_only, indent=self.indent, separators=self.separators
        )
        text = self.head + body + self.tail
        return text.replace("\n", self.newline) if self.newline != "\n" else text


def parse(path: Path) -> tuple[dict[str, Any], str] | None:
    """The notebook's document and its text; None when this is no readable notebook."""
    try:
        if not path.is_file() or path.stat().st_size > LIMIT_BYTES:
            return None
        text = path.read_bytes().decode()
        document = json.loads(text.removeprefix(_BOM))
    except (OSError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(document, dict) or not ("cells" in document or "worksheets" in document):
        return None
    return document, text


def open_notebook(path: Path) -> tuple[dict[str, Any], Layout]:
    """The notebook to be changed, and how to write it again.

    Raises:
        StoreError: It is no notebook, or it cannot be read.
    """
    parsed = parse(path)
    if parsed is None:
        message = f"{path} cannot be read as a notebook."
        raise StoreError(message, "Name a notebook file (.ipynb) of at most 100 MB.")
    document, text = parsed
    return document, _layout(document, text)


def _layout(document: Any, text: str) -> Layout:
    """The layout that gives the same text again, or the nearest there is."""
    head = _BOM if text.startswith(_BOM) else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    body = text.removeprefix(_BOM).rstrip()
    tail = text.removeprefix(_BOM)[len(body) :].replace("\r\n", "\n")
    hit = _INDENT.match(text.removeprefix(_BOM))
    indent = hit[1] if hit else None
    pairs = [(",", ": "), (", ", ": "), (",", ":")]
    tried = [
        Layout(indent, ascii_only, pair, newline, head, tail)
        for pair in (pairs if indent is None else pairs[:1])
        for ascii_only in (False, True)
    ]
    raw = text.encode("utf-8", "replace")
    return next((layout for layout in tried if layout.dump(document) == raw), tried[0])


def cells_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The notebook's cells in order; those of nbformat 3 lie in worksheets."""
    for cells in cell_lists(document):
        yield from (cell for cell in cells if isinstance(cell, dict))


def cell_lists(document: dict[str, Any]) -> Iterator[list[Any]]:
    """The lists in which cells lie."""
    sheets = document.get("worksheets")
    for holder in (document, *(sheets if isinstance(sheets, list) else ())):
        cells = holder.get("cells") if isinstance(holder, dict) else None
        if isinstance(cells, list):
            yield cells


def outputs_of(cell: dict[str, Any]) -> list[Any]:
    """The cell's outputs; none for what is no list."""
    outputs = cell.get("outputs")
    return outputs if isinstance(outputs, list) else []


def source_of(cell: dict[str, Any]) -> str:
    """The cell's source as one text."""
    return joined(cell.get("source", cell.get("input", "")))


def is_prompt(cell: dict[str, Any]) -> bool:
    """Whether the cell asks with `%%glm` or `%%glm_map`: then all its output is ours."""
    return cell.get("cell_type") == "code" and _PROMPT.match(source_of(cell)) is not None


def commands_in(cell: dict[str, Any]) -> tuple[list[str], bool]:
    """The `%glm` lines of a code cell, and whether there is no other code in it."""
    if cell.get("cell_type") != "code":
        return [], False
    lines = [line.strip() for line in source_of(cell).replace("\\\n", " ").splitlines()]
    code = [line for line in lines if line and not line.startswith("#")]
    commands = [line for line in code if _COMMAND.match(line)]
    rest = [line for line in code if not (_COMMAND.match(line) or _SETTING.match(line))]
    return commands, bool(commands) and not rest


def shown_of(output: dict[str, Any]) -> str:
    """The output's Markdown; "" when it has none."""
    data = output.get("data")
    return joined(data.get("text/markdown", "")) if isinstance(data, dict) else ""


def joined(value: Any) -> str:
    """A multi-line text, which notebooks hold as one string or as a list of lines."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value if isinstance(value, str) else ""


def entry(holder: Any, name: str) -> dict[str, Any]:
    """The object under this name; an empty one that is not kept when there is none."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}
