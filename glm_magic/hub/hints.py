"""Hints mode: the tutor's prompt, and code taken out of what the model says all the same.

A model told to give hints gives code sometimes, so its words go through a second pass: fenced and
indented code, lines that are Python statements and long code inside of sentences are left out,
and so is all reasoning, which holds drafts of the solution. It is a teaching aid and no barrier.
"""

from __future__ import annotations

import ast
import re

from ..chat.messages import Message, Request
from ..render.cleaning import plain
from ..render.lines import LineReader
from ..terms import our_prompt

LEFT_OUT = "*(Code was left out here: hints mode is on.)*"
_SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_LONGEST_SPAN = 40  # characters: a name or a short call is a hint, a chain of calls a solution
_MARKERS = re.compile(r"(?:[-*+>]|\d{1,9}[.)]|>>>|\.\.\.|In \[\d*\]:)\s+")
_DOES_SOMETHING = (
    ast.Assign, ast.AugAssign, ast.Call, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.For,
    ast.While, ast.With, ast.Return, ast.Lambda, ast.Subscript, ast.ClassDef, ast.If, ast.Delete,
)  # fmt: skip
_LONGEST_STATEMENT = 2_000


def with_tutor(request: Request) -> tuple[Message, ...]:
    """The request's messages behind the tutor's prompt."""
    return (Message("system", our_prompt("hints")), *request.messages)


class WithoutCode:
    """Takes code out of Markdown that comes in pieces; each line is passed on when it ends."""

    def __init__(self) -> None:
        self._reader = LineReader()
        self._line = ""
        self._leaving_out = False

    def feed(self, text: str) -> str:
        """Take more text; what may be shown of it now."""
        *lines, self._line = (self._line + text).split("\n")
        return "".join(self._shown(line) for line in lines)

    def finish(self) -> str:
        """What is left at the end."""
        line, self._line = self._line, ""
        return self._shown(line).removesuffix("\n") if line else ""

    def _shown(self, line: str) -> str:
        line = plain(line.removesuffix("\r")).replace("\r", " ")
        kind = self._reader.read(line)
        if kind in ("fence", "indented") or _is_statement(self._reader.text):
            first, self._leaving_out = not self._leaving_out, True
            return f"{LEFT_OUT}\n" if first else ""
        if kind == "blank" and self._leaving_out:
            return "\n"
        self._leaving_out = False
        return _SPAN.sub(_span, line) + "\n"


def _span(match: re.Match[str]) -> str:
    return match[0] if len(match[2].strip()) <= _LONGEST_SPAN else "`…`"


def _is_statement(text: str) -> bool:
    """Whether a line of prose is Python that does something."""
    text = text.strip().strip("`")
    while marker := _MARKERS.match(text):
        text = text[marker.end() :]
    if not text or len(text) > _LONGEST_STATEMENT:
        return False
    try:
        tree = ast.parse(text + (" pass" if text.endswith(":") else ""))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, _DOES_SOMETHING) for node in ast.walk(tree))
