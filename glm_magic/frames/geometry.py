"""What is said of a geopandas column: its reference system, its types, the box around all of it.

The box is a range like that of a number column. No geometry of a single row is ever looked at.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glm_magic.frames.columns import LEAST_SEEN, Column
from glm_magic.frames.escape import format_scalar, format_share, visible
from glm_magic.frames.failures import attempt

if TYPE_CHECKING:
    from glm_magic.frames.sources import Source

_MAX_CHARACTERS = 40
_MOST_TYPES = 4


def with_geometry(column: Column, source: Source, name: str) -> Column:
    """The record with what is known of its geometries; any other record as it is."""
    known = getattr(sys.modules.get("geopandas.array"), "GeometryDtype", None)
    if known is None or not isinstance(attempt(lambda: source.native_dtype(name)), known):
        return column
    geometries = source.column(name)
    facts = [attempt(lambda: _types(geometries)), attempt(lambda: _system(geometries.crs))]
    # The box around a few places tells where each of them is.
    if not column.personal and (attempt(geometries.count) or 0) >= LEAST_SEEN:
        facts.append(attempt(lambda: _box(geometries.total_bounds.tolist())))
    return replace(column, facts=tuple(filter(None, facts)))


def _system(crs: Any) -> str:
    if crs is None:
        return "no CRS"
    authority = crs.to_authority()
    return visible(":".join(authority) if authority else str(crs.name), _MAX_CHARACTERS)


def _types(geometries: Any) -> str:
    counts = geometries.geom_type.value_counts()  # missing ones are not counted
    total = int(counts.sum())
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_TYPES]
    if len(ranked) == 1:
        return str(ranked[0][0])
    return " ".join(f"{name} {format_share(count / total)}" for name, count in ranked)


def _box(bounds: list[float]) -> str:
    left, bottom, right, top = map(format_scalar, bounds)
    return f"x {left}..{right}, y {bottom}..{top}" if all(b == b for b in bounds) else ""
