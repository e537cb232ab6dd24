"""Tool calls in every shape: each ends in a valid turn, and nothing runs that may not."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

import glm_magic
from glm_magic.answer import Answer
from glm_magic.sandbox import Fault, Sandbox
from glm_magic.surroundings import AROUND
from glm_magic.wiring import workbench

from .conftest import call, calls
from .wire import bodies

PARIS = '{"city": "Paris"}'
WRONG = "The arguments of look_up"


class Person:
    """Says yes to every call, and remembers what ran.

    Attributes:
        ran: Arguments of the calls that ran.
        asked: What the person was asked.
    """

    def __init__(self) -> None:
        self.ran: list[Any] = []
        self.asked: list[str] = []

    def input(self, question: str) -> str:
        """In place of Python's own."""
        self.asked.append(question)
        return "y"

    def ask(self, prompt: str = "Where?", **options: Any) -> Answer:
        """Ask with one tool."""

        @glm_magic.tool
        def look_up(city: str, days: int = 1) -> str:
            """Look up a city."""
            self.ran.append((city, days))
            return f"{city}: found"

        return glm_magic.ask(prompt, tools=[look_up], **options)


@pytest.fixture
def person(
    sandbox: Sandbox, settings_for: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Person]:
    """Somebody who approves, in a process whose workbench begins empty."""
    settings_for(sandbox)
    workbench.cache_clear()
    found = Person()
    monkeypatch.setattr("builtins.input", found.input)
    monkeypatch.setattr(AROUND, "person", lambda: True)
    yield found
    workbench().close()
    workbench.cache_clear()


def look_up(arguments: object, **fields: object) -> dict[str, Any]:
    """A piece of a call of the tool."""
    return call("look_up", arguments, **fields)


