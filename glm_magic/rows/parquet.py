"""The Parquet file that a result is written to, batch by batch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, StoreError
from ..surroundings import AROUND
from .arrow import arrow

if TYPE_CHECKING:
    from collections.abc import Iterable

_GROUP_ROWS = 16_384  # of one row group in the file


class ParquetFile:
    """A file that has its name only when it is whole; until then it stands beside it, as `.part`.

    So whoever reads it never finds half of it, and what was there before is replaced by nothing
    less.

    Args:
        path: Of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = part_of(path)
        self._waiting: list[Any] = []
        self._waiting_rows = 0
        self._writer: Any = None

    def add(self, table: Any) -> None:
        """Write a table of pyarrow behind those before, at the latest with the next ones.

        Raises:
            StoreError: It could not be written.
        """
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        if self._waiting_rows >= _GROUP_ROWS:
            self._write()

    def close(self, *, whole: bool) -> Path:
        """End the file; at least one table was added.

        Args:
            whole: Whether all is in it. What is not stays beside it, and the user is told.

        Returns:
            Where it is.

        Raises:
            StoreError: It could not be written.
        """
        self._write()
        self._writer.close()
        if not whole:
            state = "stays as it was" if self._path.exists() else "is not there yet"
            AROUND.warn(f"{self._path} {state}; what there is so far is in {self._part}.")
            return self._part
        try:
            return self._part.replace(self._path)
        except OSError as error:
            raise _unwritable(self._path, error) from None

    def _write(self) -> None:
        pa = arrow()
        if not self._waiting:
            return
        waiting, self._waiting, self._waiting_rows = self._waiting, [], 0
        try:
            table = pa.concat_tables(waiting)
            if self._writer is None:
                self._part.unlink(missing_ok=True)  # somebody may still read an earlier one
                self._writer = pa.parquet.ParquetWriter(str(self._part), table.schema)
            self._writer.write_table(table)
        except (OSError, pa.ArrowException) as error:
            raise _unwritable(self._path, error) from None


def part_of(path: Path) -> Path:
    """The file while it is not whole."""
    return path.with_name(f"{path.name}.part")


def refuse_sources(to: Path, sources: Iterable[str | Path]) -> None:
    """Refuse to write over what the rows are read from, also by another name for it.

    Args:
        to: The file to write.
        sources: The files, and the folders of all files below them.

    Raises:
        ArgumentError: It is one of the files, or in one of the folders.
    """
    written = [to, part_of(to), *to.absolute().parents, *to.resolve().parents]
    taken = {_identity(path) for path in written} - {None}
    for source in sources:
        if _identity(source) in taken:
            message = f"The rows are read from {source}, so the answers cannot be written there."
            raise ArgumentError(message, "Name a file in another folder for them.")


def _identity(path: str | Path) -> tuple[int, int] | None:
    """The same for every path to a file."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _unwritable(path: Path, error: Exception) -> StoreError:
    message = f"{path} could not be written: {getattr(error, 'strerror', None) or error}."
    return StoreError(message, "Every answer is kept: run it again with another file.")
