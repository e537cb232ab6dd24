"""Methods of which one thread at a time is in any."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


class Locked(Protocol):
    """What has a lock for its own methods, which may call each other."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Of one thread; it may enter again."""


_Self = TypeVar("_Self", bound=Locked)


def alone(
    method: Callable[Concatenate[_Self, _Given], _Result],
) -> Callable[Concatenate[_Self, _Given], _Result]:
    """Let threads wait for each other at this method and all others of its object made so."""

    @wraps(method)
    def waits(self: _Self, /, *given: _Given.args, **named: _Given.kwargs) -> _Result:
        with self.lock:
            return method(self, *given, **named)

    return waits
