"""Chunks as hosts were seen to send them, and some that no host should."""

import json
import time
from typing import Any

import pytest

from glm_magic.api.decoding import MAX_DOCUMENT_BYTES, AnswerDecoder
from glm_magic.api.sse import MAX_EVENT_CHARACTERS, Event, EventDecoder
from glm_magic.chat.deltas import Growing
from glm_magic.chat.messages import ToolCall, Usage
from glm_magic.errors import ProtocolError
from glm_magic.keys import APIKey

from .host import DONE, delta, last, record
from .streams import CANARY, decoded, grown


def read(*records: Any) -> dict[str, Any]:
    """What these records come to."""
    return grown([b"".join(one if isinstance(one, bytes) else record(one) for one in records)])


def call(name: str | None, arguments: Any, **fields: Any) -> dict[str, Any]:
    """A chunk with one piece of a tool call."""
    return delta(tool_calls=[{"function": {"name": name, "arguments": arguments}, **fields}])


def events(raw: bytes) -> list[Event]:
    """The events of these bytes."""
    decoder = EventDecoder()
    return [*decoder.feed(raw), *decoder.finish()]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"data: a\n\n", [("", "a")]),
        (b"data:a\ndata: b\n\n", [("", "a\nb")]),
        (b"data\n\n", [("", "")]),
        (b": ping\n\ndata: a\n\n:\n\n", [("", "a")]),
        (b"event: error\ndata: a\n\ndata: b\n\n", [("error", "a"), ("", "b")]),
        (b"event: x\n\ndata: b\n\n", [("", "b")]),
        (b"id: 1\nretry: 5\ndatax: 1\nnothing\n\n", []),
        (b"\xef\xbb\xbfdata: a\r\rdata: b\r\n\r\n", [("", "a"), ("", "b")]),
        ("data: a\u2028b\u2029c\x85d\x0be\n\n".encode(), [("", "a\u2028b\u2029c\x85d\x0be")]),
        (b"data: \xff\n\n", [("", "\ufffd")]),
        (b"data:  two spaces\n\n", [("", " two spaces")]),
    ],
)
def test_events_are_read_by_the_standard(raw: bytes, found: list[tuple[str, str]]) -> None:
    """Lines end at CR and LF only; fields, comments and blank lines mean what WHATWG says."""
    assert events(raw) == [Event(*one) for one in found]


