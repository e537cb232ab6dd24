"""A turn in an output's metadata: all of it comes back, and nothing hostile does harm."""

import base64
import json
import time
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.answer import Answer
from glm_magic.chat.messages import Message
from glm_magic.chat.turns import Turn
from glm_magic.store.metadata import (
    conversation_of,
    output_metadata,
    turn_from_metadata,
    turns_of,
)

from .notebook_samples import SUMMARY, long_answer, turn, turns, without_context

NAMES = {
    "schema", "conversation", "turn", "cell", "created", "provider", "model", "status",
    "finish_reason", "prompt", "answer", "usage", "cost_usd", "seconds", "attached",
    "request_digest",
}  # fmt: skip


def through_json(record: dict[str, Any]) -> dict[str, Any]:
    """The record as it comes back from a UTF-8 file."""
    said: dict[str, Any] = json.loads(json.dumps(record, ensure_ascii=False).encode())
    return said


def test_the_names_are_those_that_users_know() -> None:
    """The keys of the design stand in the record, in its order, and nothing empty does."""
    record = output_metadata(turn(), "conversation-1")
    assert set(record) == NAMES
    assert list(record)[:4] == ["schema", "conversation", "turn", "cell"]
    assert (record["schema"], record["status"], record["answer"]) == (1, "complete", "Answer 1.")
    assert record["attached"][0]["name"] == "sales"
    assert record["attached"][0]["digest"] == "d" * 64


def test_what_was_attached_stays_out() -> None:
    """The text of a frame summary is in the record only when the user embeds it."""
    one = turn(user=Message("user", SUMMARY + "Question 1?", images=("data:image/png;base64,AA",)))
    assert "region" not in json.dumps(output_metadata(one))
    assert "image/png" not in json.dumps(output_metadata(one))
    assert output_metadata(one)["options"] == {"images": 1}  # that there were some is told
    record = output_metadata(one, embed_context=True)
    assert record["context"] == SUMMARY
    assert turn_from_metadata(record) == one


@given(turns(), st.booleans())
def test_a_turn_comes_back(one: Turn, embed: bool) -> None:
    """Every turn is the same after a round through a file, alone and beside what is shown."""
    expected = one if embed else without_context(one)
    shown = Answer(one).markdown()
    for beside in ("", shown):
        record = through_json(output_metadata(one, "c", shown=beside, embed_context=embed))
        back = turn_from_metadata(record, beside)
        # Empty lines of text are not told from missing ones.
        assert back == expected


