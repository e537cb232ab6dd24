"""Bytes come in any pieces: what they say does not depend on it."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from .. import canary
from . import streams
from .host import DONE, USAGE, delta, record
from .streams import CANARY, asked, chunks, cut, decoded, encoded, grown, marked_texts, plain_texts


def bytewise(raw: bytes) -> list[bytes]:
    """One byte at a time."""
    return [raw[at : at + 1] for at in range(len(raw))]


@settings(max_examples=400)
@given(data=st.data())
def test_any_split_gives_the_same_answer(data: st.DataObject) -> None:
    """Damaged or not, a stream says the same whole, byte by byte, and cut anywhere."""
    raw = data.draw(encoded(data.draw(chunks(marked_texts())), broken=True))
    pieces = data.draw(cut(raw, 12))
    assert grown(pieces) == grown([raw])
    assert grown(bytewise(raw)) == grown([raw])


@settings(max_examples=150)
@given(data=st.data())
def test_any_split_gives_the_same_turn(data: st.DataObject) -> None:
    """A chat keeps the same turn, partial or complete, however its answer came."""
    raw = data.draw(encoded(data.draw(chunks(marked_texts())), broken=True))
    assert asked(data.draw(cut(raw, 12))) == asked([raw])


@settings(max_examples=200)
@given(data=st.data())
def test_the_key_is_never_in_an_answer(data: st.DataObject) -> None:
    """Wherever a host echoes the key, and however it cuts it, no delta and no error shows it."""
    raw = data.draw(encoded(data.draw(chunks(marked_texts())), broken=False))
    deltas, failure = decoded(data.draw(cut(raw, 12)))
    shown = ("".join(d.text for d in deltas), "".join(d.reasoning for d in deltas))
    pieces = [piece for d in deltas for piece in d.tool_calls]
    calls = [
        "".join(p.arguments for p in pieces if p.index == i) for i in {p.index for p in pieces}
    ]
    assert CANARY not in "\n".join([*shown, *calls])
    assert not canary.seen_in(f"{failure}")


@settings(max_examples=200)
@given(data=st.data())
def test_what_was_said_is_what_is_read(data: st.DataObject) -> None:
    """A stream without marks is read to the character, in every encoding and every split."""
    thought, text = data.draw(plain_texts()), data.draw(plain_texts())
    name = data.draw(st.sampled_from(["reasoning", "reasoning_content"]))
    thoughts = [delta(**{name: piece}) for piece in data.draw(cut(thought))]
    texts = [delta(piece) for piece in data.draw(cut(text))]
    ending = [delta(finish="stop"), {"choices": [], "usage": USAGE}, DONE]
    raw = data.draw(encoded([*thoughts, *texts, *ending], broken=False))
    found = grown(data.draw(cut(raw, 12)))
    assert found["text"] == _as_read(text).lstrip("\r\n")
    assert found["reasoning"] == _as_read(thought).strip("\r\n")
    assert (found["finish_reason"], found["ended"], found["failure"]) == ("stop", True, "None")
    assert (found["usage"].prompt_tokens, found["usage"].completion_tokens) == (3, 2)
    assert found["warnings"] == ([] if text.strip() or thought else ["The answer is empty."])


def _as_read(text: str) -> str:
    """Surrogate pairs are one character, and half a pair is none."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@settings(max_examples=100)
@given(data=st.data())
def test_a_whole_document_can_be_cut_too(data: st.DataObject) -> None:
    """An answer that is not streamed says the same in any split."""
    message = {"content": data.draw(marked_texts()), "reasoning_content": data.draw(marked_texts())}
    document: Any = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": USAGE}
    raw = json.dumps(document).encode()[: data.draw(st.sampled_from([None, -1, 5]))]
    assert grown(data.draw(cut(raw)), events=False) == grown([raw], events=False)


@given(raw=st.binary(max_size=300), data=st.data())
@example(raw=b"data: [[[[", data=None)
def test_no_bytes_break_the_decoder(raw: bytes, data: st.DataObject | None) -> None:
    """Whatever a host sends, the decoder ends in deltas or in one of our errors."""
    for prefix in (b"", b"data: ", b'data: {"choices":['):
        assert grown(bytewise(prefix + raw)) == grown([prefix + raw])
        grown([prefix + raw], events=False)


@pytest.mark.parametrize("tail", [b"", b"\n", b"\n\n", b"\r", b"\r\n\r\n"])
def test_the_last_record_needs_no_blank_line(tail: bytes) -> None:
    """A stream that ends without its last blank line loses nothing."""
    raw = record(delta("Hello")).rstrip(b"\n") + tail
    assert grown([raw])["text"] == "Hello"


@pytest.mark.parametrize("before", ["content", "reasoning_content"])
def test_what_came_before_an_error_is_kept(before: str) -> None:
    """Text in the same packet as an error object is not lost with it."""
    error = {"error": {"code": "1305", "message": "busy"}}
    raw = record(delta(**{before: "Half"})) + record(error) + record(delta("late"))
    found = grown([raw])
    assert found["text"] + found["reasoning"] == "Half"
    assert found["failure"].startswith("busy (code 1305)")


def test_nothing_after_done_counts() -> None:
    """What stands behind `[DONE]` is not part of the answer, in the same packet or not."""
    raw = record(delta("Hello")) + record(DONE) + record(delta(" late")) + record("junk")
    found = grown([raw])
    assert (found["text"], found["warnings"], found["ended"]) == ("Hello", [], True)


def test_the_canary_is_the_key() -> None:
    """The streams of this file echo the key that the decoder looks for."""
    assert streams.KEY.reveal() == CANARY
