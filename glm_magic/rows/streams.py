"""Tables that are read in a stream of Arrow batches, and written to a Parquet file as they come.

So memory does not grow with the rows: lazy frames, DuckDB relations, Ibis tables, pyarrow
datasets and Parquet files, and tables in memory whose result is to be a file.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, FrameError, GLMError
from ..frames.failures import raise_if_no_failure
from ..frames.opening import unreadable
from .arrow import arrow, check_writable, listed, type_of, unwritable
from .parquet import ParquetFile, refuse_sources
from .running import Answered, Batch
from .tables import check_unique, names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .columns import Columns


class StreamTable:
    """A table that comes in Arrow batches.

    Args:
        schema: The columns, as pyarrow has them.
        read: Gives the batches, of about so many rows each.
        opened: Makes what the user gets of the finished table: of the path of the Parquet file,
            or of a pyarrow Table where there is no file.
        to: The file to write; None keeps the result in memory.
        rows: How many rows there are, where that is known without reading.

    Raises:
        FrameError: Two columns have one name, or there is one that no file can hold.
    """

    def __init__(
        self,
        schema: Any,
        read: Callable[[int], Iterator[Any]],
        opened: Callable[[Any], Any],
        to: Path | None,
        rows: int | None = None,
    ) -> None:
        self.names = list(schema.names)
        self.rows = rows
        self._read = read
        self._opened = opened
        self._schema = schema
        check_unique(self.names)
        if to is not None:
            check_writable(schema)
        self._file = None if to is None else ParquetFile(to)
        self._tables: list[Any] = []
        self._added = False

    def batches(self, fields: Sequence[str], size: int) -> Iterator[Batch]:
        """See `Table.batches`."""
        return cut(self._batches(size), fields, size)

    def _batches(self, size: int) -> Iterator[Any]:
        with readable():
            yield from self._read(size)

    def add(self, answered: Answered, columns: Columns) -> None:
        """See `Table.add`."""
        self._add(widened(answered, columns))

    def _add(self, table: Any) -> None:
        self._added = True
        if self._file is None:
            self._tables.append(table)
        else:
            self._file.add(table)

    def result(self, columns: Columns, otherwise: str) -> Any:
        """The table as far as it was answered; rows that were not read are not in it."""
        pa = arrow()
        if not self._added:
            fields = [pa.field(name, type_of(kind)) for name, kind in columns.kinds.items()]
            self._add(pa.schema([*self._schema, *fields]).empty_table())
        if self._file is None:
            return self._opened(pa.concat_tables(self._tables))
        return self._opened(self._file.close(whole=not otherwise))


@contextmanager
def readable() -> Iterator[None]:
    """What a library raises while it reads, as an error of ours.

    Raises:
        FrameError: The table cannot be read, or not to its end.
    """
    try:
        yield
    except GLMError:
        raise
    except BaseException as error:
        raise_if_no_failure(error)
        message = unreadable("The table", error).message
    else:
        return
    remedy = "Every answer that came is kept: mend it, and run the same again."
    raise FrameError(message, remedy) from None


def cut(batches: Iterator[Any], fields: Sequence[str], size: int) -> Iterator[Batch]:
    """Arrow batches as batches of at most so many rows, with the cells of these columns."""
    for big in batches:
        for start in range(0, big.num_rows, size):
            part = big.slice(start, size)
            yield Batch([listed(part.column(field)) for field in fields], part)


def widened(answered: Answered, columns: Columns) -> Any:
    """An Arrow batch as a table with the columns that are added."""
    pa = arrow()
    table = pa.Table.from_batches([answered.native])
    for name, cells in columns.of(answered.outcomes).items():
        table = table.append_column(name, pa.array(cells, type_of(columns.kinds[name])))
    return table


def from_file(path: str | Path, to: Path | None) -> StreamTable:
    """A Parquet file, or a folder of such files.

    Raises:
        ArgumentError: There is no file to write to, or it would be written over what is read.
        FrameError: It cannot be read.
    """
    if to is None:
        message = "A file is answered into another file."
        raise ArgumentError(message, 'Name it: to="answered.parquet".')
    pa = arrow()
    try:
        dataset = pa.dataset.dataset(str(path), format="parquet")
        dataset = pa.dataset.dataset(str(path), format="parquet", schema=_whole_schema(dataset))
        refuse_sources(to, [path, *_files_of(dataset)])
        read = partial(_row_groups, dataset)
        return StreamTable(dataset.schema, read, Path, to, dataset.count_rows())
    except (OSError, pa.ArrowException) as error:
        first = str(error).partition("\n")[0][:160]
    raise FrameError(f"{path} cannot be read: {first}", "Pass the path of a Parquet file.")


def _whole_schema(dataset: Any) -> Any:
    """The columns of all files; a dataset's own are those of the first."""
    pa = arrow()
    fields: dict[str, Any] = {}
    for part in dataset.get_fragments():
        check_unique(part.physical_schema.names)
        for field in part.physical_schema:
            fields[field.name] = _wider(fields.setdefault(field.name, field), field)
    return pa.schema(fields.values(), dataset.schema.metadata) if fields else dataset.schema


