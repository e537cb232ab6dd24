"""From a frame to an attachment: open, measure, summarize, fence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glm_magic.chat.attachments import Attachment
from glm_magic.chat.tokens import estimate_tokens
from glm_magic.errors import ArgumentError, FrameError
from glm_magic.frames.escape import (
    MAX_NAME_CHARACTERS,
    MAX_VALUE_CHARACTERS,
    count_hidden,
    quoted,
    visible,
)
from glm_magic.frames.failures import quiet, raise_if_no_failure
from glm_magic.frames.fence import fence
from glm_magic.frames.folding import fold
from glm_magic.frames.hiding import Hidden, allow, hide, plural
from glm_magic.frames.libraries import Owner, require_owner
from glm_magic.frames.measure import Measured, measure, read_schema
from glm_magic.frames.numbering import with_numbers
from glm_magic.frames.opening import Opened, open_frame, unreadable
from glm_magic.frames.progress import Progress
from glm_magic.frames.rows import RawRows, raw_rows
from glm_magic.frames.summary import LEVELS, Summary, say_left_out, summarize
from glm_magic.keys import say_redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from glm_magic.frames.columns import Column

# A line takes so many tokens at least, so more columns than that can never all be shown.
_TOKENS_PER_COLUMN = 5
_TOKENS_WITH_VALUES = 10
_FEWEST_COLUMNS = 20
# Rows are sent because the user asked for them, so they have room of their own.
_ROW_BUDGET = 4
_MOST_REMARKS, _MAX_REMARK_CHARACTERS = 20, 300


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user wants to be told; the fields are those of `glm_magic.frames.describe`."""

    level: str = "values"
    rows: int = 0
    max_tokens: int = 1500
    hidden: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    quantiles: bool = False
    kind: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read of a frame, nothing printed yet."""

    opened: Opened
    hidden: Hidden
    measured: Measured
    wanted: int
    reach: str
    raw: RawRows


def describe(
    value: object, name: str, wish: Wish, say: Callable[[str], None] | None = None
) -> Attachment:
    """See `glm_magic.frames.describe`."""
    level = _checked_level(wish.level, wish.rows, wish.max_tokens)
    owner = require_owner(value, name)
    try:
        with quiet(), Progress(f"describing {_shown(name)}", say) as progress:
            opened = open_frame(value, owner, name)
            seen = _look(opened, wish, level, progress.step)
    except FrameError:
        raise
    except BaseException as error:
        raise_if_no_failure(error)
        raise unreadable(name, error) from error
    measured, raw = seen.measured, seen.raw
    remarks = list(_remarks(seen, wish))
    columns = len(measured.columns) - seen.opened.levels
    # Without a column that is shown, the whole table was counted.
    rows = measured.rows + (seen.hidden.row_count if measured.columns else 0)
    shape = (rows, columns + len(seen.hidden.columns))
    header = _header(name, wish.kind or owner.kind, owner, shape)
    always = [*remarks, *map(say_left_out, seen.hidden.said)]
    room = wish.max_tokens - estimate_tokens(fence(header + "values)", always)) - 1  # a line break
    summary = summarize(
        measured.columns,
        (level, seen.reach),
        room,
        approximate=measured.approximate,
        measured=seen.wanted,
    )
    reached = "rows" if wish.rows else summary.level
    left_out = (*seen.hidden.said, *summary.left_out, *raw.left_out)
    lines = [*remarks, *summary.lines, *map(say_left_out, left_out), *raw.lines]
    text = fence(f"{header}{reached})", lines)
    return Attachment(
        name=name,
        kind=wish.kind or owner.kind,
        level=reached,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        tokens=estimate_tokens(text),
        rows_sent=raw.count,
        shape=shape,
        notes=tuple(_notes(seen, summary, text)),
    )


def _look(opened: Opened, wish: Wish, level: str, step: Callable[[str], None]) -> _Seen:
    """Read what the text needs, of what the user does not hide."""
    shown, hidden = hide(opened, wish.hidden)
    shown = with_numbers(shown, wish.allowed)
    schema = allow(read_schema(shown), wish.allowed)
    wanted, reach = _plan(schema, level, wish.max_tokens)
    # Without any column there are no rows to count.
    measured = (
        measure(shown, schema, wanted, reach, quantiles=wish.quantiles, step=step)
        if schema
        else measure(opened, [], [], "schema")
    )
    room = _ROW_BUDGET * wish.max_tokens
    raw = raw_rows(shown, wish.rows, room, hidden.patterns) if wish.rows else RawRows()
    return _Seen(shown, hidden, measured, len(wanted), reach, raw)


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


def _header(name: str, kind: str, owner: Owner, shape: tuple[int, int]) -> str:
    """The line in front of the fence, up to the level."""
    rows, columns = shape
    size = (
        plural(rows, "value")
        if owner.is_series
        else f"{plural(rows, 'row')} × {plural(columns, 'column')}"
    )
    shown = visible(kind, 2 * MAX_NAME_CHARACTERS)
    return f"{_shown(name)}: {shown}, {size} (level: "


def _shown(name: str) -> str:
    return visible(name, MAX_NAME_CHARACTERS)


def _remarks(seen: _Seen, wish: Wish) -> Iterator[str]:
    yield from seen.opened.remarks
    for line in wish.remarks[:_MOST_REMARKS]:
        if not seen.hidden.in_line(line):
            yield visible(line, _MAX_REMARK_CHARACTERS)
    if seen.measured.approximate and any(c.distinct or c.shape for c in seen.measured.columns):
        yield "figures marked ~ are from the first 10,000 rows"


def _notes(seen: _Seen, summary: Summary, text: str) -> Iterator[str]:
    columns, raw = seen.measured.columns, seen.raw
    if seen.hidden.note:
        yield seen.hidden.note
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
    if redacted := say_redacted(text):
        yield f"Taken out of the text: {redacted}."


def _hidden(columns: Sequence[Column], level: str) -> int:
    values = (top.value for column in columns for top in column.top if level == "values")
    return sum(count_hidden(column.name, MAX_NAME_CHARACTERS) for column in columns) + sum(
        count_hidden(value, MAX_VALUE_CHARACTERS) for value in values if isinstance(value, str)
    )
