"""Deltas fold into an answer, an answer into a turn: stage by stage."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.chat.attachments import Attachment
from glm_magic.chat.conversation import Conversation
from glm_magic.chat.deltas import Delta, Growing, ToolCallPiece
from glm_magic.chat.messages import Message, ToolCall, Usage
from glm_magic.chat.tokens import estimate_tokens
from glm_magic.chat.turns import SENSITIVE, TurnBuilder

from .samples import turn


def grown(*deltas: Delta) -> Growing:
    """The answer of these deltas."""
    growing = Growing()
    for delta in deltas:
        growing.add(delta)
    return growing


def test_the_fold_of_deltas() -> None:
    """Texts are joined, the latest of everything else counts, warnings are said once."""
    growing = grown(
        Delta(text="\n\nHel", model="a", response_id="1"), Delta(reasoning="\nHm.\n"), Delta(),
        Delta(text="lo\n", warning="w"), Delta(warning="w"), Delta(usage=Usage(1, 1)),
        Delta(finish_reason="stop", usage=Usage(3, 2, 1, 1), model="b"), Delta(ended=True),
    )  # fmt: skip
    assert (growing.text, growing.reasoning) == ("Hello\n", "Hm.")
    assert (growing.finish_reason, growing.ended, growing.warnings) == ("stop", True, ["w"])
    assert (growing.usage, growing.model, growing.response_id) == (Usage(3, 2, 1, 1), "b", "1")


@given(pieces=st.lists(st.text(max_size=5)))
def test_a_notice_is_no_text(pieces: list[str]) -> None:
    """What the client waits for is never part of the answer."""
    deltas = [one for piece in pieces for one in (Delta(text=piece), Delta(notice=f"N{piece}"))]
    assert grown(*deltas).text == "".join(pieces).lstrip("\r\n")


@pytest.mark.parametrize(
    ("pieces", "arguments"),
    [
        (["{", '"a":1', "}"], '{"a":1}'), (['{"a":1}', '{"a":1}'], '{"a":1}'),
        (["{", "}", "{}"], "{}"), (["1", "1"], "1"), (["a", "a"], "aa"), (["", ""], ""),
        (['{"a":', '{"a":'], '{"a":{"a":'),
    ],
)  # fmt: skip
def test_arguments_come_in_pieces_or_twice(pieces: list[str], arguments: str) -> None:
    """Pieces are joined; complete JSON that is repeated whole counts once."""
    deltas = [Delta(tool_calls=(ToolCallPiece(0, arguments=piece),)) for piece in pieces]
    assert grown(*deltas).tool_calls == (ToolCall("", "", arguments),)


def test_tool_calls_stand_in_their_order() -> None:
    """By index, with the first id and name that came for each."""
    growing = grown(
        Delta(tool_calls=(ToolCallPiece(2, "c", "h"), ToolCallPiece(0, "a", "f", "{"))),
        Delta(tool_calls=(ToolCallPiece(0, "x", "y", "}"),)),
    )
    assert growing.tool_calls == (ToolCall("a", "f", "{}"), ToolCall("c", "h", ""))


def test_a_turn_has_stages() -> None:
    """It exists from the first moment, partial, and each stage is a value of its own."""
    builder = TurnBuilder(turn(""))
    stages = [builder.finish("not finished")]
    builder.add(Delta(text="Half"))
    stages.append(builder.finish("interrupted"))
    builder.add(Delta(text=" and half", finish_reason="stop", usage=Usage(3, 2), model="glm-4.5-x"))
    stages.append(builder.finish())
    assert [(one.text, one.partial_reason, one.status) for one in stages] == [
        ("", "not finished", "partial"), ("Half", "interrupted", "partial"),
        ("Half and half", "", "complete"),
    ]  # fmt: skip
    assert len({one.id for one in stages}) == 1
    assert (stages[2].usage, stages[2].model) == (Usage(3, 2), "glm-4.5-x")


@pytest.mark.parametrize(
    ("last", "given", "reason"),
    [
        (Delta(), "", "connection lost"), (Delta(ended=True), "", ""),
        (Delta(finish_reason="stop"), "", ""), (Delta(finish_reason="tool_calls"), "", ""),
        (Delta(finish_reason="strange"), "", ""), (Delta(finish_reason="length"), "", ""),
        (Delta(finish_reason="network_error", ended=True), "", "connection lost"),
        (Delta(finish_reason="error"), "", "error from the host"),
        (Delta(finish_reason="sensitive"), "", SENSITIVE),
        (Delta(finish_reason="sensitive"), "interrupted", SENSITIVE),
        (Delta(finish_reason="stop", ended=True), "interrupted", "interrupted"),
        (Delta(), "interrupted", "interrupted"),
    ],
)  # fmt: skip
def test_why_a_turn_is_partial(last: Delta, given: str, reason: str) -> None:
    """Our own reason, else what the host's last word means, else that there was none."""
    builder = TurnBuilder(turn(""))
    builder.add(Delta(text="Text", reasoning="Hm.", tool_calls=(ToolCallPiece(0, "a", "f"),)))
    builder.add(last)
    finished = builder.finish(given)
    assert finished.partial_reason == reason
    assert finished.status == ("partial" if reason else "complete")
    gone = reason == SENSITIVE
    assert (finished.text, finished.reasoning) == (("", "") if gone else ("Text", "Hm."))
    assert bool(finished.tool_calls) is not gone
    assert bool(finished.messages()) is not gone