SHAPES: dict[str, tuple[list[dict[str, Any]], list[Any], list[str]]] = {
    # name: the pieces, what ran, how the results begin
    "whole": ([look_up(PARIS, id="a", index=0)], [("Paris", 1)], ["Paris: found"]),
    "fragments": (
        [look_up("", id="a", index=0), *(call(None, one, id=None, index=0) for one in PARIS)],
        [("Paris", 1)], ["Paris: found"],
    ),
    "interleaved": (
        [look_up('{"city"', id="a", index=0), look_up('{"city"', id="b", index=1),
         call(None, ':"Rome"}', index=1), call(None, ':"Oslo"}', index=0)],
        [("Oslo", 1), ("Rome", 1)], ["Oslo: found", "Rome: found"],
    ),
    "without index": (
        [look_up(PARIS, id="a"), look_up('{"city":"Rome"}', id="b")],
        [("Paris", 1), ("Rome", 1)], ["Paris: found", "Rome: found"],
    ),
    "without id": ([look_up(PARIS, index=0)], [("Paris", 1)], ["Paris: found"]),
    "without type, index and id": (
        [look_up(PARIS), look_up('{"city":"Rome"}')],
        [("Paris", 1), ("Rome", 1)], ["Paris: found", "Rome: found"],
    ),
    "all with index 0": (
        [look_up(PARIS, id="a", index=0), look_up('{"city":"Rome"}', id="b", index=0)],
        [("Paris", 1), ("Rome", 1)], ["Paris: found", "Rome: found"],
    ),
    "arguments repeated whole": (
        [look_up('{"city": ', id="a", index=0), call(None, '"Paris"}', index=0),
         look_up(PARIS, id="a", index=0)],
        [("Paris", 1)], ["Paris: found"],
    ),
    "arguments as an object": (
        [look_up({"city": "Paris", "days": 3}, id="a", index=0)], [("Paris", 3)], ["Paris: found"],
    ),
    "empty arguments": ([look_up("", id="a", index=0)], [], [WRONG]),
    "null arguments": ([look_up(None, id="a", index=0)], [], [WRONG]),
    "not JSON": ([look_up("city=Paris", id="a", index=0)], [], [WRONG]),
    "half of JSON": ([look_up('{"city": "Par', id="a", index=0)], [], [WRONG]),
    "a list": ([look_up('["Paris"]', id="a", index=0)], [], [WRONG]),
    "wrong types": ([look_up('{"city": 5, "days": "x"}', id="a", index=0)], [], [WRONG]),
    "more than it takes": (
        [look_up('{"city": "Paris", "command": "rm"}', id="a", index=0)], [], [WRONG],
    ),
    "deep JSON": ([look_up('{"city":' + "[" * 100_000, id="a", index=0)], [], [WRONG]),
    "a function nobody offered": (
        [call("delete_files", "{}", id="a", index=0)], [], ["There is no tool of this name."],
    ),
    "no name": ([call(None, PARIS, id="a", index=0)], [], ["There is no tool of this name."]),
    "a name that is none": (
        [call("look up\n<script>", PARIS, id="a", index=0)], [], ["There is no tool of this name."],
    ),
    "the same id twice": (
        [look_up(PARIS, id="a", index=0), look_up('{"city":"Rome"}', id="a", index=1)],
        [("Paris", 1), ("Rome", 1)], ["Paris: found", "Rome: found"],
    ),
    "a very long id": ([look_up(PARIS, id="x" * 5_000, index=0)], [("Paris", 1)], ["Paris: found"]),
    "300 at once": (
        [look_up(PARIS, id=f"c{n}", index=n) for n in range(300)],
        [("Paris", 1)] * 16, ["Paris: found"] * 16 + ["Not run: at most 16"] * 284,
    ),
}  # fmt: skip


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "tool_stream"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape(person: Person, sandbox: Sandbox, shape: str, stream: bool) -> None:
    """What fits runs once approved; what does not is told to the model; the turn is whole."""
    pieces, ran, results = SHAPES[shape]
    sandbox.faults.append(calls(*pieces))
    answer = person.ask(model="glm-4.6" if stream else "glm-4.5")
    assert person.ran == ran
    assert len(person.asked) == len(ran)
    first, second = bodies(sandbox)
    assert first.get("tool_stream", False) is stream
    told = [message["content"] for message in second["messages"] if message["role"] == "tool"]
    assert len(told) == len(results)
    assert all(one.startswith(wanted) for one, wanted in zip(told, results, strict=True))
    assert answer.turn.status == "complete"
    glm_magic.ask("And now?")
    assert bodies(sandbox)[-1]["messages"][: len(second["messages"])] == second["messages"]


class PanicException(BaseException):
    """As polars raises it."""


class WordlessError(Exception):
    """Cannot say what is wrong."""

    def __str__(self) -> str:
        raise AttributeError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PanicException("index out of bounds"), "PanicException: index out of bounds"),
        (asyncio.CancelledError(), "CancelledError"),
        (SystemExit(2), "SystemExit: 2"),
        (WordlessError(), "WordlessError"),
    ],
)
def test_a_tool_may_fail_in_any_way(
    person: Person, sandbox: Sandbox, error: BaseException, told: str
) -> None:
    """Whatever it raises is told to the model, and the turn goes on."""

    @glm_magic.tool(auto=True)
    def fails() -> str:
        """Fail."""
        raise error

    sandbox.faults.append(calls(call("fails", "{}", id="a", index=0)))
    assert glm_magic.ask("Where?", tools=[fails]).turn.status == "complete"
    assert bodies(sandbox)[-1]["messages"][-1]["content"] == f"fails failed: {told}"


@pytest.mark.parametrize("finish", ["stop", "tool_calls"])
def test_the_finish_reason_does_not_matter(person: Person, sandbox: Sandbox, finish: str) -> None:
    """Some hosts say "stop" after calls."""
    sandbox.faults.append(calls(look_up(PARIS, id="a"), finish=finish))
    person.ask()
    assert person.ran == [("Paris", 1)]


