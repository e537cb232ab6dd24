"""A `pyarrow.dataset.Dataset`, scanned in batches by its own scanner; never read whole."""

from __future__ import annotations

from functools import partial
from hashlib import blake2b
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.frames.arrow import ArrowTable
from glm_magic.frames.failures import attempt
from glm_magic.frames.pieces import MOST_COUNTED, merge_answers
from glm_magic.frames.sketches import HASHES, Sketch, merge_spreads, positions
from glm_magic.frames.sources import Ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from narwhals.stable.v2.dtypes import DType

    from glm_magic.frames.sources import Counts, Figure
    from glm_magic.frames.spread import Spread

_BATCH_ROWS = 262_144
# How far the scanner may read ahead of us: its own choice, 16 batches of 4 files, is gigabytes.
_AHEAD = {"batch_readahead": 2, "fragment_readahead": 1}
_COUNTED: dict[str, Figure] = {"mean": "present", "finite_mean": "finite"}


class Dataset:
    """A dataset that answers batch by batch.

    Args:
        dataset: The dataset; its column names must be unique.
        names: Only these columns.
    """

    isolates = True

    def __init__(self, dataset: Any, names: Sequence[str] | None = None) -> None:
        self._dataset = dataset
        schema = dataset.schema
        self._empty = schema.empty_table().select(schema.names if names is None else names)

    def select(self, names: Sequence[str]) -> Dataset:
        """See `Source.select`."""
        return Dataset(self._dataset, names)

    def schema(self) -> Mapping[str, DType]:
        """See `Source.schema`."""
        schema: Mapping[str, DType] = nw.from_native(self._empty).schema
        return schema

    def native_dtype(self, name: str) -> object:
        """See `Source.native_dtype`."""
        return self._dataset.schema.field(name).type

    def column(self, name: str) -> Any:
        """See `Source.column`."""
        raise AttributeError(name)

    def head(self, names: Sequence[str], rows: int) -> nw.DataFrame[Any]:
        """See `Source.head`."""
        batches = self._dataset.scanner(columns=list(names), batch_size=rows, **_AHEAD)
        head: nw.DataFrame[Any] = nw.from_native(batches.head(rows))
        return head

    def rows(self, names: Sequence[str], count: int) -> list[tuple[Any, ...]]:
        """See `Source.rows`."""
        return self.head(names, count).rows()

    def answers(self, asks: Sequence[Ask]) -> dict[str, Any]:
        """See `Source.answers`."""
        names = list(dict.fromkeys(ask.name for ask in asks if ask.name))
        if not names:
            return {ask.key: self._dataset.count_rows() for ask in asks}
        return merge_answers(asks, (_answers(piece, asks) for piece in self._pieces(names)))

    def spread(self, wants: Mapping[str, bool]) -> Mapping[str, Spread]:
        """See `Source.spread`."""
        names = list(wants)
        pieces = (_sketches(piece, wants) for piece in self._pieces(names)) if names else ()
        return merge_spreads(names, pieces)

    def count_held(self, name: str, values: Sequence[Any]) -> int:
        """See `Source.count_held`."""
        held: set[Any] = set()
        for piece in self._pieces([name]):
            cells = piece.frame.filter(nw.col(name).is_in(values))[name]
            held.update(cells.unique().to_list())
        return len(held)

    def _pieces(self, names: Sequence[str]) -> Iterator[ArrowTable]:
        empty = self._empty.select(names)
        yield ArrowTable(nw.from_native(empty))  # a dataset may have no batch at all
        scanner = self._dataset.scanner(columns=list(names), batch_size=_BATCH_ROWS, **_AHEAD)
        for batch in scanner.to_batches():
            if batch.num_rows:
                yield ArrowTable(nw.from_native(type(empty).from_batches([batch])))


def _answers(piece: ArrowTable, asks: Sequence[Ask]) -> dict[str, Any]:
    means = {
        ask.key: Ask(f"count of {ask.key}", _COUNTED[ask.figure], ask.name)
        for ask in asks
        if ask.figure in _COUNTED
    }
    plain = [ask for ask in asks if ask.figure != "frequent"]
    found = piece.answers([*plain, *means.values()])
    answers = {key: nw.to_py_scalar(value) for key, value in found.items()}
    for key, count in means.items():
        if key in answers:
            answers[key] = (answers[key], answers.get(count.key) or 0)
    for ask in asks:
        if ask.figure == "frequent":
            counts = attempt(partial(_all_counts, piece, ask.name))
            if counts is not None:
                answers[ask.key] = counts if len(counts) <= MOST_COUNTED else None
    return answers


def _all_counts(piece: ArrowTable, name: str) -> Counts:
    # The library's own count: grouping is five times slower on pieces of this size.
    counted = piece.column(name).value_counts()
    pairs = zip(*(counted.field(part).to_pylist() for part in ("values", "counts")), strict=True)
    return [(value, count) for value, count in pairs if value is not None and value == value]


def _sketches(piece: ArrowTable, wants: Mapping[str, bool]) -> dict[str, Sketch]:
    found = {name: attempt(partial(_sketch, piece, name, wants[name])) for name in wants}
    return {name: sketch for name, sketch in found.items() if sketch is not None}


def _sketch(piece: ArrowTable, name: str, ordered: bool) -> Sketch:
    present = piece.frame[name].drop_nulls()
    if present.dtype.is_float():
        present = present.filter(~present.is_nan())
    count = len(present)
    points = present.sort()[positions(count)].to_list() if ordered and count else []
    values = map(repr, present.unique().to_list())
    hashes = {int.from_bytes(blake2b(v.encode(), digest_size=8).digest()) for v in values}
    return points, count, nsmallest(HASHES, hashes)
