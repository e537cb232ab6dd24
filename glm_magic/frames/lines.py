"""Column records as text: the one place where a level decides what is shown.

    body_mass_g f64 0.6% missing 2700..6300 mean 4202
    species category 3 distinct: Adelie 44% Gentoo 36% Chinstrap 20%
    email str many distinct, 12-31 characters, e-mail (personal?)

Shares and missing values are of all rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from glm_magic.frames.columns import UNNAMED
from glm_magic.frames.escape import (
    MAX_NAME_CHARACTERS,
    Scalar,
    exact_scalar,
    format_scalar,
    format_share,
    format_value,
    quoted,
    visible,
)

if TYPE_CHECKING:
    from glm_magic.frames.columns import Column
    from glm_magic.frames.folding import Group

MAX_TOP_VALUES = 12
_INDEX = "index, not among the columns:"


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of a record is shown.

    Attributes:
        level: "schema", "stats" or "values".
        top: At most so many frequent values of a column.
        folded: Whether columns of one name pattern share a line.
        about: Mark in front of figures that come from the probe only: "~" or "".
    """

    level: str
    top: int = MAX_TOP_VALUES
    folded: bool = False
    about: str = ""


def group_line(group: Group, detail: Detail) -> str:
    """One line of text for a group of columns, as detailed as the level allows."""
    column = group.columns[0]
    words = [_INDEX if column.level else "", _names(group), column.dtype]
    if len(group.columns) > 1:
        words.append(f"({len(group.columns):,} columns)")
    if column.problem:
        words.append(f"(could not be measured: {column.problem})")
    words += _missing(group)
    facts = []
    if detail.level in ("stats", "values"):
        facts += _statistics(group, detail)
    if detail.level == "values" and len(group.columns) == 1 and column.top and not column.personal:
        # Frequent values say all that the shape of the text would.
        facts = [_range(group), "" if _is_constant(column) else _top_values(column, detail)]
    words.append(", ".join(filter(None, facts)))
    if column.personal:
        words.append("(personal?)")
    return " ".join(filter(None, words))


def _names(group: Group) -> str:
    name = group.columns[0].name
    first = name if name == UNNAMED else quoted(name, MAX_NAME_CHARACTERS)
    if len(group.columns) == 1:
        return first
    return f"{first}..{quoted(group.columns[-1].name, MAX_NAME_CHARACTERS)}"


def _missing(group: Group) -> list[str]:
    shares = [column.missing for column in group.columns if column.missing is not None]
    if not shares or not max(shares):
        return []
    low, high = format_share(min(shares)), format_share(max(shares))
    return [f"{high} missing" if low == high else f"{low}..{high} missing"]


def _statistics(group: Group, detail: Detail) -> list[str]:
    column, facts = group.columns[0], [_range(group)]
    if len(group.columns) > 1:
        return facts
    if _is_constant(column):
        return facts
    facts.append(_distinct(column, detail))
    if column.shape is not None:
        shortest, longest = column.shape.shortest, column.shape.longest
        span = f"{shortest}" if shortest == longest else f"{shortest}-{longest}"
        facts += [f"{detail.about}{span} characters", column.shape.pattern]
    if column.types:
        facts.append(f"Python types {', '.join(column.types)}")
    if not column.personal:
        facts += [visible(fact, MAX_NAME_CHARACTERS) for fact in column.facts]
    return facts


def _range(group: Group) -> str:
    """Range of all columns of the group; mean and infinities of a single one."""
    if any(column.personal for column in group.columns):
        return ""
    lows = [column.low for column in group.columns if column.low is not None]
    highs = [column.high for column in group.columns if column.high is not None]
    if not lows or not highs:
        return ""
    low: Scalar = min(lows)
    high: Scalar = max(highs)
    low_text, high_text = _ends(low, high)
    column = group.columns[0]
    if len(group.columns) == 1 and _is_constant(column):
        return f"always {low_text}"
    words = [f"{low_text}..{high_text}"]
    if len(group.columns) == 1 and column.mean is not None:
        words.append(f"mean {format_scalar(column.mean)}")
    if len(group.columns) == 1 and column.quantiles:
        shown = map(format_scalar, column.quantiles)
        words.append(f"quartiles {' '.join(_trim_midnights(list(shown)))}")
    if len(group.columns) == 1 and column.infinite:
        words.append(f"and {column.infinite:,} infinite")
    return " ".join(words)


def _ends(low: Scalar, high: Scalar) -> list[str]:
    """Both ends as text; moments within one second to the last digit."""
    texts = [format_scalar(low), format_scalar(high)]
    if texts[0] == texts[1] and low != high and isinstance(low, datetime | timedelta):
        return [exact_scalar(low), exact_scalar(high)]
    return _trim_midnights(texts)


def _is_constant(column: Column) -> bool:
    return column.low is not None and column.low == column.high and not column.infinite


def _trim_midnights(texts: list[str]) -> list[str]:
    midnight = " 00:00:00"
    if all(text.endswith(midnight) for text in texts):
        return [text.removesuffix(midnight) for text in texts]
    return texts


def _distinct(column: Column, detail: Detail) -> str:
    distinct = column.distinct
    if distinct is None or column.kind == "boolean":
        return ""
    if distinct.few:
        return f"{detail.about}{distinct.count} distinct"
    exactly_all = distinct.all and not detail.about
    if column.approx_distinct is not None and not exactly_all:
        return f"~{column.approx_distinct:,} distinct"
    if distinct.all and not column.dtype.startswith("f"):
        return f"{detail.about}all distinct"
    # Of a number or a date it goes without saying.
    return "many distinct" if column.kind in ("text", "category") else ""


def _top_values(column: Column, detail: Detail) -> str:
    shown = column.top[: detail.top]
    words = [f"{format_value(each.value)} {format_share(each.share)}" for each in shown]
    rest = 1 - sum(each.share for each in shown) - (column.missing or 0)
    if rest > 0.0005:
        words.append(f"(rarer {format_share(rest)})")
    counted = _distinct(column, detail)
    return f"{counted}: {' '.join(words)}" if counted else " ".join(words)
