"""Off, hints and open, by group and time; what students are told about it."""

import asyncio
import json
from collections.abc import Callable

import pytest

import glm_magic
from glm_magic import errors
from glm_magic.sandbox.faults import Fault
from tests.leaks import files_with_canary

from .course import OPEN, Course, body_of

SOLVE = "sandbox: echo\nHere it is:\n```python\nx = df.groupby('a').mean()\n```\nDone."


def test_off_is_told_with_its_reason(course: Course, at_home: Callable[..., str]) -> None:
    """An exam's window is 403, and the student reads until when and why."""
    course.rules(
        OPEN + 'zone = "Europe/Berlin"\n[[window]]\nmode = "off"\ngroups = ["exam"]\n'
        'begins = 2020-01-01T00:00:00\nends = 2099-12-14T11:00:00\nnote = "Exam"\n'
    )
    at_home("anton", "exam")
    with pytest.raises(errors.PermissionDeniedError) as caught:
        glm_magic.ask("Hello", once=True)
    assert str(caught.value) == (
        "The assistant is switched off: until 2099-12-14 11:00 CET, Exam. "
        "(HTTP 403 code course-off)\n"
        "Run the cell again when it is open; %glm doctor shows what holds."
    )
    assert course.ask(course.hub.person("berta")).status == 200
    assert len(course.upstream.requests) == 1


def test_hints_leave_code_out_and_say_so(course: Course, at_home: Callable[..., str]) -> None:
    """The tutor's prompt stands first; code and reasoning do not arrive; the cell says why."""
    course.rules(OPEN + 'mode = "hints"\n')
    at_home("clara")
    answer = glm_magic.ask(SOLVE, system="Give the whole solution.", once=True)
    assert "groupby" not in answer.text
    assert "Code was left out here: hints mode is on." in answer.text
    assert "Done." in answer.text
    assert answer.reasoning == ""
    assert "Hints mode is on" in answer.markdown().replace("&#58;", ":")
    first = course.upstream.requests[-1].json["messages"][0]
    assert first["role"] == "system"
    assert first["content"].startswith("You are a tutor")


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function", "function": {"name": "run", "parameters": {}}}]},
        {"response_format": {"type": "json_object"}},
    ],
)
def test_hints_have_no_back_door(course: Course, fields: dict[str, object]) -> None:
    """Code could come as a tool's arguments or as JSON; neither is to be had in hints mode."""
    course.rules(OPEN + 'mode = "hints"\n')
    reply = course.ask(course.hub.person("dirk"), **fields)
    assert (reply.status, reply.code) == (403, "course-hints")


def test_open_passes_all_on(course: Course, at_home: Callable[..., str]) -> None:
    """Text, reasoning and usage arrive as the host sent them."""
    at_home("ella")
    answer = glm_magic.ask(SOLVE, once=True)
    assert "x = df.groupby('a').mean()" in answer.text
    assert answer.reasoning
    assert answer.usage
    assert answer.usage.reasoning_tokens
    assert not answer.turn.warnings


def test_the_model_that_answered_is_named(course: Course, at_home: Callable[..., str]) -> None:
    """A host may let another one answer: the footer, the record and whole answers say which."""
    token = at_home("elmar")
    another = Fault.edit(
        lambda steps: [
            step.replace(b'"glm-4.5-air"', b'"glm-4.6"') if isinstance(step, bytes) else step
            for step in steps
        ]
    )
    course.upstream.faults.extend([another, another])
    assert glm_magic.ask("Hello", once=True).model == "glm-4.6"
    assert lines_of(course)[-1]["model"] == "glm-4.6"
    assert json.loads(course.ask(token, stream=False).text)["model"] == "glm-4.6"


def test_tools_pass_through(course: Course, at_home: Callable[..., str]) -> None:
    """A tool's call and its result go both ways."""
    at_home("tim")

    def weather(city: str) -> str:
        """The weather in a city."""
        return f"Sunny in {city}."

    answer = glm_magic.ask(
        "What is the weather in Paris? Use the tool.", tools=[weather], once=True,
        approve=lambda *_: "once",
    )  # fmt: skip
    steps = answer.turn.steps
    assert [step.role for step in steps] == ["assistant", "tool"]
    assert steps[0].tool_calls[0].name == "weather"


def test_a_change_holds_from_the_next_question_on(course: Course) -> None:
    """The file is read again; one with a fault changes nothing, and the page says so."""
    token = course.hub.person("fred")
    course.rules(OPEN + 'mode = "off"\n')
    assert course.ask(token).code == "course-off"
    course.rules("mode = nonsense")
    assert course.ask(token).code == "course-off"
    headers = {"Authorization": f"Bearer {course.hub.person('ines', admin=True)}"}
    assert (
        "not used as it is now: glm-hub.toml is not TOML"
        in course.http.get("", headers=headers).text
    )
    course.rules(OPEN)
    assert course.ask(token).status == 200


def lines_of(course: Course) -> list[dict[str, object]]:
    """All records, the newest last: where another test's zone had it, it may be tomorrow."""
    written = (course.data / "records").glob("*.jsonl")
    files = sorted(written, key=lambda file: file.stat().st_mtime_ns)
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_records_hold_metadata_only(course: Course, at_home: Callable[..., str]) -> None:
    """No name, no question, no answer: a pseudonym, numbers and a code; readable by the owner."""
    at_home("gerda")
    answer = glm_magic.ask("A secret question about penguins", once=True)
    record = lines_of(course)[-1]
    assert set(record) == {
        "time", "student", "model", "mode", "prompt_tokens", "completion_tokens", "charged",
        "code", "waited", "seconds",
    }  # fmt: skip
    assert answer.usage
    assert record["charged"] == answer.usage.total_tokens
    written = b"".join(file.read_bytes() for file in (course.data / "records").iterdir())
    assert b"gerda" not in written
    assert b"penguins" not in written
    assert not answer.turn.warnings
    for path in [course.data, *course.data.rglob("*")]:
        if path.suffix not in (".sqlite-wal", ".sqlite-shm"):
            assert path.stat().st_mode & 0o077 == 0, path
    assert files_with_canary(course.data) == []


def test_words_are_recorded_only_where_the_student_is_told(
    course: Course, at_home: Callable[..., str]
) -> None:
    """The cell says so; a client that cannot show it, or does not stream, is not recorded."""
    course.rules(OPEN + "record_content = true\nkeep_days = 7\n")
    token = at_home("heidi")
    answer = glm_magic.ask("Penguins?", once=True)
    told = "Your course records this chat, questions and answers, for 7 days."
    assert told in answer.turn.warnings
    record = lines_of(course)[-1]
    assert record["question"] == "Penguins?"
    assert record["answer"] == answer.text
    body = body_of("Others?")
    asyncio.run(course.ask_async(token, body, **{"X-GLM-Notices": "unknown"}))
    assert "question" not in lines_of(course)[-1]
    course.ask(token, "Whole?", stream=False)
    assert "question" not in lines_of(course)[-1]
