"""From a variable to an attachment: the one place that chooses, escapes, fences and cuts."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from ..chat.attachments import Attachment
from ..chat.tokens import estimate_tokens
from ..errors import ArgumentError
from ..frames import describe as describe_frame
from ..frames import is_frame
from ..frames.escape import count_hidden, visible
from ..frames.fence import fence
from ..frames.summary import say_left_out
from ..keys import say_redacted
from .choosing import find
from .finding import Finding, plural
from .pictures import picture
from .plain import own_name
from .tables import Table, table_of
from .words import is_hidden_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .finding import Wish

LEVELS = ("schema", "stats", "values")
_MAX_LINE = 3000  # longer than any line of a describer
_MAX_NAME, _MAX_FORM = 60, 200
_MAX_TOKENS_SAID = 60
# Rows are sent because the user asked for them, so they have room of their own.
_RAW_BUDGET = 4


def describe(value: object, wish: Wish, say: Callable[[str], None] | None = None) -> Attachment:
    """See `glm_magic.variables.describe`."""
    wish = _checked(wish)
    if is_frame(value):
        return _as_frame(Table(value), wish, say)
    if is_hidden_name(wish.name, wish):
        kind = own_name(type(value))
        return _attachment(Finding(kind, left_out=("all of it, hidden by the user",)), wish)
    table = table_of(value)
    if table is not None:
        return _as_frame(table, wish, say)
    return _attachment(find(value, wish), wish)


def describe_picture(value: object, wish: Wish) -> Attachment:
    """See `glm_magic.variables.describe_picture`."""
    made = picture(value, wish.name)
    found = find(value, replace(wish, picture=made))
    if found.picture is None:  # of an array, which is numbers unless a picture is asked for
        found = replace(found, picture=made, lines=(made.line, *found.lines))
    return _attachment(found, wish)


def _checked(wish: Wish) -> Wish:
    """The wish with the level of its lines; raises ArgumentError."""
    if wish.rows < 0 or wish.max_tokens <= 0:
        message = (
            f"rows must be 0 or more and max_tokens above 0, not {wish.rows} and {wish.max_tokens}."
        )
        raise ArgumentError(message, "Leave them out for the defaults, 0 and 1500.")
    if wish.level == "rows" and wish.rows:
        return replace(wish, level="values")
    if wish.level not in LEVELS:
        remedy = f"Use {', '.join(LEVELS)}."
        raise ArgumentError.unknown("level", wish.level, LEVELS, remedy)
    return wish


def _as_frame(table: Table, wish: Wish, say: Callable[[str], None] | None) -> Attachment:
    return describe_frame(
        table.frame,
        wish.name,
        level=wish.level,
        rows=wish.rows,
        max_tokens=wish.max_tokens,
        hidden=wish.hidden,
        allowed=wish.allowed,
        quantiles=wish.quantiles,
        kind=table.kind,
        remarks=table.remarks,
        say=say,
    )


def _attachment(found: Finding, wish: Wish) -> Attachment:
    level = "rows" if found.raw else wish.level
    name, form = visible(wish.name, _MAX_NAME), visible(found.form or found.kind, _MAX_FORM)
    header = f"{name}: {form} (level: {level})"
    lines, raw, left_out = _fitting(header, found, wish.max_tokens)
    text = fence(header, [*lines, *map(say_left_out, left_out), *_headed(raw)])
    hidden = sum(count_hidden(line, _MAX_LINE) for line in (*found.lines, *found.raw))
    url = found.picture.url if found.picture else ""
    return Attachment(
        name=wish.name,
        kind="picture" if url else visible(found.kind, _MAX_FORM),
        level=level,
        text=text,
        digest=_digest(text),
        tokens=estimate_tokens(text) + (found.picture.tokens if found.picture else 0),
        rows_sent=len(raw),
        shape=found.shape,
        notes=tuple(_notes(found, left_out, hidden, text)),
        form=f"picture {found.picture.size}" if found.picture else form,
        image=url,
        image_digest=_digest(url) if url else "",
    )


def _fitting(
    header: str, found: Finding, max_tokens: int
) -> tuple[list[str], list[str], list[str]]:
    """As many lines and raw rows as fit, and what was left out."""
    lines, left_out = _safe(found.lines), _safe(found.left_out)
    room = max_tokens - estimate_tokens(fence(header, [*map(say_left_out, left_out)])) - 1
    if _tokens(lines) > room:
        room -= _MAX_TOKENS_SAID
        most = bisect_right(range(len(lines)), room, key=lambda n: _tokens(lines[: n + 1]))
        left_out.append(f"{len(lines) - most:,} of {len(lines):,} lines, to fit the token budget")
        lines = lines[:most]
    raw = _safe(found.raw)
    most = bisect_right(
        range(len(raw)), _RAW_BUDGET * max_tokens, key=lambda n: _tokens(raw[: n + 1])
    )
    if most < len(raw):
        left_out.append(f"{len(raw) - most:,} of the {len(raw):,} rows asked for")
    return lines, raw[:most], left_out


def _headed(raw: Sequence[str]) -> list[str]:
    return [f"the first {plural(len(raw), 'item')}:", *raw] if raw else []


def _safe(lines: Sequence[str]) -> list[str]:
    """Each on one line, nothing hidden, no key; an escape could hide where a key ends."""
    return [visible(line, _MAX_LINE) for line in lines]


def _tokens(lines: Sequence[str]) -> int:
    return estimate_tokens("\n".join(lines))


def _notes(found: Finding, left_out: Sequence[str], hidden: int, text: str) -> Iterator[str]:
    yield from found.notes
    for each in left_out:
        yield f"Left out: {each}."
    if hidden:
        yield f"Control or invisible characters shown as escapes: {hidden:,}."
    if redacted := say_redacted(text):
        yield f"Taken out of the text: {redacted}."


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
