"""What the options of a question let the model do: names become the user's functions and types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from .offering import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def tools_named(names: Sequence[str], namespace: Mapping[str, Any]) -> list[object]:
    """The user's functions of these names, else the names, which may be of built-in tools.

    Raises:
        ArgumentError: There is neither.
    """
    found: list[object] = []
    for name in names:
        value = namespace.get(name, name if name in BUILT_IN else None)
        if value is None:
            known = [one for one, value in namespace.items() if _is_function(one, value)]
            remedy = f"Run the cell that defines it; built in are {', '.join(BUILT_IN)}."
            raise ArgumentError.unknown("tool", name, [*known, *BUILT_IN], remedy)
        found.append(value)
    return found


def type_named(name: str | None, namespace: Mapping[str, Any]) -> object | None:
    """The user's type of this name.

    Raises:
        ArgumentError: There is none.
    """
    if name is None or name in namespace:
        return namespace[name] if name else None
    known = [one for one, value in namespace.items() if isinstance(value, type)]
    raise ArgumentError.unknown("type", name, known, "Run the cell that defines it first.")


def _is_function(name: str, value: object) -> bool:
    return callable(value) and not name.startswith("_") and not isinstance(value, type)
