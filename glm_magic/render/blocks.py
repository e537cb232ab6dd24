"""Where a growing answer may be cut, so that only its tail is painted again and again."""

from __future__ import annotations

import re

from .cleaning import plain
from .lines import Kind, LineReader

_FIRST_LIMIT = 1_500  # characters the tail may grow to before a block is committed
_GROWTH = 1.12  # per commit: a longer answer gets longer blocks
_LAST_LIMIT = 12_000  # so that showing one block does not take long
_FORMULA = 40  # characters that one weighs: formulas are what makes painting a tail slow
_MOST_COMMITS = 40  # JupyterLab shows 50 outputs of a cell, then hides the rest
_LONGEST_MATH = 8_000  # characters; an opening without an end must not stop all cutting
_OPENED = re.compile(r"\\[(\[]|\\begin\{")
_OPENING = re.compile(r"`+|\$\$|(?<!\\)\\\[|\\begin\{([A-Za-z]+\*?)\}")
_CLOSING = {"$$": "$$", "\\[": "\\]"}
# A block never begins with these: they may belong to the list, table or quote above.
_CONTINUES = re.compile(r"[ \t|>]|[-*+](?:[ \t]|$)|\d{1,9}[.)](?:[ \t]|$)")
_DEFINED = re.compile(r"^ {0,3}\[[^\]\n]+\]:", re.MULTILINE)
_MAY_CONTINUE = re.compile(r"[ \t|>]|[-*+]$|\d{1,9}[.)]?$")
_TOLD = 12  # characters: what a line begins with is known, or is known when it ends


def stand_alone(markdown: str) -> bool:
    """Whether its blocks mean the same apart: no link or footnote is defined for another one."""
    return _DEFINED.search(markdown) is None


class BlockSplitter:
    """Cuts streamed Markdown into blocks that are finished and a tail that still grows.

    The blocks and the tail together are always exactly the text that was fed. A cut lies after a
    blank line, outside fences, formulas, lists, tables and quotes. Each line is read once.
    """

    def __init__(self) -> None:
        self._reader = LineReader()
        self._line: list[str] = []  # deltas of the line that has not ended
        self._looked_at = 0  # characters of it
        self._pending: list[str] = []  # lines that ended and are not committed
        self._length = 0
        self._after_blank = False
        self._math = ""  # the closing mark we wait for
        self._math_length = 0
        self._finished: list[str] = []
        self._commits = 0
        self._limit = float(_FIRST_LIMIT)

    def feed(self, text: str) -> None:
        r"""Take one delta of any length; a line ends at `\n`."""
        *lines, rest = text.split("\n")
        for line in lines:
            self._line.append(line)
            whole = "".join(self._line)
            self._line, self._looked_at = [], 0
            self._read(whole)
        if rest:
            self._line.append(rest)
            if self._after_blank and self._looked_at < _TOLD:
                self._look_at("".join(self._line))

    def _look_at(self, begun: str) -> None:
        self._looked_at = len(begun)
        if "\x1b" not in begun:  # the rest of an escape may still come
            self._try_to_cut(plain(begun), whole=False)

    @property
    def has_finished(self) -> bool:
        """Whether a block is finished that was not taken."""
        return bool(self._finished)

    def take(self) -> tuple[list[str], str]:
        """The blocks finished since the last call, and the tail."""
        finished, self._finished = self._finished, []
        return finished, "".join(self._pending) + "".join(self._line)

    def finish(self) -> list[str]:
        """Everything not taken yet, the tail as the last block; nothing may be fed after this."""
        finished, tail = self.take()
        self._pending, self._line = [], []
        return [*finished, tail] if tail else finished

    def _read(self, line: str) -> None:
        cleaned = plain(line.removesuffix("\r"))
        if self._after_blank:
            self._try_to_cut(cleaned, whole=True)
        kind: Kind = "blank"
        for part in cleaned.split("\n"):  # a lone carriage return ends a line, too
            kind = self._reader.read(part)
            if kind == "prose":
                self._follow_math(self._reader.text)
        self._pending.append(line + "\n")
        self._length += len(line) + 1 + _FORMULA * self._formulas(line, kind)
        if kind == "blank" and not self._math:
            self._after_blank = True
            return
        if self._math:
            self._math_length += 1
        self._after_blank = False

    @staticmethod
    def _formulas(line: str, kind: Kind) -> int:
        """About how many formulas a line of prose holds."""
        if kind != "prose" or ("$" not in line and "\\" not in line):
            return 0
        return (line.count("$") - line.count("$$") + 1) // 2 + len(_OPENED.findall(line))

    def _try_to_cut(self, line: str, *, whole: bool) -> None:
        """A line begins after a blank one: if it belongs to nothing above, here is a cut."""
        if not whole and (not line or _MAY_CONTINUE.match(line)):
            return  # the next delta may make a list item of it
        if line.strip():
            self._after_blank = False
        if not line.strip() or _CONTINUES.match(line) or self._reader.fence:
            return
        if self._length > self._limit and self._commits < _MOST_COMMITS:
            self._finished.append("".join(self._pending))
            self._pending, self._length = [], 0
            self._commits += 1
            self._limit = min(self._limit * _GROWTH, _LAST_LIMIT)

    def _follow_math(self, text: str) -> None:
        """Whether a display formula is open after this line of prose."""
        if self._math:
            self._math_length += len(text)
            if self._math_length > _LONGEST_MATH:
                self._math = ""
        position = 0
        while True:
            if self._math:
                end = text.find(self._math, position)
                if end < 0:
                    return
                position = end + len(self._math)
                self._math = ""
            opening = _OPENING.search(text, position)
            if not opening:
                return
            position = opening.end()
            if opening[0][0] == "`":
                end = text.find(opening[0], position)
                position = end + len(opening[0]) if end >= 0 else position
                continue
            self._math = f"\\end{{{opening[1]}}}" if opening[1] else _CLOSING[opening[0]]
            self._math_length = 0
