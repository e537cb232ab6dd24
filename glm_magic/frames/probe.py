"""Step one: what the first 10,000 rows say about each column."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.frames.columns import Column, Distinct, TextShape
from glm_magic.frames.escape import Scalar, format_share, type_name
from glm_magic.frames.failures import attempt
from glm_magic.frames.patterns import pattern_of
from glm_magic.frames.personal import are_personal_numbers, is_personal_sample

PROBE_ROWS = 10_000
_SAMPLE_VALUES = 500  # enough for patterns; regular expressions are the slow part
_SAMPLE_CHARACTERS = 256
_MAX_TYPES = 4

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glm_magic.frames.columns import Kind

    Series = nw.Series[Any]


def probe_column(column: Column, series: Series) -> Column:
    """A column record with what its first rows say.

    Args:
        column: The record so far.
        series: The head of the column, shape (values,).
    """
    values = attempt(lambda: _present(series))
    if values is None or not len(values):
        return column
    if column.kind == "other":
        return _probe_objects(column, values) if column.dtype == "object" else column
    distinct = attempt(values.n_unique)
    if distinct is not None:
        column = replace(column, distinct=Distinct(distinct, len(values)))
    if column.kind == "text":
        column = replace(column, shape=attempt(lambda: _text_shape(values)))
    if column.kind in ("text", "category"):
        texts = attempt(lambda: _sample(values)) or []
        column = replace(column, personal=column.personal or is_personal_sample(texts))
    if column.kind == "number":
        numbers = attempt(lambda: values.head(_SAMPLE_VALUES).to_list()) or []
        column = replace(column, personal=column.personal or are_personal_numbers(numbers))
    return column


def has_scalars_only(series: Series) -> bool:
    """Whether an object column holds numbers or dates only, as far as its first rows say."""
    values = attempt(lambda: series.drop_nulls().to_list()) or []
    return bool(values) and all(map(_is_plain_scalar, values))


def kind_of_objects(column: Column) -> Kind:
    """What an object column holds that has numbers or dates only, by the name of its first type."""
    first = column.types[0].lower()
    if "date" in first or "time" in first:
        return "date"
    return "boolean" if first == "bool" else "number"


def has_own_texts(series: Series) -> bool:
    """Whether a text column holds objects of the user's own classes, whose code must not run."""
    if str(getattr(series.to_native(), "dtype", "")) != "object":  # pandas' type for anything
        return False
    values = attempt(series.to_list) or []
    return any(isinstance(value, str) and type(value) is not str for value in values)


def _is_plain_scalar(value: object) -> bool:
    """Whether a value is a number or date of Python's or of pandas' own, with no other code."""
    home = str(type.__getattribute__(type(value), "__module__")).partition(".")[0]
    return isinstance(value, Scalar) and home in ("builtins", "datetime", "decimal", "pandas")


def _present(series: Series) -> Series:
    return (series.fill_nan(None) if series.dtype.is_float() else series).drop_nulls()


def _sample(values: Series) -> list[str]:
    texts = values.head(_SAMPLE_VALUES).cast(nw.String).str.slice(0, _SAMPLE_CHARACTERS)
    return [text for text in texts.to_list() if isinstance(text, str)]


def _text_shape(values: Series) -> TextShape:
    lengths = values.str.len_chars()
    shortest, longest = int(lengths.min()), int(lengths.max())
    return TextShape(shortest, longest, pattern_of(_sample(values)))


def _type_word(value: object) -> str:
    """The name of a value's class; of an array its shape and type too, as of an embedding."""
    array = getattr(sys.modules.get("numpy"), "ndarray", None)
    if type(value) is not array or value.dtype.names is not None:  # type: ignore[attr-defined]
        return type_name(value)
    return f"ndarray {value.shape} {value.dtype}"  # type: ignore[attr-defined]


def _probe_objects(column: Column, values: Series) -> Column:
    """The Python types in an object column; the values themselves are never shown."""
    objects: Sequence[object] = attempt(values.to_list) or []
    counts = Counter(map(_type_word, objects))
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_MAX_TYPES]
    total = len(objects)
    shown = (n if c == total else f"{n} {format_share(c / total)}" for n, c in ranked)
    cut = slice(_SAMPLE_CHARACTERS)
    # Not `each[cut]`, which is code of a class of the user's own.
    texts = [str.__getitem__(each, cut) for each in objects if isinstance(each, str)]
    personal = column.personal or is_personal_sample(texts[:_SAMPLE_VALUES])
    numbers = [each for each in objects[:_SAMPLE_VALUES] if _is_plain_scalar(each)]
    personal = personal or are_personal_numbers(numbers)
    return replace(column, types=tuple(shown), personal=personal)
