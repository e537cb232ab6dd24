"""Every refusal is the right error, says what to do, and is asked again only where that helps."""

import time
from email.utils import formatdate
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic import errors
from glm_magic.api.failures import CODES, STATUSES, error_in, refusal_error, response_error
from glm_magic.hub.refusing import STATUSES as OF_A_COURSE
from glm_magic.keys import APIKey
from glm_magic.sandbox.refusals import CODES as DOCUMENTED

from .. import canary

E = errors
TABLE = [
    (401, "1000 1001 1002 1003 1004 1005", E.AuthenticationError, False, "%glm login"),
    (400, "1100 1110 1111 1112 1121", E.PermissionDeniedError, False, "console"),
    (400, "1120", E.ServerError, True, "Try again"),
    (429, "1113", E.BalanceError, False, "zai-coding"),
    (400, "1210 1212 1213 1214 1215", E.BadRequestError, False, "option"),
    (400, "1211", E.ModelNotFoundError, False, "%glm models"),
    (403, "1220", E.PermissionDeniedError, False, "another model"),
    (400, "1221 1222", E.BadRequestError, False, "base URL"),
    (400, "1231", E.BadRequestError, True, "again"),
    (400, "1261", E.PromptTooLongError, False, "--once"),
    (400, "1300 1301", E.ContentFilterError, False, "Rephrase"),
    (429, "1302 1303", E.RateLimitError, True, "Wait"),
    (429, "1304", E.QuotaError, False, "tomorrow"),
    (429, "1305 1312", E.OverloadedError, True, "another model"),
    (429, "1308 1310 1316 1317 1318 1319 1320 1321", E.QuotaError, False, "reset"),
    (429, "1309 1311 1314 1315", E.QuotaError, False, "plan"),
    (429, "1313", E.PermissionDeniedError, False, "console"),
    (500, "1200 1230 1234 -", E.ServerError, True, "request id"),
    # What a course's service says.
    (403, "course-token", E.AuthenticationError, False, "Hub Control Panel"),
    (403, "course-scope course-account", E.PermissionDeniedError, False, "Tell your instructor"),
    (403, "course-off", E.PermissionDeniedError, False, "%glm doctor"),
    (403, "course-model", E.PermissionDeniedError, False, "-m NAME"),
    (403, "course-field", E.PermissionDeniedError, False, "Leave it away"),
    (403, "course-hints", E.PermissionDeniedError, False, "--tools"),
    (400, "course-request", E.BadRequestError, False, "run again"),
    (429, "course-student-budget", E.QuotaError, False, "ask your instructor"),
    (429, "course-budget", E.QuotaError, False, "Tell your instructor"),
    (429, "course-waiting", E.RateLimitError, False, "Wait for them"),
    (503, "course-busy", E.OverloadedError, True, "in a minute"),
    (503, "course-later", E.OverloadedError, False, "after that"),
    (502, "course-host", E.ServerError, False, "tell your instructor"),
    (503, "course-hub", E.ServerError, True, "in a minute"),
]
ROWS = [(status, code, *rest) for status, codes, *rest in TABLE for code in codes.split()]


@pytest.mark.parametrize(("status", "code", "kind", "retryable", "remedy"), ROWS)
@pytest.mark.parametrize("nested", [True, False])
def test_each_business_code(
    status: int, code: str, kind: type[errors.APIError], retryable: bool, remedy: str, nested: bool
) -> None:
    """The code decides class, remedy and whether to ask again, in both shapes of the body."""
    record = {"code": code, "message": "Some words."}
    body = httpx.Response(200, json={"error": record} if nested else record).content
    error = response_error(status, {}, body, model="glm-4.5", key=None)
    assert type(error) is kind
    assert (error.status, error.code, error.retryable) == (status, code, retryable)
    assert remedy in error.remedy
    assert error.message == f"Some words. (HTTP {status} code {code})"


def test_the_table_is_whole() -> None:
    """No code that we know, or that the sandbox can send, is missing from this file."""
    assert {code for _, code, *_ in ROWS} == set(CODES) >= {*DOCUMENTED, *OF_A_COURSE}


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_code_stands_above_the_status(code: str) -> None:
    """The same code is the same error whatever the HTTP status says."""
    kinds = {type(refusal_error(status, code, "x")) for status in (None, 200, 400, 429, 500, 503)}
    assert len(kinds) == 1


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, E.BadRequestError, False), (401, E.AuthenticationError, False),
        (402, E.BalanceError, False), (403, E.PermissionDeniedError, False),
        (404, E.BadRequestError, False), (413, E.PromptTooLongError, False),
        (422, E.BadRequestError, False), (429, E.RateLimitError, True),
        (434, E.PermissionDeniedError, False), (500, E.ServerError, True),
        (502, E.OverloadedError, True), (503, E.OverloadedError, True),
        (504, E.OverloadedError, True), (529, E.OverloadedError, True),
        (418, E.BadRequestError, False), (599, E.ServerError, True),
    ],
)  # fmt: skip
def test_each_status_without_a_code(
    status: int, kind: type[errors.APIError], retryable: bool
) -> None:
    """Without a code that we know the HTTP status decides; a page is not quoted."""
    for body, code in ((b"<html>x</html>", ""), (b'{"error":{"code":"odd","message":"m"}}', "odd")):
        error = response_error(status, {"content-type": "text/html"}, body, model="", key=None)
        assert type(error) is kind
        assert (error.retryable, error.code) == (retryable, code)
        assert "<html>" not in str(error)


