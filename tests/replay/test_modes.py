"""Live, record, replay, auto: what each reads, writes and sends."""

import asyncio
import json
import socket
from contextlib import suppress
from pathlib import Path

import pytest

import glm_magic
from glm_magic import errors
from glm_magic.chat.deltas import Delta, ToolCallPiece
from glm_magic.chat.messages import Usage
from glm_magic.testing import Reply, scripted
from glm_magic.wiring import workbench

WHOLE = [
    Delta(reasoning="Look at mass."),
    Delta(text="Gentoo "),
    Delta(text="is heaviest."),
    Delta(finish_reason="stop", usage=Usage(12, 7, 3, 4), model="glm-4.5", ended=True),
]
CUT = [Delta(text="Gen")]
BROKEN = [Delta(text="Gen"), Delta(finish_reason="network_error", ended=True)]
WITHDRAWN = [Delta(text="Gen"), Delta(finish_reason="sensitive", ended=True)]


def record(*replies: Reply, prompts: tuple[str, ...] = ("Which is heaviest?",)) -> None:
    """Ask each prompt, outside of any conversation, and record the replies."""
    with scripted(*replies):
        for prompt in prompts:
            glm_magic.ask(prompt, once=True, replay="record")


def lines(folder: Path) -> list[dict[str, object]]:
    """What the recordings hold."""
    path = folder / "analysis.glm.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_recorded_answer_comes_back_whole(folder: Path) -> None:
    """Text, reasoning, usage, finish_reason and model are those of the recording."""
    record(WHOLE)
    answer = glm_magic.ask("Which is heaviest?", once=True, replay="replay")
    assert (answer.text, answer.reasoning) == ("Gentoo is heaviest.", "Look at mass.")
    assert (answer.usage, answer.model) == (Usage(12, 7, 3, 4), "glm-4.5")
    assert (answer.finish_reason, answer.partial_reason) == ("stop", "")
    assert answer.turn.provider == "zai"


@pytest.mark.parametrize("mode", ["live", "record", "auto"])
def test_a_preview_needs_no_key(folder: Path, mode: str) -> None:
    """It says where the question would go."""
    bench = workbench()
    question = bench.question("Hi", once=True, need_key=False, provider="zai", replay=mode)
    preview = question.preview()
    assert preview.url == "https://api.z.ai/api/paas/v4/chat/completions"
    assert "Authorization: none" in preview.text()


def test_a_replayed_answer_says_when_and_who(folder: Path) -> None:
    """The footer names day, model and provider, and that nothing was sent; it costs nothing."""
    record(WHOLE)
    (kept,) = lines(folder)
    answer = glm_magic.ask("Which is heaviest?", once=True, replay="replay")
    assert f"glm-4.5 · recorded {kept['recorded']} from zai" in answer.footer
    assert "sent now: nothing" in answer.footer
    assert answer.cost == 0


