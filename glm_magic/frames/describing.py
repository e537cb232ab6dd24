"""From a frame to an attachment: open, measure, summarize, fence."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from glm_magic.chat.attachments import Attachment
from glm_magic.chat.tokens import estimate_tokens
from glm_magic.errors import ArgumentError
from glm_magic.frames.escape import (
    MAX_NAME_CHARACTERS,
    MAX_VALUE_CHARACTERS,
    count_hidden,
    quoted,
    visible,
)
from glm_magic.frames.failures import raise_if_no_failure
from glm_magic.frames.fence import fence
from glm_magic.frames.folding import fold
from glm_magic.frames.libraries import Owner, require_owner
from glm_magic.frames.measure import Measured, measure, read_schema
from glm_magic.frames.opening import Opened, open_frame, unreadable
from glm_magic.frames.rows import RawRows, raw_rows
from glm_magic.frames.summary import LEVELS, Summary, say_left_out, summarize
from glm_magic.keys import REDACTED, redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glm_magic.frames.columns import Column

# A line takes so many tokens at least, so more columns than that can never all be shown.
_TOKENS_PER_COLUMN = 5
_TOKENS_WITH_VALUES = 10
_FEWEST_COLUMNS = 20
# Rows are sent because the user asked for them, so they have room of their own.
_ROW_BUDGET = 4


def describe(value: object, name: str, *, level: str, rows: int, max_tokens: int) -> Attachment:
    """See `glm_magic.frames.describe`."""
    level = _checked_level(level, rows, max_tokens)
    owner = require_owner(value, name)
    opened = open_frame(value, owner, name)
    try:
        schema = read_schema(opened)
        wanted, reach = _plan(schema, level, max_tokens)
        measured = measure(opened, schema, wanted, reach)
        raw = raw_rows(opened, rows, _ROW_BUDGET * max_tokens) if rows else RawRows()
    except BaseException as error:
        raise_if_no_failure(error)
        raise unreadable(name, error) from error
    remarks = list(_remarks(opened, measured))
    shape = _shape(owner, measured)
    empty = fence(_header(name, owner, shape, "values"), remarks)
    room = max_tokens - estimate_tokens(empty) - 1  # a line break
    summary = summarize(
        measured.columns,
        (level, reach),
        room,
        approximate=measured.approximate,
        measured=len(wanted),
    )
    reached = "rows" if rows else summary.level
    left_out = (*summary.left_out, *raw.left_out)
    lines = [*remarks, *summary.lines, *map(say_left_out, left_out), *raw.lines]
    safe = [redact(line) for line in lines]
    text = fence(_header(name, owner, shape, reached), safe)
    return Attachment(
        name=name,
        kind=owner.kind,
        level=reached,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        tokens=estimate_tokens(text),
        rows_sent=raw.count,
        shape=(measured.rows, len(measured.columns)),
        notes=tuple(_notes(measured.columns, summary, raw, text)),
    )


def _checked_level(level: str, rows: int, max_tokens: int) -> str:
    """The level of the column lines; raises ArgumentError."""
    if rows < 0 or max_tokens <= 0:
        message = f"rows must be 0 or more and max_tokens above 0, not {rows} and {max_tokens}."
        raise ArgumentError(message, "Leave them out for the defaults, 0 and 1500.")
    if level == "rows" and rows:
        return "values"
    if level not in LEVELS:
        remedy = "Say how many with rows=N." if level == "rows" else f"Use {', '.join(LEVELS)}."
        raise ArgumentError.unknown("level", level, LEVELS, remedy)
    return level


def _plan(schema: Sequence[Column], level: str, max_tokens: int) -> tuple[list[int], str]:
    """Positions of the columns worth measuring, and the level worth measuring them for.

    What the budget can never show is never computed: a table may have thousands of columns.
    """
    groups = fold(schema)
    fitting = max(_FEWEST_COLUMNS, max_tokens // _TOKENS_PER_COLUMN)
    if len(groups) > fitting:
        return [], "schema"
    if level == "values" and len(groups) > max(_FEWEST_COLUMNS, max_tokens // _TOKENS_WITH_VALUES):
        level = "stats"
    if len(schema) <= fitting:
        return list(range(len(schema))), level
    return [group.positions[0] for group in groups if len(group.positions) == 1], level


def _shape(owner: Owner, measured: Measured) -> str:
    def plural(count: int, noun: str) -> str:
        return f"{count:,} {noun}{'' if count == 1 else 's'}"

    if owner.is_series:
        return plural(measured.rows, "value")
    return f"{plural(measured.rows, 'row')} × {plural(len(measured.columns), 'column')}"


def _header(name: str, owner: Owner, shape: str, level: str) -> str:
    kind = visible(owner.kind, 2 * MAX_NAME_CHARACTERS)
    return f"{visible(name, MAX_NAME_CHARACTERS)}: {kind}, {shape} (level: {level})"


def _remarks(opened: Opened, measured: Measured) -> Iterator[str]:
    yield from opened.remarks
    if measured.approximate and any(c.distinct or c.shape for c in measured.columns):
        yield "figures marked ~ are from the first 10,000 rows"


def _notes(columns: Sequence[Column], summary: Summary, raw: RawRows, text: str) -> Iterator[str]:
    for each in (*summary.left_out, *raw.left_out):
        yield f"Left out: {each}."
    personal = [quoted(column.name, MAX_NAME_CHARACTERS) for column in columns if column.personal]
    if personal:
        shown = ", ".join(personal[:10]) + (", …" if len(personal) > 10 else "")
        sent = " The raw rows hold them." if raw.count else ""
        yield f"Likely personal, values not summarized: {shown}.{sent}"
    failed = [column for column in columns if column.problem]
    if failed:
        shown = ", ".join(quoted(column.name, MAX_NAME_CHARACTERS) for column in failed[:10])
        yield f"Could not be measured: {shown}."
    hidden = raw.hidden + _hidden(columns, summary.level)
    if hidden:
        yield f"Control or invisible characters shown as escapes: {hidden:,}."
    keys = text.count(REDACTED)
    if keys:
        yield f"API keys taken out of the text: {keys:,}."


def _hidden(columns: Sequence[Column], level: str) -> int:
    values = (top.value for column in columns for top in column.top if level == "values")
    return sum(count_hidden(column.name, MAX_NAME_CHARACTERS) for column in columns) + sum(
        count_hidden(value, MAX_VALUE_CHARACTERS) for value in values if isinstance(value, str)
    )
