"""Which table a frame is, by its library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, FrameError
from ..frames.libraries import find_owner
from . import streams
from .tables import EagerTable, ListTable, PandasTable

if TYPE_CHECKING:
    from .tables import Table

_KINDS = (
    "a DataFrame of pandas or polars, a table of pyarrow, DuckDB, Ibis, Dask, Spark or Ray, "
    "a list of records, or the path of a Parquet file"
)

_OTHER_FORMATS = (
    ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".xlsx", ".xls", ".feather", ".arrow",
    ".ipc", ".orc", ".avro", ".db", ".duckdb", ".sqlite", ".pkl", ".gz", ".zip",
)  # fmt: skip


def open_table(frame: Any, to: str | Path | None = None) -> Table:
    """A table of this process.

    Args:
        frame: What the user has.
        to: A Parquet file to write the result to, instead of holding it in memory.

    Raises:
        ArgumentError: It cannot be written to this file.
        FrameError: It is no table, or it cannot be read.
    """
    path = _checked(to)
    if isinstance(frame, str | Path):
        return streams.from_file(frame, path)
    if isinstance(frame, list) and all(isinstance(one, dict) for one in frame):
        return _in_memory(ListTable(frame), path)
    owner = find_owner(frame)
    library, class_name = (owner.library, owner.class_name) if owner else ("", "")
    if library == "duckdb":
        return streams.from_relation(frame, path)
    if (library, class_name) == ("ibis", "Table"):
        return streams.from_ibis(frame, path)
    if (library, class_name) == ("polars", "LazyFrame"):
        return streams.from_lazy(frame, path)
    if (library, class_name) == ("pyarrow", "Dataset"):
        return streams.from_dataset(frame, path)
    if library and class_name in ("DataFrame", "Table"):
        if path is not None:
            return streams.from_memory(frame, path)
        return PandasTable(frame) if library == "pandas" else EagerTable(frame)
    raise no_table(frame)


def no_table(frame: Any) -> FrameError:
    """The error for what has no rows to ask."""
    kind = f"{type(frame).__module__.partition('.')[0]} {type(frame).__name__}"
    message = f"A {kind.removeprefix('builtins ')} has no rows to ask."
    return FrameError(message, f"Pass {_KINDS}.")


def _checked(to: str | Path | None) -> Path | None:
    if to is None:
        return None
    path = Path(to)
    if path.is_dir() or not path.parent.is_dir():
        message = f"{path} cannot be written: it is a folder, or its folder is not there."
        raise ArgumentError(message, 'Name a file: to="answered.parquet".')
    if path.suffix.lower() in _OTHER_FORMATS:
        message = f"{path} would not be what its name says: the file is written as Parquet."
        raise ArgumentError(message, f'Name it so: to="{path.with_suffix(".parquet").name}".')
    return path


def _in_memory(table: ListTable, path: Path | None) -> ListTable:
    if path is not None:
        message = "A list of records is answered in memory."
        raise ArgumentError(message, "Leave `to` away, or make a DataFrame of it first.")
    return table
