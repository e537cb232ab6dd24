"""What goes wrong at the model's host: two lines that help, and nobody pays for nothing."""

import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import glm_magic
from glm_magic import errors
from glm_magic.hub.rules import RulesFile
from glm_magic.hub.serving import Service
from glm_magic.sandbox.faults import Fault

from .course import OPEN, Course, body_of

QUICK = OPEN + "idle_seconds = 1\n"
SILENT = [Fault.stall(0)]
BROKEN = [Fault.answer("<html>", 502) | Fault(headers={"Retry-After": "0.05"})] * 4
BUSY = [Fault.refuse("1302", retry_after_seconds=0.05)] * 4


def cost(course: Course, token: str) -> int:
    """What the student is charged today."""
    tokens: int = course.usage(token)["tokens"]
    return tokens


@pytest.mark.parametrize(
    ("faults", "error", "says", "do"),
    [
        (BUSY, errors.OverloadedError, "The model's host is busy.", "in a minute"),
        ([Fault.refuse("1113")], errors.PermissionDeniedError, "refused the course's account (its "
         "code 1113)", "Tell your instructor; your own budget was not charged."),
        ([Fault.refuse("1000")], errors.PermissionDeniedError, "(its code 1000)", "instructor"),
        ([Fault.refuse("1234")], errors.ServerError, "The model's host failed", "instructor"),
        (BROKEN, errors.OverloadedError, "busy", "in a minute"),
        ([Fault.refuse("1301")], errors.ContentFilterError, "unsafe", "Rephrase"),
        ([Fault.refuse("1261")], errors.PromptTooLongError, "too long", "--schema"),
        (SILENT, errors.ServerError, "The model's host failed", "Run the cell again"),
        ([Fault.cut(chunks=0)], errors.ServerError, "or the line to it was lost", "instructor"),
        ([Fault.redirect("http://127.0.0.1:1/")], errors.ServerError, "failed", "again"),
    ],
    ids=["1302", "1113", "1000", "500", "502", "1301", "1261", "silent", "cut", "redirect"],
)  # fmt: skip
def test_students_read_what_happened(
    course: Course,
    at_home: Callable[..., str],
    faults: list[Fault],
    error: type,
    says: str,
    do: str,
) -> None:
    """Each fault is two lines that fit a student, and an answer that never began costs nothing."""
    course.rules(QUICK if faults is SILENT else OPEN)  # a busy machine is silent for a while too
    token = at_home("frida" + says)
    course.upstream.faults.extend(faults)
    with pytest.raises(errors.GLMError) as caught:
        glm_magic.ask("Hello", thinking=False, once=True, retries=0)
    assert type(caught.value) is error
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert says in lines[0]
    assert do in lines[1]
    assert cost(course, token) == 0


def test_a_busy_host_is_asked_again(course: Course) -> None:
    """The student keeps the place and is told; the answer comes all the same."""
    course.upstream.faults.extend([Fault.refuse("1302", retry_after_seconds=0.05)] * 2)
    token = course.hub.person("bea")
    reply = course.ask(token)
    assert reply.done
    assert cost(course, token) == reply.usage["total_tokens"]
    assert [note for note in reply.notices if "busy" in note] == [
        "glm-notice The model's host is busy; asking again in 0 s"
    ] * 2


def test_how_long_a_host_wants_to_be_left_alone_is_passed_on(
    course: Course, at_home: Callable[..., str]
) -> None:
    """The cell says it at once, nobody asks again by itself, and a program can read it."""
    token = at_home("lutz")
    course.upstream.faults.append(Fault.refuse("1302", retry_after_seconds=90))
    with pytest.raises(errors.OverloadedError) as caught:
        glm_magic.ask("Hello", once=True)
    assert str(caught.value).splitlines() == [
        "The model's host is busy and says to wait 90 s. (HTTP 503 code course-later)",
        "Run the cell again after that.",
    ]
    assert caught.value.retry_after_seconds == 90
    assert len(course.upstream.requests) == 1
    assert cost(course, token) == 0


