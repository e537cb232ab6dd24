"""Types by short names that are the same in every library: "f64", "str", "datetime[UTC]"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from glm_magic.frames.escape import visible

if TYPE_CHECKING:
    from narwhals.stable.v2.dtypes import DType

    from glm_magic.frames.columns import Kind

MAX_DTYPE_CHARACTERS = 60
_DEPTH = 3  # list[list[struct[...]]]: deeper nesting is cut, whatever the data says

_NUMBER_PREFIXES = {"Float": "f", "Int": "i", "UInt": "u"}
# An enum's own text would list its categories, which are data.
_SHORT_NAMES = {
    "Boolean": "bool",
    "Categorical": "category",
    "Enum": "category",
    "String": "str",
}
# Types that narwhals does not know, where libraries disagree about the name.
_NATIVE_NAMES = {"Null": "null", "large_binary": "binary"}

_QUOTED = r"'(?:[^']|'')*'"
_ENUM_OF_DUCKDB = re.compile(rf"ENUM\({_QUOTED}(?:, {_QUOTED})*\)")


def short_dtype(dtype: DType | type[DType], native: object = None, depth: int = _DEPTH) -> str:
    """The short name of a type, cut at 60 characters.

    Args:
        dtype: The type as narwhals knows it.
        native: The library's own type, shown where narwhals knows none.
        depth: How many levels of nesting are shown.
    """
    return visible(_short(dtype, native, depth), MAX_DTYPE_CHARACTERS)


def kind_of(dtype: DType, native: object = None) -> Kind:
    """What can be asked of a column of this type.

    Args:
        dtype: The type as narwhals knows it.
        native: The library's own type, for what narwhals does not know.
    """
    if dtype.is_numeric() or _is_sparse_number(native):
        return "number"
    if dtype.is_temporal():
        return "date"
    if dtype == nw.Boolean:
        return "boolean"
    if dtype == nw.String:
        return "text"
    return "category" if dtype == nw.Categorical or dtype == nw.Enum else "other"


def _is_sparse_number(native: object) -> bool:
    """Whether a type of pandas is that of numbers that are mostly one and the same."""
    kind = getattr(getattr(native, "subtype", None), "kind", "")
    return _is_sparse(native) and kind in "iuf" and bool(kind)


def _is_sparse(native: object) -> bool:
    return type(native).__name__ == "SparseDtype"


def _short(dtype: DType | type[DType], native: object, depth: int) -> str:
    name = dtype.__name__ if isinstance(dtype, type) else type(dtype).__name__
    stem, bits = name.rstrip("0123456789"), name[len(name.rstrip("0123456789")) :]
    if bits and stem in _NUMBER_PREFIXES:
        return _NUMBER_PREFIXES[stem] + bits
    if name in _SHORT_NAMES:
        return _SHORT_NAMES[name]
    if isinstance(dtype, nw.Datetime):
        return f"datetime[{dtype.time_zone}]" if dtype.time_zone else "datetime"
    if isinstance(dtype, nw.List | nw.Array):
        inner = _short(dtype.inner, None, depth - 1) if depth else "…"
        return f"{name.lower()}[{inner}]"
    if isinstance(dtype, nw.Struct):
        return f"struct[{_fields(dtype, depth)}]"
    if name == "Unknown" and native is not None:
        text = _native_text(native)[: 4 * MAX_DTYPE_CHARACTERS]
        return _NATIVE_NAMES.get(text, text)
    return name.lower()


def _native_text(native: object) -> str:
    """What the library calls a type, without the values in it: of enums, and of what is sparse."""
    if _is_sparse(native):
        return f"Sparse[{getattr(native, 'subtype', '')}]"
    return _ENUM_OF_DUCKDB.sub("ENUM", str(native))


def _fields(dtype: nw.Struct, depth: int) -> str:
    if not depth:
        return "…"
    fields = ((field.name, _short(field.dtype, None, depth - 1)) for field in dtype.fields)
    return ", ".join(f"{name}: {short}" for name, short in fields)
