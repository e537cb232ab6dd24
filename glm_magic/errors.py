"""What can go wrong, and what the user can do about it.

    GLMError
    ├── ArgumentError              a wrong option, name or value
    ├── SettingsError              a setting that cannot be used
    │   ├── KeyMissingError        no API key for this provider
    │   └── KeyRefusedError        the key belongs to another host, or the URL is not safe for a key
    ├── NotRecordedError           a question without a recording, where no model may be asked
    ├── CourseError                a question that the course file does not allow
    ├── BudgetError                a question that would cost more than allowed
    ├── FrameError                 an object that cannot be described
    ├── StoreError                 a conversation could not be written or read
    ├── AnswerError                an answer that is not what was asked for
    ├── TransportError             the line, not the server's words
    │   ├── ConnectionFailedError
    │   ├── TimedOutError
    │   ├── RedirectRefusedError
    │   └── ProtocolError          the host does not speak this wire
    └── APIError                   the server refused: HTTP status and business code
        ├── AuthenticationError
        ├── PermissionDeniedError
        ├── BalanceError           no money, no resource package, or the wrong endpoint for the key
        ├── QuotaError             a plan's cap
        ├── RateLimitError         too many requests in flight or too often
        ├── OverloadedError        the platform is busy
        ├── BadRequestError
        │   ├── ModelNotFoundError
        │   └── PromptTooLongError
        ├── ContentFilterError
        └── ServerError

`Stopped` stands apart: it is a `KeyboardInterrupt`, so that a stopped cell stops Run All too.

Every error is two lines in a notebook: what happened, and what to do next. IPython asks an
exception for `_render_traceback_`; so no traceback, and no local variable, is ever printed.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Line ends, terminal escapes and marks that turn text around: hosts may put them into their words.
_NOT_SHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


class GLMError(Exception):
    """Base of all errors of glm_magic.

    Attributes:
        message: What happened, one line.
        remedy: What to do next, one line; may be empty.
    """

    remedy = ""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = _one_line(message)
        self.remedy = _one_line(remedy or self.remedy)

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message

    def _render_traceback_(self) -> list[str]:
        # One piece: `%xmode Minimal` and `Plain` put no line break between pieces.
        remedy = f"\n{self.remedy}" if self.remedy else ""
        return [f"{type(self).__name__}: {self.message}{remedy}"]


class ArgumentError(GLMError):
    """A wrong option, name or value."""

    @classmethod
    def unknown(
        cls, kind: str, given: str, known: Iterable[str], remedy: str = ""
    ) -> ArgumentError:
        """An unknown name, with the nearest known one.

        Args:
            kind: What the name names, for example "option".
            given: The name as it was given.
            known: The names that exist.
            remedy: What to do when no known name is near.
        """
        near = nearest(given, known)
        hint = f"Did you mean {' or '.join(near)}?" if near else remedy
        return cls(f"Unknown {kind}: {given}", hint)


class SettingsError(GLMError):
    """A setting that cannot be used."""


class KeyMissingError(SettingsError):
    """No API key was found for the provider."""


class KeyRefusedError(SettingsError):
    """The key belongs to another host, or the URL is not safe for a key."""


class NotRecordedError(GLMError):
    """A question that no recording answers, where no model may be asked."""


class CourseError(GLMError):
    """A question that the course file does not allow; it was not sent."""


class BudgetError(GLMError):
    """A question that would pass the budget; it was not sent."""


class FrameError(GLMError):
    """An object that cannot be described to a model."""


class StoreError(GLMError):
    """A conversation could not be written or read."""


class AnswerError(GLMError):
    """An answer that is not what was asked for, for example not JSON."""


class TransportError(GLMError):
    """The line failed, not the server.

    Attributes:
        sent: Whether the request may have reached the host all the same.
    """

    sent = True


class ConnectionFailedError(TransportError):
    """No connection, or it was lost."""


class TimedOutError(TransportError):
    """Nothing came for too long."""


class RedirectRefusedError(TransportError):
    """The host answered with a redirect, which is never followed."""


class ProtocolError(TransportError):
    """The host does not speak the chat-completions wire."""


class APIError(GLMError):
    """The server refused the request.

    Attributes:
        status: HTTP status, or None for an error inside a stream.
        code: The provider's business code as text ("1113"), or "".
        retryable: Whether asking again later can succeed without a change.
        retry_after_seconds: The server's own wish, or None.
        request_id: The provider's id of the request, or "".
    """

    retryable = False

    def __init__(
        self,
        message: str,
        remedy: str = "",
        *,
        status: int | None = None,
        code: str = "",
        retryable: bool | None = None,
        retry_after_seconds: float | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message, remedy)
        self.status = status
        self.code = code
        self.retryable = type(self).retryable if retryable is None else retryable
        self.retry_after_seconds = retry_after_seconds
        self.request_id = request_id


class AuthenticationError(APIError):
    """The key was not accepted."""


class PermissionDeniedError(APIError):
    """The account may not use this API or model."""


class BalanceError(APIError):
    """No balance or resource package, or the key is for another endpoint."""


class QuotaError(APIError):
    """A plan's cap was reached or the plan does not cover this."""


class RateLimitError(APIError):
    """Too many requests in flight, or too often."""

    retryable = True


class OverloadedError(APIError):
    """The platform is busy."""

    retryable = True


class BadRequestError(APIError):
    """A parameter was refused."""


class ModelNotFoundError(BadRequestError):
    """The model does not exist, or no longer."""


class PromptTooLongError(BadRequestError):
    """The prompt does not fit the context window."""


class ContentFilterError(APIError):
    """The provider's content policy refused the prompt or the answer."""


class ServerError(APIError):
    """The server failed."""

    retryable = True


class Stopped(KeyboardInterrupt):
    """The user stopped a turn; what came is kept."""

    def __init__(self, kept: str = "") -> None:
        super().__init__(kept)
        self.kept = kept

    def _render_traceback_(self) -> list[str]:
        return [f"Stopped. {self.kept}".rstrip()]


def words_of(error: BaseException) -> str:
    """The class of anybody's exception and its words, if these do not fail themselves."""
    try:
        words = str(error)
    except Exception:
        words = ""
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _one_line(text: str) -> str:
    return _NOT_SHOWN.sub(" ", text).strip()


def nearest(given: str, known: Iterable[str], count: int = 2) -> list[str]:
    """The known names most like the given one, best first; case does not count."""
    by_lower = {name.lower(): name for name in known}
    hits = difflib.get_close_matches(given.lower(), by_lower, n=count, cutoff=0.6)
    return [by_lower[hit] for hit in hits]
