"""SQL over frames by DuckDB, which reads them where they are: nothing else can be read."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.errors import ArgumentError
from glm_magic.frames.background import run_aside
from glm_magic.frames.hiding import is_hidden, without_hidden
from glm_magic.frames.opening import label_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def query(
    sql: str, frames: Mapping[str, Any], hidden: Mapping[str, Sequence[str]], most_rows: int
) -> str:
    """The result of one SELECT as CSV; when rows were left out, a last line says so.

    Args:
        sql: In which each frame is a table of its name.
        frames: Of pandas, polars, pyarrow or DuckDB.
        hidden: Patterns of columns that the query must not see, by frame.
        most_rows: Rows of the result.

    Raises:
        ArgumentError: DuckDB is not installed.
        ValueError: Another statement than one SELECT.
        TypeError: DuckDB cannot read a frame.
        duckdb.Error: The query fails.
    """
    try:
        import duckdb
    except ImportError:
        message = "frame_query needs DuckDB, which is not installed."
        raise ArgumentError(message, 'pip install "glm_magic[tools]"') from None
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        message = "Only one SELECT statement is allowed."
        raise ValueError(message)
    # No variable of ours by its name, no file, no address, and no way to allow them again.
    connection = duckdb.connect(config={"python_enable_replacements": False})
    for name, frame in frames.items():
        connection.register(name, _visible(name, frame, hidden.get(name, ())))
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")

    def run() -> tuple[list[str], list[Any]]:
        result = connection.execute(sql)
        names = [str(column[0]) for column in result.description or ()]
        return names, result.fetchmany(most_rows + 1)

    with connection:
        names, rows = run_aside(run, connection.interrupt)
    more = "(more rows were left out)\n" if len(rows) > most_rows else ""
    return _csv([names, *rows[:most_rows]]) + more


def _visible(name: str, frame: Any, hidden: Sequence[str]) -> Any:
    """The frame without its hidden columns, as DuckDB takes it."""
    table = nw.from_native(frame)
    schema = table.collect_schema()
    kept = [one for one, kind in schema.items() if not is_hidden(label_text(one), kind, hidden)]
    native = table.select(kept).to_native()
    if table.implementation.is_duckdb():
        return native.arrow()  # a relation belongs to its own connection
    if table.implementation.is_pandas():
        mixed = [one for one in kept if hidden and schema[one] == nw.Object]
        cells = {one: [without_hidden(cell, hidden) for cell in native[one]] for one in mixed}
        return native.assign(**cells)
    if table.implementation.is_polars() or table.implementation.is_pyarrow():
        return native
    message = f"DuckDB cannot read {name}, a frame of {table.implementation}."
    raise TypeError(message)


def _csv(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
