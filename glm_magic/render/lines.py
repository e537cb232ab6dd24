"""The block structure of Markdown, line by line: what stands in a fence, and in which container.

Follows CommonMark for quotes, list items, fences and indented code. There are no HTML blocks
here: `inert` escapes every `<` before a browser sees it. Each line is read once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["prose", "blank", "fence", "indented"]

_QUOTE = re.compile(r" {0,3}>")
_ITEM = re.compile(r"( {0,3})([-*+]|(\d{1,9})[.)])(?: +|$)")
_FENCE = re.compile(r" {0,3}(?:(`{3,})([^`]*)|(~{3,})(.*))$")
_RULE = re.compile(r" {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$")
_HEADING = re.compile(r" {0,3}#{1,6}(?: |$)")
_LEADING_TABS = re.compile(r"(?:[ >]|[-*+]\t|\d{1,9}[.)]\t)*\t[ \t]*")
_DEEPEST = 32  # containers in containers; each open one costs time on every line
_QUOTED = -1  # a container is this, or the columns a list item's content is indented by


@dataclass(slots=True)
class Fence:
    """A fenced code block, open or finished.

    Attributes:
        mark: The run of backticks or tildes that opened it.
        info: What followed the run.
        indent: Columns to take off each line.
        first: What stands before the opening run: the containers it lies in.
        rest: What has to stand before every further line.
        depth: How many containers it lies in.
        lines: The code, without the containers' prefixes.
    """

    mark: str
    info: str
    indent: int
    first: str
    rest: str
    depth: int
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one kind.

    Attributes:
        kind: What the lines are.
        lines: Whole lines of prose; of code, the code only.
        fence: The fence, for fenced code.
        first: What stands before the first line of indented code.
    """

    kind: Kind
    lines: list[str]
    fence: Fence | None = None
    first: str = ""


