"""Numbers for columns whose names are likely data about persons, as those of a pivot may be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glm_magic.frames.hiding import is_named, matches
from glm_magic.frames.opening import JOINER, Opened
from glm_magic.frames.personal import is_personal_header, is_personal_text, is_secret_name

if TYPE_CHECKING:
    from collections.abc import Sequence


def numbered(labels: Sequence[str], axes: Sequence[str], allowed: Sequence[str]) -> list[str]:
    """The names of columns; for each that is likely data about a person, its number.

    Args:
        labels: The user's names.
        axes: What the names are, by level, where that is known.
        allowed: Names or patterns of what looks personal and may be shown.
    """
    named = [axis for axis in axes if is_personal_header(axis) or is_secret_name(axis)]
    if any(not matches(axis, allowed) for axis in named):
        return [f"column {i + 1}" for i in range(len(labels))]
    return [
        f"column {i + 1}"
        if any(map(is_personal_text, label.split(JOINER))) and not matches(label, allowed)
        else label
        for i, label in enumerate(labels)
    ]


def with_numbers(opened: Opened, allowed: Sequence[str]) -> Opened:
    """The frame without names of columns that are likely data about persons."""
    own = opened.labels[opened.levels :]
    shown = numbered(own, opened.axes, allowed)
    gone = [label for label, each in zip(own, shown, strict=True) if label != each]
    if not gone:
        return opened
    remarks = [line for line in opened.remarks if not any(is_named(line, each) for each in gone)]
    said = "columns are called by their number where the name looks personal"
    return replace(
        opened,
        labels=(*opened.labels[: opened.levels], *shown),
        remarks=(*remarks, said),
        numbered=frozenset(shown) - frozenset(own),
    )
