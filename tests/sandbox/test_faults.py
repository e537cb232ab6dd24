"""Each fault does on the wire what its name says."""

import json
import socket
import time
from typing import Any

import pytest

from glm_magic.sandbox import Fault, Pause, Sandbox

from .line import Response, address, send, user

BODY = user("sandbox: 5 tokens\nsandbox: 2 reasoning tokens", stream=True)
CHUNKS = 8  # two of reasoning, five of text, and the finishing one


def with_fault(sandbox: Sandbox, fault: Fault, body: Any = BODY, **options: Any) -> Response:
    """The answer a fault spoils; the one after it must be whole."""
    sandbox.faults.append(fault)
    spoilt = send(sandbox, body, **options)
    whole = send(sandbox, body)
    assert (len(whole.chunks), whole.complete) == (CHUNKS, True)
    return spoilt


def test_no_fault_changes_nothing(sandbox: Sandbox) -> None:
    """An empty fault keeps a place in the queue."""
    response = with_fault(sandbox, Fault())
    assert len(response.chunks) == CHUNKS
    assert not sandbox.faults


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "body"),
    [
        (Fault.answer("<html>busy</html>"), 200, "text/html", b"<html>busy</html>"),
        (Fault.answer("<html>", 502), 502, "text/html", b"<html>"),
        (Fault.answer(b"", 200, "application/json"), 200, "application/json", b""),
        (
            Fault.answer('{"error":"Unauthorized"}', 401, "application/json"),
            401,
            "application/json",
            b'{"error":"Unauthorized"}',
        ),
        (
            Fault.wrong_path(),
            200,
            "application/json",
            b'{"code":500,"msg":"404 NOT_FOUND","success":false}',
        ),
    ],
)
def test_any_body(
    sandbox: Sandbox, fault: Fault, status: int, content_type: str, body: bytes
) -> None:
    """Status, content type and body are the script's."""
    response = with_fault(sandbox, fault)
    assert (response.status, response.body) == (status, body)
    assert response.headers["content-type"] == content_type


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect(sandbox: Sandbox, status: int) -> None:
    """A Location, whatever the key."""
    response = with_fault(sandbox, Fault.redirect("http://127.0.0.1:1/x", status), key="wrong")
    assert (response.status, response.headers["location"]) == (status, "http://127.0.0.1:1/x")


def test_delay(sandbox: Sandbox) -> None:
    """Nothing comes for the given time, then all."""
    began = time.monotonic()
    assert len(with_fault(sandbox, Fault.delay(0.3)).chunks) == CHUNKS
    assert time.monotonic() - began >= 0.3


def test_stall(sandbox: Sandbox) -> None:
    """The stream pauses after so many chunks and goes on; or never does."""
    began = time.monotonic()
    assert len(with_fault(sandbox, Fault.stall(3, 0.3)).chunks) == CHUNKS
    assert time.monotonic() - began >= 0.3
    sandbox.faults.append(Fault.stall(3))
    with pytest.raises(TimeoutError):
        send(sandbox, BODY, timeout_seconds=0.3)
    _wait_for(sandbox, "client left")
    assert sandbox.requests[-1].chunks_sent == 3


def _wait_for(sandbox: Sandbox, ended: str) -> None:
    end = time.monotonic() + 2
    while sandbox.requests[-1].ended != ended and time.monotonic() < end:
        time.sleep(0.01)
    assert sandbox.requests[-1].ended == ended


