"""numpy arrays and scalars: shape, type, range, missing values; frequent values at values."""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..frames.escape import format_scalar, format_share
from ..frames.failures import attempt
from ..frames.personal import are_personal_numbers
from . import scalars
from .blocks import figures
from .dtypes import base_array, dtype_text, size_text
from .finding import Finding, Wish, plural
from .plain import is_missing, is_of, own_name, plain
from .words import PERSONAL, held_back, is_allowed, is_hidden_name, name_of, value_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .blocks import Figures

PROBE = 10_000
_LEAST_SEEN = 10  # a value seen less often could point at one person or thing
_FEW_DISTINCT, _MAX_TOP = 20, 8
_FIRST, _MAX_COLUMNS, _MAX_FIELDS = 5, 20, 50
_SAMPLE = 500
_HAS_FIGURES = "biufcmM"


def find(value: Any, wish: Wish) -> Finding:
    """Shape and type, then figures; the fields of a structured array one by one."""
    if is_of(value, "numpy", "generic") and not is_of(value, "numpy", "void"):
        return scalars.find(value, wish)
    if is_of(value, "numpy", "void"):
        value = sys.modules["numpy"].asarray(value)
    (array, gone), mask = _without_hidden(base_array(value), wish), _mask(value)
    kind = own_name(type(value)).replace("ndarray", "array")
    form = f"{kind} {size_text(array.shape)} {dtype_text(array.dtype)}".replace("  ", " ")
    lines, left_out = [f"{array.nbytes:,} bytes"], []
    if is_of(value, "numpy", "memmap"):
        lines[0] += ", memory-mapped from a file"
    if array.dtype.names is None:
        lines += filter(None, [facts(array, wish, mask)])
    else:
        names = array.dtype.names
        fields = names[:_MAX_FIELDS]
        lines += [_field(array[name], name, wish, mask) for name in fields]
        left_out = [plural(len(names) - len(fields), "field")] if len(names) > len(fields) else []
        left_out += [f"{plural(gone, 'field')}, hidden by the user"] if gone else []
    raw = tuple(_rows(array, wish)) if wish.rows and mask is None else ()
    return Finding(kind, form, tuple(lines), tuple(left_out), raw=raw, shape=_table_shape(array))


def _without_hidden(array: Any, wish: Wish) -> tuple[Any, int]:
    """The array without the fields that the user has hidden, and how many these are."""
    names = array.dtype.names or ()
    kept = [name for name in names if not _is_hidden(name, array.dtype, wish)]
    if len(kept) == len(names):
        return array, 0
    shown = array[kept] if kept else sys.modules["numpy"].empty(array.shape, [])
    return shown, len(names) - len(kept)


def _is_hidden(name: str, dtype: Any, wish: Wish) -> bool:
    """Whether the user has hidden a field, or one in it."""
    inner = dtype[name].base
    return is_hidden_name(name, wish) or any(
        _is_hidden(one, inner, wish) for one in inner.names or ()
    )


def facts(array: Any, wish: Wish, mask: Any = None) -> str:
    """Range, mean, missing values and frequent values of a plain array on one line."""
    kind = array.dtype.kind
    if not wish.figures or not array.size:
        return ""
    if kind == "O":
        return _types(array)
    if kind in "iuf" and not is_allowed(wish.name, wish) and _is_personal(array):
        return PERSONAL
    words = [_range(figures(array, mask), array)] if kind in _HAS_FIGURES else []
    if kind in "SUT":
        words.append(_lengths(array))
    if wish.texts and mask is None and not held_back(wish.name, "", wish):
        words.append(_top(array) or _first(array))
    if wish.quantiles and kind in "iuf" and mask is None:
        words.append(_quartiles(array))
    return ", ".join(filter(None, words))


def _is_personal(array: Any) -> bool:
    """Whether the first numbers look personal, such as those of cards."""
    return are_personal_numbers(array.flat[: min(_SAMPLE, array.size)].tolist())


def _range(found: Figures, array: Any) -> str:
    """The figures in words; "~" marks those of a part of a very large array."""
    about = "~" if found.partial else ""
    words = []
    if found.missing:
        words.append(f"{about}{format_share(found.missing / found.read)} missing")
    kind, low, high = array.dtype.kind, _text(found.low), _text(found.high)
    if kind == "b" and found.mean is not None:
        words.append(f"true {about}{format_share(found.mean)}")
    elif low == high and low and not found.infinite and array.size > 1:
        words.append(f"always {low}")
    elif low:
        size = "magnitude " if kind == "c" else ""
        words.append(f"{size}{about}{low}..{high}" if array.size > 1 else f"value {_single(array)}")
        if found.mean is not None and kind not in "mM" and array.size > 1:
            words.append(f"mean {about}{format_scalar(found.mean)}")
    if found.infinite:
        words.append(f"and {found.infinite:,} infinite")
    if found.partial:
        words.append(f"(~ from {found.read:,} of the values, evenly spaced)")
    return " ".join(words)


def _single(array: Any) -> str:
    return value_text(array.reshape(-1)[0], texts=True)