@pytest.mark.parametrize("line", [b"data: x\n", b"data:\n", b"x", b": x"])
def test_an_event_has_a_bound(line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless line, or endless lines without an event, end in an error, not in memory."""
    monkeypatch.setattr("glm_magic.api.sse.MAX_EVENT_CHARACTERS", 10_000)
    decoder = EventDecoder()
    assert decoder.feed(b"data: kept\n\n") == [Event("", "kept")]
    piece = line * 200
    for _ in range(100):
        assert decoder.feed(piece) == []
    assert isinstance(decoder.overlong, ProtocolError)
    assert decoder.finish() == []
    assert len("".join(decoder._pending)) + sum(map(len, decoder._data)) == 0


def test_comments_have_no_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep-alive comments may come for ever and take no memory."""
    monkeypatch.setattr("glm_magic.api.sse.MAX_EVENT_CHARACTERS", 1000)
    decoder = EventDecoder()
    assert [event for _ in range(500) for event in decoder.feed(b": ping\n\n")] == []
    assert decoder.overlong is None


def test_the_bound_does_not_depend_on_the_split() -> None:
    """A line above the bound is an error also when it comes whole, and text before it is kept."""
    raw = record(delta("kept")) + record(delta("x" * MAX_EVENT_CHARACTERS))
    whole, cut = grown([raw]), grown([raw[:100], raw[100 : 2**22], raw[2**22 :]])
    assert whole == cut
    assert whole["text"] == "kept"
    assert "an event of more than 8,388,608 characters" in whole["failure"]


def test_nothing_is_held_back_behind_the_finish_reason() -> None:
    """An ending that could begin the key or a mark comes with it: some readers stop there."""
    decoder = AnswerDecoder(key=APIKey(CANARY))
    fields = {"reasoning_content": f"so {CANARY[:2]}", "content": f"It is {CANARY[:3]}"}
    arguments = f'{{"a":"{CANARY[:2]}'
    raw = [delta(**fields), call("f", arguments), delta("<", finish="stop")]
    growing = Growing()
    for one in [one for piece in raw for one in decoder.feed(record(piece))]:
        growing.add(one)
    assert (growing.text, growing.reasoning) == (f"It is {CANARY[:3]}<", f"so {CANARY[:2]}")
    assert growing.tool_calls == (ToolCall("", "f", arguments),)
    assert decoder.finish() == []


def test_a_document_has_a_bound() -> None:
    """A whole answer that never ends is given up."""
    decoder = AnswerDecoder(events=False)
    for _ in range(MAX_DOCUMENT_BYTES // 2**20 + 1):
        decoder.feed(b" " * 2**20)
    assert decoder.over
    assert isinstance(decoder.failure, ProtocolError)


def test_broken_records_are_skipped_counted_and_told() -> None:
    """A torn record, a number and a list are left out; the rest is the answer."""
    found = read(delta("a"), '{"choices":[{"delta":{"con', 5, [], delta("b"), last(), DONE)
    assert found["text"] == "ab"
    assert found["warnings"] == ["3 broken records were left out of the stream."]
    assert read("{", DONE)["warnings"] == ["1 broken record was left out of the stream."]


def test_glued_records_are_taken_apart() -> None:
    """Several records on one line are all read, `[DONE]` too."""
    glued = (
        "data: " + "data: ".join([json.dumps(delta("a")), json.dumps(delta("b")), DONE]) + "\n\n"
    )
    found = read(glued.encode())
    assert (found["text"], found["ended"], found["warnings"]) == ("ab", True, [])


@pytest.mark.parametrize("blank", [" ", "\t", "  ", "\u00a0"])
def test_blanks_before_json_do_no_harm(blank: str) -> None:
    """A record is read whatever white space stands around it."""
    text = f"data: {blank}{json.dumps(delta('a'))}{blank}\n\n"
    assert grown([text.encode()])["text"] == "a"


def test_a_line_of_many_small_records_is_read_in_time() -> None:
    """The work grows with the length of a line, not with its square."""
    raw = b"data: " + b"{}data:" * 200_000 + b"{}\n\n"
    began = time.monotonic()
    assert grown([raw])["failure"] == "None"
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("nested", ["[" * 100_000, '{"a":' * 100_000])
def test_deep_nesting_is_a_broken_record(nested: str) -> None:
    """JSON that is nested too deeply is left out like any broken record."""
    assert read(nested, delta("a"), DONE)["text"] == "a"
    assert "not one of this wire" in grown([nested.encode()], events=False)["failure"]


@pytest.mark.parametrize(
    ("chunk", "text"),
    [
        ({"choices": [{"delta": "text"}]}, ""),
        ({"choices": [{"delta": ["text"], "message": {"content": "m"}}]}, "m"),
        ({"choices": [{"delta": {"content": 5}}]}, ""),
        ({"choices": {"0": {}}}, ""),
        ({"choices": ["x"]}, ""),
        ({"choices": [{"delta": {"tool_calls": {"a": 1}}}]}, ""),
        ({"choices": [{"delta": {"content": "a", "tool_calls": [{"function": "f"}, None]}}]}, "a"),
        ({"choices": [{"delta": {"content": "a", "new_field": {"x": [1]}}}], "extra": None}, "a"),
        ({"choices": [{"delta": {"content": "a"}, "finish_reason": 5}], "usage": "none"}, "a"),
    ],
)
def test_odd_chunks_do_no_harm(chunk: dict[str, Any], text: str) -> None:
    """Nulls, unknown fields and wrong types are passed over."""
    found = read(chunk, DONE)
    assert (found["text"], found["failure"], found["ended"]) == (text, "None", True)


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_the_thought_has_two_names(name: str) -> None:
    """Reasoning is read from either field, and once when a host sends both."""
    assert read(delta(**{name: "Hm."}), delta("A"))["reasoning"] == "Hm."
    assert read(delta(reasoning="Hm.", reasoning_content="Hm."))["reasoning"] == "Hm."


def test_a_list_of_parts_is_text() -> None:
    """Some hosts say the content as a list; parts that are no text are passed over."""
    parts = [{"type": "text", "text": "Hel"}, {"type": "image_url", "text": "no"}, None, "no"]
    found = read(delta(content=parts), delta(content=[{"text": "lo"}, {"type": "text"}]), last())
    assert (found["text"], found["warnings"]) == ("Hello", [])


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ([delta(), last()], True),
        ([delta(" \n"), last()], True),
        ([delta(), DONE], True),
        ([{"choices": [{"text": "hello", "finish_reason": "stop"}]}], True),
        ([delta("a"), last()], False),
        ([delta(reasoning="a"), last()], False),
        ([call("f", "{}"), last("tool_calls")], False),
        ([delta(), last("length")], False),
        ([delta(), last("sensitive")], False),
        ([delta()], False),
        ([{"error": {"code": "1305", "message": "busy"}}], False),
    ],
)
def test_an_answer_of_nothing_is_told(records: list[Any], told: bool) -> None:
    """An answer that is whole and says nothing is not passed over in silence."""
    assert read(*records)["warnings"] == (["The answer is empty."] if told else [])


