"""Which function a tool is: approval of one is not of another that has its name."""

from __future__ import annotations

import hashlib
import itertools
import weakref
from contextlib import suppress
from types import CodeType, EllipsisType, FunctionType, MethodType, NoneType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# Their text says all of them, in every run of a cell.
_PLAIN = (NoneType, EllipsisType, bool, int, float, complex, str, bytes)
_MOST_ITEMS = 1_000  # of a list or so that is looked at


class _Marks:
    """Numbers objects as long as they live; one that cannot be watched has another each time."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._known: dict[int, tuple[weakref.ref[Any], int]] = {}

    def of(self, value: object) -> int:
        """The number of an object."""
        watched, number = self._known.get(id(value), (None, 0))
        if watched is not None and watched() is value:
            return number
        number = next(self._numbers)
        with suppress(TypeError):
            self._known[id(value)] = weakref.ref(value), number
        return number


_MARKS = _Marks()


def identity_of(function: Callable[..., Any], name: str) -> str:
    """Changes with what a function does, but for the globals that it reads.

    It stays when the function's cell runs again and makes the same of values that have a text:
    its code, that of functions that it holds or wraps, their defaults and closures. Of other
    objects each is its own.

    Args:
        function: Any that can be called.
        name: As the model knows it.
    """
    told = repr(_told(function, {})).encode("utf-8", "backslashreplace")
    return f"{name}-{hashlib.sha256(told).hexdigest()[:16]}"


def _told(value: Any, seen: dict[int, int]) -> object:
    """A value as something whose text is another for another value."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if id(value) in seen:  # what holds itself
        return "again", seen[id(value)]
    seen[id(value)] = len(seen)
    if kind is FunctionType:
        return _function(value, seen)
    if kind is MethodType:
        return "method", _MARKS.of(value.__self__), _told(value.__func__, seen)
    if kind in (tuple, list) and len(value) <= _MOST_ITEMS:
        return kind.__name__, [_told(one, seen) for one in value]
    if kind is dict and len(value) <= _MOST_ITEMS:
        return "dict", [(_told(key, seen), _told(one, seen)) for key, one in value.items()]
    return "object", _MARKS.of(value)


def _function(function: FunctionType, seen: dict[int, int]) -> object:
    held = []
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # empty: the function itself, before it has its name
            held.append(_told(cell.cell_contents, seen))
    parts = (function.__defaults__, function.__kwdefaults__, vars(function).get("__wrapped__"))
    return "function", _body(function.__code__), held, [_told(one, seen) for one in parts]


def _body(code: CodeType) -> bytes:
    """What a function does, as bytes that stay the same when its cell runs again."""
    inner = [_body(one) if isinstance(one, CodeType) else repr(one).encode()
             for one in code.co_consts]  # fmt: skip
    return b"\0".join([code.co_code, repr(code.co_names).encode(), *inner])
