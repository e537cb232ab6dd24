"""Estimators of scikit-learn and of libraries like it: parameters, steps, what was fitted."""

from __future__ import annotations

import inspect
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..frames.failures import attempt
from . import objects
from .finding import Finding, plural
from .leash import GaveUpError, on_leash
from .plain import (
    SEQUENCES,
    class_attribute,
    class_name,
    instance_dict,
    is_a,
    is_exactly,
    is_of,
    own_name,
    plain,
)
from .words import array_form, held_back, is_hidden_name, length_of, name_of, type_word, value_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .finding import Wish

_DEPTH = 4
_MAX_PARAMETERS, _MAX_STEPS, _MAX_FITTED, _MAX_NAMES = 20, 20, 30, 12
_MISSING = object()


def find(value: Any, wish: Wish) -> Finding:
    """Its type, the parameters that were set, its steps, and the fitted attributes by shape."""
    kind = own_name(type(value))
    try:
        lines = [f"{class_name(type(value))}({_set_parameters(value, wish)})"]
    except GaveUpError:
        return objects.find(value, wish)
    inner = [*_fitted(value, wish), *_steps(value, wish, _DEPTH)]
    if not any(line.lstrip().startswith("fitted ") for line in inner):
        inner.append("nothing fitted")
    return Finding(kind, kind, (*lines, *inner))


def _parameters(value: Any) -> dict[str, Any]:
    found = on_leash(lambda: dict(value.get_params(deep=False)))
    return {str(name): each for name, each in found.items()}


def _set_parameters(value: Any, wish: Wish) -> str:
    """The parameters that differ from their defaults, without those that are steps."""
    given = _parameters(value)
    initial = class_attribute(type(value), "__init__")
    signature = attempt(lambda: inspect.signature(initial))
    known = signature.parameters if signature is not None else {}
    words = []
    for name, each in given.items():
        default = known[name].default if name in known else _MISSING
        if _is_step(each) or _same(each, default) or is_hidden_name(name, wish):
            continue
        words.append(f"{name}={_parameter(name, each, wish)}")
    more = [f"and {len(words) - _MAX_PARAMETERS} more"] if len(words) > _MAX_PARAMETERS else []
    return ", ".join([*words[:_MAX_PARAMETERS], *more])


def _parameter(name: str, value: Any, wish: Wish) -> str:
    value = plain(value)
    if not wish.figures:
        return "…"
    return held_back(name, value, wish) or value_text(
        value, texts=wish.texts, hidden=wish.hidden, allowed=wish.allowed
    )


def _same(value: Any, default: Any) -> bool:
    value, default = plain(value), plain(default)
    if value is default:
        return True
    scalars = (bool, int, float, str)
    if type(value) is not type(default) or type(value) not in scalars:
        return False
    return bool(value == default or (value != value and default != default))


def _steps(value: Any, wish: Wish, depth: int) -> Iterator[str]:
    """The estimators among the parameters, one line each, those within indented."""
    if not depth:
        return
    inner = "  " * (_DEPTH - depth + 1)
    for name, each in (attempt(lambda: _parameters(value)) or {}).items():
        for label, step in islice(_named_steps(name, each), _MAX_STEPS):
            if _is_estimator(step):
                told = attempt(lambda step=step: _set_parameters(step, wish)) or ""  # type: ignore[misc]
                yield f"{inner}{label}: {class_name(type(step))}({told})"
                yield from (f"{inner}  {line}" for line in _fitted(step, wish))
                yield from _steps(step, wish, depth - 1)
            else:
                yield f"{inner}{label}: {value_text(step, texts=wish.texts)}"


def _named_steps(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if _is_estimator(value):
        yield name, value
    elif _is_step(value):
        for each in value:
            yield str(plain(each[0])), each[1]


def _is_step(value: Any) -> bool:
    """Whether a parameter is an estimator, or a list of named ones."""
    if is_exactly(value, list, tuple) and value:
        named = all(type(each) is tuple and len(each) in (2, 3) for each in value)
        return named and any(_is_estimator(each[1]) for each in value)
    return _is_estimator(value)


def _is_estimator(value: Any) -> bool:
    return not is_a(value, type) and class_attribute(type(value), "get_params") is not None


def _fitted(value: Any, wish: Wish) -> Iterator[str]:
    """What `fit` stored: names that end with an underscore."""
    stores = instance_dict(value)
    names = [name for name in stores if type(name) is str and name[-1:] == "_" != name[:1]]
    names = [name for name in names if not is_hidden_name(name, wish)]
    for name in names[:_MAX_FITTED]:
        each = plain(stores[name])
        more = _feature_names(each, wish) if name == "feature_names_in_" else ""
        yield f"fitted {name} {_stored_form(each, wish)}{more}"
    if len(names) > _MAX_FITTED:
        yield f"and {plural(len(names) - _MAX_FITTED, 'fitted attribute')} more"


def _stored_form(value: Any, wish: Wish) -> str:
    if is_of(value, "numpy", "ndarray"):
        return array_form(value)
    if is_a(value, dict, *SEQUENCES):
        return f"{own_name(type(value))}, {plural(length_of(value), 'item')}"
    if wish.figures and is_exactly(value, bool, int, float):
        return value_text(value, texts=False)
    return type_word(value)


def _feature_names(value: Any, wish: Wish) -> str:
    """The columns it was fitted with, without those the user hides."""
    if not is_of(value, "numpy", "ndarray"):
        return ""
    names = [each for each in map(plain, value[:_MAX_NAMES]) if type(each) is str]
    names = [name_of(each) for each in names if not is_hidden_name(each, wish)]
    return f": {', '.join(names)}{', …' if len(value) > _MAX_NAMES else ''}" if names else ""
