"""What the stand-in writes when it was sent a frame summary: short guides with runnable code.

It knows the description only. It never states what the rows would have to be read for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .frame_reading import Column, FrameSummary
    from .question import Question


def overview(question: Question, frame: FrameSummary) -> str:
    """What the frame holds."""
    numbers, groups = frame.of_kind("number"), frame.of_kind("category", "boolean")
    lines = [_opening(frame), ""]
    lines += [f"- **Numbers**: {_names(numbers)}"] if numbers else []
    lines += [f"- **Groups**: {_names(groups)}"] if groups else []
    lines += [f"- **Dates**: {_names(dates)}"] if (dates := frame.of_kind("date")) else []
    lines += [f"- **Texts**: {_names(texts)}"] if (texts := frame.of_kind("text")) else []
    lines += [f"- **Missing values**: {_missing_line(frame)}", ""]
    for column in question.columns[:4]:
        lines.append(f"`{column.name}`: {describe_column(column)}.")
    lines += [""] if question.columns else []
    lines.append("Ask for a comparison, a plot or missing values by naming columns.")
    numbers = tuple(number for number in numbers if not number.splits) or numbers
    if numbers and groups:
        lines += ["A start:", "", code.compare(frame, groups[0], numbers[-1])]
    elif numbers:
        lines += ["A start:", "", code.spread(frame, numbers[0])]
    return "\n".join(lines)


def compare(question: Question, frame: FrameSummary) -> str:
    """How groups differ, how two numbers go together, or how one column is spread."""
    numbers, groups = question.numbers(), question.groups()
    dates = [column for column in question.columns if column.kind == "date"]
    if numbers and dates:
        return _over_time(frame, dates[0], numbers[0])
    # A number with few values, such as a year, is a group only beside another number.
    if len(numbers) > 1 or not all(group.kind == "number" for group in groups):
        numbers = tuple(column for column in numbers if not column.splits) or numbers
    else:
        groups = ()
    if len(numbers) > 1 and not (groups and groups[0] in question.columns):
        return relate(question, frame)
    if numbers and groups:
        return _groups(frame, groups[0], numbers[0])
    if numbers:
        return _one(frame, numbers[0], code.spread(frame, numbers[0]))
    if groups:
        return _one(frame, groups[0], code.counts(frame, groups[0]))
    return _no_column(frame) + "\n\n" + overview(question, frame)


def relate(question: Question, frame: FrameSummary) -> str:
    """How two numbers go together."""
    numbers = question.numbers()
    numbers += tuple(column for column in frame.of_kind("number") if column not in numbers)
    if len(numbers) < 2:
        return f"`{frame.name}` has fewer than two number columns that I could read."
    across, up = numbers[:2]
    groups = [group for group in question.groups() if group.kind != "number"]
    return "\n".join(
        [
            f"**How `{across.name}` and `{up.name}` go together**",
            "",
            f"- `{across.name}`: {describe_column(across)}.",
            f"- `{up.name}`: {describe_column(up)}.",
            "",
            "A description of columns one by one cannot tell how they go together; this can:",
            "",
            code.relate(frame, across, up, groups[0] if groups else None),
            "",
            "Look at the picture before you trust the number: one correlation can hide groups "
            "that go the other way.",
        ]
    )


def missing(_question: Question, frame: FrameSummary) -> str:
    """Where values are missing."""
    gaps = _gaps(frame)
    lines = [_opening(frame), ""]
    if gaps:
        lines += ["| column | missing |", "|---|---:|"]
        lines += [f"| `{column.name}` | {column.missing_percent:g}% |" for column in gaps]
        lines += ["", "Before you drop or fill them, see whether they stand in the same rows:"]
    else:
        lines += ["The description mentions no missing values. To be sure:"]
    return "\n".join([*lines, "", code.missing(frame)])


def clean(question: Question, frame: FrameSummary) -> str:
    """Steps of cleaning."""
    needed = question.columns or _gaps(frame) or frame.columns[:1]
    texts = frame.of_kind("text")
    lines = [
        f"**Cleaning `{frame.name}`**, from its description:",
        "",
        f"1. Missing values: {_missing_line(frame)}.",
        f"2. Impossible values: check the ranges of {_names(frame.of_kind('number'))}.",
        "3. Doubled rows: count them before you drop them.",
    ]
    if texts:
        lines.append(f"4. Spelling: look at the distinct values of {_names(texts)}.")
    lines += ["", "Keep the original; work on a copy:", "", code.clean(frame, needed)]
    return "\n".join(lines)


def predict(question: Question, frame: FrameSummary) -> str:
    """How to begin with a model, without a library for it."""
    target = (question.columns or frame.of_kind("category", "number") or frame.columns)[:1]
    name = f"`{target[0].name}`" if target else "the target"
    others = [column for column in frame.columns if column not in target]
    lines = [
        f"**Predicting {name} in `{frame.name}`**",
        "",
        f"1. Candidates to predict from: {_names(others)}.",
        "2. Set a fifth of the rows aside before you look further.",
        "3. Begin with a baseline: the most frequent group, or the mean. A model must beat it.",
        "4. Then the simplest model that could work, and its errors by group.",
        f"5. Gaps: {_missing_line(frame)}.",
    ]
    if target:
        kind = target[0].kind
        picture = code.spread if kind == "number" else code.counts
        lines += ["", "What the baseline is, you see here:", "", picture(frame, target[0])]
    return "\n".join(lines)


def describe_column(column: Column) -> str:
    """A column in a few words, all from its description."""
    words = [column.dtype]
    words += [f"from {column.low} to {column.high}"] if column.low else []
    words += [f"mean {column.mean}"] if column.mean else []
    words += [", ".join(f"{v} {share}%" for v, share in column.values)] if column.values else []
    words += [f"{column.missing_percent:g}% missing"] if column.missing_percent else []
    return ", ".join(words)


def _groups(frame: FrameSummary, group: Column, number: Column) -> str:
    return "\n".join(
        [
            f"**How `{number.name}` differs by `{group.name}`**",
            "",
            f"- `{group.name}`: {describe_column(group)}.",
            f"- `{number.name}`: {describe_column(number)}.",
            "",
            f"The description gives no mean of `{number.name}` for each `{group.name}`, so which "
            "ones differ most cannot be said from it. The code below computes it: compare the gap "
            "between the means with the spread within the groups, and look at the box plot. Rows "
            "with a gap in either column are left out.",
            "",
            code.compare(frame, group, number),
            "",
            "Boxes that hardly overlap are a clear difference. Where groups are small or the boxes "
            "overlap much, do not read much into the means.",
        ]
    )


def _over_time(frame: FrameSummary, moment: Column, number: Column) -> str:
    text = f"**`{number.name}` along `{moment.name}`**\n\n"
    text += f"- `{moment.name}`: {describe_column(moment)}.\n"
    text += f"- `{number.name}`: {describe_column(number)}.\n\n"
    return text + code.over_time(frame, moment, number)


def _one(frame: FrameSummary, column: Column, block: str) -> str:
    return f"**`{column.name}` of `{frame.name}`**: {describe_column(column)}.\n\n{block}"


def _no_column(frame: FrameSummary) -> str:
    return f"No column of `{frame.name}` could be found in the prompt; name one of those below."


def _opening(frame: FrameSummary) -> str:
    return (
        f"`{frame.name}` is a {frame.kind} with {frame.rows} rows and {frame.column_count} columns."
    )


def _gaps(frame: FrameSummary) -> list[Column]:
    gaps = [column for column in frame.columns if column.missing_percent]
    return sorted(gaps, key=lambda column: -column.missing_percent)


def _missing_line(frame: FrameSummary) -> str:
    gaps = [f"`{column.name}` {column.missing_percent:g}%" for column in _gaps(frame)[:6]]
    return ", ".join(gaps) or "none are mentioned"


def _names(columns: Sequence[Column]) -> str:
    names = [f"`{column.name}`" for column in columns[:12]]
    more = [f"and {len(columns) - 12} more"] if len(columns) > 12 else []
    return ", ".join([*names, *more]) or "none"
