"""Raw rows as compact CSV, only when the user asked for rows."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any, cast

import narwhals.stable.v2 as nw

from glm_magic.chat.tokens import estimate_tokens
from glm_magic.frames.escape import (
    MAX_NAME_CHARACTERS,
    Scalar,
    count_hidden,
    exact_scalar,
    is_scalar,
    span_text,
    type_name,
    visible,
)
from glm_magic.frames.failures import attempt, raise_if_no_failure
from glm_magic.frames.hiding import matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glm_magic.frames.opening import Opened
    from glm_magic.frames.sources import Source

MAX_CELL_CHARACTERS = 200
MAX_COLUMNS = 100
_READ_CHARACTERS = MAX_CELL_CHARACTERS + 1200  # to find a secret that begins in what is shown
_UNREADABLE = "<unreadable>"
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


def raw_rows(opened: Opened, wanted: int, max_tokens: int, hidden: Sequence[str] = ()) -> RawRows:
    """The head of a frame as CSV.

    Args:
        opened: The frame.
        wanted: Rows asked for.
        max_tokens: Estimated tokens the CSV may take; whole rows are left out beyond it.
        hidden: Names or patterns of what is left out of dictionaries in cells too; columns of
            these names are gone from the frame already.
    """
    names = list(opened.source.schema())[:MAX_COLUMNS]
    labels = list(opened.labels[:MAX_COLUMNS])
    asked = min(wanted, max_tokens)  # a row is a token at least
    # Without columns there is nothing to select, and nothing to show.
    table = _cells(opened.source, names, asked) if names else []
    lines = [_csv([visible(label, MAX_NAME_CHARACTERS) for label in labels])]
    used, escaped, count = estimate_tokens(lines[0]), 0, 0
    for row in table:
        texts = [_text(value, hidden) for value in row]
        line = _csv([visible(text, MAX_CELL_CHARACTERS) for text in texts])
        used += estimate_tokens(line)
        if used > max_tokens:
            break
        escaped += sum(count_hidden(text, MAX_CELL_CHARACTERS) for text in texts)
        lines.append(line)
        count += 1
    left_out = list(_left_out(opened, count, len(table), asked, wanted))
    if not labels:
        return RawRows()
    said = f"the first {count:,} rows as CSV:" if count != 1 else "the first row as CSV:"
    return RawRows((said, *lines), count, escaped, tuple(left_out))


def cell_text(value: object, hidden: Sequence[str] = (), depth: int = _DEPTH) -> str:
    """A cell as text, long ones cut; no code of a foreign object runs, it may be endless."""
    kind = type(value)
    if value is None or kind.__name__ in ("NAType", "NaTType"):
        return ""
    if (span := span_text(value)) is not None:
        return span
    if issubclass(kind, str):
        return str.__getitem__(cast("str", value), slice(_READ_CHARACTERS))
    if is_scalar(value):
        return exact_scalar(cast("Scalar", value))
    if type(value) is bytes or type(value) is bytearray:
        return f"<{len(value):,} bytes>"
    if depth and kind in (list, tuple, dict):
        return _nested(value, hidden, depth)
    return f"<{type_name(value)}>"


def _cells(source: Source, names: Sequence[str], count: int) -> list[tuple[Any, ...]]:
    """The cells; where a column breaks the query, each is read alone, and all that can be stand."""
    try:
        return source.rows(names, count)
    except BaseException as error:
        raise_if_no_failure(error)
        columns = [_alone(source, name, count) for name in names]
        if not any(column is not None for column in columns):
            raise
    return list(zip(*(repeat(_UNREADABLE) if c is None else c for c in columns), strict=False))


def _alone(source: Source, name: str, count: int) -> list[Any] | None:
    rows = attempt(lambda: source.rows([name], count))
    if rows is not None:
        return [cell for (cell,) in rows]
    # Days beyond the year 9999 are none to Python, but a text to the library.
    return attempt(lambda: source.head([name], count)[name].cast(nw.String).to_list())


def _nested(value: Any, hidden: Sequence[str], depth: int) -> str:
    parts: Iterator[str]
    if isinstance(value, dict):
        named = ((cell_text(key, depth=0), cell) for key, cell in value.items())
        parts = (
            f"{name}: {cell_text(cell, hidden, depth - 1)}"
            for name, cell in named
            if not (hidden and matches(name, hidden))
        )
    else:
        parts = (cell_text(each, hidden, depth - 1) for each in value)
    shown = ", ".join(islice(parts, _MAX_ITEMS))
    more = ", …" if len(value) > _MAX_ITEMS else ""
    return f"{{{shown}{more}}}" if isinstance(value, dict) else f"[{shown}{more}]"


def _text(value: object, hidden: Sequence[str]) -> str:
    try:
        # numpy's numbers know themselves as Python's; nothing else is asked.
        own = type(value).__module__ == "numpy" and not hasattr(value, "__len__")
        return cell_text(nw.to_py_scalar(value) if own else value, hidden)
    except Exception:  # an object that fails when looked at
        return f"<{type_name(value)}>"


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
