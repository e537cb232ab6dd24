"""All lines of a description within a token budget, and what had to be left out."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glm_magic.chat.tokens import estimate_tokens
from glm_magic.frames.folding import Group, fold
from glm_magic.frames.lines import MAX_TOP_VALUES, Detail, group_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glm_magic.frames.columns import Column

LEVELS = ("schema", "stats", "values")
# How many frequent values are shown, from rich to poor.
_TOP_VALUES = (MAX_TOP_VALUES, 8, 3)

_TOKENS_TO_SAY_SO = 60
_LAST_COLUMNS = 5

# The words for what a poorer detail leaves out.
_LESS = {"stats": "frequent values", "schema": "statistics and frequent values"}


@dataclass(frozen=True, slots=True)
class Summary:
    """The columns as text.

    Attributes:
        lines: One line per column or folded group, shape (lines,).
        level: The level that was reached; poorer than asked for when the budget was small.
        left_out: What did not fit, one sentence each.
    """

    lines: tuple[str, ...]
    level: str
    left_out: tuple[str, ...] = ()


def summarize(
    columns: Sequence[Column],
    levels: tuple[str, str],
    max_tokens: int,
    *,
    approximate: bool,
    measured: int,
) -> Summary:
    """The richest text that fits: frequent values go first, then statistics, then names fold.

    Args:
        columns: The records, shape (columns,).
        levels: The level asked for and the level measured: "schema", "stats" or "values".
        max_tokens: Estimated tokens for the lines.
        approximate: Whether figures of the probe must be marked as such.
        measured: How many of the columns were measured at all.
    """
    asked, reach = levels
    about = "~" if approximate else ""
    single = [Group((column,), (i,)) for i, column in enumerate(columns)]
    folded = fold(columns)
    folds_well = 2 * len(folded) <= len(columns)
    for detail in _details(reach, about, folds_well=folds_well):
        if not detail.folded and measured < len(columns):
            continue  # too wide: folded from the start
        groups = folded if detail.folded else single
        lines = [group_line(group, detail) for group in groups]
        left_out = tuple(_left_out(asked, detail, groups, len(columns) - measured))
        if _tokens([*lines, *map(say_left_out, left_out)]) <= max_tokens:
            return Summary(tuple(lines), detail.level, left_out)
    return _cut(folded, asked, max_tokens)


def say_left_out(what: str) -> str:
    """The line that tells the model what it does not see."""
    return f"left out: {what}"


def _details(level: str, about: str, *, folds_well: bool) -> Iterator[Detail]:
    """From rich to poor; where names fold well, folding says more than names without figures."""
    rich = []
    if level == "values":
        rich = [Detail("values", top, False, about) for top in _TOP_VALUES]
    if level != "schema":
        rich.append(Detail("stats", 0, False, about))
    names = Detail("schema", 0, False, about)
    folded = [replace(detail, folded=True) for detail in rich]
    yield from rich
    yield from (*folded, names) if folds_well else (names, *folded)
    yield replace(names, folded=True)


def _left_out(
    asked: str, detail: Detail, groups: Sequence[Group], unmeasured: int
) -> Iterator[str]:
    if detail.level != asked:
        less = _LESS[detail.level] if asked == "values" else "statistics"
        yield f"{less} of all columns, to fit the token budget"
    elif detail.level == "values" and detail.top < MAX_TOP_VALUES:
        yield f"all but the {detail.top} most frequent values of a column, to fit the token budget"
    if not unmeasured and any(len(group.columns) > 1 for group in groups):
        yield "details of columns folded into one line, to fit the token budget"
    if unmeasured:
        yield f"missing values and statistics of {unmeasured:,} columns, which were not measured"


def _cut(groups: Sequence[Group], asked: str, max_tokens: int) -> Summary:
    """The last resort: as many names as fit, and a count of the rest by type.

    The last columns are named too: there stand labels and targets.
    """
    detail = Detail("schema", 0, folded=True)
    lines = [group_line(group, detail) for group in groups]
    # The lines that say what was left out need their place too.
    room = max_tokens - _TOKENS_TO_SAY_SO
    last = min(_LAST_COLUMNS, len(lines))
    while last and _tokens(lines[-last:]) > room // 4:
        last -= 1
    first, tail = lines[: len(lines) - last], lines[len(lines) - last :]
    room -= _tokens(tail)
    fitting = bisect_right(range(len(first)), room, key=lambda count: _tokens(first[: count + 1]))
    rest = [column for group in groups[fitting : len(first)] for column in group.columns]
    types = Counter(column.dtype for column in rest)
    ranked = sorted(types.items(), key=lambda pair: (-pair[1], pair[0]))
    kinds = ", ".join(f"{count:,} {dtype}" for dtype, count in ranked[:3])
    more = ", …" if len(ranked) > 3 else ""
    counted = f"… and {len(rest):,} more columns: {kinds}{more}"
    said = [f"{len(rest):,} columns, to fit the token budget"]
    if asked != "schema":
        said.append("statistics of the others")
    return Summary((*first[:fitting], counted, *tail), "schema", tuple(said))


def _tokens(lines: Sequence[str]) -> int:
    return estimate_tokens("\n".join(lines))