@pytest.mark.parametrize("size", [999, 1001, 16_000, 40_000, 400_000])
@pytest.mark.parametrize("language", ["english", "chinese"])
def test_long_texts_come_back(size: int, language: str) -> None:
    """Long answers and reasoning are packed, in the same bytes each time, and come back whole."""
    text = long_answer(size // 4 if language == "english" else size, language=language, math=True)
    one = without_context(turn(text=text, reasoning=text[::-1], prompt=text[:2000]))
    shown = Answer(one).markdown()
    for beside in ("", shown):
        record = output_metadata(one, shown=beside)
        assert record == output_metadata(one, shown=beside)
        assert turn_from_metadata(through_json(record), beside) == one
    delta = output_metadata(one, shown=shown)
    if len(text) > 1000:
        assert "answer" not in delta
        assert "prompt" not in output_metadata(replace(one, prompt=text * 2))
        assert len(json.dumps(delta)) < len(json.dumps(output_metadata(one)))


def test_an_answer_like_what_is_shown_costs_little() -> None:
    """Beside its own Markdown an answer of 200 kB is packed into less than 4 kB."""
    text = long_answer(50_000)
    one = turn(text=text)
    record = output_metadata(one, shown=Answer(one).markdown())
    assert len(record["answer_delta"]) < 4_000


@given(st.lists(st.sampled_from(["piece", "ours", "theirs"]), max_size=8), st.integers(1, 999))
def test_an_answer_in_pieces_comes_back(between: list[str], size: int) -> None:
    """Its beginning stands in outputs before the last, others of the cell may lie among them."""
    text = long_answer(2000)
    one, at, outputs, begun = without_context(turn(text=text)), 0, [], []
    for kind in between:
        cut = text[at : at + size] if kind == "piece" else "**Other words**"
        at += size if kind == "piece" else 0
        begun += [cut] if kind == "piece" else []
        mark = {} if kind == "theirs" else {"glm_magic": {"schema": 1}}
        data = {"text/markdown": cut.splitlines(keepends=True)}
        if kind != "ours" or not begun:  # a display of ours comes before the answer begins
            outputs.append({"output_type": "display_data", "data": data, "metadata": mark})
    bundle, metadata = Answer(one, "c").ending(begun, text[at:])
    last = {"output_type": "display_data", "data": bundle, "metadata": through_json(metadata)}
    ((position, record, back),) = turns_of([*outputs, last])
    assert (position, record["pieces"] if begun else None, back) == (
        len(outputs), len(begun) or None, one,
    )  # fmt: skip
    if begun and "answer_delta" in record:
        changed = [*outputs[:-1], last] if outputs[-1]["metadata"] else [last]
        assert list(turns_of(changed)) == []


def test_half_surrogate_pairs_come_back() -> None:
    """Text that no UTF-8 file can hold is packed, and in short fields it is replaced."""
    one = without_context(turn(text="a\ud800b", warnings=("\udfff!",)))
    back = turn_from_metadata(through_json(output_metadata(one)))
    assert back == replace(one, warnings=("\ufffd!",))


def test_a_delta_to_another_markdown_is_refused() -> None:
    """When the shown Markdown was changed, no other text comes out of it."""
    one = turn(text=long_answer(2000))
    shown = Answer(one).markdown()
    record = output_metadata(one, shown=shown)
    assert turn_from_metadata(record, shown) is not None
    for other in ("", "x", shown + "x", "x" + shown, shown.replace("species", "animals")):
        assert turn_from_metadata(record, other) is None


def test_the_metadata_of_the_first_release_is_read() -> None:
    """Records with empty fields and total_tokens, as version 0.1 wrote them, are understood."""
    record = output_metadata(turn(), "") | {"partial_reason": "", "cell": None}
    record["usage"] = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    back = turn_from_metadata(record)
    assert back is not None
    assert (back.cell, back.status, back.usage.total_tokens if back.usage else 0) == (
        None, "complete", 3
    )  # fmt: skip


def test_a_partial_turn_stays_partial() -> None:
    """What was cut short says why, and without a reason it still is no complete answer."""
    one = turn(partial_reason="interrupted")
    record = output_metadata(one)
    assert record["status"] == "partial"
    del record["partial_reason"]
    back = turn_from_metadata(record)
    assert back is not None
    assert back.partial_reason == "not finished"


def bomb(size: int) -> str:
    """Much from little."""
    return base64.b64encode(zlib.compress(b"a" * size, 9)).decode()


GOOD = output_metadata(turn(), "c")
BAD: dict[str, Any] = {
    "nothing": None,
    "a list": [GOOD],
    "a text": "glm_magic",
    "a newer schema": {"schema": 2, "turns": []},
    "a true schema": GOOD | {"schema": True},
    "no id": {name: value for name, value in GOOD.items() if name != "turn"},
    "a number for an id": GOOD | {"turn": 7},
    "a long id": GOOD | {"turn": "x" * 100_000},
    "a list for an answer": GOOD | {"answer": ["Answer"]},
    "a list for packed text": GOOD | {"answer_zlib": []},
    "no base64": GOOD | {"answer_zlib": "%%%"},
    "no zlib": GOOD | {"answer_zlib": base64.b64encode(b"hello world").decode()},
    "a cut stream": GOOD | {"answer_zlib": base64.b64encode(zlib.compress(b"a")[:-3]).decode()},
    "no UTF-8": GOOD | {"answer_zlib": base64.b64encode(zlib.compress(b"\xff")).decode()},
    "a bomb": GOOD | {"answer_zlib": bomb(200_000_000)},
    "many bombs": GOOD | {"answer_delta": " ".join([f"0:{bomb(16_000)}"] * 5_000)},
    "a strange delta": GOOD | {"answer_delta": "x:y"},
    "a text for warnings": GOOD | {"warnings": "abc"},
    "numbers for warnings": GOOD | {"warnings": [1]},
    "a text for usage": GOOD | {"usage": "many"},
    "half a usage": GOOD | {"usage": {"prompt_tokens": 1}},
    "a negative usage": GOOD | {"usage": {"prompt_tokens": -1, "completion_tokens": 1}},
    "an endless cost": GOOD | {"cost_usd": float("inf")},
    "no cost": GOOD | {"cost_usd": float("nan")},
    "a huge time": GOOD | {"seconds": 10**400},
    "a text for a time": GOOD | {"seconds": "1"},
    "attached texts": GOOD | {"attached": ["sales"]},
    "a frame without a name": GOOD | {"attached": [{"kind": "pandas DataFrame"}]},
    "a shape in three": GOOD | {"attached": [{"name": "a", "shape": [1, 2, 3]}]},
    "a shape of texts": GOOD | {"attached": [{"name": "a", "shape": "ab"}]},
    "notes in a text": GOOD | {"attached": [{"name": "a", "shape": [1, 2], "notes": "ab"}]},
    "half a tool call": GOOD | {"tool_calls": [{"id": "1"}]},
    "deep options": GOOD | {"options": {"a": {"b": {}}}},
    "a list of options": GOOD | {"options": [1]},
    "numbers for images": GOOD | {"images": [1]},
    "a number for a context": GOOD | {"context": 1},
}


@pytest.mark.parametrize("record", BAD.values(), ids=BAD)
def test_what_is_no_turn_is_none(record: object) -> None:
    """Wrong types, damage, bombs and newer schemas give None at once, and never raise."""
    began = time.monotonic()
    assert turn_from_metadata(record, "shown") is None
    assert time.monotonic() - began < 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*sorted(NAMES), "answer_zlib", "warnings"]), JSON))
def test_anything_is_read_or_refused(changes: dict[str, Any]) -> None:
    """Whatever stands in the fields, the result is a turn or None."""
    found = turn_from_metadata(GOOD | changes)
    if found is not None:
        Answer(found).markdown()


def test_unknown_names_are_passed_over() -> None:
    """A later version may add names without hiding the turn from this one."""
    assert turn_from_metadata(GOOD | {"mood": "good"}) == turn_from_metadata(GOOD)


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "a\\b", "c:", "a\nb", "x" * 201, 7])
def test_a_conversation_is_no_path(name: object) -> None:
    """An id that could lead out of a folder is no id."""
    assert conversation_of({"conversation": name}) == ""
    assert conversation_of({"conversation": "Übung 3"}) == "Übung 3"
    assert conversation_of(None) == ""