def test_a_thought_tag_in_front_is_reasoning() -> None:
    """A raw `<think>` block goes to the reasoning, box marks go nowhere, later tags stay."""
    found = read(
        delta("\n<thi"), delta("nk>Hm.</th"), delta("ink>\n<|begin_of_box|>42<|end_of_box|>")
    )
    assert (found["reasoning"], found["text"]) == ("Hm.", "42")
    assert read(delta("Use <think>x</think>"))["text"] == "Use <think>x</think>"
    assert read(delta("a < b <"))["text"] == "a < b <"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("It is <|begin_of_box|>42<|end_of_box|>.", "It is 42."),
        ("<|begin_of_box|>`a`<|end_of_box|>", "`a`"),
        ('<|begin_of_box|>{"a": "b"}<|end_of_box|>\n', '{"a": "b"}\n'),
        ("`<|begin_of_box|>` and `<|end_of_box|>`", None),
        ("t.replace(\"<|begin_of_box|>\", '').replace('<|end_of_box|>', '')", None),
        ("re.findall('<|begin_of_box|>(.*)<|end_of_box|>', t)", None),
    ],
)
def test_quoted_box_marks_stay(said: str, shown: str | None) -> None:
    """Marks around an answer go, and code that is about them keeps them, however it is cut."""
    for pieces in ([said], list(said)):
        records = b"".join(record(delta(piece)) for piece in pieces)
        assert grown([records])["text"] == (shown or said)
        assert grown([records], model="glm-4.5")["text"] == said  # it reads no images: no boxes


def test_a_key_put_together_from_two_sides_is_taken_out() -> None:
    """Marks that vanish, or two sources of one text, do not join the halves of the key."""
    half, rest = CANARY[:25], CANARY[25:]
    found = [
        read(delta(f"{half}<|end_of_box|>{rest}")),
        read(delta("<think>" + half), delta(reasoning=rest)),
        read(delta(half), delta(reasoning="-"), delta(rest)),
    ]
    for one in found:
        assert CANARY not in one["text"] + one["reasoning"]


def test_most_of_a_key_is_a_key() -> None:
    """A stream that ends inside of the key does not show what came of it."""
    assert read(delta(f"Your key: {CANARY[:30]}"))["text"] == "Your key: [API key redacted]"
    assert read(delta(f"Your key: {CANARY[:4]}"))["text"] == f"Your key: {CANARY[:4]}"


@pytest.mark.parametrize("field", ["model", "id", "finish_reason"])
def test_an_echo_in_another_field_is_taken_out(field: str) -> None:
    """The key is hidden in every text that is kept of an answer."""
    chunk = delta("a", finish="stop") | {field: f"x {CANARY}"}
    if field == "finish_reason":
        chunk["choices"][0][field] = CANARY
    deltas, _ = decoded([record(chunk)])
    assert CANARY not in repr(deltas)
    assert "[API key redacted]" in repr(deltas)


