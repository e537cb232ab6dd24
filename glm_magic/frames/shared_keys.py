"""Columns by which several frames can be joined: one name, and values in common."""

from __future__ import annotations

from functools import partial
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from glm_magic.frames.dtypes import kind_of
from glm_magic.frames.escape import MAX_NAME_CHARACTERS, quoted
from glm_magic.frames.failures import attempt, quiet
from glm_magic.frames.hiding import hide
from glm_magic.frames.libraries import Owner, find_owner
from glm_magic.frames.numbering import with_numbers
from glm_magic.frames.opening import Opened, open_frame
from glm_magic.frames.probe import PROBE_ROWS
from glm_magic.frames.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_MOST_COLUMNS = 200
_MOST_VALUES = 1000
# More shared names than these are no keys but the same table twice, as training and test data.
_MOST_SHARED = 12
_MOST_PAIRS = 10


def shared_keys(
    frames: Mapping[str, object],
    hidden: Mapping[str, Sequence[str]] | None = None,
    say: Callable[[str], None] | None = None,
) -> list[str]:
    """One line for each pair of columns that share a name and values; no value is shown.

    Up to 1,000 distinct values from the first rows of the one are looked up in the other: one
    query for each pair, and no join. Numbers with a fraction, dates and booleans are no keys.
    At most ten pairs of frames are looked at.

    Args:
        frames: The frames by name; anything else among them is passed over.
        hidden: Patterns of columns to leave out, by frame.
        say: Is told what is going on; see `glm_magic.frames.describe`.
    """
    opened: dict[str, Opened] = {}
    for name, value in frames.items():
        owner = find_owner(value)
        if owner is not None and not owner.is_series:
            patterns = (hidden or {}).get(name, ())
            found = attempt(partial(_open, value, owner, name, patterns))
            if found is not None:
                opened[name] = found
    lines: list[str] = []
    with quiet(), Progress("looking for shared keys", say) as progress:
        for (a, one), (b, other) in islice(combinations(opened.items(), 2), _MOST_PAIRS):
            progress.step(f"{a} and {b}")
            lines += _of_pair(a, one, b, other)
    return lines


def _open(value: object, owner: Owner, name: str, hidden: Sequence[str]) -> Opened:
    return with_numbers(hide(open_frame(value, owner, name), hidden)[0], ())


def _of_pair(first: str, one: Opened, second: str, other: Opened) -> Iterator[str]:
    columns, others = _candidates(one), _candidates(other)
    shared = [label for label in columns if label in others]
    if len(shared) > _MOST_SHARED:
        yield f"{first} and {second} have {len(shared):,} columns of the same names"
        return
    for label in shared:
        share = attempt(partial(_share, one, columns[label], other, others[label]))
        if share:
            shown = quoted(label, MAX_NAME_CHARACTERS)
            yield f"{first}.{shown} and {second}.{shown} share values: {_in_words(share)}"


def _candidates(opened: Opened) -> dict[str, str]:
    """Columns that may be keys: the user's label and the name in the frame."""
    schema = opened.source.schema()
    pairs = list(zip(opened.labels, schema.items(), strict=True))[:_MOST_COLUMNS]
    labels = [label for label, _ in pairs]
    return {
        label: name
        for label, (name, dtype) in pairs
        if labels.count(label) == 1
        and label not in opened.numbered
        and (dtype.is_integer() or kind_of(dtype) in ("text", "category"))
    }


def _share(one: Opened, column: str, other: Opened, column_of_other: str) -> float:
    """The share of the first frame's distinct values that the second one holds."""
    wanted = _distinct(one, column)
    if len(wanted) < 2:
        return 0.0
    return other.source.count_held(column_of_other, wanted) / len(wanted)


def _distinct(opened: Opened, column: str) -> Sequence[Any]:
    head = opened.source.head([column], PROBE_ROWS)
    return head[column].drop_nulls().unique(maintain_order=True).head(_MOST_VALUES).to_list()


def _in_words(share: float) -> str:
    return "all that were looked up" if share >= 1 else f"{max(share, 0.01):.0%} of those looked up"
