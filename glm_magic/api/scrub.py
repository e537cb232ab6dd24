"""Takes out of streamed text what is not for a reader: thought tags, box marks, the API key.

Some hosts run without a reasoning parser and leave `<think>` in the content; glm-4.5v may wrap
an answer in box marks, and quotes them where it writes about them; a host may echo the key, even
one character per chunk. A mark may be cut anywhere, so text that could be the beginning of one is
held back until it is clear.
"""

from __future__ import annotations

import re

from ..keys import REDACTED, APIKey

THINK, END_THINK = "<think>", "</think>"
_BEGIN_BOX, _END_BOX = "<|begin_of_box|>", "<|end_of_box|>"
_ANY_MARK = re.compile(
    rf"(?<![\"'`]){re.escape(_BEGIN_BOX)}|{re.escape(_END_BOX)}(?![\"'`])|{END_THINK}"
)
# What is held back; of the end of a box also until it is clear what follows.
_MARKS = (_BEGIN_BOX, _END_BOX + "\0", END_THINK)
_HALF = re.compile("[\ud800-\udfff]")
_LEAST_CHARACTERS = 8  # a shorter "key" (say "none" for a local host) is a word, not a secret


class Outlet:
    """The end of one stream of text: the key is taken out, and halves of characters are joined.

    Args:
        key: The key that must not be shown.
    """

    def __init__(self, key: APIKey | None) -> None:
        secret = key.reveal() if key else ""
        self._secret = secret if len(secret) >= _LEAST_CHARACTERS else ""
        self._held = ""

    def feed(self, text: str, *, final: bool = False) -> str:
        """Take more text; returns what is clear now."""
        text, self._held = self._held + text, ""
        if not final and "\ud800" <= text[-1:] <= "\udbff":
            text, self._held = _cut(text, 1)
        text = joined_halves(text)
        if self._secret:
            text = text.replace(self._secret, REDACTED)
            text, began = _cut(text, _beginning(text, self._secret))
            if not final:
                self._held = began + self._held
            elif len(began) < _LEAST_CHARACTERS:
                text += began
            else:  # the stream ends inside of the key: much of it is a secret too
                text += REDACTED
        return text


class Content:
    """Splits one stream of content into answer and thought, and drops the marks.

    Args:
        boxes: Whether the model is one that may wrap its answer in box marks.
    """

    def __init__(self, *, boxes: bool) -> None:
        self._boxes = boxes
        self._before = ""  # the last character that was split
        self._opening = True  # a thought tag counts only in front of everything else
        self._thinking = False
        self._held = ""

    def feed(self, text: str, *, final: bool = False) -> tuple[str, str]:
        """Take more text; returns what is clear now, as (answer, thought)."""
        text = self._held + text
        self._held = ""
        if self._opening:
            bare = text.lstrip()
            if not final and len(bare) < len(THINK) and THINK.startswith(bare):
                self._held = text
                return "", ""
            self._opening = False
            if bare.startswith(THINK):
                self._thinking, text = True, bare.removeprefix(THINK)
        if "<" not in text:  # all marks begin with it
            self._before = text[-1:] or self._before
            return ("", text) if self._thinking else (text, "")
        if not final:
            text, self._held = _cut(text, max(_beginning(text, mark) for mark in _MARKS))
        return self._split(text)

    def _split(self, text: str) -> tuple[str, str]:
        out: tuple[list[str], list[str]] = ([], [])
        at = len(self._before)
        text = self._before + text
        self._before = text[-1:]
        for hit in _ANY_MARK.finditer(text, at):
            if hit.group() != END_THINK and not self._boxes:
                continue
            out[self._thinking].append(text[at : hit.start()])
            at = hit.end()
            if hit.group() == END_THINK and not self._thinking:
                out[0].append(END_THINK)  # nothing was opened: it is the answer's own text
            elif hit.group() == END_THINK:
                self._thinking = False
        out[self._thinking].append(text[at:])
        return "".join(out[0]), "".join(out[1])


def joined_halves(text: str) -> str:
    """The text with surrogate pairs as characters, and what is no pair as U+FFFD.

    JSON can say half a character, and some hosts cut their text there; UTF-8 cannot.
    """
    if not _HALF.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _beginning(text: str, mark: str) -> int:
    """How long the end of the text is that could be the beginning of the mark."""
    at = text.find(mark[0], max(0, len(text) - len(mark) + 1))
    while at >= 0:
        if mark.startswith(text[at:]):
            return len(text) - at
        at = text.find(mark[0], at + 1)
    return 0


def _cut(text: str, characters: int) -> tuple[str, str]:
    """The text without its last so many characters, and these."""
    at = len(text) - characters
    return text[:at], text[at:]
