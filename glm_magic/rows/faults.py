"""Whose fault it is: the row's own, one that passes, or the end of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import (
    AuthenticationError,
    BalanceError,
    ConnectionFailedError,
    GLMError,
    ModelNotFoundError,
    PermissionDeniedError,
    QuotaError,
    RedirectRefusedError,
    SettingsError,
    TimedOutError,
)

if TYPE_CHECKING:
    from .outcomes import Outcome

# What no other row would fare better with.
END_OF_RUN = (
    AuthenticationError,
    BalanceError,
    ModelNotFoundError,
    PermissionDeniedError,
    QuotaError,
    RedirectRefusedError,
    SettingsError,
)
_ALL_ALIKE = 20  # rows that fail in the same way before any is answered
_BUSY_SECONDS = 600.0  # without any answer
_LOST_SECONDS = 60.0
_NEVER_THERE_SECONDS = 10.0  # before anything was answered
_WORDS = 200


class Patience:
    """Notices that a run gets nowhere.

    Args:
        longest_wait_seconds: The longest `Retry-After` that is waited for.
        works: Whether the same was answered for other rows before, so that it can be answered.
    """

    def __init__(self, longest_wait_seconds: float, *, works: bool = False) -> None:
        self._works = works
        self._longest_wait = longest_wait_seconds
        self._last_good: float | None = None
        self._answered = False
        self._alike: dict[str, int] = {}

    def outcome(self, outcome: Outcome, now: float) -> GLMError | None:
        """A row is done; the error that ends the run if this is hopeless."""
        self._last_good = now
        self._answered = self._answered or not outcome.error
        if self._answered or self._works:
            return None
        count = self._alike[outcome.error] = self._alike.get(outcome.error, 0) + 1
        if count < _ALL_ALIKE:
            return None
        message = f"The first {count} rows all failed in the same way: {outcome.error}"
        return GLMError(message, "Change the prompt, the schema or the model, and run it again.")

    def lost_with(self, error: GLMError, now: float) -> bool:
        """Whether to give up after an error that may pass."""
        if self._last_good is None:
            self._last_good = now
        lost = isinstance(error, ConnectionFailedError | TimedOutError)
        patience = _BUSY_SECONDS
        if lost:
            patience = _LOST_SECONDS if self._answered else _NEVER_THERE_SECONDS
        wished = getattr(error, "retry_after_seconds", None) or 0.0
        return wished > self._longest_wait or now - self._last_good > patience + wished


def row_error(error: GLMError) -> str:
    """An error as it stands beside its row: its kind and the words, without the remedy."""
    name = type(error).__name__.removesuffix("Error")
    return f"{name}: {error.message[:_WORDS]}"