def test_only_comments(sandbox: Sandbox) -> None:
    """Bytes come for ever, events never: a read timeout does not help."""
    sandbox.faults.append(Fault.only_comments(every_seconds=0.01))
    raw = json.dumps(BODY).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {sandbox.key}"
    with socket.create_connection(address(sandbox), timeout=1) as line:
        line.sendall(f"{head}\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw)
        received = b""
        while received.count(b": ping\n\n") < 20:
            received += line.recv(65_536)
    assert b"data:" not in received
    _wait_for(sandbox, "client left")


@pytest.mark.parametrize("fault", [Fault.trickle(), Fault.crlf() | Fault.trickle()])
def test_trickle(sandbox: Sandbox, fault: Fault) -> None:
    """One byte at a time, and every byte of it."""
    response = with_fault(sandbox, fault)
    assert len(response.body.replace(b"\r", b"").split(b"\n\n")) == CHUNKS + 2


def test_held_open(sandbox: Sandbox) -> None:
    """After `[DONE]` the connection stays."""
    sandbox.faults.append(Fault.held_open())
    with pytest.raises(TimeoutError):
        send(sandbox, BODY, timeout_seconds=0.3)
    assert sandbox.requests[-1].chunks_sent == CHUNKS


@pytest.mark.parametrize("stream", [True, False])
def test_cut_after_bytes(sandbox: Sandbox, stream: bool) -> None:
    """The connection ends inside a record, or inside the promised length."""
    sandbox.faults.append(Fault.cut(size_bytes=300))
    response = send(sandbox, {**BODY, "stream": stream})
    assert (len(response.body), response.complete) == (300, False)
    assert sandbox.requests[-1].ended == "cut"


def test_cut_after_chunks(sandbox: Sandbox) -> None:
    """The connection ends between two records, politely or with a reset."""
    response = with_fault(sandbox, Fault.cut(chunks=3))
    assert (len(response.chunks), response.complete) == (3, False)
    sandbox.faults.append(Fault.cut(chunks=0, reset=True))
    with pytest.raises(ConnectionResetError):
        send(sandbox, BODY)


def test_error_in_stream(sandbox: Sandbox) -> None:
    """An error object instead of a chunk, and the end."""
    response = with_fault(sandbox, Fault.error_in_stream("1234", chunks=2))
    assert [set(chunk) for chunk in response.chunks][2:] == [{"error"}]
    assert b"[DONE]" not in response.body
    named = with_fault(sandbox, Fault.error_in_stream("1234", event=True))
    assert b'event: error\ndata: {"error"' in named.body


def test_broken_records(sandbox: Sandbox) -> None:
    """JSON that ends early, records on one line, bytes that are no UTF-8."""
    truncated = with_fault(sandbox, Fault.truncated_record(at=3)).body.split(b"\n\n")
    assert _readable(truncated) == CHUNKS - 1
    glued = with_fault(sandbox, Fault.glued_records(at=3)).body
    assert b"}]}data: {" in glued
    wrong = with_fault(sandbox, Fault.invalid_utf8(at=3)).body
    with pytest.raises(UnicodeDecodeError):
        wrong.decode()


def _readable(records: list[bytes]) -> int:
    count = 0
    for record in records:
        try:
            count += isinstance(json.loads(record.removeprefix(b"data: ")), dict)
        except ValueError:
            continue
    return count


def test_line_ends_and_comments(sandbox: Sandbox) -> None:
    """CR LF, comments before every record, and both."""
    crlf = with_fault(sandbox, Fault.crlf()).body
    assert crlf.count(b"\r\n") == crlf.count(b"\n")
    both = with_fault(sandbox, Fault.comments() | Fault.crlf()).body
    assert both.count(b": keep-alive\r\n\r\n") == CHUNKS + 1


def test_endings(sandbox: Sandbox) -> None:
    """Without `[DONE]`, with two of them, without any finish."""
    assert b"[DONE]" not in with_fault(sandbox, Fault.without_done()).body
    assert with_fault(sandbox, Fault.done_twice()).body.count(b"[DONE]") == 2
    assert b"finish_reason" not in with_fault(sandbox, Fault.without_finish()).body


def test_unusual_chunks(sandbox: Sandbox) -> None:
    """Empty choices, usage apart, nulls, a newline before the reasoning."""
    assert with_fault(sandbox, Fault.empty_choices(at=2)).chunks[2]["choices"] == []
    apart = with_fault(sandbox, Fault.usage_apart()).chunks
    assert "usage" not in apart[-2]
    assert (apart[-1]["choices"], "usage" in apart[-1]) == ([], True)
    null = with_fault(sandbox, Fault.null_deltas()).chunks[0]["choices"][0]
    assert null["finish_reason"] is null["delta"]["content"] is null["delta"]["tool_calls"] is None
    assert null["delta"]["reasoning_content"]
    first = with_fault(sandbox, Fault.leading_newline()).chunks[0]
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "\n"}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("reason", ["sensitive", "network_error", "never_heard_of"])
def test_finish_reasons(sandbox: Sandbox, reason: str, stream: bool) -> None:
    """Any finish_reason, streamed or not; sensitive comes with its filter."""
    sandbox.faults.append(Fault.finish(reason))
    response = send(sandbox, {**BODY, "stream": stream})
    last = response.chunks[-1] if stream else response.json
    assert last["choices"][0]["finish_reason"] == reason
    assert ("content_filter" in last) is (reason == "sensitive")


def test_faults_are_used_up_in_order(sandbox: Sandbox) -> None:
    """One each, for answers only; then all is well."""
    sandbox.faults.extend([Fault.refuse("1302"), Fault(), Fault.refuse("1305")])
    assert send(sandbox, None, "/v1/models", "GET").status == 200
    assert [send(sandbox, BODY).status for _ in range(4)] == [429, 200, 429, 200]


def test_any_other_fault_is_one_line(sandbox: Sandbox) -> None:
    """A function over the steps can do anything."""
    fault = Fault.edit(lambda steps: [steps[0], Pause(0.01), b"data: ping\n\n"])
    assert with_fault(sandbox, fault).body.endswith(b"data: ping\n\n")
