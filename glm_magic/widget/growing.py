"""Text that grows on a page: finished blocks, a tail, and only what changed of them is sent."""

from __future__ import annotations

from os.path import commonprefix
from typing import NamedTuple

from ..render.blocks import BlockSplitter
from ..render.inert import inert

# Characters at least. The growing block is rendered ten times a second, its formulas too.
_BLOCK = 2_000


class _Splitter(BlockSplitter):
    """Cuts into small blocks: a panel may show any number of them, unlike a cell its outputs."""

    def _try_to_cut(self, line: str, *, whole: bool) -> None:
        self._limit, self._commits = _BLOCK, 0
        super()._try_to_cut(line, whole=whole)


class Change(NamedTuple):
    """What the page does with one block of an answer.

    Attributes:
        block: Which one, from 0.
        keep: How much of it stays, in UTF-16 units, as browsers count.
        add: What is put behind that.
    """

    block: int
    keep: int
    add: str


class GrowingText:
    """Model text, made inert block by block, as changes of what was sent before.

    Inert Markdown of a longer text is not always a longer text: what is open is closed, and a
    closing mark moves on. So a change may take a little back.

    Attributes:
        text: What was fed.
        blocks: What was sent, inert; only the last one still changes.
    """

    def __init__(self) -> None:
        self.text = ""
        self.blocks = [""]
        self._splitter = _Splitter()
        self._grew = False

    def feed(self, text: str) -> None:
        """Take one delta; empty lines at the beginning are dropped, as the turn does."""
        text = text if self.text else text.lstrip("\r\n")
        if text:
            self.text += text
            self._splitter.feed(text)
            self._grew = True

    def take(self) -> list[Change]:
        """The changes since the last call."""
        if not self._grew:
            return []
        self._grew = False
        finished, tail = self._splitter.take()
        changes: list[Change] = []
        for text in finished:
            changes += self._change(inert(text))
            self.blocks.append("")
        if tail:
            changes += self._change(inert(tail))
        return changes

    def _change(self, wanted: str) -> list[Change]:
        if wanted == self.blocks[-1]:
            return []
        kept = commonprefix([self.blocks[-1], wanted])  # noqa: RUF071 - characters are meant
        self.blocks[-1] = wanted
        units = len(kept.encode("utf-16-le", "surrogatepass")) // 2
        return [Change(len(self.blocks) - 1, units, wanted[len(kept) :])]


def inert_blocks(text: str) -> list[str]:
    """A finished text as the blocks it would have grown in."""
    splitter = _Splitter()
    splitter.feed(text)
    return [inert(block) for block in splitter.finish()]
