"""An answer in a terminal: text as it comes, with nothing in it that a terminal would obey."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from ..footer import footer, warnings
from ..render.cleaning import PlainPieces, plain
from ..render.status import status_line
from ..render.steps import steps_plain

if TYPE_CHECKING:
    from ..answer import Answer
    from ..chat.deltas import Delta
    from ..chat.messages import Message
    from ..chat.turns import TurnBuilder

_DIM, _NORMAL, _CLEAR_LINE = "\x1b[2m", "\x1b[0m", "\r\x1b[K"
_SPARE_COLUMNS = 2  # a line that fills the last column wraps in some terminals
_HEAD = re.compile(r"Thinking, \d+ s: …")


class TerminalOutput:
    """For a person at a terminal: streams the text, with a status line until it begins."""

    def __init__(self) -> None:
        self._status = ""
        self._notice = ""
        self._writing = False
        self._text = PlainPieces()

    def add(self, delta: Delta, builder: TurnBuilder) -> None:
        """Show a delta at once."""
        if delta.step is not None:
            self._add_step(delta.step)
            return
        self._notice = delta.notice or ("" if delta.text or delta.reasoning else self._notice)
        text = delta.text if self._writing else delta.text.lstrip("\r\n")
        if text:
            self._begin(builder)
            self._write(self._text.add(text))
        elif not self._writing:
            line = status_line(builder.growing.reasoning, builder.thought_seconds, self._notice)
            self._show_status(" ".join(plain(unescape(line)).replace("*", "").split()))

    def _add_step(self, step: Message) -> None:
        """What is called stands below the words of its round, then what came back."""
        if self._status and not self._writing:
            self._write(_CLEAR_LINE)
        told = steps_plain([replace(step, content="")]) if step.tool_calls else ""
        if step.role == "tool":
            told = plain(step.content)
        self._write(f"{_DIM}{told}{_NORMAL}\n" if told else "")
        self._writing, self._status, self._text = False, "", PlainPieces()

    def _show_status(self, line: str) -> None:
        line = _fitted(line, shutil.get_terminal_size().columns - _SPARE_COLUMNS)
        if line != self._status:
            self._status = line
            self._write(f"{_CLEAR_LINE}{_DIM}{line}{_NORMAL}")

    def _begin(self, builder: TurnBuilder) -> None:
        if self._writing:
            return
        self._writing = True
        if self._status:
            self._write(_CLEAR_LINE)
        if builder.thought_seconds >= 0.05:
            self._write(f"{_DIM}Thought for {builder.thought_seconds:.1f} s{_NORMAL}\n\n")

    def close(self, answer: Answer) -> None:
        """End with the warnings and the footer."""
        if self._status and not self._writing:
            self._write(_CLEAR_LINE)
        self._write(self._text.end())
        if self._writing and not answer.text.endswith("\n"):
            self._write("\n")
        lines = [f"⚠ {warning}" for warning in warnings(answer.turn)] + [footer(answer.turn)]
        self._write("\n" + "".join(f"{_DIM}{plain(line)}{_NORMAL}\n" for line in lines))

    def drop(self) -> None:
        """See `LiveOutput.drop`."""
        if self._status and not self._writing:
            self._write(_CLEAR_LINE)

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _fitted(line: str, columns: int) -> str:
    """The line on one row: of reasoning its latest words, of anything else the first ones."""
    head = _HEAD.match(line)
    kept = head[0] if head else ""
    words = line[len(kept) :]
    while words and _width(kept + words) > columns:
        words = words[1:] if head else words[:-1]
    while kept and _width(kept) > columns:
        kept = kept[:-1]
    return kept + words


def _width(text: str) -> int:
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


class PipeOutput:
    """For a file or a pipe: plain text, once, at the end."""

    def add(self, delta: Delta, builder: TurnBuilder) -> None:
        """Nothing is shown before the end."""

    def close(self, answer: Answer) -> None:
        """Write the answer with its footer."""
        sys.stdout.write(answer.plain().rstrip("\n") + "\n")

    def drop(self) -> None:
        """Nothing was shown."""
