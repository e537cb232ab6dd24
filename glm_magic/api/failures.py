"""Refusals to errors: the business code decides first, the HTTP status second.

Codes: docs.z.ai/api-reference/api-code and docs.bigmodel.cn/cn/api/api-code (the longer list),
as of 2026-09. 429 alone says little: it also covers an empty balance and a locked account.
"""

from __future__ import annotations

import json
import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ..catalog import near_models
from ..errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    BalanceError,
    ContentFilterError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    PromptTooLongError,
    ProtocolError,
    QuotaError,
    RateLimitError,
    ServerError,
)
from ..keys import APIKey, redact
from .responses import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping


class Refusal(NamedTuple):
    """What a code means: the error, what to do, and whether asking again helps."""

    error: type[APIError]
    remedy: str
    retryable: bool = False


_KEY = Refusal(
    AuthenticationError,
    "Check the key and its region (Z.ai and BigModel keys differ): %glm login.",
)
_CONSOLE = Refusal(PermissionDeniedError, "Look at your account in the provider's console.")
_ACCESS = Refusal(PermissionDeniedError, "Choose another model, or ask for access in the console.")
_PARAMETER = Refusal(BadRequestError, "Change the option that the message names, and run again.")
_MODEL = Refusal(ModelNotFoundError, "See %glm models, and choose with -m or %config GLM.model.")
_URL = Refusal(BadRequestError, "Check the base URL: %glm config.")
_QUOTA = Refusal(QuotaError, "Wait for the plan's reset, or use another key or model.")
_PLAN = Refusal(QuotaError, "Check the plan and the endpoint it is for: %glm config.")
_POLICY = Refusal(
    ContentFilterError, "Rephrase the prompt; this turn is not sent again with later ones."
)
_BUSY = Refusal(OverloadedError, "Try again in a minute, or another model with -m.", True)
_SERVER = Refusal(ServerError, "Try again; if it stays, give the provider the request id.", True)
_RATE = Refusal(RateLimitError, "Wait a moment, and run fewer prompts at once.", True)
_LENGTH = Refusal(
    PromptTooLongError, "Describe less (--schema), or ask with --once to leave earlier turns out."
)
_BALANCE = Refusal(
    BalanceError,
    "Top up, use the endpoint the key is for (provider zai-coding for a coding plan), "
    "or a free model such as glm-4.5-flash.",
)
_ASK_INSTRUCTOR = "%glm doctor shows what is left; ask your instructor if you need more."
# What a course's service says (`glm_magic.hub`), in whose words the message is.
_COURSE: Mapping[str, Refusal] = {
    "course-token": Refusal(
        AuthenticationError,
        "Stop and start your server (File > Hub Control Panel), then run the cell again.",
    ),
    "course-scope": Refusal(
        PermissionDeniedError,
        "Tell your instructor: the hub must grant access:services to students and their servers.",
    ),
    "course-off": Refusal(
        PermissionDeniedError, "Run the cell again when it is open; %glm doctor shows what holds."
    ),
    "course-model": Refusal(
        PermissionDeniedError, "Choose one of these: -m NAME, or %config GLM.model = 'NAME'."
    ),
    "course-field": Refusal(PermissionDeniedError, "Leave it away: the course decides it."),
    "course-hints": Refusal(PermissionDeniedError, "Ask in words, without --tools and --as json."),
    "course-request": Refusal(BadRequestError, "Change what the message names, and run again."),
    "course-student-budget": Refusal(QuotaError, _ASK_INSTRUCTOR),
    "course-budget": Refusal(QuotaError, "Tell your instructor: only they can raise it."),
    "course-waiting": Refusal(RateLimitError, "Wait for them, or stop their cells."),
    "course-busy": Refusal(OverloadedError, "Run the cell again in a minute.", True),
    "course-later": Refusal(OverloadedError, "Run the cell again after that."),
    "course-account": Refusal(
        PermissionDeniedError, "Tell your instructor; your own budget was not charged."
    ),
    "course-host": Refusal(ServerError, "Run the cell again; if it stays, tell your instructor."),
    "course-hub": Refusal(ServerError, "Run the cell again in a minute.", True),
}

