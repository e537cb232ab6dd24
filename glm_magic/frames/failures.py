"""One column that fails never hides the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


def attempt(compute: Callable[[], Result]) -> Result | None:
    """The result of a computation on foreign data, or None when its library fails.

    Raises:
        BaseException: An interrupt, or anything else that is no failure of the computation.
    """
    try:
        return compute()
    except BaseException as error:
        raise_if_no_failure(error)
        return None


def raise_if_no_failure(error: BaseException) -> None:
    """Raise interrupts again; polars' panics are failures although they are no Exception."""
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error