def test_replay_needs_no_key_and_no_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a single socket is made, whoever would be asked."""
    record(WHOLE)

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("A socket was made.")

    monkeypatch.setattr(socket, "socket", refuse)
    for options in ({}, {"provider": "sandbox"}, {"provider": "custom"}, {"provider": "cometapi"}):
        answer = glm_magic.ask("Which is heaviest?", once=True, replay="replay", **options)
        assert answer.text == "Gentoo is heaviest."


def test_all_ways_to_ask_replay(folder: Path) -> None:
    """`ask`, `ask_async`, `stream` and a `Chat` give the same answer."""
    record(WHOLE)
    options = {"replay": "replay", "once": True}
    prompt = "Which is heaviest?"
    stream = glm_magic.stream(prompt, **options)
    assert "".join(delta.text for delta in stream) == "Gentoo is heaviest."
    assert asyncio.run(glm_magic.ask_async(prompt, **options)).text == "Gentoo is heaviest."
    assert glm_magic.Chat(replay="replay").ask(prompt).text == "Gentoo is heaviest."


def test_a_conversation_replays_in_order(folder: Path) -> None:
    """What was said before is part of the key: the same words get the answer of their place."""
    with scripted("By species.", "By island.", "By year."):
        chat = glm_magic.Chat(replay="record")
        said = [chat.ask(prompt).text for prompt in ("How?", "And now?", "And now?")]
    again = glm_magic.Chat(replay="replay")
    assert [again.ask(prompt).text for prompt in ("How?", "And now?", "And now?")] == said


@pytest.mark.parametrize(
    ("prompt", "options", "said"),
    [
        ("Which is lightest?", {}, "Recorded prompts: “Which is heaviest?”. To ask a model"),
        ("Which is heaviest?", {"temperature": 0.5}, "recorded with other data, options"),
        ("Which is heaviest?", {"model": "glm-4.5-air"}, "recorded with glm-4.5."),
    ],
)
def test_a_miss_says_what_to_do(
    folder: Path, prompt: str, options: dict[str, object], said: str
) -> None:
    """Two lines: which file was looked into, and what is recorded; nobody is asked."""
    record(WHOLE)
    with scripted() as client, pytest.raises(errors.NotRecordedError) as caught:
        glm_magic.ask(prompt, once=True, replay="replay", **options)
    assert client.requests == []
    assert "analysis.glm.jsonl" in caught.value.message
    assert said in caught.value.remedy
    assert len(str(caught.value).splitlines()) == 2


def test_a_miss_without_recordings_says_that_there_are_none(folder: Path) -> None:
    """The file may be missing, because the notebook came alone."""
    with pytest.raises(errors.NotRecordedError, match="is empty or not there"):
        glm_magic.ask("Which is heaviest?", replay="replay")


def test_a_miss_leaves_the_conversation_as_it_was(folder: Path) -> None:
    """No half turn stays that a later question would stumble over."""
    with scripted("By species."):
        chat = glm_magic.Chat()
        chat.ask("How?")
    with pytest.raises(errors.NotRecordedError):
        chat.ask("Which is heaviest?", replay="replay")
    assert [turn.prompt for turn in chat.turns] == ["How?"]


def test_auto_takes_the_recording_and_else_asks(folder: Path) -> None:
    """Only what is not recorded is asked, and that is not written down."""
    record(WHOLE)
    with scripted("Adelie.") as client:
        recorded = glm_magic.ask("Which is heaviest?", once=True, replay="auto")
        live = glm_magic.ask("Which is lightest?", once=True, replay="auto")
    assert (recorded.text, live.text) == ("Gentoo is heaviest.", "Adelie.")
    assert [request.messages[-1].content for request in client.requests] == ["Which is lightest?"]
    assert len(lines(folder)) == 1
    assert "recorded" not in live.footer


def test_auto_without_a_key_says_what_is_recorded(folder: Path) -> None:
    """A visitor learns what can be replayed, and how to ask a model."""
    record(WHOLE)
    assert glm_magic.ask("Which is heaviest?", once=True, replay="auto").text
    with pytest.raises(errors.NotRecordedError, match=r"(?s)Which is heaviest.*%glm login"):
        glm_magic.ask("Which is lightest?", once=True, replay="auto")


@pytest.mark.parametrize("mode", ["auto", "replay", "record"])
def test_fresh_asks_although_there_is_a_recording(folder: Path, mode: str) -> None:
    """In mode record the new answer takes the old one's place."""
    record(WHOLE)
    with scripted("Emperor."):
        answer = glm_magic.ask("Which is heaviest?", once=True, replay=mode, fresh=True)
    assert answer.text == "Emperor."
    assert [line["text"] for line in lines(folder)] == [
        "Emperor." if mode == "record" else "Gentoo is heaviest."
    ]


def test_live_neither_reads_nor_writes(folder: Path) -> None:
    """Recordings do nothing until they are asked for."""
    record(WHOLE)
    with scripted("Emperor."):
        assert glm_magic.ask("Which is heaviest?", once=True).text == "Emperor."
    assert len(lines(folder)) == 1


