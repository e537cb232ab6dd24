"""One prompt over rows in this process, from the first batch to the result."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..errors import StoreError
from ..surroundings import AROUND
from .books import Books
from .plan import known_of
from .progress import Progress
from .running import BATCH_ROWS, Run
from .stopping import heeding_interrupts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .columns import Columns
    from .crew import Crew
    from .plan import Plan
    from .running import Counts
    from .tables import Table
    from .task import Task


def answer_table(
    plan: Plan, task: Task, table: Table, columns: Columns, *, shown: bool = True
) -> Any:
    """Ask every row and put the answers beside them.

    An interrupt, a spent budget or a host that refuses everything ends it early; what has come is
    there all the same.

    Args:
        plan: What the user wants.
        task: What is asked.
        table: Whose rows.
        columns: What is added.
        shown: Whether there is a progress bar.

    Raises:
        GLMError: Not a single row could be answered.
    """
    with _running(plan, task, table.rows, shown=shown) as run:
        for answered in run.answered(table.batches(task.template.fields, BATCH_ROWS)):
            table.add(answered, columns)
    return table.result(columns, f"not asked: {run.cut_short}" if run.cut_short else "")


def answer_batches(plan: Plan, batches: Iterator[Any]) -> Iterator[Any]:
    """Ask every row of a stream of Arrow batches.

    Args:
        plan: What the user wants.
        batches: Of pyarrow, all with the same columns.

    Yields:
        Tables of pyarrow: each batch with the columns that are added, in the same order.

    Raises:
        GLMError: Not a single row could be answered.
    """
    from .streams import cut, widened

    first = next(batches, None)
    if first is None:
        return
    task = plan.task()
    columns = plan.columns(task, first.schema.names)
    with _running(plan, task, None, shown=False) as run:
        source = cut(chain([first], batches), task.template.fields, BATCH_ROWS)
        for answered in run.answered(source):
            yield widened(answered, columns)


@contextmanager
def _running(plan: Plan, task: Task, rows: int | None, *, shown: bool) -> Iterator[Run]:
    with heeding_interrupts() as stop:
        recorded = known_of(task)
        crew = plan.crew(task, recorded)
        progress = Progress(crew, rows, shown=shown)
        books = Books(crew.spending, task.settings)

        def watch(counts: Counts) -> None:
            progress(counts)
            books.keep()

        run = Run(task, crew, recorded, stop, since=plan.known_since(task), watch=watch)
        crew.start()
        try:
            yield run
        finally:
            crew.stop()
            progress.close(run.counts)
            _finish(run, crew, task, books)
        if run.hopeless:
            raise run.hopeless


def _finish(run: Run, crew: Crew, task: Task, books: Books) -> None:
    """Close the books, and say what the user should know beside an error."""
    warnings = run.warnings
    try:
        books.enter()
        known_of(task).close()
    except StoreError as error:
        warnings.append(str(error))
    if run.counts.failed and not run.hopeless:
        rows = "1 row has" if run.counts.failed == 1 else f"{run.counts.failed:,} rows have"
        warnings.append(f"{rows} no answer: see the column of errors; run again to ask them anew.")
    if run.cut_short and not run.hopeless:
        answered = run.counts.done - run.counts.failed
        on = "Run the same again to go on from there."
        if crew.ended and crew.ended.remedy:
            on = f"{crew.ended.remedy} Then the same again goes on from there."
        warnings.append(
            f"Not finished ({run.cut_short.rstrip('.')}): {answered:,} rows are answered and kept. "
            f"{on}"
        )
    for warning in warnings:
        AROUND.warn(warning)
