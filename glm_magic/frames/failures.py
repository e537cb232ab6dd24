"""One column that fails never hides the rest."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    if type(error).__name__ == "InterruptException" or (
        type(error) is RuntimeError and error.args[:1] == ("Query interrupted",)
    ):
        raise KeyboardInterrupt from error  # in DuckDB's words
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings of foreign libraries: numpy's about inf, Spark's about pandas, and so on.

    The user did not call them, and can do nothing about how we do.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