@pytest.mark.parametrize("reply", [CUT, BROKEN, WITHDRAWN, errors.OverloadedError("busy")])
def test_only_whole_answers_are_recorded(folder: Path, reply: Reply) -> None:
    """What was cut off, withdrawn or refused is no recording."""
    with scripted(reply), suppress(errors.OverloadedError):
        glm_magic.ask("Which is heaviest?", once=True, replay="record")
    assert lines(folder) == []


def test_an_answer_that_is_left_early_is_not_recorded(folder: Path) -> None:
    """A stopped cell may have half an answer, a recording never."""
    with scripted(WHOLE):
        for _ in glm_magic.stream("Which is heaviest?", replay="record"):
            break
    assert lines(folder) == []


def test_recording_again_replaces_in_place(folder: Path) -> None:
    """The file stays in order and does not grow."""
    record("one", "two", prompts=("First?", "Second?"))
    record("one, better", prompts=("First?",))
    assert [line["text"] for line in lines(folder)] == ["one, better", "two"]


def test_an_answer_is_whole_although_it_cannot_be_recorded(folder: Path) -> None:
    """A disk that refuses is told below the answer, which stands."""
    (folder / "analysis.glm.jsonl").mkdir()
    with scripted(WHOLE):
        answer = glm_magic.ask("Which is heaviest?", once=True, replay="record")
    assert (answer.text, answer.partial_reason) == ("Gentoo is heaviest.", "")
    assert any("Not recorded." in warning for warning in answer.turn.warnings)


def test_a_recorded_answer_is_not_spent(folder: Path) -> None:
    """It passes every budget and is not entered in the ledger."""
    record(WHOLE)
    before = workbench().ledger.totals()
    options = {"once": True, "budget_tokens": 1, "budget_usd": 0.0}
    assert glm_magic.ask("Which is heaviest?", replay="replay", **options).text
    assert workbench().ledger.totals() == before
    with scripted("x"), pytest.raises(errors.BudgetError):
        glm_magic.ask("Which is lightest?", replay="auto", **options)


def test_tool_calls_replay_whatever_their_ids(folder: Path) -> None:
    """A provider makes new ids each time; the second round is found all the same."""

    def call(id_: str) -> list[Delta]:
        piece = ToolCallPiece(0, id_, "mass", '{"of": "Gentoo"}')
        return [Delta(tool_calls=(piece,), finish_reason="tool_calls", ended=True)]

    def mass(of: str) -> int:
        """The mean mass in grams."""
        return len(of) * 1000

    options = {"tools": [mass], "approve": lambda *_: "once", "once": True}
    with scripted(call("id-of-the-host"), "6 kg."):
        glm_magic.ask("How heavy?", replay="record", **options)
    assert "id-of-the-host" not in (folder / "analysis.glm.jsonl").read_text()
    with scripted(call("another-id"), call("third"), "x") as client:
        answer = glm_magic.ask("How heavy?", replay="auto", **options)
        assert client.requests == []
    assert answer.text == "6 kg."
    assert answer.turn.recorded


def test_a_turn_with_a_live_round_is_a_live_turn(folder: Path) -> None:
    """Only what was replayed from beginning to end says that it was recorded, and is free."""
    piece = ToolCallPiece(0, "a", "mass", "{}")
    call = [Delta(tool_calls=(piece,), finish_reason="tool_calls", ended=True)]
    masses = iter((1, 2))

    def mass() -> int:
        """The mean mass in grams."""
        return next(masses)

    options = {"tools": [mass], "approve": lambda *_: "once", "once": True}
    with scripted(call, "1 g."):
        glm_magic.ask("How heavy?", replay="record", **options)
    with scripted("2 g."):
        answer = glm_magic.ask("How heavy?", replay="auto", **options)
    assert (answer.text, answer.turn.recorded) == ("2 g.", "")


def test_a_preview_in_replay_says_that_nothing_goes_anywhere(folder: Path) -> None:
    """The request is shown; its address is the file."""
    preview = workbench().question("Hi?", replay="replay", need_key=False).preview()
    assert "nowhere (answered from analysis.glm.jsonl)" in preview.text()
