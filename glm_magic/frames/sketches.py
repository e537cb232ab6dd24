"""Quartiles and distinct counts of a table in pieces, from a small sketch of each piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from glm_magic.frames.spread import SHARES, Spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Values kept of a piece, evenly from the smallest to the largest: quartiles are off by less than
# a thousandth of the rows.
POINTS = 1000
# The smallest hashes kept: a distinct count is off by about 2 %.
HASHES = 2048
_HASH_RANGE = 2.0**64
# Points in order, how many values they stand for, and the smallest distinct hashes.
Sketch: TypeAlias = tuple[list[Any], int, list[int]]
_MOST_POINTS = 200_000


def merge_spreads(
    names: Sequence[str], pieces: Iterable[Mapping[str, Sketch]]
) -> dict[str, Spread]:
    """The spread of each column of the whole table; a column that failed somewhere has none.

    Args:
        names: The columns.
        pieces: The sketches by column.
    """
    points: dict[str, list[tuple[Any, float]]] = {name: [] for name in names}
    hashes: dict[str, set[int]] = {name: set() for name in names}
    for piece in pieces:
        for name in list(points):
            if name not in piece:
                del points[name]
                continue
            values, count, smallest = piece[name]
            points[name] += ((value, count / len(values)) for value in values)
            if len(points[name]) > _MOST_POINTS:
                points[name] = _fewer(points[name])
            hashes[name] = set(sorted(hashes[name].union(smallest))[:HASHES])
    return {name: Spread(_quartiles(points[name]), _distinct(hashes[name])) for name in points}


def positions(count: int) -> list[int]:
    """Where the points lie in a sorted piece: in the middle of equal parts of it."""
    parts = min(count, POINTS)
    return [int((part + 0.5) * count / parts) for part in range(parts)]


def _fewer(points: list[tuple[Any, float]]) -> list[tuple[Any, float]]:
    total = sum(weight for _, weight in points)
    shares = [(i + 0.5) / POINTS for i in range(POINTS)]
    return [(value, total / POINTS) for value in _at(points, shares)]


def _quartiles(points: list[tuple[Any, float]]) -> tuple[Any, ...]:
    return tuple(_at(points, SHARES)) if points else ()


def _at(points: list[tuple[Any, float]], shares: Sequence[float]) -> list[Any]:
    """The values so far up, by weight."""
    ranked = sorted(points, key=lambda point: point[0])
    total = sum(weight for _, weight in ranked)
    found: list[Any] = []
    reached = 0.0
    for value, weight in ranked:
        reached += weight
        while len(found) < len(shares) and reached >= shares[len(found)] * total:
            found.append(value)
    return found + [ranked[-1][0]] * (len(shares) - len(found))


def _distinct(smallest: set[int]) -> int:
    """All of them while they are few; else by how close together the smallest hashes lie."""
    if len(smallest) < HASHES:
        return len(smallest)
    return round((HASHES - 1) / (max(smallest) / _HASH_RANGE))
