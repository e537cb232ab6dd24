"""The Python face of rows: `map` and `filter`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import ArgumentError
from ..frames.hiding import matches
from ..origins import is_loopback
from ..surroundings import AROUND
from ..wiring import workbench
from .columns import Columns, free
from .engines import engine_for
from .local import answer_table
from .opening import open_table
from .plan import Plan
from .tables import ListTable, kept, labels_of, names_of, without

if TYPE_CHECKING:
    from .tables import Table
    from .task import Task

_YES = "_yes"
_told: set[tuple[str, tuple[str, ...]]] = set()


def map(  # noqa: A001 - what it is
    frame: Any, template: str, *, schema: Any = None, name: str | None = None,
    to: str | Path | None = None, in_flight: int | None = None, budget_usd: float | None = None,
    repairs: int = 0, fresh: bool = False, dry_run: bool = False, progress: bool = True,
    engine: str | None = None, tasks: int | None = None, **options: Any,
) -> Any:  # fmt: skip
    """Ask one prompt for every row of a table, and put the answers beside the rows.

    Equal rows are asked once. Every answer is kept on disk as it comes, so the same call after a
    crash or an interrupt goes on where it was, and repeated it asks nothing. A row that fails has
    its reason in `_error`, and is asked anew by the next run; no row makes the others fail.

    Args:
        frame: A DataFrame of pandas or polars (lazy too), a table of pyarrow, DuckDB, Ibis, Dask,
            Spark or Ray, a list of records, or the path of a Parquet file.
        template: The prompt, with names of columns in braces; braces that are text are doubled.
        schema: What an answer must be: a list of labels, a type, a dataclass, TypedDict or
            pydantic model, or a mapping of field names to such. Each field becomes a column.
        name: Of the column of answers, "answer" by default; of several, what they begin with.
        to: A Parquet file to write, batch by batch, instead of holding the result in memory; it is
            there when it is whole, and what there is after an early end is beside it in `.part`.
        in_flight: The account's limit of requests at once; it is found where nobody says it.
        budget_usd: The most this run may cost; it ends before the row that would pass it.
        repairs: How often an answer that does not fit the schema is sent back to be put right.
        fresh: Ask all rows anew.
        dry_run: Send nothing; return what it would cost and take, from a sample.
        progress: Whether to show a progress bar.
        engine: "dask", "spark", "ray" or "local"; taken from the frame.
        tasks: How many of an engine ask at once; they share out `in_flight` and `budget_usd`.
        **options: `model`, `thinking`, `temperature`, `max_tokens`, `system`, `provider`, …; here
            a model reasons only if `thinking` or `effort` ask for it.

    Returns:
        The same kind of table with columns for answers, `_error` and tokens; with `to`, the path,
        or a lazy table over the file; with `dry_run`, an `Estimate`.

    Raises:
        GLMError: Nothing was sent, or not one row could be answered; two lines say why.
    """
    since = datetime.now(UTC).isoformat() if fresh else ""
    hidden = _hidden(frame)
    plan = Plan(template, schema, name, repairs, in_flight, budget_usd, since, options, hidden)
    task = plan.task(need_key=not dry_run)
    _refuse_hidden(task, frame)
    away = engine_for(frame, engine)
    if away is None:
        return _ask_here(plan, task, open_table(frame, to), dry_run=dry_run, progress=progress)
    lazy = away(plan, task, _only(frame, to=to, dry_run=dry_run), tasks)
    _tell(task, None)
    return lazy


def _ask_here(plan: Plan, task: Task, table: Table, *, dry_run: bool, progress: bool) -> Any:
    no_records = isinstance(table, ListTable) and not table.rows  # of which nobody knows columns
    columns = plan.columns(task, task.template.fields if no_records else table.names)
    if dry_run:
        from .estimating import estimate

        return estimate(plan, task, table)
    _tell(task, table.rows)
    return answer_table(plan, task, table, columns, shown=progress)


def _only(frame: Any, **refused: Any) -> Any:
    """The frame, if nothing is asked for that engines do not do."""
    for option, value in refused.items():
        if value:
            message = f"`{option}` is for tables of this process."
            raise ArgumentError(message, "Try it on a part first, for example frame.head(100).")
    return frame


def filter(frame: Any, template: str, **options: Any) -> Any:  # noqa: A001 - what it is
    """The rows of a table for which a yes-or-no question is answered with yes.

    Rows without an answer stay, with the reason in `_error`: they are not lost.

    Args:
        frame: See `map`.
        template: The question, for example "Is {review} about the delivery?".
        **options: See `map`; not `schema`, `name` or `to`.

    Returns:
        The same kind of table, with `_error`.

    Raises:
        GLMError: See `map`.
    """
    if wrong := {"schema", "name", "to"} & set(options):
        message = f"glm.filter takes no {', '.join(sorted(wrong))}."
        raise ArgumentError(message, "Use glm.map, and filter by its columns.")
    if isinstance(frame, str | Path):
        message = "glm.filter takes a table, not the path of a file."
        raise ArgumentError(message, f"Open it first: polars.scan_parquet({str(frame)!r}).")
    existing = _names(frame)
    (yes,) = free([_YES], existing)
    found = map(frame, template, schema=bool, name=yes, **options)
    if options.get("dry_run"):
        return found
    columns = Columns.beside(existing, None, yes)
    return without(kept(found, yes, columns.error), [yes, *columns.tokens])


def _names(frame: Any) -> list[str]:
    """The names of a table's columns, as templates have them."""
    away = engine_for(frame, None) is not None
    return names_of(frame) if away else open_table(frame).names


def _hidden(frame: Any) -> tuple[str, ...]:
    """What the user hides in this table: `%glm hide`."""
    table = object() if isinstance(frame, str | Path) else frame  # a file has no name of its own
    return workbench().hiding.of(table)[0]


def _refuse_hidden(task: Task, frame: Any) -> None:
    """What the user hides never leaves; keys in cells are left out of the rows."""
    hidden = task.template.hidden
    labels = labels_of(frame) if hidden else {}
    for field in task.template.fields:
        if matches(field, hidden) or matches(labels.get(field, field), hidden):
            message = f"The column {field} is hidden, and would leave with every row."
            raise ArgumentError(message, "Take it out of the template, or show it: %glm hide -h")


def _tell(task: Task, count: int | None) -> None:
    """Say once what is about to leave this computer."""
    host = urlsplit(task.settings.base_url).hostname or ""
    fields = task.template.fields
    nowhere = not host or is_loopback(host) or task.settings.replay == "replay"
    if nowhere or (host, fields) in _told:
        return
    _told.add((host, fields))
    rows = "all rows" if count is None else f"{count:,} rows"
    rows = "1 row" if count == 1 else rows
    columns = "column" if len(fields) == 1 else "columns"
    AROUND.warn(f"Sent to {host}: the {columns} {', '.join(fields)} of {rows}.")