def _wider(known: Any, field: Any) -> Any:
    """What holds the values of both fields, if anything does; else reading tries the first."""
    pa = arrow()
    if known.equals(field):
        return known
    pair = [pa.schema([known]), pa.schema([field])]
    try:
        return pa.unify_schemas(pair, promote_options="permissive").field(0)
    except pa.ArrowException:
        return known


def _row_groups(dataset: Any, size: int) -> Iterator[Any]:
    """The batches of Parquet files, of which one row group is in memory at a time.

    A scan of the whole reads up to a gigabyte ahead, however slowly it is emptied.
    """
    for fragment in dataset.get_fragments():
        for group in fragment.split_by_row_group():
            yield from group.to_batches(schema=dataset.schema, batch_size=size)


def _files_of(dataset: Any) -> list[str]:
    """The paths of a dataset's files, as far as it is of files."""
    parts = [part for part in dataset.get_fragments() if hasattr(part, "path")]
    return [getattr(part.filesystem, "base_path", "") + part.path for part in parts]


def from_dataset(dataset: Any, to: Path | None) -> StreamTable:
    """A pyarrow dataset; what comes of it is a table, or a dataset of the file.

    Raises:
        ArgumentError: It would be written over what is read.
    """
    if to is not None:
        refuse_sources(to, _files_of(dataset))
    back = arrow().dataset.dataset if to else _same

    def read(size: int) -> Iterator[Any]:
        return dataset.to_batches(batch_size=size, batch_readahead=1, fragment_readahead=1)  # type: ignore[no-any-return]

    with readable():
        rows = dataset.count_rows()
    return StreamTable(dataset.schema, read, back, to, rows)


def from_relation(relation: Any, to: Path | None) -> StreamTable:
    """A DuckDB relation; the result is one of the same connection."""

    def back(found: Any) -> Any:
        if to is None:
            return relation.query("glm_rows", "select * from found")  # found: this very variable
        quoted = str(found).replace("'", "''")
        return relation.query("glm_rows", f"select * from read_parquet('{quoted}')")  # noqa: S608

    with readable():
        schema = _relation_schema(relation)
    return StreamTable(schema, partial(_relation_reader, relation), back, to)


def _relation_reader(relation: Any, size: int) -> Iterator[Any]:
    older = "fetch_record_batch"  # until DuckDB 1
    read = getattr(relation, "to_arrow_reader", None) or getattr(relation, older)
    reader: Iterator[Any] = read(size)
    return reader


def _relation_schema(relation: Any) -> Any:
    reader: Any = _relation_reader(relation.limit(0), 1)
    return reader.schema


def from_ibis(table: Any, to: Path | None) -> StreamTable:
    """An Ibis table; the result is one of the same backend, or one in memory."""
    ibis = sys.modules["ibis"]
    # Ibis 12 asks a connection of DuckDB 2 for a method that it no longer has.
    relation = getattr(table.get_backend(), "_to_duckdb_relation", None)

    def read(size: int) -> Iterator[Any]:
        if relation is not None:
            return _relation_reader(relation(table), size)
        return table.to_pyarrow_batches(chunk_size=size)  # type: ignore[no-any-return]

    def back(found: Any) -> Any:
        return ibis.memtable(found) if to is None else ibis.read_parquet(str(found))

    with readable():
        schema = _relation_schema(relation(table)) if relation else table.schema().to_pyarrow()
    return StreamTable(schema, read, back, to)


def from_lazy(frame: Any, to: Path | None) -> StreamTable:
    """A polars LazyFrame; the result is one again."""
    polars = sys.modules["polars"]

    def read(size: int) -> Iterator[Any]:
        whole = getattr(frame, "collect_batches", None)  # polars 1.33
        for part in whole(chunk_size=size) if whole else [frame.collect(engine="streaming")]:
            yield from part.to_arrow().to_batches(size)

    def back(found: Any) -> Any:
        return polars.from_arrow(found).lazy() if to is None else polars.scan_parquet(found)

    with readable():
        schema = polars.DataFrame(schema=frame.collect_schema()).to_arrow().schema
    return StreamTable(schema, read, back, to)


def from_memory(frame: Any, to: Path) -> StreamTable:
    """A table in memory whose result is a file.

    Raises:
        FrameError: It cannot be one.
    """
    import narwhals.stable.v2 as nw

    pa = arrow()
    check_unique(names_of(frame))
    try:
        table = nw.from_native(frame, eager_only=True).to_arrow()
    except pa.ArrowException as error:
        raise unwritable(error) from None
    return StreamTable(
        table.schema, lambda size: iter(table.to_batches(size)), Path, to, table.num_rows
    )


def _same(found: Any) -> Any:
    return found
