"""Answers over real sockets: whole, cut, wrong, in both ways of asking."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from glm_magic import errors
from glm_magic.api.client import Client
from glm_magic.chat.messages import Usage

from .asking import Way
from .host import (
    CUT,
    DONE,
    END,
    HOLD,
    RESET,
    Host,
    Step,
    chunk,
    delta,
    head,
    last,
    record,
    said,
    stream,
    whole,
)

Connect = Callable[..., Client]


def test_a_streamed_answer(way: Way, connect: Connect) -> None:
    """Text, reasoning, usage, model and finish_reason of a stream are the turn's."""
    answer = stream(delta(reasoning_content="Hm."), 0.02, delta("Hel"), delta("lo"), last(), DONE)
    with Host(answer) as host:
        outcome = way.ask(connect(host.base_url))
    turn = outcome.turn
    assert (turn.text, turn.reasoning, turn.finish_reason) == ("Hello", "Hm.", "stop")
    assert (turn.status, turn.partial_reason, turn.warnings) == ("complete", "", ())
    assert (turn.usage, turn.model) == (Usage(3, 2), "glm-4.5")
    assert outcome.error is None
    assert turn.seconds >= turn.thought_seconds > 0
    asked = host.asked[0]
    assert asked.line == "POST /v1/chat/completions HTTP/1.1"
    assert asked.json["stream"] is True
    assert asked.headers["accept-encoding"] == "identity"
    assert "authorization" not in asked.headers


def test_a_whole_answer(way: Way, connect: Connect) -> None:
    """A host that does not stream, though it was asked to, is read all the same."""
    message = {"role": "assistant", "content": "\nHello", "reasoning_content": "Hm."}
    document = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {}}
    with Host(whole(document, kind="application/json; charset=UTF-8")) as host:
        outcome = way.ask(connect(host.base_url), stream=False)
    assert (outcome.turn.text, outcome.turn.reasoning) == ("Hello", "Hm.")
    assert (outcome.turn.status, outcome.turn.finish_reason) == ("complete", "stop")
    assert host.asked[0].json["stream"] is False


