"""A Spark DataFrame, classic or Connect."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.frames.failures import attempt
from glm_magic.frames.sources import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from glm_magic.frames.sources import Ask, Counts
    from glm_magic.frames.spread import Spread

_TAG = "glm_magic"


class SparkTable(Table):
    """A Spark DataFrame: its head is always the same, and an interrupt cancels its jobs."""

    def head(self, names: Sequence[str], rows: int) -> nw.DataFrame[Any]:
        """See `Source.head`."""
        cells = list(zip(*self.rows(names, rows), strict=True)) or [()] * len(names)
        return nw.from_dict(
            {name: _series(column) for name, column in zip(names, cells, strict=True)},
            backend="pyarrow",  # as narwhals reads every other answer of Spark
        )

    def rows(self, names: Sequence[str], count: int) -> list[tuple[Any, ...]]:
        """See `Source.rows`."""
        native = self.frame.to_native()
        with _cancelled(native):
            # `take` goes through the partitions in order; Arrow's way home may mix them.
            return [tuple(row) for row in native.select(*names).take(count)]

    def answers(self, asks: Sequence[Ask]) -> dict[str, Any]:
        """See `Source.answers`."""
        with _cancelled(self.frame.to_native()):
            return super().answers(asks)

    def frequent(self, names: Sequence[str]) -> dict[str, Counts]:
        """See `Source.frequent`."""
        with _cancelled(self.frame.to_native()):
            return super().frequent(names)

    def spread(self, wants: Mapping[str, bool]) -> Mapping[str, Spread]:
        """See `Source.spread`."""
        with _cancelled(self.frame.to_native()):
            return super().spread(wants)

    def count_held(self, name: str, values: Sequence[Any]) -> int:
        """See `Source.count_held`."""
        with _cancelled(self.frame.to_native()):
            return super().count_held(name, values)


@contextmanager
def _cancelled(native: Any) -> Iterator[None]:
    """An interrupt cancels the jobs that run inside, and no others.

    Without it a cluster would go on working for nobody. Sessions before Spark 4 know no tags.
    """
    session = native.sparkSession
    if not hasattr(session, "addTag"):
        yield
        return
    session.addTag(_TAG)
    try:
        yield
    except BaseException as error:
        if not isinstance(error, Exception):
            attempt(lambda: session.interruptTag(_TAG))
        raise
    finally:
        attempt(lambda: session.removeTag(_TAG))


def _series(cells: Sequence[Any]) -> nw.Series[Any]:
    """A column of the head; nested values that Arrow cannot hold are not looked into."""
    found = attempt(lambda: nw.new_series("cells", list(cells), backend="pyarrow"))
    if found is None:
        return nw.new_series("cells", [None] * len(cells), backend="pyarrow")
    return found