def _text(figure: Any) -> str:
    """A figure of any numeric type as text; durations of months have no other."""
    if figure is None:
        return ""
    value = plain(figure)
    if is_missing(value) or str(figure) == "NaT":
        return ""
    shown = value_text(value, texts=False)
    if is_of(figure, "numpy", "datetime64"):
        shown = str(sys.modules["numpy"].datetime_as_string(figure)).replace("T", " ")
        shown = shown[:19].removesuffix(" 00:00:00")
    # Months and years have no length in days, and are numbers to Python.
    months = is_of(figure, "numpy", "timedelta64") and type(value) is int
    return str(figure) if months or shown.startswith("<") else shown


def _probe(array: Any) -> Any:
    """The first elements, copied."""
    return array.flat[: min(PROBE, array.size)]


def _lengths(array: Any) -> str:
    numpy = sys.modules["numpy"]
    probe = _probe(array)
    # The type of variable length, of numpy 2, has its own functions, and may have missing texts.
    functions = getattr(numpy, "strings", numpy.char)
    lengths = attempt(lambda: functions.str_len(probe))
    if lengths is None:
        return ""
    about = "~" if array.size > PROBE else ""
    low, high = int(lengths.min()), int(lengths.max())
    if low != high:
        return f"{about}{low:,}-{high:,} characters"
    return f"{about}{plural(low, 'character')}"


def _top(array: Any) -> str:
    """Frequent values where there are few distinct ones, such as the classes of a target."""
    if array.dtype.kind not in "iuSUT" or array.size < 2 * _LEAST_SEEN:
        return ""
    numpy, probe = sys.modules["numpy"], _probe(array)
    counted = attempt(lambda: numpy.unique(probe, return_counts=True))
    if counted is None or len(counted[0]) > _FEW_DISTINCT:
        return ""
    pairs = [(plain(v), int(n)) for v, n in zip(*counted, strict=True) if n >= _LEAST_SEEN]
    if any(type(value) is str and held_back("", value, Wish("")) for value, _ in pairs):
        return ""
    pairs.sort(key=lambda pair: -pair[1])
    about = "~" if array.size > PROBE else ""
    words = [f"{_bare(v)} {about}{format_share(n / len(probe))}" for v, n in pairs[:_MAX_TOP]]
    return f"{about}{len(counted[0])} distinct: {' '.join(words)}" if words else ""


def _bare(value: Any) -> str:
    return name_of(value) if type(value) is str else value_text(value, texts=True)


def _first(array: Any) -> str:
    """The first numbers of a vector; texts only when they are asked for as rows."""
    if array.ndim != 1 or array.dtype.kind not in "biufcmM" or array.size < 2:
        return ""
    shown = ", ".join(_text(each) or "missing" for each in islice(array, _FIRST))
    return f"begins {shown}{', …' if array.size > _FIRST else ''}"


def _quartiles(array: Any) -> str:
    numpy, step = sys.modules["numpy"], max(1, array.size // (10 * PROBE))
    sample = numpy.asarray(array.flat[::step], dtype=numpy.float64)
    sample = sample[numpy.isfinite(sample)]
    if not sample.size:
        return ""
    about = "~" if step > 1 else ""
    points = numpy.quantile(sample, [0.25, 0.5, 0.75])
    return f"quartiles {' '.join(about + format_scalar(float(point)) for point in points)}"


def _types(array: Any) -> str:
    from .outline import type_shares
    from .words import type_word

    about = "~" if array.size > PROBE else ""
    shares = type_shares(map(type_word, islice(array.flat, PROBE)))
    return f"Python types {about}{', '.join(shares)}"


def _field(array: Any, name: str, wish: Wish, mask: Any) -> str:
    shown = f"{name_of(name)} {dtype_text(array.dtype)}"
    reason = held_back(name, "", wish)
    inner = mask[name] if mask is not None and array.dtype.names is None else None
    told = "" if reason or array.dtype.names is not None else facts(array, wish, inner)
    return " ".join(filter(None, (shown, told, reason)))


def _mask(value: Any) -> Any:
    """The mask of a masked array, None when nothing is masked."""
    if not is_of(value, "numpy.ma", "MaskedArray"):
        return None
    numpy = sys.modules["numpy"]
    mask = numpy.ma.getmask(value)
    return None if mask is numpy.ma.nomask else base_array(mask)


def _rows(array: Any, wish: Wish) -> Iterator[str]:
    if array.ndim not in (1, 2) or array.dtype.names == ():
        return
    for row in islice(array, wish.rows):
        cells = list(islice(row, _MAX_COLUMNS + 1)) if array.ndim == 2 else [row]
        more = ", …" if len(cells) > _MAX_COLUMNS else ""
        yield ", ".join(_cell(cell, wish) for cell in cells[:_MAX_COLUMNS]) + more


def _cell(value: Any, wish: Wish) -> str:
    """A cell in full; moments and durations may be finer than Python's."""
    if is_of(value, "numpy", "datetime64"):
        day, _, time = str(value).partition("T")
        clock, _, fraction = time.partition(".")
        return f"{day} {clock}" + f".{fraction}".rstrip("0.") if time else str(value)
    if is_of(value, "numpy", "timedelta64") and type(plain(value)) is int:
        return str(value)
    return value_text(value, texts=True, exact=True, hidden=wish.hidden)


def _table_shape(array: Any) -> tuple[int | None, int | None]:
    if not 1 <= array.ndim <= 2:
        return (None, None)
    return (array.shape[0], array.shape[1] if array.ndim == 2 else 1)