ENDINGS: dict[str, list[Any]] = {
    "done_twice": [last(), DONE, DONE],
    "no_done": [last()],
    "no_finish": [DONE],
    "late_chunk": [last(), record(DONE) + record(delta(" late"))],
    "usage_apart": [delta(finish="stop"), {"choices": [], "usage": {}}, DONE],
    "no_blank_line": [last(), b"data: [DONE]"],
    "crlf": [record(last()).replace(b"\n", b"\r\n"), b"data: [DONE]\r\n\r\n"],
    "cut_after_finish": [last(), CUT],
    "reset_after_finish": [last(), 0.05, RESET],
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_complete_answer_may_end_in_many_ways(way: Way, connect: Connect, ending: str) -> None:
    """Either `[DONE]` or a finish_reason makes an answer complete, however the line ends."""
    with Host(stream(delta("Hello"), *ENDINGS[ending])) as host:
        outcome = way.ask(connect(host.base_url))
    assert outcome.error is None
    assert (outcome.turn.text, outcome.turn.status, outcome.turn.warnings) == (
        "Hello",
        "complete",
        (),
    )


def test_a_stream_that_just_ends_is_partial(way: Way, connect: Connect) -> None:
    """Without finish_reason and `[DONE]` an answer is partial, and what came is kept."""
    with Host(stream(delta(reasoning="Hm."), delta("Half a <"))) as host:
        outcome = way.ask(connect(host.base_url))
    assert outcome.error is None
    assert (outcome.turn.text, outcome.turn.reasoning) == ("Half a <", "Hm.")
    assert (outcome.turn.status, outcome.turn.partial_reason) == ("partial", "connection lost")


@pytest.mark.parametrize("cut", [CUT, RESET])
@pytest.mark.parametrize("closing", [True, False], ids=["chunked", "until_close"])
def test_a_cut_line_keeps_what_came(way: Way, connect: Connect, cut: str, closing: bool) -> None:
    """A connection that breaks in the middle leaves a partial turn with its reason."""
    steps = stream(delta("Half"), delta(" a <"), record(delta("torn"))[:-9], 0.05, cut, then=())
    if not closing:
        lead = head(Connection="close").replace(b"Transfer-Encoding: chunked\r\n", b"")
        steps = [lead, record(delta("Half")), record(delta(" a <")), 0.05, cut]
    with Host(steps) as host:
        outcome = way.ask(connect(host.base_url))
    assert (outcome.turn.text, outcome.turn.status) == ("Half a <", "partial")
    assert outcome.turn.partial_reason
    if closing or cut == RESET:
        assert type(outcome.error) is errors.ConnectionFailedError
        assert outcome.turn.partial_reason == outcome.refusal.message


@pytest.mark.parametrize("together", [True, False])
def test_an_error_in_the_stream(way: Way, connect: Connect, together: bool) -> None:
    """An error object ends the answer as that error; the text before it is kept."""
    error = {"error": {"code": "1305", "message": "busy"}}
    parts = [delta("Half"), error] if not together else [record(delta("Half")) + record(error)]
    with Host(stream(*parts, delta("late"), HOLD)) as host:
        outcome = way.ask(connect(host.base_url))
    assert type(outcome.error) is errors.OverloadedError
    assert (outcome.turn.text, outcome.turn.partial_reason) == ("Half", "busy (code 1305)")
    assert len(host.asked) == 1


E = errors
FOREIGN: dict[str, tuple[list[Step], type[errors.GLMError], str]] = {
    "html": (whole("<html>Welcome</html>", kind="text/html"), E.ProtocolError, "not an answer"),
    "no_type": (whole(record(delta("x")), kind=""), E.ProtocolError, "not an answer"),
    "text": (whole("hello", kind="text/plain"), E.ProtocolError, "not an answer"),
    "json_as_text": (whole({"error": "Unauthorized"}, kind="text/plain"), E.ServerError, "Unauth"),
    "wrong_path": (
        whole({"code": 500, "msg": "404 NOT_FOUND", "success": False}),
        E.BadRequestError,
        "404 NOT_FOUND",
    ),
    "failed": (whole({"code": 500, "success": False}), E.ServerError, "code 500"),
    "bad_key": (
        whole({"code": 401, "msg": "token", "success": False}),
        E.AuthenticationError,
        "tok",
    ),
    "error_text": (whole({"error": "Unauthorized"}, 401), E.AuthenticationError, "Unauthorized"),
    "error_in_200": (whole({"error": {"code": "1113", "message": "m"}}), E.BalanceError, "m"),
    "detail": (
        whole({"detail": [{"loc": ["body", "thinking"]}]}, 422),
        E.BadRequestError,
        "thinking",
    ),
    "empty": (whole(b""), E.ProtocolError, "not one of this wire"),
    "empty_object": (whole({}), E.ProtocolError, "not one of this wire"),
    "list": (whole([]), E.ProtocolError, "not one of this wire"),
    "gateway": (whole("<html>502</html>", 502, "text/html"), E.OverloadedError, "a web page"),
    "packed": (
        whole(gzip.compress(record(delta("x"))), kind="text/event-stream", Content_Encoding="gzip"),
        E.ProtocolError,
        "compressed",
    ),
    "packed_refusal": (
        whole(gzip.compress(b'{"error": "x"}'), 400, Content_Encoding="gzip"),
        E.BadRequestError,
        "no message",
    ),
    "no_content": ([head(204, Content_Length="0")], E.ProtocolError, "HTTP 204"),
    "long_refusal": (whole("x" * 10**6, 400), E.BadRequestError, "xxx…"),
    "deep": (whole("[" * 100_000), E.ProtocolError, "not one of this wire"),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_what_is_no_answer_is_an_error(way: Way, connect: Connect, case: str) -> None:
    """A page, a wrong type, an error with status 200: never taken for an answer."""
    script, kind, words = FOREIGN[case]
    with Host(script) as host:
        outcome = way.ask(connect(host.base_url))
    assert type(outcome.error) is kind
    assert words in outcome.refusal.message
    assert outcome.refusal._render_traceback_()[0].count("\n") == 1
    assert (outcome.turn.text, outcome.turn.status) == ("", "partial")
    assert outcome.turn.partial_reason == outcome.refusal.message


def test_an_event_stream_of_nothing_is_partial(way: Way, connect: Connect) -> None:
    """A stream without a single event is not an answer."""
    with Host(stream(b"<html>", b'{"error":"x"}\n\n')) as host:
        outcome = way.ask(connect(host.base_url))
    assert (outcome.turn.status, outcome.turn.partial_reason) == ("partial", "connection lost")


def test_an_endless_line_is_given_up(way: Way, connect: Connect) -> None:
    """50 MB on one line are not read to the end, and what came before is kept."""
    flood: list[Step] = [chunk(b"x" * 2**20)] * 50
    with Host([head(), chunk(record(delta("Half"))), chunk(b"data: "), *flood, END]) as host:
        outcome = way.ask(connect(host.base_url))
    assert type(outcome.error) is errors.ProtocolError
    assert "8,388,608 characters" in outcome.refusal.message
    assert outcome.turn.text == "Half"


def test_an_endless_document_is_given_up(way: Way, connect: Connect) -> None:
    """50 MB of JSON are not read to the end."""
    flood: list[Step] = [chunk(b" " * 2**20)] * 50
    with Host([head(kind="application/json"), *flood, END]) as host:
        outcome = way.ask(connect(host.base_url))
    assert type(outcome.error) is errors.ProtocolError


def test_bad_bytes_do_no_harm(way: Way, connect: Connect) -> None:
    """Invalid UTF-8 becomes a replacement character, whatever charset the host claims."""
    raw = record(delta("ab")).replace(b"ab", b"a\xffb") + record(delta("你好"))
    pieces = [raw[at : at + 7] for at in range(0, len(raw), 7)]
    script = stream(*pieces, last(), DONE, kind="text/event-stream; charset=latin-1")
    with Host(script) as host:
        outcome = way.ask(connect(host.base_url))
    assert (outcome.turn.text, outcome.turn.status) == ("a\ufffdb你好", "complete")


def test_broken_records_are_told(way: Way, connect: Connect) -> None:
    """A torn record does not end the turn, and the turn says that there was one."""
    with Host(stream(delta("a"), '{"choices": [{', delta("b"), last(), DONE)) as host:
        outcome = way.ask(connect(host.base_url))
    assert (outcome.turn.text, outcome.turn.status) == ("ab", "complete")
    assert outcome.turn.warnings == ("1 broken record was left out of the stream.",)


def test_no_connection(way: Way, connect: Connect) -> None:
    """A port where nobody listens is one of our errors, in two lines."""
    with Host(said("x")) as host:
        url = host.base_url
    outcome = way.ask(connect(url))
    assert type(outcome.error) is errors.ConnectionFailedError
    assert url in outcome.refusal.message
    assert outcome.turn.partial_reason == outcome.refusal.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("HTTPS_PROXY", "ftp://127.0.0.1:9"),
        ("HTTPS_PROXY", "http://[::1"),
        ("SSL_CERT_FILE", "/nowhere/at.all"),
    ],
)
def test_an_environment_that_cannot_be_used(
    way: Way, connect: Connect, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A proxy or a certificate file that cannot be used is named, and is not called a bug."""
    monkeypatch.setenv(name, value)
    outcome = way.ask(connect("https://glm.invalid/v1"))
    assert type(outcome.error) is errors.SettingsError
    assert name in outcome.refusal.remedy
    assert "127.0.0.1" not in str(outcome.error)


def test_the_request_is_what_was_previewed(way: Way, connect: Connect) -> None:
    """The bytes of `body` are the bytes on the line, and the digest is theirs."""
    import hashlib

    with Host(said("x")) as host:
        client = connect(host.base_url)
        asking = way.question(client, "Größe? 你好", system="Be brief.", temperature=0.0)
        outcome = way.follow(asking)
    assert host.asked[0].body == client.body(asking.request)
    assert hashlib.sha256(host.asked[0].body).hexdigest() == outcome.turn.request_digest
    assert json.loads(host.asked[0].body)["temperature"] == 0.0