class LineReader:
    """Knows, after each line, which containers and which fence are open."""

    def __init__(self) -> None:
        self.containers: list[int] = []
        self.fence: Fence | None = None
        self.first = ""  # what stood before the code of the last indented line
        self.text = ""  # the last line without its containers
        self.in_paragraph = False
        self._empty_item = False

    def read(self, line: str) -> Kind:
        """Take one line (without its newline) and say what it is; the fence marks are `fence`."""
        if self.fence is not None and line.startswith(self.fence.rest):
            self._code(line[len(self.fence.rest) :])  # tabs in code are code
            return "fence"
        if "\t" in line:
            line = _LEADING_TABS.sub(lambda tabs: tabs[0].expandtabs(4), line, count=1)
        position, matched = self._match(line)
        if self.fence is not None:
            if matched >= self.fence.depth:
                self._code(line[position:])
                return "fence"
            self.fence = None  # its container ended, and so did it
        position, matched, opened = self._open(line, position, matched)
        self.text = line[position:]
        return self._leaf(self.text, line[:position], matched, opened)

    def _match(self, line: str) -> tuple[int, int]:
        """How far the open containers reach into the line, and how many of them do."""
        position = 0
        for matched, container in enumerate(self.containers):
            if container == _QUOTED:
                mark = _QUOTE.match(line, position)
                if not mark:
                    return position, matched
                position = mark.end() + (line[mark.end() : mark.end() + 1] == " ")
            else:
                indent = _indent(line, position)
                if indent < container and position + indent < len(line):
                    return position, matched
                position += min(indent, container)
        return position, len(self.containers)

    def _code(self, rest: str) -> None:
        fence = self.fence
        assert fence is not None  # noqa: S101 - read() asked; this is for the type checker
        bare = rest.lstrip(" \t")
        indent = len(rest[: len(rest) - len(bare)].expandtabs(4))
        bare = bare.rstrip(" \t")
        if bare.startswith(fence.mark) and not bare.strip(fence.mark[0]) and indent < 4:
            self.fence = None
        else:
            fence.lines.append(rest[min(fence.indent, _indent(rest, 0)) :])

    def _open(self, line: str, position: int, matched: int) -> tuple[int, int, bool]:
        """Containers that begin on this line."""
        opened = False
        while matched < _DEEPEST and _indent(line, position) < 4:
            quote = _QUOTE.match(line, position)
            item = None if quote else _ITEM.match(line[position:])
            if quote:
                width, end = _QUOTED, quote.end() + (line[quote.end() : quote.end() + 1] == " ")
            elif (
                item
                and not _RULE.match(line[position:])
                and self._may_open(item, line, position, matched)
            ):
                marker = item.end(2)
                spaces = item.end() - marker
                self._empty_item = position + item.end() >= len(line)
                # Five spaces or more: indented code; one space belongs to the marker.
                width = marker + (1 if self._empty_item or spaces > 4 else spaces)
                end = min(position + width, len(line))
            else:
                break
            del self.containers[matched:]
            self.containers.append(width)
            self.in_paragraph, opened = False, True
            position, matched = end, matched + 1
        return position, matched, opened

    def _may_open(self, item: re.Match[str], line: str, position: int, matched: int) -> bool:
        """A list may interrupt a paragraph only with text in its first item, and from 1."""
        if not self.in_paragraph or matched < len(self.containers):
            return True
        return position + item.end() < len(line) and item[3] in (None, "1")

    def _leaf(self, rest: str, before: str, matched: int, opened: bool) -> Kind:
        if not rest.strip(" \t"):
            if not opened:
                # An item that begins with a blank line is over at the second one.
                void = self._empty_item and matched == len(self.containers)
                del self.containers[matched - void :]
                self._empty_item = False
            self.in_paragraph = False
            return "blank"
        indent = _indent(rest, 0)
        continued = self.in_paragraph and not opened
        fence = _FENCE.match(rest) if indent < 4 else None
        rule = indent < 4 and bool(_HEADING.match(rest) or _RULE.match(rest))
        if fence or rule or not continued:
            del self.containers[matched:]
        self._empty_item = False
        if fence:
            self._begin(fence, indent, before)
            return "fence"
        indented = indent >= 4 and not continued
        self.in_paragraph = not (indented or rule)
        self.first = before
        return "indented" if indented else "prose"

    def _begin(self, match: re.Match[str], indent: int, before: str) -> None:
        self.in_paragraph = False
        mark, info = (match[1], match[2]) if match[1] else (match[3], match[4])
        after = "".join("> " if width == _QUOTED else " " * width for width in self.containers)
        self.fence = Fence(mark, info.strip(), indent, before, after, len(self.containers))


def pieces(text: str) -> list[Piece]:
    """The text as stretches of prose (blank lines included), fenced and indented code, in order."""
    reader = LineReader()
    found: list[Piece] = []
    blanks: list[str] = []  # after indented code: part of it only if more code follows

    def stretch(kind: Kind) -> Piece:
        if not found or found[-1].kind != kind:
            found.append(Piece(kind, [], first=reader.first))
        return found[-1]

    for line in text.removesuffix("\n").split("\n"):
        before = reader.fence
        kind = reader.read(line)
        if kind == "blank" and found and found[-1].kind == "indented":
            blanks.append(line)
            continue
        if kind == "indented":
            piece = stretch("indented")
            piece.lines.extend(["" for _ in blanks] + [reader.text[4:]])
        else:
            if blanks:
                stretch("prose").lines.extend(blanks)
            fence = reader.fence
            if kind != "fence":
                stretch("prose").lines.append(line)
            elif fence is not None and fence is not before:
                found.append(Piece("fence", fence.lines, fence))
        blanks = []
    if blanks:
        stretch("prose").lines.extend(blanks)
    return found


def _indent(line: str, position: int) -> int:
    length = len(line)
    end = position
    while end < length and line[end] == " ":
        end += 1
    return end - position
