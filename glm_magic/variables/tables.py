"""Records and columns in plain Python, as a table: lists of dicts, dicts of lists.

The table is made with a library that is installed, pandas before polars before pyarrow, and only
of what is a table: rows of scalars under the same few keys.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ..frames.failures import attempt
from ..frames.personal import is_personal_text
from .dtypes import base_array
from .finding import plural
from .plain import (
    class_attribute,
    class_name,
    examples,
    is_a,
    is_date,
    is_exactly,
    is_missing,
    is_of,
    own_name,
    plain,
    stored,
)
from .words import fields_of, items_of, length_of

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_RECORDS = 100_000
_PROBE = 100
_SCALARS = (bool, int, float, complex, str, bytes, Decimal, UUID, Fraction)
_MAX_COLUMNS = 1_000
_FEWEST_RECORDS = 2


@dataclass(frozen=True, slots=True)
class Table:
    """A frame of the user's, or made of the user's own values.

    Attributes:
        frame: Of any library; of pandas, polars or pyarrow where it was made.
        kind: What it was: "list of 1,200 dicts"; "" for what its own library calls it.
        remarks: What the model must know about it, one phrase each.
    """

    frame: Any
    kind: str = ""
    remarks: tuple[str, ...] = ()


def table_of(value: Any) -> Table | None:
    """The value as a table, or None when it is none or no library is there to make it."""
    columns, kind, count = None, "", 0
    if is_exactly(value, list, tuple):
        count = len(value)
        columns, kind = _from_records(value)
    elif is_of(value, "pandas.api.extensions", "ExtensionArray"):
        return _of_one_column(value, lambda: sys.modules["pandas"].Series(value))
    elif is_of(value, "pyarrow", "Scalar"):
        return _of_one_column(value, lambda: sys.modules["pyarrow"].repeat(value, 1))
    elif is_a(value, dict):
        columns, count = _from_columns(value)
        kind = f"{class_name(type(value))} of {plural(len(columns or ()), 'column')}"
    if not columns:
        return None
    frame = _frame(columns)
    if frame is None:
        return None
    cut = count > MOST_RECORDS
    return Table(frame, kind, (f"of the first {MOST_RECORDS:,} of {count:,} rows",) if cut else ())


def _of_one_column(value: Any, make: Callable[[], Any]) -> Table | None:
    """An array or a cell of a library, told like a column of it."""
    frame = attempt(make)
    return None if frame is None else Table(frame, own_name(type(value)))


def _from_records(value: Any) -> tuple[dict[str, list[Any]] | None, str]:
    count = len(value)
    if count < _FEWEST_RECORDS:
        return None, ""
    first = type(value[0])
    read, noun = _reader(first)
    if read is None or any(type(each) is not first for each in islice(value, _PROBE)):
        return None, ""
    rows = []
    for each in islice(value, MOST_RECORDS):
        if type(each) is not first:
            return None, ""
        rows.append(read(each))
    names = list(dict.fromkeys(chain.from_iterable(rows)))
    if not 0 < len(names) <= _MAX_COLUMNS or not all(map(_is_name, names)):
        return None, ""
    columns = {name: [row.get(name) for row in rows] for name in names}
    if not all(map(_is_flat, columns.values())):
        return None, ""
    return columns, f"{class_name(type(value))} of {plural(count, noun)}"


def _reader(kind: type) -> tuple[Callable[[Any], dict[Any, Any]] | None, str]:
    """What makes a dict of one record, and what such records are called."""
    if any(base is dict for base in type.mro(kind)):
        return (lambda each: {plain(k): plain(v) for k, v in dict.items(each)}), class_name(kind)
    names = class_attribute(kind, "_fields")
    if any(base is tuple for base in type.mro(kind)) and type(names) is tuple:
        called = f"{class_name(kind)} namedtuple"
        return (lambda each: {name: plain(cell) for name, cell in fields_of(each)}), called
    fields = class_attribute(kind, "__dataclass_fields__")
    if type(fields) is dict:
        called = f"{class_name(kind)} dataclass object"
        return (lambda each: {name: plain(stored(each, name)) for name in fields}), called
    return None, ""


def _from_columns(value: Any) -> tuple[dict[str, Any] | None, int]:
    pairs = [(plain(key), each) for key, each in islice(dict.items(value), _MAX_COLUMNS + 1)]
    if not 0 < len(pairs) <= _MAX_COLUMNS or not all(_is_name(key) for key, _ in pairs):
        return None, 0
    if not all(_is_column(each) for _, each in pairs):
        return None, 0
    counts = {_size(each) for _, each in pairs}
    count = counts.pop()
    if counts or count < _FEWEST_RECORDS:
        return None, 0
    columns = {key: _column(each) for key, each in pairs}
    return (columns, count) if all(map(_is_flat, columns.values())) else (None, 0)


def _is_name(key: Any) -> bool:
    """Whether a key is a text that may be told, and no data."""
    return type(key) is str and not is_personal_text(key)


def _is_column(value: Any) -> bool:
    if is_of(value, "numpy", "ndarray"):
        array = base_array(value)
        return array.ndim == 1 and array.dtype.names is None
    return is_exactly(value, list, tuple)


def _size(value: Any) -> int:
    is_array = is_of(value, "numpy", "ndarray")
    return int(base_array(value).shape[0]) if is_array else length_of(value)


def _column(value: Any) -> Any:
    if is_of(value, "numpy", "ndarray"):
        return base_array(value)[:MOST_RECORDS]
    return [plain(each) for each in islice(items_of(value), MOST_RECORDS)]


def _is_flat(column: Any) -> bool:
    """Whether there are scalars only: what is nested is better told as an outline.

    A library that makes a table asks a foreign object for its class, which may be a trap.
    """
    if type(column) is not list:
        return True
    return all(
        is_exactly(each, *_SCALARS)
        or is_date(each)
        or is_missing(each)
        or is_of(each, "numpy", "generic")
        for each in examples(column)
    )


def _frame(columns: dict[str, Any]) -> Any:
    makers: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("pandas", "DataFrame", {}),
        ("polars", "DataFrame", {"strict": False}),
        ("pyarrow", "table", {}),
    )
    for library, maker, options in makers:
        try:
            return getattr(import_module(library), maker)(columns, **options)
        except ImportError:
            continue
        except Exception:  # values that no table of this library holds
            return None
    return None
