"""Text shown as it was written in Markdown of ours, with nothing in it that could come alive.

Answers are made inert by `render`; this is for prompts, titles and names.
"""

from __future__ import annotations

import re

# Whatever Markdown, a math scanner or an auto-linker could read as more than a character.
_MARKS = {ord(mark): f"&#{ord(mark)};" for mark in "!\"#$&'()*+-./:<=>@[\\]^_`{|}~%"}
# Behind a word of ours these mean nothing, and a title stays readable in the file.
_INNER_MARKS = {code: entity for code, entity in _MARKS.items() if chr(code) not in ".()%-"}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# Jupyter lifts math out of the text before it knows what a fence is.
_LIFTED = re.compile(r"\\(?:begin|end)\{|\\\\[\[\]()]|@@\d+@@|`{16}")
_RUN = re.compile("`+")


def literal(text: str) -> str:
    """The text on one line, to stand behind a word or mark of ours."""
    return " ".join(_clean(text).split()).translate(_INNER_MARKS)


def quoted(text: str) -> str:
    """The text as a block quote, line by line."""
    lines = [_line(line) for line in _clean(text).strip("\n").split("\n")]
    # Two spaces at the end: a new line.
    return "\n".join(f"> {line}  " if line else ">" for line in lines)


def fenced(text: str) -> str:
    """The text as a fenced block; as a quote where a fence would not hold it."""
    text = _clean(text).strip("\n")
    if not text or _LIFTED.search(text):
        return quoted(text) if text else ""
    mark = "`" * max(3, 1 + max((len(run) for run in _RUN.findall(text)), default=0))
    return f"{mark}text\n{text}\n{mark}"


def _line(line: str) -> str:
    body = line.lstrip(" \t")
    indent = line[: len(line) - len(body)].expandtabs(4)
    return "&#160;" * len(indent) + body.rstrip().translate(_MARKS)


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("\ufffd", text).encode("utf-8", "replace").decode()
