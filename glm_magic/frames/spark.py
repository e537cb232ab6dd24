"""A Spark DataFrame, classic or Connect."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, TypeVar

import narwhals.stable.v2 as nw

from glm_magic.frames.background import run_aside
from glm_magic.frames.failures import attempt
from glm_magic.frames.sources import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from glm_magic.frames.sources import Ask
    from glm_magic.frames.spread import Spread

Result = TypeVar("Result")


class SparkTable(Table):
    """A Spark DataFrame: its head is always the same, and an interrupt cancels its jobs.

    And no others. Without it a cluster would go on working for nobody.
    """

    def head(self, names: Sequence[str], rows: int) -> nw.DataFrame[Any]:
        """See `Source.head`."""
        cells = list(zip(*self.rows(names, rows), strict=True)) or [()] * len(names)
        return nw.from_dict(
            {name: _series(column) for name, column in zip(names, cells, strict=True)},
            backend="pyarrow",  # as narwhals reads every other answer of Spark
        )

    def rows(self, names: Sequence[str], count: int) -> list[tuple[Any, ...]]:
        """See `Source.rows`."""
        chosen = self.frame.to_native().select(*names)
        # `take` goes through the partitions in order; Arrow's way home may mix them.
        return [tuple(row) for row in self._run(lambda: chosen.take(count))]

    def answers(self, asks: Sequence[Ask]) -> dict[str, Any]:
        """See `Source.answers`."""
        return self._run(lambda: super(SparkTable, self).answers(asks))

    def spread(self, wants: Mapping[str, bool]) -> Mapping[str, Spread]:
        """See `Source.spread`."""
        return self._run(lambda: super(SparkTable, self).spread(wants))

    def count_held(self, name: str, values: Sequence[Any]) -> int:
        """See `Source.count_held`."""
        return self._run(lambda: super(SparkTable, self).count_held(name, values))

    def _run(self, query: Callable[[], Result]) -> Result:
        """What a query returns; its jobs carry a tag, by which an interrupt cancels them."""
        session = self.frame.to_native().sparkSession
        tag = f"glm_magic-{uuid.uuid4().hex}"
        # A classic session finds its own tags only in the thread that set them; its context finds
        # them from any.
        if "connect" in type(session).__module__:
            mark, cancel = "addTag", lambda: session.interruptTag(tag)
        else:
            session = session.sparkContext
            mark, cancel = "addJobTag", lambda: session.cancelJobsWithTag(tag)
        if not hasattr(session, mark):
            return query()  # before Spark 3.5

        def tagged() -> Result:
            getattr(session, mark)(tag)
            return query()

        return run_aside(tagged, lambda: attempt(cancel))


def _series(cells: Sequence[Any]) -> nw.Series[Any]:
    """A column of the head; nested values that Arrow cannot hold are not looked into."""
    found = attempt(lambda: nw.new_series("cells", list(cells), backend="pyarrow"))
    if found is None:
        return nw.new_series("cells", [None] * len(cells), backend="pyarrow")
    return found
