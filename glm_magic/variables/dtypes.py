"""numpy types and sizes by short names: "f64", "str", "1,000 × 20"."""

from __future__ import annotations

import sys
from typing import Any

from .words import name_of

_KINDS = {"f": "f", "i": "i", "u": "u", "c": "c"}
_NAMES = {"b": "bool", "O": "object", "S": "bytes", "U": "str", "T": "str", "m": "duration"}
_MAX_FIELDS = 10


def base_array(value: Any) -> Any:
    """The same data as a plain `ndarray`, so that no method of a subclass runs."""
    numpy = sys.modules["numpy"]
    return numpy.ndarray.view(value, numpy.ndarray)


def dtype_text(dtype: Any) -> str:
    """The short name of a dtype."""
    if dtype.subdtype is not None:
        inner, shape = dtype.subdtype
        return f"{dtype_text(inner)}[{size_text(shape)}]"
    if dtype.names is not None:
        names = [name_of(name) for name in dtype.names[:_MAX_FIELDS]]
        more = ", …" if len(dtype.names) > _MAX_FIELDS else ""
        return f"record({', '.join(names)}{more})"
    if dtype.kind in _KINDS:
        return f"{_KINDS[dtype.kind]}{8 * dtype.itemsize}"
    return "datetime" if dtype.kind == "M" else _NAMES.get(dtype.kind, "other")


def size_text(shape: tuple[int, ...]) -> str:
    """A shape as a reader writes it: "1,000 × 20"; "" for a single value."""
    return " × ".join(f"{each:,}" for each in shape)
