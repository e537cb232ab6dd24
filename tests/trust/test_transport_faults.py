"""Whatever a host sends, a cell ends with an answer or two lines; what came is kept and marked.

The host is `tests.api.host`: a socket that says bytes, and knows nothing of the client. After each
fault the next question is answered, and no thread or socket is left.
"""

import contextlib
import gzip
import itertools
import json
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

import glm_magic
from glm_magic.errors import GLMError
from tests.api.host import (
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
    refused,
    said,
    stream,
    whole,
)
from tests.api.test_refusals import TABLE
from tests.jupyter.conftest import Shell

At = Callable[[str], Shell]
ASK = "%%glm --no-think\nHello"
COMPLETE, NO_TURN = ("complete", ""), None


def turns(shell: Shell, tmp_path: Path) -> list[dict[str, Any]]:
    """The conversation as an export tells it."""
    path = tmp_path / f"{time.monotonic_ns()}.json"
    shell.run(f"%glm export {path}")
    document = json.loads(path.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = document["turns"]
    return found


def message(**fields: Any) -> dict[str, Any]:
    """A whole answer; other fields go into its message."""
    return {"choices": [{"message": {"role": "assistant", **fields}, "finish_reason": "stop"}]}


Expected = tuple[str, str, str]  # what is printed, the turn's status, its partial_reason
FAULTS: dict[str, tuple[list[Any], Expected]] = {
    "no first byte": ([HOLD], ("Nothing came for 0.4 s", "partial", "Nothing came for 0.4 s.")),
    "no header's end": (
        [head()[:-4], HOLD], ("Nothing came for 0.4 s", "partial", "Nothing came for 0.4 s.")),
    "slow first byte": ([0.05, *said("Late.")], ("Late.", *COMPLETE)),
    "a stall": (
        stream(delta("Half"), HOLD), ("Half", "partial", "Nothing came for 0.4 s.")),
    "a trickle of comments": (
        stream(delta("Half"), *[b": ping\n\n", 0.05] * 200, then=[HOLD]), ("", "partial", "")),
    "cut before the headers": ([CUT], ("lost", "partial", "")),
    "reset before the headers": ([RESET], ("", "partial", "")),
    "cut in the middle": (stream(delta("Half"), then=[CUT]), ("Half", "partial", "")),
    "reset in the middle": (stream(delta("Half"), 0.05, then=[RESET]), ("Half", "partial", "")),
    "an error in mid-stream": (
        stream(delta("Half"), {"error": {"code": "1234", "message": "Oh no."}}),
        ("Oh no.", "partial", "")),
    "a page with 200": (whole("<html>Log in</html>", kind="text/html"), ("", "partial", "")),
    "a wrong content type": (
        stream(delta("Hi"), last(), DONE, Content_Type="text/html"),
        ("not an answer", "partial", "")),
    "nothing at all": (whole(""), ("", "partial", "")),
    "a list": (whole([1, 2]), ("", "partial", "")),
    "not UTF-8": (stream(delta("Hi"), b'data: {"choices":[{"delta":{"content":"\xff\xfe"}}]}\n\n',
                         last(), DONE), ("Hi", "complete", "")),
    "a broken record": (
        stream(delta("Hi"), b"data: {nonsense\n\n", last(), DONE), ("Hi", *COMPLETE)),
    "nulls": (
        stream({"id": None, "choices": [{"delta": {"content": None, "tool_calls": None}}]},
               delta("Hi"), {"choices": [{"delta": None}]}, {**last(), "usage": None}, DONE),
        ("Hi", *COMPLETE)),
    "unknown fields": (
        stream({**delta("Hi", odd=[1]), "x": {"y": 1}}, last(), DONE), ("Hi", *COMPLETE)),
    "empty choices": (stream({"choices": []}, delta("Hi"), last(), DONE), ("Hi", *COMPLETE)),
    "wrong types": (
        stream({"choices": "x"}, {"choices": [3]}, {"choices": [{"delta": {"content": 5}}]},
               delta("Hi"), last(), DONE), ("Hi", *COMPLETE)),
    "no usage": (stream(delta("Hi"), delta(finish="stop"), DONE), ("Hi", *COMPLETE)),
    "no done": (stream(delta("Hi"), last()), ("Hi", *COMPLETE)),
    "done twice": (stream(delta("Hi"), last(), DONE, DONE), ("Hi", *COMPLETE)),
    "done alone": (stream(delta("Hi"), DONE), ("Hi", *COMPLETE)),
    "neither end": (stream(delta("Hi")), ("Hi", "partial", "connection lost")),
    "held open after done": (
        stream(delta("Hi"), last(), DONE, then=[HOLD]), ("Hi", *COMPLETE)),
    "null content": (whole(message(content=None)), ("", "complete", "")),
    "filtered": (stream(delta("Bad"), last("sensitive"), DONE), ("", "partial", "content policy")),
    "too long": (stream(delta("Hi"), last("length"), DONE), ("Hi", "complete", "")),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_and_the_next_question_works(at: At, fault: str, tmp_path: Path) -> None:
    """The cell ends with what came or with two lines; the turn says what it is; all goes on."""
    script, (printed, status, reason) = FAULTS[fault]
    with Host(script, said("Next.")) as host:
        shell = at(host.base_url)
        shell.run("%config GLM.idle_timeout_seconds = 0.4")
        shell.run("%config GLM.total_timeout_seconds = 3")
        shown = shell.run(ASK)
        assert printed in shown
        assert "Traceback" not in shown
        (turn,) = turns(shell, tmp_path)
        partial = turn.get("partial_reason", "")
        assert bool(partial) == (status == "partial"), turn
        assert reason in partial
        shell.run("%config GLM.idle_timeout_seconds = 10")
        assert "Next." in shell.run("%%glm --no-think\nAgain")


def test_cut_after_every_byte(at: At, tmp_path: Path) -> None:
    """Wherever the line is cut, the answer is whole, or it is an error and the turn is marked."""
    text = "You, 你 and 👩‍🔬."
    raw = b"".join(step for step in said(text) if isinstance(step, bytes))
    with Host(said("")) as host:
        shell = at(host.base_url)
        whole_ones = 0
        for size in range(len(raw)):
            host.scripts[0] = [raw[:size], CUT]
            with contextlib.suppress(GLMError):
                whole_ones += glm_magic.ask("Hello").text == text
        kept = turns(shell, tmp_path)
    assert len(kept) == len(raw)
    marked = [turn for turn in kept if turn.get("partial_reason")]
    assert len(kept) - len(marked) == whole_ones > 0
    for turn in kept:
        said_so_far = turn.get("text", "")
        assert text.startswith(said_so_far)
        assert turn in marked or said_so_far == text


@pytest.mark.parametrize("kind", ["packed", "one line", "many lines", "header"])
def test_a_flood_is_bounded(at: At, kind: str) -> None:
    """A gzip bomb, a line of 50 MB, megabytes without end: refused in bounded memory."""
    import tracemalloc

    megabyte = b"x" * 1_000_000
    floods: dict[str, list[Step]] = {
        "packed": whole(gzip.compress(bytes(50_000_000)), Content_Encoding="gzip"),
        "one line": [head(), chunk(b"data: "), *[chunk(megabyte)] * 50, CUT],
        "many lines": [head(), *[chunk(b": " + megabyte + b"\n\n")] * 20, *stream(
            delta("Hi"), last(), DONE)[1:]],
        "header": [b"HTTP/1.1 200 OK\r\nX: ", *[megabyte] * 20, CUT],
    }  # fmt: skip
    with Host(floods[kind], said("Next.")) as host:
        shell = at(host.base_url)
        tracemalloc.start()
        shown = shell.run(ASK)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert "Traceback" not in shown
        assert ("compressed answer" in shown) is (kind == "packed")
        assert peak < 40_000_000, peak
        assert "Next." in shell.run(ASK)


CODES = [(status, code, kind) for status, codes, kind, *_ in TABLE for code in codes.split()]


@pytest.mark.parametrize(("status", "code", "kind"), CODES)
def test_each_business_code_is_two_lines(
    at: At, host: Host, status: int, code: str, kind: type[GLMError]
) -> None:
    """The error's name, the host's words with their code, and what to do next."""
    host.scripts.appendleft(refused(code, status, "The host's words."))
    host.scripts.append(said("Next."))
    shell = at(host.base_url)
    lines = shell.run(ASK).strip("\n").split("\n")
    assert len(lines) == 2, lines
    assert lines[0].startswith(f"{kind.__name__}: The host's words.")
    assert code in lines[0]
    assert len(lines[1]) > 10
    assert "All is well." in shell.run(ASK)


AFTER: dict[str, str] = {
    "none": "", "zero": "0", "seconds": "1", "fraction": "0.2", "a date": "date", "past": "past",
    "negative": "-5", "nonsense": "soon", "not a number": "nan", "endless": "inf",
    "a day": "86400", "huge": "9" * 30,
}  # fmt: skip


@pytest.mark.parametrize("after", AFTER)
def test_every_kind_of_retry_after(at: At, host: Host, after: str) -> None:
    """A wait that can be made is made; one that is too long or no number ends in two lines soon."""
    value = AFTER[after]
    value = {"date": formatdate(time.time() + 1, usegmt=True), "past": formatdate(0)}.get(
        value, value
    )
    host.scripts.appendleft(refused("1302", 429, "Slower.", Retry_After=value))
    shell = at(host.base_url)
    shell.run("%config GLM.retries = 1")
    began = time.monotonic()
    shown = shell.run(ASK)
    assert time.monotonic() - began < 20
    if after in ("a day", "huge"):
        assert shown.startswith("RateLimitError"), shown
        assert len(host.asked) == 1
    else:
        assert "All is well." in shown, shown
        assert len(host.asked) == 2


def test_a_reset_while_asking_again(at: At) -> None:
    """A connection that is reset between two tries is one more reason to try, then two lines."""
    with Host(refused("1302", 429), [RESET], said("At last.")) as host:
        shell = at(host.base_url)
        shell.run("%config GLM.retries = 3")
        shown = shell.run(ASK)
        assert "At last." in shown or len(shown.strip().split("\n")) == 2
        assert "Traceback" not in shown
        assert 2 <= len(host.asked) <= 3


def test_a_question_is_not_sent_again_after_bytes_were_shown(at: At) -> None:
    """A POST that was answered in part is never repeated by itself."""
    with Host(stream(delta("Half"), 0.05, then=[RESET]), said("Twice.")) as host:
        shell = at(host.base_url)
        shell.run("%config GLM.retries = 3")
        shown = shell.run(ASK)
        assert "Half" in shown
        assert len(host.asked) == 1


class Host6(Host):
    """The same on the other loopback address."""

    def __init__(self, *scripts: Any) -> None:
        super().__init__(*scripts)
        self._listener.close()
        self._listener = socket.create_server(("::1", 0), family=socket.AF_INET6)

    @property
    def base_url(self) -> str:
        """The same on the other loopback address."""
        return f"http://[::1]:{self.port}/v1"


def test_a_host_with_no_old_address(at: At) -> None:
    """A host that only has an IPv6 address is asked there."""
    with Host6(said("Six.")) as host:
        assert "Six." in at(host.base_url).run(ASK)


def test_nobody_listens(at: At) -> None:
    """A port where nobody is: two lines that name it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lines = at(f"http://127.0.0.1:{port}/v1").run(ASK).strip().split("\n")
    assert len(lines) == 2
    assert str(port) in lines[0]


def test_a_record_may_be_cut_anywhere(at: At, host: Host) -> None:
    """Packets of one byte are the same answer as one packet."""
    raw = b"".join(record(one) for one in (delta("Hel"), delta("lo 你"), last(), DONE))
    host.scripts[0] = [head(), *itertools.chain(chunk(bytes([one])) for one in raw), END]
    assert "Hello 你" in at(host.base_url).run(ASK)
