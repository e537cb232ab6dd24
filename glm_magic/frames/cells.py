"""Cells without the fields, keys and attributes that the user hides, whatever object they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from glm_magic.frames.hiding import matches
from glm_magic.frames.libraries import find_owner
from glm_magic.frames.opening import label_text

if TYPE_CHECKING:
    from collections.abc import Sequence


def without_hidden(cell: Any, patterns: Sequence[str]) -> Any:
    """A cell without the hidden names of what is in it; what has no names stays as it is."""
    if not patterns:
        return cell
    cell = _by_name(cell, patterns)
    if isinstance(cell, dict):
        return {
            key: without_hidden(each, patterns)
            for key, each in cell.items()
            if not any(matches(name, patterns) for name in {str(key), label_text(key)})
        }
    if isinstance(cell, list | tuple):
        return [without_hidden(each, patterns) for each in cell if not _has_key(each, patterns)]
    if type(cell).__name__ == "ndarray" and cell.dtype.kind == "O":
        return without_hidden(cell.tolist(), patterns)
    return cell


def _by_name(cell: Any, patterns: Sequence[str]) -> Any:
    """What holds values under names as a dictionary of them; all else as it is."""
    if cell is None or isinstance(cell, str | bool | int | float | list | dict):
        return cell
    if isinstance(cell, Mapping):
        return dict(cell)
    if isinstance(cell, tuple):
        return dict(cell._asdict()) if hasattr(cell, "_asdict") else cell
    if is_dataclass(cell) and not isinstance(cell, type):
        return {each.name: getattr(cell, each.name, None) for each in fields(cell)}
    if names := getattr(getattr(cell, "dtype", None), "names", None):
        return {name: cell[name] for name in names}
    owner = find_owner(cell)
    if owner is not None and owner.kind == "pandas Series":
        return cell.to_dict()
    frame = nw.from_native(cell, eager_only=True, pass_through=True) if owner else None
    if isinstance(frame, nw.DataFrame):
        return frame.to_dict(as_series=False)
    held = getattr(cell, "__dict__", {})
    return held if any(matches(str(name), patterns) for name in held) else cell


def _has_key(item: Any, patterns: Sequence[str]) -> bool:
    """Whether an item is a pair under a hidden key, as pyarrow gives the entries of its maps."""
    pair = isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
    return pair and matches(item[0], patterns)
