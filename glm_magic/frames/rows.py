"""Raw rows as compact CSV, only when the user asked for rows."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.chat.tokens import estimate_tokens
from glm_magic.frames.escape import (
    MAX_NAME_CHARACTERS,
    Scalar,
    count_hidden,
    format_scalar,
    type_name,
    visible,
)
from glm_magic.frames.opening import Opened, collect, label_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_CELL_CHARACTERS = 200
MAX_COLUMNS = 100
_MAX_ITEMS, _DEPTH = 5, 2  # of a list, dict or tuple in a cell


@dataclass(frozen=True, slots=True)
class RawRows:
    """Rows as text.

    Attributes:
        lines: A line that says what follows, the CSV header, and one line per row.
        count: Rows shown.
        hidden: Hidden characters shown as escapes.
        left_out: What did not fit, one sentence each.
    """

    lines: tuple[str, ...] = ()
    count: int = 0
    hidden: int = 0
    left_out: tuple[str, ...] = ()


def raw_rows(opened: Opened, wanted: int, max_tokens: int) -> RawRows:
    """The head of a frame as CSV.

    Args:
        opened: The frame.
        wanted: Rows asked for.
        max_tokens: Estimated tokens the CSV may take; whole rows are left out beyond it.
    """
    names = opened.frame.collect_schema().names()[:MAX_COLUMNS]
    labels = list(opened.labels[:MAX_COLUMNS])
    asked = min(wanted, max_tokens)  # a row is a token at least
    # Without columns there is nothing to select, and nothing to show.
    table = collect(opened.frame.select(names).head(asked)).rows() if names else []
    index = _index_cells(opened, asked)
    labels = [*_index_labels(opened), *labels]
    lines = [_csv([visible(label, MAX_NAME_CHARACTERS) for label in labels])]
    used, hidden, count = estimate_tokens(lines[0]), 0, 0
    for position, values in enumerate(table):
        row = (*index[position], *values) if index else values
        line = _csv(list(_cells(row)))
        used += estimate_tokens(line)
        if used > max_tokens:
            break
        hidden += sum(count_hidden(v, MAX_CELL_CHARACTERS) for v in row if isinstance(v, str))
        lines.append(line)
        count += 1
    left_out = list(_left_out(opened, count, len(table), asked, wanted))
    said = f"the first {count:,} rows as CSV:" if count != 1 else "the first row as CSV:"
    return RawRows((said, *lines), count, hidden, tuple(left_out))


def _index_labels(opened: Opened) -> list[str]:
    if opened.index is None:
        return []
    return ["(index)" if name is None else label_text(name) for name in opened.index.names]


def _index_cells(opened: Opened, asked: int) -> list[tuple[object, ...]]:
    """The index of the first rows, shape (rows, levels)."""
    if opened.index is None:
        return []
    labels = opened.index[:asked].tolist()
    return labels if opened.index.nlevels > 1 else [(label,) for label in labels]


def cell_text(value: object, depth: int = _DEPTH) -> str:
    """A cell as text; a foreign object is never asked for its repr, which may be endless."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(value, str):
        return str.__str__(value)[: 2 * MAX_CELL_CHARACTERS]
    if isinstance(value, float) and not isinstance(value, bool):
        return "" if value != value else repr(float(value)).removesuffix(".0")
    if isinstance(value, Scalar):
        return format_scalar(value)
    if isinstance(value, bytes | bytearray):
        return f"<{len(value):,} bytes>"
    if depth and type(value) in (list, tuple, dict):
        return _nested(value, depth)
    return f"<{type_name(value)}>"


def _nested(value: Any, depth: int) -> str:
    parts: Iterator[str]
    if isinstance(value, dict):
        parts = (f"{_key(k)}: {cell_text(v, depth - 1)}" for k, v in value.items())
    else:
        parts = (cell_text(each, depth - 1) for each in value)
    shown = ", ".join(islice(parts, _MAX_ITEMS))
    more = ", …" if len(value) > _MAX_ITEMS else ""
    return f"{{{shown}{more}}}" if isinstance(value, dict) else f"[{shown}{more}]"


def _key(key: object) -> str:
    return cell_text(key, 0)


def _cells(row: Sequence[object]) -> Iterator[str]:
    for value in row:
        try:
            text = cell_text(nw.to_py_scalar(value) if hasattr(value, "item") else value)
        except Exception:  # a foreign object that fails when looked at
            text = f"<{type_name(value)}>"
        yield visible(text, MAX_CELL_CHARACTERS)


def _csv(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()


def _left_out(opened: Opened, count: int, had: int, asked: int, wanted: int) -> Iterator[str]:
    # Fewer than asked for because the frame is short is no loss.
    if count < had or (had == asked < wanted):
        yield f"{count:,} of the {wanted:,} rows asked for fit the token budget"
    if len(opened.labels) > MAX_COLUMNS:
        yield f"the rows hold the first {MAX_COLUMNS} columns only"
