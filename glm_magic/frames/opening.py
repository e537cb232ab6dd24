"""A frame as narwhals sees it, with unique text names, whatever the user named the columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeAlias

import narwhals.stable.v2 as nw

from glm_magic.errors import FrameError
from glm_magic.frames.escape import MAX_NAME_CHARACTERS, quoted, type_name, visible

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from glm_magic.frames.libraries import Owner

Frame: TypeAlias = nw.DataFrame[Any] | nw.LazyFrame[Any]

_JOINER = " / "
_MAX_INDEX_LEVELS = 5


@dataclass(frozen=True, slots=True)
class Opened:
    """A frame that can be measured.

    Attributes:
        frame: The frame, with unique text names; shares the user's data.
        labels: The user's own column names as text, shape (columns,), not escaped yet.
        remarks: What a reader must know about names and index, one sentence each, escaped.
        index: The native pandas index when it is data, else None.
    """

    frame: Frame
    labels: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    index: Any = None


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
        if owner.is_series:
            return _open_series(value, owner)
        if owner.library == "pandas":
            return _open_pandas(value)
        if owner.library == "pyarrow":
            return _open_arrow(value)
        frame = nw.from_native(value)
        return Opened(frame, tuple(frame.collect_schema().names()))
    except Exception as error:
        raise unreadable(name, error) from error


def unreadable(name: str, error: BaseException) -> FrameError:
    """The error for a frame whose own library refuses to read it."""
    first_line = visible(f"{error}".strip().partition("\n")[0], 160)
    message = f"{name} cannot be read: {type_name(error)}: {first_line}"
    return FrameError(message, f"Check that {name}.head(5) works in a cell of its own.")


def collect(frame: Frame) -> nw.DataFrame[Any]:
    """The result of a query; only ever called on aggregates and on a head."""
    if isinstance(frame, nw.DataFrame):
        return frame
    # Streaming reads a file in pieces; the default engine loads the columns whole.
    return frame.collect(engine="streaming")


def label_text(label: object) -> str:
    """A column or index name as text; names need not be text in pandas."""
    if isinstance(label, str):
        return str.__str__(label)
    if isinstance(label, tuple):
        return _JOINER.join(filter(None, map(label_text, label[:10])))
    if label is None or isinstance(label, bool):
        return str(label)
    if isinstance(label, Integral):
        return str(int(label))
    if isinstance(label, Real):
        return str(float(label))
    return label.isoformat() if isinstance(label, date) else f"<{type_name(label)}>"


def _open_series(value: Any, owner: Owner) -> Opened:
    series = nw.from_native(value, series_only=True)
    label = "values" if value.name is None or value.name == "" else label_text(value.name)
    remarks, index = _read_index(value.index) if owner.library == "pandas" else ((), None)
    return Opened(series.alias("values").to_frame(), (label,), remarks, index)


def _open_pandas(value: Any) -> Opened:
    names = value.columns.tolist()
    labels = tuple(map(label_text, names))
    view = value
    if not all(type(each) is str for each in names) or len(set(names)) < len(names):
        view = value.copy(deep=False)  # shares the data; only the names are its own
        view.columns = [str(position) for position in range(len(names))]
    remarks, index = _read_index(value.index)
    return Opened(nw.from_native(view), labels, (*_remarks(names, labels), *remarks), index)


def _open_arrow(value: Any) -> Opened:
    names = list(value.column_names)
    unique = len(set(names)) == len(names)
    view = value if unique else value.rename_columns([str(i) for i in range(len(names))])
    return Opened(nw.from_native(view), tuple(names), _remarks(names, names))


def _remarks(names: Sequence[Hashable], labels: Sequence[str]) -> tuple[str, ...]:
    remarks = []
    if any(isinstance(each, tuple) for each in names):
        remarks.append(f'column names have several levels, joined here with "{_JOINER}"')
    other = sorted({type_name(each) for each in names if not isinstance(each, str | tuple)})
    if other:
        remarks.append(f"column names are of type {', '.join(other[:5])}, not str")
    twice = [label for label, count in Counter(labels).items() if count > 1]
    if twice:
        shown = ", ".join(quoted(label, MAX_NAME_CHARACTERS) for label in twice[:5])
        more = f" and {len(twice) - 5:,} more" if len(twice) > 5 else ""
        remarks.append(f"several columns share the name {shown}{more}")
    return tuple(remarks)


def _read_index(index: Any) -> tuple[tuple[str, ...], Any]:
    """What is said about a pandas index, and the index itself when it is more than row numbers."""
    if type(index).__name__ == "RangeIndex" and index.name is None:
        return (), None
    names = list(index.names)[:_MAX_INDEX_LEVELS]
    dtypes = list(index.dtypes) if index.nlevels > 1 else [index.dtype]
    levels = (
        f"{'(unnamed)' if name is None else quoted(label_text(name), MAX_NAME_CHARACTERS)} "
        f"{visible(str(dtype), MAX_NAME_CHARACTERS)}"
        for name, dtype in zip(names, dtypes, strict=False)
    )
    return (f"index, not among the columns: {', '.join(levels)}",), index