@pytest.mark.parametrize(
    ("reason", "word"),
    [("length", "max_tokens"), ("model_context_window_exceeded", "context window")],
)
def test_a_cut_answer_is_told(reason: str, word: str) -> None:
    """An answer that was cut by a limit is complete, with a warning."""
    builder = TurnBuilder(turn(""))
    builder.add(Delta(text="Text", finish_reason=reason))
    finished = builder.finish()
    assert finished.status == "complete"
    assert word in finished.warnings[-1]


def test_time_is_measured() -> None:
    """Reasoning lasts from its first word to the first word of the answer."""
    builder = TurnBuilder(turn(""))
    assert builder.thought_seconds == 0
    builder.add(Delta(reasoning="Hm."))
    time.sleep(0.03)
    builder.add(Delta(text="\n"))
    assert builder.thought_seconds >= 0.03
    builder.add(Delta(text="Text"))
    thought = builder.thought_seconds
    time.sleep(0.02)
    assert builder.thought_seconds == thought
    assert builder.finish().seconds >= 0.05
    assert builder.finish().thought_seconds == pytest.approx(thought, abs=0.001)


def test_a_cell_has_one_place() -> None:
    """A turn replaces the one of its cell; without a cell it is appended."""
    conversation = Conversation()
    for cell, text in [("a", "1"), (None, "2"), ("b", "3"), (None, "4"), ("a", "5")]:
        conversation.put(turn(text, cell))
    assert [one.text for one in conversation] == ["5", "2", "3", "4"]
    assert [one.text for one in conversation.before("b")] == ["5", "2"]
    assert [one.text for one in conversation.before("new")] == ["5", "2", "3", "4"]
    assert [one.text for one in conversation.before(None)] == ["5", "2", "3", "4"]
    assert conversation.before("a") == ()


@given(cells=st.lists(st.sampled_from(["a", "b", "c", None]), max_size=12))
def test_any_order_of_cells(cells: list[str | None]) -> None:
    """Each cell stands once, where it stood first, with what it said last."""
    conversation = Conversation()
    for place, cell in enumerate(cells):
        conversation.put(turn(str(place), cell))
    expected: list[tuple[str | None, str]] = []
    for place, cell in enumerate(cells):
        known = [one for one, _ in expected]
        if cell is not None and cell in known:
            expected[known.index(cell)] = (cell, str(place))
        else:
            expected.append((cell, str(place)))
    assert [(one.cell, one.text) for one in conversation] == expected


@given(text=st.text(), more=st.text())
def test_more_text_is_not_fewer_tokens(text: str, more: str) -> None:
    """The estimate never falls when text is added, and is zero for no text only."""
    assert estimate_tokens(text + more) >= estimate_tokens(text) >= (1 if text else 0)
    assert estimate_tokens(text) <= len(text) + 1
    assert isinstance(estimate_tokens(text), int)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [("", 0, 0), ("a", 1, 1), ("word " * 400, 450, 560), ("你好世界" * 100, 230, 250),
     ("한국어" * 100, 170, 190), ("Ａ" * 100, 55, 65)],
)  # fmt: skip
def test_estimates_are_near(text: str, least: int, most: int) -> None:
    """About four characters a token in Latin text, about 0.6 tokens a character in CJK."""
    assert least <= estimate_tokens(text) <= most


def test_values_are_equal_by_content() -> None:
    """Messages and usages with the same content are the same."""
    assert Message("user", "a") == Message("user", "a")
    assert len({Message("user", "a"), Message("user", "a"), Message("assistant", "a")}) == 2
    assert Usage(3, 2).total_tokens == 5


@pytest.mark.parametrize(
    ("shape", "rows_sent", "label"),
    [((344, 8), 0, "sales (344 × 8, values)"), ((None, 8), 0, "sales (? × 8, values)"),
     ((12_000, 8), 5, "sales (12,000 × 8, 5 raw rows)")],
)  # fmt: skip
def test_an_attachment_says_what_it_is(
    shape: tuple[int | None, int | None], rows_sent: int, label: str
) -> None:
    """Its label has name, shape, and how much of it was sent."""
    one = Attachment("sales", "frame", "values", "", "", 0, rows_sent=rows_sent, shape=shape)
    assert one.label() == label