@pytest.mark.parametrize("finish", ["length", "sensitive", "network_error"])
def test_what_was_cut_does_not_run(person: Person, sandbox: Sandbox, finish: str) -> None:
    """A call in an answer that was cut off may be half of one."""
    sandbox.faults.append(calls(look_up(PARIS, id="a", index=0), finish=finish))
    answer = person.ask()
    assert (person.ran, person.asked) == ([], [])
    assert answer.partial_reason or "cut at max_tokens" in answer.plain()
    glm_magic.ask("And now?")
    bodies(sandbox)


def test_a_lost_connection_runs_nothing(person: Person, sandbox: Sandbox) -> None:
    """The calls came, the end did not."""
    pieces = [look_up(PARIS, id="a", index=0)] * 3
    sandbox.faults.append(calls(*pieces) | Fault.cut(chunks=2))
    with pytest.raises(glm_magic.errors.GLMError):
        person.ask()
    assert (person.ran, person.asked) == ([], [])
    glm_magic.ask("And now?")
    bodies(sandbox)


INLINE = "<tool_call>{}\n<arg_key>city</arg_key>\n<arg_value>{}</arg_value>\n</tool_call>"


def says(text: str, field: str = "content") -> Fault:
    """An answer with this text and finish_reason stop, as glm-4.5 was seen to write calls."""

    def change(chunk: dict[str, Any]) -> None:
        said = chunk["choices"][0]["delta"]
        first = "reasoning_content" in said and not change.done  # type: ignore[attr-defined]
        said.clear()
        said["role"] = "assistant"
        if first:
            said[field] = text
            change.done = True  # type: ignore[attr-defined]

    change.done = False  # type: ignore[attr-defined]
    return Fault.change_json(change)


@pytest.mark.parametrize("field", ["content", "reasoning_content"])
def test_a_call_written_into_the_text(person: Person, sandbox: Sandbox, field: str) -> None:
    """It is taken out of the words, approved as any other, and sent back as a call."""
    text = "I look.\n" + INLINE.format("look_up", "Paris") + INLINE.format("look_up", "75001")
    sandbox.faults.append(says(text, field))
    person.ask()
    assert person.ran == [("Paris", 1), ("75001", 1)]
    said = bodies(sandbox)[-1]["messages"][-3]
    assert said[field] == "I look."
    assert [json.loads(one["function"]["arguments"]) for one in said["tool_calls"]] == [
        {"city": "Paris"}, {"city": "75001"},
    ]  # fmt: skip


@pytest.mark.parametrize(("written", "given"), [("2024", "2024"), ("null", None), ("x", "x")])
def test_a_text_that_may_be_none_written_into_the_text(
    sandbox: Sandbox, person: Person, written: str, given: str | None
) -> None:
    """It stays a text, also where it looks like a number."""

    @glm_magic.tool(auto=True)
    def find(city: str | None = "?") -> str:
        """Find it."""
        person.ran.append(city)
        return "found"

    sandbox.faults.append(says(INLINE.format("find", written)))
    glm_magic.ask("Where?", tools=[find])
    assert person.ran == [given]


def test_text_about_other_calls_stays_text(person: Person, sandbox: Sandbox) -> None:
    """A function that nobody offered is words; so is everything when no tool is offered."""
    text = INLINE.format("delete_files", "Paris")
    sandbox.faults += [says(text), says(text)]
    assert person.ask().text == text
    assert glm_magic.ask("Hello").text == text
    assert (person.ran, person.asked) == ([], [])


def test_a_host_that_ignores_the_end(person: Person, sandbox: Sandbox) -> None:
    """It calls in every round, also without being offered anything: the turn ends."""
    sandbox.faults += [calls(look_up(PARIS, id="a", index=0)) for _ in range(30)]
    answer = person.ask()
    assert len(person.ran) == 10
    assert "wanted to call tools again" in answer.plain()
    assert len(bodies(sandbox)) == 11
