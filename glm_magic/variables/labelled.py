"""xarray: dimensions, coordinates, variables; what is not in memory is not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..frames.failures import attempt
from .arrays import facts
from .dtypes import base_array, dtype_text
from .finding import Finding, plural
from .plain import is_of, own_name
from .words import held_back, is_hidden_name, name_of, value_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .finding import Wish

_MAX_VARIABLES, _MAX_ATTRIBUTES = 60, 20


def find(value: Any, wish: Wish) -> Finding:
    """Dimensions first, then a line for each coordinate and variable, then attributes."""
    kind = own_name(type(value))
    sizes = ", ".join(f"{_called(name, wish)} {size:,}" for name, size in value.sizes.items())
    variables = _variables(value)
    shown = [(role, name, each) for role, name, each in variables if not _hidden(name, wish)]
    lines = [_line(role, name, each, wish) for role, name, each in shown[:_MAX_VARIABLES]]
    lines += _attributes(value.attrs, wish)
    left_out = []
    if len(shown) > _MAX_VARIABLES:
        left_out.append(plural(len(shown) - _MAX_VARIABLES, "variable"))
    if gone := len(variables) - len(shown):
        left_out.append(f"{plural(gone, 'variable')}, hidden by the user")
    return Finding(kind, f"{kind} ({sizes})" if sizes else kind, tuple(lines), tuple(left_out))


def _variables(value: Any) -> list[tuple[str, Any, Any]]:
    """Role, name and variable, coordinates first."""
    if is_of(value, "xarray", "Variable"):
        return [("values", "", value)]
    found = [("coordinate", name, each.variable) for name, each in value.coords.items()]
    if is_of(value, "xarray", "DataArray"):
        return [*found, ("values", value.name or "", value.variable)]
    return [*found, *(("variable", name, each.variable) for name, each in value.data_vars.items())]


def _hidden(name: object, wish: Wish) -> bool:
    return type(name) is str and is_hidden_name(name, wish)


def _called(dimension: object, wish: Wish) -> str:
    """A dimension by its name; "…" for one that the user hides."""
    return "…" if _hidden(dimension, wish) else name_of(dimension)


def _line(role: str, name: Any, variable: Any, wish: Wish) -> str:
    dims = ", ".join(_called(each, wish) for each in variable.dims)
    words = [role, name_of(name) if name != "" else "", f"({dims})", dtype_text(variable.dtype)]
    units = variable.attrs.get("units")
    if wish.texts and type(units) is str:
        words.append(f"in {value_text(units, texts=True)}")
    reason = held_back(name, "", wish) if type(name) is str and name else ""
    return " ".join(filter(None, [*words, reason or _facts(variable, wish)]))


def _facts(variable: Any, wish: Wish) -> str:
    if not wish.figures:
        return ""
    if variable.chunks is not None:
        return "(lazy, not computed)"
    # What a file holds is read by the first who asks; that shall not be us.
    if not attempt(lambda: variable._in_memory):
        return "(in a file, not read)"
    return attempt(lambda: facts(base_array(variable.values), wish)) or ""


def _attributes(attributes: Any, wish: Wish) -> Iterator[str]:
    pairs = [(name, each) for name, each in attributes.items() if not _hidden(name, wish)]
    for name, each in pairs[:_MAX_ATTRIBUTES]:
        shown = ""
        if wish.texts:
            reason = held_back(name_of(name), each, wish)
            shown = f" {reason or value_text(each, texts=True, hidden=wish.hidden)}"
        yield f"attribute {name_of(name)}{shown}"
    if len(pairs) > _MAX_ATTRIBUTES:
        yield f"and {plural(len(pairs) - _MAX_ATTRIBUTES, 'attribute')} more"