@pytest.mark.parametrize("fault", [Fault.cut(chunks=4), Fault.stall(4)], ids=["cut", "stall"])
def test_an_answer_that_ends_in_the_middle_is_charged_as_held(course: Course, fault: Fault) -> None:
    """Words came and no usage: what was held back is charged, never less."""
    course.rules(QUICK)
    token = course.hub.person("carl")
    course.upstream.faults.append(fault)
    reply = course.ask(token, "sandbox: 200 tokens\nGo on.", thinking={"type": "disabled"})
    assert (reply.code, reply.done) == ("course-host", False)
    assert reply.answer
    assert cost(course, token) >= 2000


def test_what_the_host_may_have_billed_counts_for_the_course(
    course: Course,
) -> None:
    """A host that fell silent before a word costs the student nothing, the course the most."""
    course.rules(QUICK)
    token = course.hub.person("dora")
    before = spent_by_all(course)
    course.upstream.faults.append(Fault.stall(0))
    course.ask(token)
    assert cost(course, token) == 0
    assert spent_by_all(course) - before >= 2000


def spent_by_all(course: Course) -> int:
    """The course's tokens, from its own file."""
    lines = sqlite3.connect(course.data / "budgets.sqlite")
    total = lines.execute("SELECT total(tokens) FROM spent").fetchone()[0]
    lines.close()
    return int(total)


def test_a_student_who_leaves_frees_the_place(course: Course) -> None:
    """The host is not asked on behalf of a closed cell, and others go on."""
    course.rules(OPEN + "places = 1\n")
    first = course.hub.person("emil")
    body = body_of("sandbox: 300 tokens\nsandbox: rate 20\nGo on.")
    headers = {"Authorization": f"Bearer {first}"}
    url = f"{course.base_url}/chat/completions"
    with (
        httpx.Client(verify=False) as client,
        client.stream("POST", url, json=body, headers=headers) as answer,
    ):
        next(answer.iter_lines())
    assert course.ask(course.hub.person("fritz")).done
    end = time.monotonic() + 5
    while not course.upstream.requests[0].ended and time.monotonic() < end:
        time.sleep(0.05)
    assert course.upstream.requests[0].ended == "client left"
    assert cost(course, first) >= 2000


def test_a_service_that_is_down_is_told(
    course: Course, at_home: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody listens, the student reads so."""
    at_home("gustav")
    monkeypatch.setenv("GLM_BASE_URL", "http://127.0.0.1:9/services/glm/v1")
    with pytest.raises(errors.ConnectionFailedError, match="No connection"):
        glm_magic.ask("Hello", once=True, retries=0)


def test_records_that_cannot_be_written_cost_nobody_an_answer(course: Course) -> None:
    """A folder that is gone is made again; where that fails too, the answer comes all the same."""
    records, token = course.data / "records", course.hub.person("ilse")
    shutil.rmtree(records, ignore_errors=True)
    assert course.ask(token).done
    assert len(list(records.iterdir())) == 1
    shutil.rmtree(records)
    records.write_text("")  # no folder can be made here, nor any file in it
    try:
        assert course.ask(token).done
        whole = course.ask(token, stream=False)
    finally:
        records.unlink()
    assert (whole.status, bool(whole.answer)) == (200, True)


def test_a_record_that_cannot_be_written_is_one_line_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who runs the service reads which file, and why."""
    (tmp_path / "glm-hub.toml").write_text(OPEN)
    nobody: Any = None
    service = Service(RulesFile(tmp_path / "glm-hub.toml"), nobody, nobody, tmp_path / "data")
    service.tidy()
    service.budgets.close()
    service.records.folder.write_text("")  # no folder can be made here
    service.record("2026-01-01", {})
    said = capsys.readouterr().err
    assert said.startswith("glm-magic hub: a question's record was not written: [Errno 17]")
    assert said.count("\n") == 1


def test_a_fault_of_the_service_is_told_as_one(course: Course) -> None:
    """Nobody reads that the method is not served when the service itself fails."""
    token = course.hub.person("jana")
    lines = sqlite3.connect(course.data / "budgets.sqlite")
    lines.execute("ALTER TABLE spent RENAME TO hidden")
    lines.commit()
    try:
        reply = course.ask(token)
    finally:
        lines.execute("ALTER TABLE hidden RENAME TO spent")
        lines.commit()
        lines.close()
    assert (reply.status, reply.code) == (500, "course-host")
    assert "The course's service failed." in reply.text
