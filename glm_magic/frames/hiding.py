"""Columns the user hides altogether, and likely personal ones whose values the user allows.

A hidden column is taken out of the frame itself, before anything is read: what is not there cannot
leak from a later step. What cannot be taken out stops the description.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.errors import ArgumentError
from glm_magic.frames.columns import Column
from glm_magic.frames.escape import MAX_NAME_CHARACTERS, quoted, visible
from glm_magic.frames.libraries import require_owner
from glm_magic.frames.opening import JOINER, Opened, open_frame
from glm_magic.frames.sources import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from narwhals.stable.v2.dtypes import DType

    from glm_magic.frames.sources import Source

# A field of a union or a map may have any name.
_UNNAMED_FIELDS = re.compile(r"(?i)union[<(]|\bmap[<(]")
_MOST_LABELS = 20_000
_TEXTS = (nw.String, nw.Categorical, nw.Enum, nw.Object)
_MELTED = ("variable", "value")  # what pandas and polars call the names and cells of columns


@dataclass(frozen=True, slots=True)
class Hidden:
    """What was taken out of a frame.

    Attributes:
        columns: The user's names of the hidden columns, not escaped yet.
        levels: The names of the hidden index levels.
        patterns: What the user hides, for what lies inside cells.
        rows: The labels of hidden rows, as a row of a table that was made a column has them.
        row_count: How many rows these are.
    """

    columns: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    row_count: int = 0

    @property
    def said(self) -> tuple[str, ...]:
        """What the model is told, without names: nothing, or one phrase."""
        counts = {
            "column": len(self.columns), "index level": len(self.levels), "row": self.row_count,
        }  # fmt: skip
        parts = [plural(n, noun) for noun, n in counts.items() if n]
        return (f"{' and '.join(parts)}, hidden by the user",) if parts else ()

    @property
    def note(self) -> str:
        """What the user is told, with the first names, or ""."""
        names = [quoted(name, MAX_NAME_CHARACTERS) for name in self._names]
        more = f" and {len(names) - 10:,} more" if len(names) > 10 else ""
        return f"Hidden by you: {', '.join(names[:10])}{more}." if names else ""

    def in_line(self, line: str) -> bool:
        """Whether a line about the frame names something hidden."""
        return any(is_named(line, label) for label in self._names)

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self.columns, *self.levels, *self.rows)


@dataclass(frozen=True, slots=True)
class AllowedColumn(Column):
    """A record that nothing makes personal again: the user allowed its values."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "personal", False)


def patterns_of(given: Iterable[str], what: str) -> tuple[str, ...]:
    """The patterns, checked: a single text would be read as its letters, and hide nothing.

    Raises:
        ArgumentError: Something else than names or patterns.
    """
    listed = not isinstance(given, str | bytes) and isinstance(given, Iterable)
    patterns = tuple(given) if listed else ()
    if not listed or not all(isinstance(each, str) for each in patterns):
        message = f"{what} must be a list of column names or patterns, not {given!r:.60}."
        raise ArgumentError(message, f'Write {what}=["email", "*_name"].')
    return patterns


def matches(label: str, patterns: Sequence[str]) -> bool:
    """Whether a name, or one level of it, is one of the names or fits one of the patterns.

    Upper and lower case differ; spaces around a name and ways to compose an accent do not.
    """
    spellings = {_plain(part) for part in (label, *label.split(JOINER))} | {label}
    return any(
        spelling == plain or fnmatchcase(spelling, plain)
        for spelling in spellings
        for plain in {_plain(pattern) for pattern in patterns} | set(patterns)
    )


def is_hidden(
    label: str,
    dtype: DType | type[DType],
    patterns: Sequence[str],
    native: Callable[[], object] = lambda: "",
) -> bool:
    """Whether a column is hidden by its name or by that of a field in its type.

    Args:
        label: The column's name.
        dtype: Its type as narwhals knows it.
        patterns: Names or patterns of what is hidden.
        native: Gives the library's own type, which may have fields that narwhals does not know.
    """
    if matches(label, patterns) or _has_field(dtype, patterns):
        return True
    nested = dtype == nw.Unknown or isinstance(dtype, nw.Struct | nw.List | nw.Array)
    return bool(patterns) and nested and _UNNAMED_FIELDS.search(str(native())) is not None


def are_hidden(axes: Sequence[str], patterns: Sequence[str]) -> bool:
    """Whether all names of columns are values of a hidden column, as those of a pivot are."""
    return any(matches(axis, patterns) for axis in axes)


