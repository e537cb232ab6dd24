"""Text for terminals cannot steer them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.render.cleaning import PlainPieces
from glm_magic.render.inert import inert, plain

CASES = {
    "colour": ("\x1b[31mred\x1b[0m", "red"),
    "title": ("a\x1b]0;title\x07b", "ab"),
    "clipboard": ("a\x1b]52;c;QUJD\x1b\\b", "ab"),
    "hyperlink": ("\x1b]8;;https://e.test\x1b\\text\x1b]8;;\x1b\\", "text"),
    "eight-bit": ("\x9b31mred", "red"),
    "open string": ("\x1b]0;no end\nnext", "0;no end\nnext"),
    "controls": ("a\x00b\x08c\x7fd\x85e", "abcde"),
    "line ends": ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
    "kept": ("a\tb\nc", "a\tb\nc"),
    "bidi": ("a\u202eb", "a⟨U+202E⟩b"),
    "tags": ("a\U000e0041", "a⟨U+E0041⟩"),
    "zero width": ("a\u200b\u2060\ufeffb\u200dc", "abc"),
    "emoji": ("👨\u200d👩\u200d👧 ❤\ufe0f", "👨\u200d👩\u200d👧 ❤\ufe0f"),
    "Persian": ("می\u200cخواهم", "می\u200cخواهم"),
    "hidden bytes": ("a\ufe00\ufe01\U000e0101\U000e0102", "a\ufe00"),
    "surrogate": ("a\ud800b", "a\ufffdb"),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_steering_characters(text: str, expected: str) -> None:
    """Escapes and invisible characters go, hiding ones are shown, scripts and emoji stay."""
    assert plain(text) == expected


@given(st.lists(st.text(st.characters(max_codepoint=0x2100) | st.just("\x1b"))))
def test_no_delta_brings_a_control_character(deltas: list[str]) -> None:
    """However a stream is cut, what is printed holds no control character but newline and tab."""
    shown = "".join(map(plain, deltas))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]", shown)


@given(st.lists(st.text(st.sampled_from("aیخ👨\u200c\u200d\ufe0f\r\n "), max_size=6)))
def test_pieces_are_what_the_whole_is(pieces: list[str]) -> None:
    """However a stream is cut, joiners and line ends mean what they mean in the whole."""
    shown = PlainPieces()
    assert "".join(map(shown.add, pieces)) + shown.end() == plain("".join(pieces))


@given(st.text())
def test_inert_text_is_plain_too(text: str) -> None:
    """Markdown for notebooks is cleaned in the same way."""
    assert plain(inert(text)) == inert(text)