CODES: Mapping[str, Refusal] = {
    **_COURSE,
    **dict.fromkeys(("1000", "1001", "1002", "1003", "1004", "1005"), _KEY),
    **dict.fromkeys(("1100", "1110", "1111", "1112", "1121"), _CONSOLE),
    "1120": Refusal(ServerError, "Try again; if it stays, look at the provider's console.", True),
    "1113": _BALANCE,
    **dict.fromkeys(("1210", "1212", "1213", "1214", "1215"), _PARAMETER),
    "1211": _MODEL,
    "1220": _ACCESS,
    **dict.fromkeys(("1221", "1222"), _URL),
    "1231": Refusal(BadRequestError, "Run the cell again.", True),
    "1261": _LENGTH,
    **dict.fromkeys(("1300", "1301"), _POLICY),
    **dict.fromkeys(("1302", "1303"), _RATE),
    "1304": Refusal(QuotaError, "The daily limit is reached: try tomorrow, or another model."),
    **dict.fromkeys(("1305", "1312"), _BUSY),
    **dict.fromkeys(("1308", "1310"), _QUOTA),
    **dict.fromkeys(("1309", "1311", "1314", "1315"), _PLAN),
    "1313": _CONSOLE,
    **dict.fromkeys(("1316", "1317", "1318", "1319", "1320", "1321"), _QUOTA),
    **dict.fromkeys(("1200", "1230", "1234", "-"), _SERVER),
}
STATUSES: Mapping[int, Refusal] = {
    400: _PARAMETER,
    401: _KEY,
    402: _BALANCE,
    403: _ACCESS,
    404: Refusal(BadRequestError, "Check the base URL and the model: %glm config, %glm models."),
    413: _LENGTH,
    422: _PARAMETER,
    429: _RATE,
    434: _CONSOLE,
    500: _SERVER,
    502: _BUSY,
    503: _BUSY,
    504: _BUSY,
    529: _BUSY,
}
# Some hosts answer 200 with the status inside; their code is a number of HTTP then.
_INNER: Mapping[str, Refusal] = {str(status): refusal for status, refusal in STATUSES.items()}
_SHOWN_CHARACTERS = 300
_SHOWN_CODE_CHARACTERS = 40


def error_in(document: Any) -> tuple[str, str] | None:
    """The (code, message) of a JSON document that reports an error, or None.

    Seen: `{"error": {"code", "message"}}`, `{"error": "text"}`, `{"code", "message"}`,
    `{"code": 500, "msg": "404 NOT_FOUND", "success": false}` (with HTTP 200), `{"detail": ...}`.
    """
    if not isinstance(document, dict) or ("choices" in document and not document.get("error")):
        return None
    error = document.get("error")
    if isinstance(error, dict):
        return str(error.get("code") or error.get("type") or ""), _text(error)
    if error:
        return str(document.get("code") or ""), str(error)
    if document.get("success") is False or ("code" in document and _text(document)):
        return str(document.get("code") or ""), _text(document)
    if "detail" in document:
        return "", json.dumps(document["detail"], ensure_ascii=False)
    return None


def _text(document: dict[str, Any]) -> str:
    return str(document.get("message") or document.get("msg") or "")


def refusal_error(
    status: int | None,
    code: str,
    message: str,
    *,
    model: str = "",
    headers: Mapping[str, str] | None = None,
    key: APIKey | None = None,
) -> APIError:
    """Our error for a refusal of the server.

    Args:
        status: HTTP status; None inside an answer.
        code: Business code, "" when there is none.
        message: The server's own words; the key is taken out of all that is the server's.
        model: The model asked for, to offer near names.
        headers: Of the HTTP response.
        key: The key that was sent.
    """
    outer = status if status and status != 200 else 500
    inner = _INNER.get(code) if outer != status else None
    unlike = _SERVER if outer >= 500 else Refusal(BadRequestError, _SERVER.remedy)
    refusal = CODES.get(code) or inner or STATUSES.get(outer, unlike)
    if "404 NOT_FOUND" in message:
        refusal = _URL  # what Z.ai is reported to answer on a wrong path, with status 200
    if "does not exist" in message and "model" in message.lower():
        refusal = _MODEL  # seen as 1214 on api.z.ai
    remedy = refusal.remedy
    if refusal is _MODEL and (near := [name for name in near_models(model) if name != model]):
        remedy = f"Did you mean {' or '.join(near)}? See %glm models."
    headers = headers or {}
    shown = _shortened(redact(message, key), _SHOWN_CHARACTERS) or "no message"
    code = _shortened(redact(code, key), _SHOWN_CODE_CHARACTERS)
    numbers = (("HTTP", status), ("code", code))
    where = " ".join(f"{name} {number}" for name, number in numbers if number)
    return refusal.error(
        f"{shown} ({where or 'in the stream'})",
        remedy,
        status=status,
        code=code,
        retryable=refusal.retryable,
        retry_after_seconds=_retry_after(headers),
        request_id=redact(headers.get("x-request-id", ""), key),
    )


def _shortened(text: str, characters: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= characters else words[:characters] + "…"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks us to wait: a number or an HTTP date (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def response_error(
    status: int, headers: Mapping[str, str], body: bytes, *, model: str, key: APIKey | None
) -> APIError | ProtocolError:
    """Our error for a response that is not an answer."""
    text = body.decode("utf-8", "replace")
    try:
        found = error_in(json.loads(text))
    except (ValueError, RecursionError):
        found = None
    if found:
        return refusal_error(status, *found, model=model, headers=headers, key=key)
    if status >= 400:
        words = "a web page" if kind_of(headers) == "text/html" else text
        return refusal_error(status, "", words, model=model, headers=headers, key=key)
    message = f"The host answered HTTP {status} with something that is not an answer."
    return ProtocolError(message, "Check the base URL: %glm config.")
