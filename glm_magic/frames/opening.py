"""A frame as narwhals sees it, with unique text names, whatever the user named the columns."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.errors import FrameError
from glm_magic.frames.arrow import ArrowTable
from glm_magic.frames.columns import UNNAMED
from glm_magic.frames.datasets import Dataset
from glm_magic.frames.escape import MAX_NAME_CHARACTERS, quoted, type_name, visible
from glm_magic.frames.failures import quiet, raise_if_no_failure
from glm_magic.frames.pandas_table import PandasTable
from glm_magic.frames.partitions import Partitions
from glm_magic.frames.sources import Table
from glm_magic.frames.spark import SparkTable

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from glm_magic.frames.libraries import Owner
    from glm_magic.frames.sources import Source

JOINER = " / "  # between the levels of a pandas column name
_MAX_INDEX_LEVELS = 5


@dataclass(frozen=True, slots=True)
class Opened:
    """A frame that can be measured.

    Attributes:
        source: The table, with unique text names; shares the user's data.
        labels: The user's own names as text, shape (levels + columns,), not escaped yet.
        remarks: What a reader must know about the names, one sentence each, escaped.
        levels: How many of the first columns are levels of the index, where that is data.
        axes: What the column names are, where pandas knows it: a pivot's are a column's values.
        numbered: Labels that stand for names which look personal.
    """

    source: Source
    labels: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    levels: int = 0
    axes: tuple[str, ...] = ()
    numbered: frozenset[str] = frozenset()


def open_frame(value: Any, owner: Owner, name: str) -> Opened:
    """Open a frame without copying or changing it.

    Args:
        value: The user's object.
        owner: Its library.
        name: The variable's name, for the error.

    Raises:
        FrameError: The library or narwhals refuses the object.
    """
    try:
        with quiet():
            return _OPENERS[owner.library](value, owner)
    except FrameError:
        raise
    except Exception as error:
        raise_if_no_failure(error)
        raise unreadable(name, error) from error


def unreadable(name: str, error: BaseException) -> FrameError:
    """The error for a frame whose own library refuses to read it."""
    first_line = visible(f"{error}".strip().partition("\n")[0], 160)
    message = f"{name} cannot be read: {type_name(error)}: {first_line}"
    return FrameError(message, f"Check that {name}.head(5) works in a cell of its own.")


def label_text(label: object) -> str:
    """A column or index name as text; names need not be text in pandas."""
    if isinstance(label, str):
        return str.__str__(label)
    if isinstance(label, tuple):
        return JOINER.join(filter(None, map(label_text, label[:10])))
    if label is None or isinstance(label, bool):
        return str(label)
    if isinstance(label, Integral):
        return str(int(label))
    if isinstance(label, Real):
        return str(float(label))
    return label.isoformat() if isinstance(label, date) else f"<{type_name(label)}>"


def axes_of(frame: Any) -> tuple[str, ...]:
    """The names that a frame of pandas has for its column names themselves, by level."""
    return tuple(label_text(name) for name in frame.columns.names if name is not None)


def _open_pandas(value: Any, owner: Owner) -> Opened:
    if owner.class_name == "Index":
        if value.nlevels > 1:
            message = "A pandas MultiIndex cannot be described as a table."
            raise FrameError(message, "Describe its .to_frame(index=False).")
        value = value.to_series(index=range(len(value)))
    if owner.is_series:
        label = (_series_label(value.name),)
        return _with_index(value.to_frame("values"), ["values"], label)
    names = value.columns.tolist()
    opened = _with_index(value, names, tuple(map(label_text, names)))
    return replace(opened, axes=axes_of(value))


def _with_index(frame: Any, names: list[object], labels: tuple[str, ...]) -> Opened:
    """The frame with the levels of its index in front, when they are more than row numbers."""
    index = frame.index
    is_data = type(index).__name__ != "RangeIndex" or index.name is not None
    levels = list(index.names)[:_MAX_INDEX_LEVELS] if is_data else []
    view = frame
    if levels or not _are_plain(names):
        view = frame.copy(deep=False)  # shares the data; only the names are its own
        view.columns = [str(position) for position in range(len(names))]
        for level in range(len(levels)):
            view.insert(level, f"level {level}", index.get_level_values(level))
    shown = (*map(_level_label, levels), *labels)
    return Opened(PandasTable(nw.from_native(view)), shown, _remarks(names, labels), len(levels))


def _open_polars(value: Any, owner: Owner) -> Opened:
    if owner.is_series:
        table = nw.from_native(value, series_only=True).alias("values").to_frame()
        return Opened(Table(table), (_series_label(value.name),))
    if owner.class_name == "LazyFrame" and value.explain(optimized=False).startswith("SINK"):
        message = "This LazyFrame writes when it runs, so it cannot be described."
        raise FrameError(message, "Describe the one before its sink_ method.")
    frame = nw.from_native(value)
    return Opened(Table(frame), tuple(frame.collect_schema().names()))


def _open_arrow(value: Any, owner: Owner) -> Opened:
    arrow = sys.modules["pyarrow"]
    if owner.class_name == "Dataset":
        return Opened(Dataset(value), tuple(value.schema.names))
    if owner.is_series:
        return Opened(ArrowTable(nw.from_native(arrow.table({"values": value}))), ("values",))
    table = arrow.Table.from_batches([value]) if owner.class_name == "RecordBatch" else value
    names = list(table.column_names)
    unique = len(set(names)) == len(names)
    view = table if unique else table.rename_columns([str(i) for i in range(len(names))])
    return Opened(ArrowTable(nw.from_native(view)), tuple(names), _remarks(names, names))


def _open_duckdb(value: Any, _: Owner) -> Opened:
    names = list(value.columns)
    view = value
    if len(set(names)) < len(names):
        view = value.project(", ".join(f'#{i + 1} as "{i}"' for i in range(len(names))))
    return Opened(Table(nw.from_native(view)), tuple(names), _remarks(names, names))


def _open_ibis(value: Any, owner: Owner) -> Opened:
    table, names = value, None
    if owner.is_series:
        names = (_series_label(value.get_name()),)
        table = value.name("values").as_table()
    return Opened(Table(nw.from_native(table)), names or tuple(table.columns))


def _open_dask(value: Any, owner: Owner) -> Opened:
    frame = value.to_frame("values") if owner.is_series else value
    names = frame.columns.tolist()
    labels = (_series_label(value.name),) if owner.is_series else tuple(map(label_text, names))
    axes = () if owner.is_series else axes_of(frame)
    levels = [] if frame.index.name is None else [frame.index.name]
    view = frame
    if levels or not _are_plain(names):
        view = frame.copy()
        view.columns = [str(position) for position in range(len(names))]
    if levels:
        view = view.rename_axis(index="level 0").reset_index()
    shown = (*map(_level_label, levels), *labels)
    return Opened(Partitions(view), shown, _remarks(names, labels), len(levels), axes)


def _open_spark(value: Any, _: Owner) -> Opened:
    names = list(value.columns)
    view = value
    # A dot or a backtick in a name has a meaning in Spark.
    if len(set(names)) < len(names) or not all(map(str.isidentifier, names)):
        view = value.toDF(*(f"c{position}" for position in range(len(names))))
    return Opened(SparkTable(nw.from_native(view)), tuple(names), _remarks(names, names))


_OPENERS = {
    "pandas": _open_pandas,
    "polars": _open_polars,
    "pyarrow": _open_arrow,
    "duckdb": _open_duckdb,
    "ibis": _open_ibis,
    "dask": _open_dask,
    "pyspark": _open_spark,
}


def _series_label(name: object) -> str:
    return "values" if name is None or name == "" else label_text(name)


def _level_label(name: object) -> str:
    return UNNAMED if name is None else label_text(name)


def _are_plain(names: Sequence[object]) -> bool:
    return all(type(each) is str for each in names) and len(set(names)) == len(names)


def _remarks(names: Sequence[Hashable], labels: Sequence[str]) -> tuple[str, ...]:
    remarks = []
    if any(isinstance(each, tuple) for each in names):
        remarks.append(f'column names have several levels, joined here with "{JOINER}"')
    other = sorted({type_name(each) for each in names if not isinstance(each, str | tuple)})
    if other:
        remarks.append(f"column names are of type {', '.join(other[:5])}, not str")
    twice = [label for label, count in Counter(labels).items() if count > 1]
    if twice:
        shown = ", ".join(quoted(label, MAX_NAME_CHARACTERS) for label in twice[:5])
        more = f" and {len(twice) - 5:,} more" if len(twice) > 5 else ""
        remarks.append(f"several columns share the name {shown}{more}")
    return tuple(remarks)
