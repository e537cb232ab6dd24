"""A Dask DataFrame, asked partition by partition, where its partitions are.

Dask's own aggregates stumble over dates and read the data once for each column; here one task for
each partition answers all questions, and only answers travel.
"""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.frames.pieces import MOST_COUNTED, merge_answers
from glm_magic.frames.sketches import HASHES, POINTS, merge_spreads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from narwhals.stable.v2.dtypes import DType

    from glm_magic.frames.sources import Ask
    from glm_magic.frames.spread import Spread


class Partitions:
    """A Dask DataFrame that answers partition by partition.

    Args:
        frame: The frame, with unique text names.
    """

    isolates = True

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def select(self, names: Sequence[str]) -> Partitions:
        """See `Source.select`."""
        return Partitions(self._frame[list(names)])

    def schema(self) -> Mapping[str, DType]:
        """See `Source.schema`."""
        known = nw.from_native(self._frame._meta).schema
        # An empty column of objects looks like text; only its values will say what it holds.
        return {
            name: nw.Object() if str(self.native_dtype(name)) == "object" else dtype
            for name, dtype in known.items()
        }

    def native_dtype(self, name: str) -> object:
        """See `Source.native_dtype`."""
        return self._frame._meta[name].dtype

    def column(self, name: str) -> Any:
        """See `Source.column`."""
        raise AttributeError(name)

    def head(self, names: Sequence[str], rows: int) -> nw.DataFrame[Any]:
        """See `Source.head`."""
        part = self._frame[list(names)]
        partitions = 1
        while True:
            partitions = min(partitions, part.npartitions)
            head = part.head(rows, npartitions=partitions)
            if len(head) >= rows or partitions == part.npartitions:
                opened: nw.DataFrame[Any] = nw.from_native(head)
                return opened
            partitions *= 4

    def rows(self, names: Sequence[str], count: int) -> list[tuple[Any, ...]]:
        """See `Source.rows`."""
        return self.head(names, count).rows()

    def answers(self, asks: Sequence[Ask]) -> dict[str, Any]:
        """See `Source.answers`."""
        names = list(dict.fromkeys(ask.name for ask in asks if ask.name))
        plain = [(ask.key, ask.figure, ask.name) for ask in asks]
        return merge_answers(asks, self._each(names, answer_of_partition, (plain, MOST_COUNTED)))

    def spread(self, wants: Mapping[str, bool]) -> Mapping[str, Spread]:
        """See `Source.spread`."""
        names = list(wants)
        sizes = (wants, POINTS, HASHES)
        return merge_spreads(names, self._each(names, sketch_of_partition, sizes) if names else ())

    def count_held(self, name: str, values: Sequence[Any]) -> int:
        """See `Source.count_held`."""
        pieces = self._each([name], held_by_partition, list(values))
        return len(set().union(*(piece["held"] for piece in pieces)))

    def _each(
        self, names: Sequence[str], function: Callable[..., Any], argument: object
    ) -> Sequence[dict[str, Any]]:
        """What a function says of each partition, in the order of the partitions."""
        dask: Any = sys.modules["dask"]
        # Without columns the rows of a partition can still be counted.
        parts = self._frame[list(names)].to_delayed()
        task = dask.delayed(self_contained(function), pure=False)
        # In this process one partition after the other: a second one would double the memory and
        # save no time. A cluster has its own mind.
        with dask.config.set(num_workers=1):
            answers: tuple[dict[str, Any], ...] = dask.compute(*(task(p, argument) for p in parts))
        return answers


def self_contained(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as one of the user's notebook, which Dask sends to its workers by value.

    A worker on another machine need not have this package.
    """
    own = types.FunctionType(function.__code__, {"__builtins__": __builtins__}, function.__name__)
    own.__module__ = "__main__"
    return own


def answer_of_partition(part: Any, asked: tuple[list[tuple[str, str, str]], int]) -> dict[str, Any]:
    """The answers of one pandas frame; questions that fail have none. Needs nothing but pandas.

    Args:
        part: The frame.
        asked: Key, figure and name of each question; how many distinct values are counted.
    """
    asks, most = asked
    infinity = float("inf")
    answers: dict[str, Any] = {}
    for key, figure, name in asks:
        try:
            if figure == "rows":
                answers[key] = len(part)
                continue
            cells = part[name]
            if figure == "missing":
                answers[key] = int(cells.isna().sum())
                continue
            if figure == "infinite":
                answers[key] = int(cells.isin([infinity, -infinity]).sum())
                continue
            cells = cells.dropna()
            if figure.startswith("finite"):
                cells = cells[~cells.isin([infinity, -infinity])]
            if figure in ("finite", "present"):
                answers[key] = len(cells)
            elif figure.endswith("mean"):
                answers[key] = (cells.mean() if len(cells) else None, len(cells))
            elif figure == "frequent":
                counts = cells.value_counts(sort=False)
                counts = counts[counts > 0]  # a category may be unused
                pairs = zip(counts.index.tolist(), counts.tolist(), strict=True)
                answers[key] = list(pairs) if len(counts) <= most else None
            else:
                value = None
                if len(cells):
                    value = cells.min() if figure.endswith("low") else cells.max()
                answers[key] = value
        except Exception:  # noqa: S112 - one column that fails never hides the rest
            continue
    return answers


def sketch_of_partition(part: Any, sizes: tuple[dict[str, bool], int, int]) -> dict[str, Any]:
    """A sketch of each column; columns that fail have none."""
    import sys

    pandas = sys.modules["pandas"]  # in whatever process this runs, the partition is of pandas
    wants, most_points, most_hashes = sizes
    found: dict[str, Any] = {}
    for name, ordered in wants.items():
        try:
            cells = part[name].dropna()
            hashes = pandas.util.hash_pandas_object(cells, index=False).drop_duplicates()
            smallest = sorted(hashes.tolist())[:most_hashes]
            points = []
            if ordered and len(cells):
                parts = min(len(cells), most_points)
                at = [int((each + 0.5) * len(cells) / parts) for each in range(parts)]
                points = cells.sort_values().iloc[at].tolist()
            found[name] = (points, len(cells), smallest)
        except Exception:  # noqa: S112 - one column that fails never hides the rest
            continue
    return found


def held_by_partition(part: Any, values: list[Any]) -> dict[str, Any]:
    """Which of some values the only column of a pandas frame holds."""
    cells = part.iloc[:, 0]
    return {"held": set(cells[cells.isin(values)].unique().tolist())}