def test_the_statuses_are_whole() -> None:
    """No status that has a meaning of its own is missing from this file."""
    shown = test_each_status_without_a_code.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert set(STATUSES) == {status for status, *_ in shown} - {418, 599}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"error": {"code": 1113, "message": "m"}}, ("1113", "m")),
        ({"error": {"type": "bad_request", "message": None}}, ("bad_request", "")),
        ({"error": "Unauthorized"}, ("", "Unauthorized")),
        ({"error": "x", "code": 5}, ("5", "x")),
        ({"code": 500, "msg": "404 NOT_FOUND", "success": False}, ("500", "404 NOT_FOUND")),
        ({"code": 500, "success": False}, ("500", "")),
        ({"detail": [{"loc": ["body", "thinking"]}]}, ("", '[{"loc": ["body", "thinking"]}]')),
        ({"detail": "Not Found"}, ("", '"Not Found"')),
        ({"choices": []}, None),
        ({"choices": [], "error": None}, None),
        ({"choices": [], "error": {"message": "m"}}, ("", "m")),
        ({"usage": {}, "code": None}, None),
        ({}, None), ([], None), (None, None), ("error", None),
    ],
)  # fmt: skip
def test_every_shape_of_an_error_is_seen(document: Any, found: tuple[str, str] | None) -> None:
    """Nested, flat, a string, a list of details; an answer is none of these."""
    assert error_in(document) == found


def test_a_status_within_a_success_counts() -> None:
    """HTTP 200 with a code that is an HTTP status is refused as that status, in both places."""
    body = b'{"code":401,"msg":"bad key","success":false}'
    for error in (
        response_error(200, {}, body, model="", key=None),
        refusal_error(None, "401", "bad key"),
        refusal_error(200, "401", "bad key"),
    ):
        assert type(error) is errors.AuthenticationError
        assert not error.retryable


def test_a_wrong_path_is_not_asked_again() -> None:
    """What Z.ai answers on a wrong path points at the base URL and is final."""
    error = refusal_error(None, "500", "404 NOT_FOUND")
    assert type(error) is errors.BadRequestError
    assert not error.retryable
    assert "base URL" in error.remedy


def test_a_missing_model_offers_near_ones() -> None:
    """A model that does not exist is named with its neighbours, also under code 1214."""
    for code, words in (("1211", "no such model"), ("1214", "modelCode: does not exist")):
        error = refusal_error(400, code, words, model="glm-4.5-fash")
        assert type(error) is errors.ModelNotFoundError
        assert "glm-4.5-flash" in error.remedy


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("1.5", 1.5), ("", None), ("soon", None), ("-3", None), ("nan", None),
     ("1e3", None), ("1.2.3", None), ("Wed, 99 Foo 2026", None), ("٣", None)],
)  # fmt: skip
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    """Seconds are taken as they stand; what is neither seconds nor a date is not there."""
    error = refusal_error(429, "1302", "x", headers=httpx.Headers({b"Retry-After": value.encode()}))
    assert error.retry_after_seconds == seconds


def test_retry_after_as_a_date() -> None:
    """A date is counted from now, and one in the past is no wait."""
    for offset in (30, -30):
        headers = {"retry-after": formatdate(time.time() + offset, usegmt=True)}
        wished = refusal_error(429, "1302", "x", headers=headers).retry_after_seconds
        assert wished is not None
        assert max(offset, 0) - 2 <= wished <= max(offset, 0)


DATES = ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 1 Jan 0001 00:00:00", "9" * 400, "1" * 5000]


@given(value=st.text(max_size=40) | st.sampled_from(DATES))
def test_no_retry_after_breaks_the_client(value: str) -> None:
    """Whatever a host writes there, it is a number of seconds or nothing."""
    wished = refusal_error(429, "1302", "x", headers={"retry-after": value}).retry_after_seconds
    assert wished is None or wished >= 0


def test_all_of_a_refusal_is_cleaned(canary_key: APIKey) -> None:
    """The key, a terminal's escapes and endless words are taken out of message, code and id."""
    secret = canary_key.reveal()
    error = refusal_error(
        400, f"1{secret}", f"Bearer {secret}\n\x1b[31m\u202e" + "long " * 200,
        headers={"x-request-id": secret}, key=canary_key,
    )  # fmt: skip
    assert not canary.seen_in(repr(vars(error)) + str(error))
    assert len(error.message) < 420
    assert error.message.isprintable()
    assert error._render_traceback_() == [f"BadRequestError: {error.message}\n{error.remedy}"]


def test_a_body_that_is_no_answer() -> None:
    """A success that is not an answer is a protocol error that says so."""
    error = response_error(200, {}, b"<html>Welcome</html>", model="", key=None)
    assert type(error) is errors.ProtocolError
    assert "HTTP 200" in error.message