def hide(opened: Opened, patterns: Sequence[str]) -> tuple[Opened, Hidden]:
    """The frame without the columns, index levels and remarks the user hides."""
    if not patterns:
        return opened, Hidden()
    schema = opened.source.schema()
    named = list(zip(schema, opened.labels, schema.values(), strict=True))
    gone = [
        is_hidden(label, dtype, patterns, partial(opened.source.native_dtype, name))
        for name, label, dtype in named
    ]
    if are_hidden(opened.axes, patterns):
        gone[opened.levels :] = [True] * len(opened.labels[opened.levels :])
    hidden = [label for (_, label, _), each in zip(named, gone, strict=True) if each]
    kept = [(name, label) for (name, label, _), each in zip(named, gone, strict=True) if not each]
    levels = sum(gone[: opened.levels])
    source, rows, count = _rows_taken(opened, patterns)
    taken = Hidden(tuple(hidden[levels:]), tuple(hidden[:levels]), tuple(patterns), rows, count)
    shown = replace(
        opened,
        source=source.select([name for name, _ in kept]) if hidden else source,
        labels=tuple(label for _, label in kept),
        remarks=tuple(line for line in opened.remarks if not taken.in_line(line)),
        levels=opened.levels - levels,
    )
    return shown, taken


def _rows_taken(opened: Opened, patterns: Sequence[str]) -> tuple[Source, tuple[str, ...], int]:
    """The table, where it is in memory, `without_rows`; their labels, and how many they are."""
    source = opened.source
    if not isinstance(source, Table) or not isinstance(source.frame, nw.DataFrame):
        return source, (), 0
    whole = source.frame
    frame, found = without_rows(whole, opened.labels, patterns, opened.levels)
    return (type(source)(frame) if found else source), found, len(whole) - len(frame)


def without_rows(
    frame: nw.DataFrame[Any], labels: Sequence[str], patterns: Sequence[str], levels: int = 0
) -> tuple[nw.DataFrame[Any], tuple[str, ...]]:
    """A table without rows under a hidden name: of one that was turned or melted; and the names.

    Args:
        frame: In memory.
        labels: The user's names of its columns.
        patterns: Names or patterns of what is hidden.
        levels: How many of the first columns are levels of the index.
    """
    found: list[str] = []
    for place, (name, label) in enumerate(zip(frame.columns, labels, strict=True)):
        melted = label == _MELTED[0] and _MELTED[1] in labels
        cells = frame[name]
        gone = hidden_labels(cells, patterns, melted=melted) if place < levels or melted else []
        if gone:
            found += gone
            frame = frame.filter(
                [not isinstance(cell, str) or cell not in gone for cell in cells.to_list()]
            )
    return frame, tuple(found)


def hidden_labels(
    cells: nw.Series[Any], patterns: Sequence[str], *, melted: bool = False
) -> list[str]:
    """The texts among the labels of rows that are hidden names.

    Args:
        cells: The labels, shape (rows,).
        patterns: Names or patterns of what is hidden.
        melted: Whether they are of a melted table; of a long index only names are looked for, for
            no table has so many columns.
    """
    if not isinstance(cells.dtype, _TEXTS):
        return []
    if cells.dtype != nw.Object:  # which may hold lists, that cannot be compared
        cells = cells.unique() if melted else cells
        cells = cells.filter(cells.is_in(patterns)) if len(cells) > _MOST_LABELS else cells
    texts = {label for label in cells.to_list() if isinstance(label, str)}
    return sorted(label for label in texts if matches(label, patterns))


def hides_some(value: object, name: str, patterns: Sequence[str]) -> bool:
    """Whether a frame has a column or index level that the patterns hide; reads names only.

    Raises:
        FrameError: The object is no frame, or it cannot be read.
    """
    _, hidden = hide(open_frame(value, require_owner(value, name), name), patterns)
    return bool(hidden.columns or hidden.levels or hidden.rows)


def allow(columns: Iterable[Column], patterns: Sequence[str]) -> list[Column]:
    """The records, with those the user allows protected from being taken for personal."""
    fields = Column.__dataclass_fields__
    return [
        AllowedColumn(**{name: getattr(column, name) for name in fields})
        if matches(column.name, patterns)
        else column
        for column in columns
    ]


def plural(count: int, noun: str) -> str:
    """A number and what it counts: "1 column", "1,200 columns"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip())


def _has_field(dtype: DType | type[DType], patterns: Sequence[str]) -> bool:
    """Whether a nested type shows a field of a hidden name; the type is part of the text."""
    if isinstance(dtype, nw.Struct):
        return any(
            matches(field.name, patterns) or _has_field(field.dtype, patterns)
            for field in dtype.fields
        )
    if type(dtype).__name__ == "Map":  # which older narwhals have not
        return bool(patterns)  # its keys are data: one of them may be a hidden name
    return isinstance(dtype, nw.List | nw.Array) and _has_field(dtype.inner, patterns)


def is_named(line: str, label: str) -> bool:
    """Whether a line holds a name as words of its own, as it is or as it would be shown."""
    forms = {quoted(label, MAX_NAME_CHARACTERS), visible(label, MAX_NAME_CHARACTERS), label}
    return any(
        form and re.search(rf"(?<!\w){re.escape(form)}(?!\w)", line) is not None for form in forms
    )
