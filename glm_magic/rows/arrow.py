"""pyarrow, and what of it everybody needs who reads or writes in a stream."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError, FrameError


def arrow() -> Any:
    """The module pyarrow.

    Raises:
        ArgumentError: It is not installed.
    """
    try:
        import pyarrow
        import pyarrow.dataset
        import pyarrow.parquet
    except ImportError:
        message = "Reading and writing tables in a stream needs pyarrow, which is not installed."
        raise ArgumentError(message, 'pip install "glm_magic[rows]"') from None
    return pyarrow


def type_of(kind: str) -> Any:
    """The type of a column of such cells; see `Cells.kinds`."""
    pa = arrow()
    types = {"int": pa.int64, "float": pa.float64, "bool": pa.bool_}
    return pa.list_(pa.string()) if kind == "texts" else types.get(kind, pa.string)()


def listed(column: Any) -> list[Any]:
    """The cells of a column; as text where Python has no such value, as after the year 9999."""
    try:
        found: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        found = [_cell(column, place) for place in range(len(column))]
    return found


def _cell(column: Any, place: int) -> Any:
    pa = arrow()
    try:
        return column[place].as_py()
    except (ValueError, OverflowError):
        pass
    try:
        return column.slice(place, 1).cast(pa.string()).to_pylist()[0]
    except pa.ArrowException:
        return "(out of range)"


def check_writable(schema: Any) -> None:
    """Refuse columns that no Parquet file can hold.

    Raises:
        FrameError: It names the first of them.
    """
    pa = arrow()
    try:
        pa.parquet.ParquetWriter(pa.BufferOutputStream(), schema).close()
    except pa.ArrowException as error:
        raise unwritable(error) from None


def unwritable(error: Exception) -> FrameError:
    """The error for a table that cannot be a Parquet file."""
    words = "; ".join(str(word) for word in error.args) or type(error).__name__
    message = f"This table cannot be a Parquet file: {words:.200}"
    return FrameError(message, "Leave the column out or give it one simple type, or drop `to`.")