def test_an_echo_in_tool_arguments_is_taken_out() -> None:
    """Arguments that come in pieces do not show the key, and nothing else of them is lost."""
    pieces = [call("f", '{"a": "'), *(call(None, letter) for letter in CANARY), call(None, '"}')]
    for piece in pieces:
        piece["choices"][0]["delta"]["tool_calls"][0]["index"] = 0
    assert read(*pieces)["tool_calls"] == (ToolCall("", "f", '{"a": "[API key redacted]"}'),)


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        ([call("f", "{", index=0, id="a"), call(None, "}", index=0)], [("a", "f", "{}")]),
        ([call("f", "{", id="a"), call(None, "}", id="a")], [("a", "f", "{}")]),
        ([call("f", "{", id="a"), call(None, "}")], [("a", "f", "{}")]),
        ([call("f", "{}", id="a"), call("g", "{}", id="b")], [("a", "f", "{}"), ("b", "g", "{}")]),
        ([call("f", "", index=1, id="a"), call("g", "{}", index=0, id="b")],
         [("b", "g", "{}"), ("a", "f", "")]),
        ([call("f", '{"a":1}', index=0, id="a"), call(None, '{"a":1}', index=0)],
         [("a", "f", '{"a":1}')]),
        ([call("f", '{"a":', index=0), call(None, "1}", index=0), call(None, '{"a":1}', index=0)],
         [("", "f", '{"a":1}')]),
        ([call("f", {"a": "é"}, id="a")], [("a", "f", '{"a": "é"}')]),
        ([call("f", None, id="a")], [("a", "f", "")]),
        ([call("f", '{"a":1}'), call("g", "{}")], [("", "f", '{"a":1}'), ("", "g", "{}")]),
        ([call("f", '{"a":1}', index=0, id="a"), call("g", "{}", index=0, id="b"),
          call("h", "{}", index=1, id="c")],
         [("a", "f", '{"a":1}'), ("b", "g", "{}"), ("c", "h", "{}")]),
        ([call("f", '{"a":1}', id="a"), call("f", '{"a":2}', id="a")],
         [("a", "f", '{"a":1}'), ("a", "f", '{"a":2}')]),
        ([call("f", '{"a', id="a"), call("g", '{"b', id="b"), call(None, '":1}', id="a"),
          call(None, '":2}', id="b"), call(None, '{"b":2}', id="b")],
         [("a", "f", '{"a":1}'), ("b", "g", '{"b":2}')]),
    ],
)  # fmt: skip
def test_pieces_of_tool_calls_find_their_call(
    pieces: list[dict[str, Any]], calls: list[tuple[str, str, str]]
) -> None:
    """By index, else by id, else the latest; whole arguments that are repeated count once."""
    assert read(*pieces)["tool_calls"] == tuple(ToolCall(*one) for one in calls)


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 2}, Usage(3, 2)),
        ({"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1},
          "completion_tokens_details": {"reasoning_tokens": 2}}, Usage(3, 2, 1, 2)),
        ({"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": None}, Usage(3, 2)),
        ({"prompt_tokens": "3", "completion_tokens": 2}, None),
        ({"prompt_tokens": True, "completion_tokens": 2}, None),
        ({"prompt_tokens": -5, "completion_tokens": 2}, None),
        ({"prompt_tokens": 10**400, "completion_tokens": 2}, None),
        ({"prompt_tokens": 3, "completion_tokens": 2**53}, None),
        ({"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details":
          {"cached_tokens": -1}}, Usage(3, 2)),
        ({}, None), (None, None), ([], None),
    ],
)  # fmt: skip
def test_usage_is_read_wherever_it_stands(usage: Any, counts: Usage | None) -> None:
    """On the finishing chunk or in one of its own; what is no count is not made up."""
    assert read({**delta(finish="stop"), "usage": usage}, DONE)["usage"] == counts
    assert read(delta(finish="stop"), {"choices": [], "usage": usage}, DONE)["usage"] == counts


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'event: error\ndata: {"error": {"code": "1305", "message": "busy"}}\n\n', "busy"),
        (b'event: error\ndata: {"message": "x", "other": 1}\n\n', "x"),
        (b"event: error\ndata: Internal error\n\n", "Internal error"),
        (b'data: {"error": "Unauthorized"}\n\n', "Unauthorized"),
        (b'data: {"error": {"message": "m"}, "choices": [{"finish_reason": "error"}]}\n\n', "m"),
    ],
)
def test_an_error_event_is_an_error(raw: bytes, words: str) -> None:
    """As an object, as a string, beside choices, or as an event of type error in any words."""
    assert words in grown([record(delta("a")) + raw])["failure"]


@pytest.mark.parametrize(
    "body", ["{}", "[]", "null", '"ok"', '{"status": "ok"}', "<html>", "", "{"]
)
def test_a_document_that_is_no_answer_is_an_error(body: str) -> None:
    """An empty or foreign document is never taken for an empty answer."""
    assert "not one of this wire" in grown([body.encode()], events=False)["failure"]


def test_halves_of_a_character_are_joined() -> None:
    """A host that cuts between the halves of an emoji gives the emoji, and no half is kept."""
    raw = b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n'
    found = grown([raw % b"\\ud83d", raw % b"\\ude00!", raw % b"\\ud83d"])
    assert found["text"] == "😀!\ufffd"
