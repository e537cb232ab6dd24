"""Takes marks out of streamed text: thought tags, box marks, and the API key.

Some hosts run without a reasoning parser and leave `<think>` in the content; glm-4.5v may wrap
an answer in box marks; a hostile host may echo the key, even one character per chunk. A mark may
be cut anywhere, so text that could be the beginning of one is held back until it is clear.
"""

from __future__ import annotations

import re

from ..keys import REDACTED, APIKey

THINK, END_THINK = "<think>", "</think>"
_BOX = ("<|begin_of_box|>", "<|end_of_box|>")


class Scrubber:
    """Splits one stream of content into answer and thought, and cleans both.

    Args:
        key: The key that must not be shown.
        marks: False for text that is reasoning already, where only the key is looked for.
    """

    def __init__(self, key: APIKey | None, *, marks: bool) -> None:
        secret = key.reveal() if key else ""
        self._secret = secret if len(secret) >= 8 else ""
        self._marks = tuple(m for m in (self._secret, *((*_BOX, END_THINK) if marks else ())) if m)
        self._pattern = re.compile("|".join(map(re.escape, self._marks))) if self._marks else None
        self._opening = marks  # a thought tag counts only in front of everything else
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
        if not final:
            keep = self._held_characters(text)
            text, self._held = text[: len(text) - keep], text[len(text) - keep :]
        return self._split(text)

    def _split(self, text: str) -> tuple[str, str]:
        out: tuple[list[str], list[str]] = ([], [])
        at = 0
        for hit in self._pattern.finditer(text) if self._pattern else ():
            out[self._thinking].append(text[at : hit.start()])
            at = hit.end()
            mark = hit.group()
            if mark == self._secret:
                out[self._thinking].append(REDACTED)
            elif mark == END_THINK and not self._thinking:
                out[0].append(mark)  # nothing was opened: it is the answer's own text
            elif mark == END_THINK:
                self._thinking = False
        out[self._thinking].append(text[at:])
        return "".join(out[0]), "".join(out[1])

    def _held_characters(self, text: str) -> int:
        """How long the end of the text is that could be the beginning of a mark."""
        longest = 0
        for mark in self._marks:
            for size in range(min(len(mark) - 1, len(text)), longest, -1):
                if text.endswith(mark[:size]):
                    longest = size
                    break
        return longest
