"""SQL over frames by DuckDB, which reads them where they are: nothing else can be read."""

from __future__ import annotations

import csv
import io
import re
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import narwhals.stable.v2 as nw

from glm_magic.errors import ArgumentError
from glm_magic.frames.background import run_aside
from glm_magic.frames.cells import without_hidden
from glm_magic.frames.escape import is_scalar, type_name
from glm_magic.frames.failures import raise_if_no_failure
from glm_magic.frames.hiding import are_hidden, hidden_labels, is_hidden, without_rows
from glm_magic.frames.libraries import find_owner
from glm_magic.frames.numbering import numbered
from glm_magic.frames.opening import axes_of, label_text
from glm_magic.frames.sources import Table

_MISSING = ("NAType", "NaTType")

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TypeAlias

    Rules: TypeAlias = tuple[Sequence[str], Sequence[str]]


def query(sql: str, frames: Mapping[str, Any], rules: Mapping[str, Rules], most_rows: int) -> str:
    """The result of one SELECT as CSV; when rows were left out, a last line says so.

    Args:
        sql: In which each frame is a table of its name.
        frames: Of pandas, polars, pyarrow or DuckDB; others are no tables.
        rules: Patterns of columns that the query must not see, and of those whose names may be
            personal, by frame; other personal names are numbers.
        most_rows: Rows of the result.

    Raises:
        ArgumentError: DuckDB is not installed.
        ValueError: Another statement than one SELECT.
        TypeError: DuckDB cannot read a frame that is asked for.
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
    connection, unread = _connected(frames, rules)

    def run() -> tuple[list[str], list[Any]]:
        result = connection.execute(sql)
        names = [str(column[0]) for column in result.description or ()]
        return names, result.fetchmany(most_rows + 1)

    with connection:
        try:
            names, rows = run_aside(run, connection.interrupt)
        except duckdb.CatalogException as error:
            for name, reason in unread.items():
                if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql, re.I):
                    raise TypeError(reason) from error
            raise
    more = "(more rows were left out)\n" if len(rows) > most_rows else ""
    return _csv([names, *rows[:most_rows]]) + more


def _connected(frames: Mapping[str, Any], rules: Mapping[str, Rules]) -> tuple[Any, dict[str, str]]:
    """A connection that sees the frames and nothing else; and why it does not see some of them."""
    import duckdb

    # No variable of ours by its name, no file, no address, and no way to allow them again. What
    # lies in the folder for temporary files could be read, so there is none.
    connection = duckdb.connect(config={"python_enable_replacements": False, "temp_directory": ""})
    unread, alike = {}, _alike(frames)
    for name, frame in frames.items():
        if name in alike:
            unread[name] = f"{alike[name]} Use describe or frame_head."
            continue
        try:
            connection.register(name, _visible(name, frame, *rules.get(name, ((), ()))))
        except _UnclearError as error:
            unread[name] = f"In {name} {error} Use describe or frame_head."
        except BaseException as error:
            raise_if_no_failure(error)
            owner = find_owner(frame)
            kind = owner.kind if owner else type_name(frame)
            unread[name] = f"DuckDB cannot read {name}, a {kind}. Use describe or frame_head."
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection, unread


class _UnclearError(Exception):
    """Columns whose names are one to DuckDB."""


def _alike(names: Iterable[str]) -> dict[str, str]:
    """The names that DuckDB, to which case is nothing, cannot tell apart; with a sentence each."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.lower(), []).append(name)
    alike = [group for group in groups.values() if len(group) > 1]
    return {
        name: f"DuckDB cannot tell {' and '.join(group)} apart."
        for group in alike
        for name in group
    }


def _visible(name: str, frame: Any, hidden: Sequence[str], allowed: Sequence[str]) -> Any:
    """The frame without its hidden columns, as DuckDB takes it."""
    owner = find_owner(frame)
    wide = owner is not None and owner.library == "pandas" and not owner.is_series
    axes = axes_of(frame) if wide else ()
    frame = _without_labels(frame, hidden) if wide and hidden else frame
    table = nw.from_native(_with_text_names(frame) if wide else frame)
    schema = table.collect_schema()
    kept = [
        one
        for one, kind in schema.items()
        if not is_hidden(label_text(one), kind, hidden, partial(Table(table).native_dtype, one))
    ]
    kept = [] if are_hidden(axes, hidden) else kept
    shown = dict(zip(kept, numbered(list(map(label_text, kept)), axes, allowed), strict=True))
    if alike := _alike(shown.values()):
        raise _UnclearError(next(iter(alike.values())))
    schema = {shown[one]: schema[one] for one in kept}
    if isinstance(table, nw.DataFrame):
        table, _ = without_rows(table, list(map(label_text, table.columns)), hidden)
    native = table.select(kept).rename(shown).to_native()
    if table.implementation.is_duckdb():
        # A relation belongs to its own connection; what `arrow` makes can be read but once.
        return native.to_arrow_table() if hasattr(native, "to_arrow_table") else native.arrow()
    if table.implementation.is_pandas():
        mixed = [one for one, kind in schema.items() if hidden and kind == nw.Object]
        cells = {
            one: [_plain(without_hidden(cell, hidden)) for cell in native[one]] for one in mixed
        }
        return native.assign(**cells) if cells else native
    if table.implementation.is_polars() or table.implementation.is_pyarrow():
        return native
    message = f"DuckDB cannot read {name}, a frame of {table.implementation}."
    raise TypeError(message)


def _without_labels(frame: Any, hidden: Sequence[str]) -> Any:
    """A pandas frame without the rows under hidden names: DuckDB does not see its index."""
    for level in range(frame.index.nlevels):
        labels = frame.index.get_level_values(level)
        cells = nw.from_native(labels.to_series(), series_only=True)
        frame = frame[~labels.isin(hidden_labels(cells, hidden))]
    return frame


def _plain(cell: Any) -> Any:
    """A cell of plain values; of any other object, which would write itself, its type."""
    if isinstance(cell, dict):
        return {key: _plain(each) for key, each in cell.items()}
    if isinstance(cell, list):
        return list(map(_plain, cell))
    numbers = type(cell).__module__ == "numpy" and cell.dtype.kind not in "OV"
    if numbers and cell.dtype.kind in "iuf":  # whose repr inside of a dictionary names numpy
        return cell.item()
    plain = cell is None or is_scalar(cell) or numbers or isinstance(cell, str | bytes | UUID)
    return cell if plain or type(cell).__name__ in _MISSING else f"<{type_name(cell)}>"


def _with_text_names(frame: Any) -> Any:
    """A pandas frame under the names by which it is described."""
    named = frame.copy(deep=False)
    named.columns = list(map(label_text, frame.columns.tolist()))
    return named


def _csv(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
