"""Columns whose names differ by a number only, folded into one: x_001..x_400."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glm_magic.frames.columns import Column

_LAST_NUMBER = re.compile(r"(.*?)(\d+)(\D*)", re.DOTALL)
_FEWEST = 3  # two columns are as short unfolded


@dataclass(frozen=True, slots=True)
class Group:
    """Columns of one name pattern and type, or a single column.

    Attributes:
        columns: The records, in the order of the frame, shape (columns,); at least one.
        positions: Their positions in the frame.
    """

    columns: tuple[Column, ...]
    positions: tuple[int, ...]


def fold(columns: Iterable[Column]) -> list[Group]:
    """Groups of at least three columns with one name pattern, and all other columns alone.

    A group stands where its first column stands.
    """
    by_pattern: dict[object, list[tuple[int, Column]]] = {}
    for position, column in enumerate(columns):
        by_pattern.setdefault(_pattern(position, column), []).append((position, column))
    groups = []
    for members in by_pattern.values():
        parts = [members] if len(members) >= _FEWEST else [[member] for member in members]
        groups += [Group(tuple(c for _, c in p), tuple(i for i, _ in p)) for p in parts]
    return sorted(groups, key=lambda group: group.positions[0])


def _pattern(position: int, column: Column) -> object:
    match = _LAST_NUMBER.fullmatch(column.name[:200])
    if match is None or column.level:
        return position
    # Objects may be numbers or days, with a zone or without: these have no range in common.
    low = column.low if column.types else None
    order = (column.kind, type(low), getattr(low, "tzinfo", None) is None)
    return (match[1], match[3], column.dtype, column.personal, *order)
