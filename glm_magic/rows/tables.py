"""Tables in memory: their rows in batches, and the same kind of table with more columns.

No DataFrame library is imported: whoever passes a frame has imported its library.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import narwhals.stable.v2 as nw

from ..errors import FrameError
from ..frames.failures import quiet
from ..frames.libraries import find_owner
from ..frames.opening import label_text
from .running import Answered, Batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .columns import Columns

_NARWHALS = {
    "text": nw.String(), "int": nw.Int64(), "float": nw.Float64(), "bool": nw.Boolean(),
    "texts": nw.List(nw.String()), "json": nw.String(),
}  # fmt: skip
_PANDAS = {
    "text": "str", "int": "Int64", "float": "float64", "bool": "boolean", "texts": "object",
    "json": "str",
}  # fmt: skip


class Table(Protocol):
    """A table whose rows can be asked."""

    names: list[str]
    rows: int | None  # None where counting would mean reading it twice

    def batches(self, fields: Sequence[str], size: int) -> Iterator[Batch]:
        """The cells of these columns, so many rows at a time."""

    def add(self, answered: Answered, columns: Columns) -> None:
        """Take the outcomes of the next batch."""

    def result(self, columns: Columns, otherwise: str) -> Any:
        """The table with its new columns.

        Args:
            columns: Those that are added.
            otherwise: What is wrong with rows that no outcome has come for.
        """


class Gathered:
    """The cells that are added, as far as they have come."""

    def __init__(self) -> None:
        self.cells: dict[str, list[Any]] = {}

    def add(self, answered: Answered, columns: Columns) -> None:
        """See `Table.add`."""
        for name, cells in columns.of(answered.outcomes).items():
            self.cells.setdefault(name, []).extend(cells)

    def filled(self, columns: Columns, rows: int, otherwise: str) -> dict[str, list[Any]]:
        """A list of so many cells for each column."""
        found = {name: self.cells.get(name, []) for name in columns.kinds}
        return {
            name: cells + [otherwise if name == columns.error else None] * (rows - len(cells))
            for name, cells in found.items()
        }


class PandasTable(Gathered):
    """A pandas DataFrame, or a subclass; index and kind stay as they are."""

    def __init__(self, frame: Any) -> None:
        super().__init__()
        self._frame = frame
        self.names = names_of(frame)
        self.rows: int | None = len(frame)
        check_unique(self.names)

    def batches(self, fields: Sequence[str], size: int) -> Iterator[Batch]:
        """See `Table.batches`."""
        places = [self.names.index(field) for field in fields]
        for start in range(0, len(self._frame), size):
            part = self._frame.iloc[start : start + size]
            yield Batch([_cells(part.iloc[:, place]) for place in places])

    def result(self, columns: Columns, otherwise: str) -> Any:
        """See `Table.result`."""
        pandas = sys.modules["pandas"]
        cells = self.filled(columns, len(self._frame), otherwise)
        old = int(pandas.__version__.partition(".")[0]) < 3
        made = {}
        for name, values in cells.items():
            dtype = _PANDAS[columns.kinds[name]]
            dtype = "object" if old and dtype == "str" else dtype
            made[name] = pandas.Series(values, index=self._frame.index, dtype=dtype)
        more = self._frame.columns.nlevels - 1
        if not more:
            return self._frame.assign(**made)
        found = self._frame.copy()
        for name, series in made.items():
            found[name, *[""] * more] = series
        return found


class EagerTable(Gathered):
    """A table of polars or pyarrow, or of another library in memory that narwhals knows."""

    def __init__(self, frame: Any) -> None:
        super().__init__()
        self.names = names_of(frame)
        check_unique(self.names)
        self._frame = nw.from_native(frame, eager_only=True)
        self.rows: int | None = len(self._frame)

    def batches(self, fields: Sequence[str], size: int) -> Iterator[Batch]:
        """See `Table.batches`."""
        frame = self._frame.select(*fields)
        for start in range(0, len(frame), size):
            part = frame[start : start + size]
            yield Batch([_cells(part[field]) for field in fields])

    def result(self, columns: Columns, otherwise: str) -> Any:
        """See `Table.result`."""
        cells = self.filled(columns, len(self._frame), otherwise)
        library = self._frame.implementation
        made = [
            nw.new_series(name, values, _NARWHALS[columns.kinds[name]], backend=library)
            for name, values in cells.items()
        ]
        return self._frame.with_columns(*made).to_native()


class ListTable(Gathered):
    """A list of records, each a mapping."""

    def __init__(self, records: list[Any]) -> None:
        super().__init__()
        self._records = records
        self._keys = list(dict.fromkeys(key for record in records for key in record))
        self.names = [str(key) for key in self._keys]
        self.rows: int | None = len(records)
        check_unique(self.names)

    def batches(self, fields: Sequence[str], size: int) -> Iterator[Batch]:
        """See `Table.batches`."""
        keys = [self._keys[self.names.index(field)] for field in fields] if self.names else []
        for start in range(0, len(self._records), size):
            part = self._records[start : start + size]
            yield Batch([[record.get(key) for record in part] for key in keys])

    def result(self, columns: Columns, otherwise: str) -> Any:
        """See `Table.result`."""
        cells = self.filled(columns, len(self._records), otherwise)
        return [
            {**record, **{name: values[place] for name, values in cells.items()}}
            for place, record in enumerate(self._records)
        ]


def _cells(series: Any) -> list[Any]:
    """The cells of a column of pandas or narwhals."""
    try:
        found: list[Any] = series.to_list()
    except (ValueError, OverflowError):
        from .arrow import arrow, listed

        alike = isinstance(series, nw.Series)
        found = listed(series.to_arrow() if alike else arrow().array(series))
    return found


def kept(frame: Any, name: str, error: str) -> Any:
    """The rows of a result whose answer is yes, and those that have none.

    Args:
        frame: A pandas DataFrame, a list of records, a dataset of Ray, or what narwhals knows, lazy
            too.
        name: The column of answers.
        error: The column of errors.
    """
    if isinstance(frame, list):
        return [record for record in frame if _is_kept(name, error, record)]
    if _is_of(frame, "pandas"):  # whose names may have several levels
        yes = frame[name].fillna(value=True) | frame[error].notna()
        return frame[yes.to_numpy(dtype=bool)]
    if is_ray(frame):
        return frame.filter(partial(_is_kept, name, error))
    either = nw.col(name) | ~nw.col(error).is_null()
    with quiet():  # narwhals tells of its own plans for Dask
        return nw.from_native(frame).filter(either.fill_null(True)).to_native()


def _is_kept(name: str, error: str, row: dict[str, Any]) -> bool:
    return row[name] is None or bool(row[name]) or row[error] is not None


def without(frame: Any, names: Sequence[str]) -> Any:
    """The same without these columns."""
    if isinstance(frame, list):
        return [{k: v for k, v in record.items() if k not in names} for record in frame]
    if _is_of(frame, "pandas"):
        return frame.loc[:, ~frame.columns.get_level_values(0).isin(names)]
    if is_ray(frame):
        return frame.drop_columns(list(names))
    with quiet():
        return nw.from_native(frame).drop(*names).to_native()


def _is_of(frame: Any, library: str) -> bool:
    owner = find_owner(frame)
    return owner is not None and owner.library == library


def is_ray(frame: Any) -> bool:
    """Whether this is a dataset of Ray."""
    dataset = getattr(sys.modules.get("ray.data"), "Dataset", None)
    return dataset is not None and isinstance(frame, dataset)


def names_of(frame: Any) -> list[str]:
    """The names of the columns of a table, as templates have them."""
    if is_ray(frame):
        return list(frame.columns())
    # What pyarrow calls columns is what is in them.
    names = frame.column_names if _is_of(frame, "pyarrow") else frame.columns
    return [str(name) for name in names]


def labels_of(frame: Any) -> dict[str, str]:
    """What descriptions call the columns whose names need not be texts, by the template's names."""
    names: Iterable[Any] = ()
    if isinstance(frame, list):
        names = {key for record in frame if isinstance(record, dict) for key in record}
    elif any(_is_of(frame, library) for library in ("pandas", "dask")):
        names = getattr(frame, "columns", ())
    return {str(name): label_text(name) for name in names}


def check_unique(names: list[str]) -> None:
    """Refuse two columns of one name.

    Raises:
        FrameError: It names them.
    """
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        message = f"The table has several columns named {twice!r}."
        raise FrameError(message, "Give them different names first.")
