"""Everything outside code blocks: one walk over each paragraph, mark by mark.

Nothing here depends on reading Markdown exactly as a front end does. No `<` survives but our own,
no run of three backticks or tildes, no `![`, no `](` or `]:` with an unknown address, no dollar
that is not part of a checked formula. A misread costs looks, never safety.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from .escapes import DOLLAR, code_span, literal
from .formulas import BREAK, formula
from .links import AUTOLINK, BARE, address, definition, host, inline_target

_MARK = re.compile(
    r"`+|\\[!-/:-@\[-`{-~]|\\(?:begin|end)(?![A-Za-z])|\$+|<|!\[|\[|\]|~{3,}|@@+"
    r"|(?:https?|ftp)://|www\.",
    re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"(\n(?:[ \t]*\n)+)")
_BLANK = re.compile(r"\n[ \t]*\n")
_TABLE_RULE = re.compile(
    r"^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$", re.MULTILINE
)
# Inside a kept code span these would be read by something that does not know it is code.
_UNSAFE_CODE = re.compile(r"[<`$\n]|!\[|\][(:]|\\\\|\\begin|\\end|@@|~~~|://")
# Tags without attributes, alone or as a pair around a few plain characters, are worth keeping.
_LINE_BREAK = re.compile(r"<br[ ]?/?>", re.IGNORECASE)
_PAIR = re.compile(r"<(sub|sup|kbd)>([\w .,+=()−–-]{1,40})</\1>")
_MARKERS = " \t>*+-.)0123456789"
_ENTITY_ESCAPES = frozenset("!$<[\\]`()&@:\"'~")


def prose(text: str) -> str:
    """Model prose (no code blocks in it) made inert."""
    parts = _PARAGRAPH.split(text)
    parts[::2] = [_Paragraph(part).written() if part else part for part in parts[::2]]
    return "".join(parts)


class _Paragraph:
    """One walk over the lines between two blank lines."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._out: list[str] = []
        self._brackets: list[int] = []  # open brackets; where in `_out` if an image began, or -1
        self._unclosed: list[int] = []  # where in `_out` a bracket waits for any closing one
        self._table = "|" in text and bool(_TABLE_RULE.search(text))
        self._runs: dict[int, list[int]] | None = None

    def written(self) -> str:
        text, out, position = self._text, self._out, 0
        while match := _MARK.search(text, position):
            start = match.start()
            if start > position:
                out.append(text[position:start])
            written, position = self._mark(match[0], start)
            out.append(written)
        out.append(text[position:])
        for index in self._unclosed:
            # To marked a link label may run on over blank lines and into the next fence.
            out[index] = out[index].replace("[", "&#91;")
        return "".join(out)

    def _mark(self, mark: str, start: int) -> tuple[str, int]:
        """What to write for the mark at this position, and where to go on."""
        first = mark[0]
        if first == "`":
            return self._backticks(mark, start)
        if first == "$" or (first == "\\" and (mark in _OPENINGS or len(mark) > 2)):
            return self._math(mark, start)
        if first == "\\":
            return self._escape(mark, start)
        if first == "<":
            return self._tag(start)
        if first in "![":
            self._brackets.append(len(self._out) if first == "!" else -1)
            self._unclosed.append(len(self._out))
            return ("&#33;[" if first == "!" else "["), start + len(mark)
        if first == "]":
            return self._closing_bracket(start)
        if first in "~@":
            return literal(mark), start + len(mark)
        return self._url(mark, start)

    def _backticks(self, mark: str, start: int) -> tuple[str, int]:
        after = start + len(mark)
        end = self._closing_run(len(mark), after)
        code = self._text[after:end] if end > 0 else ""
        if end < 0 or BREAK.search(code):
            return literal(mark), after
        end += len(mark)
        if len(code) > 2 and code[0] in " \n" and code[-1] in " \n" and code.strip(" \n"):
            code = code[1:-1]
        alone = self._text[start - 1 : start] != "`" and self._text[end : end + 1] != "`"
        if len(mark) == 1 and alone and not _UNSAFE_CODE.search(code):
            return self._text[start:end], end
        # A table takes the backslash before a pipe away before it looks for code.
        return code_span(code.replace("\\|", "|") if self._table else code), end

    def _closing_run(self, length: int, after: int) -> int:
        """Where the next run of exactly this many backticks starts; -1 if there is none."""
        if self._runs is None:
            self._runs = {}
            for run in re.finditer("`+", self._text):
                self._runs.setdefault(len(run[0]), []).append(run.start())
        starts = self._runs.get(length, [])
        index = bisect_left(starts, after)
        return starts[index] if index < len(starts) else -1

    def _math(self, mark: str, start: int) -> tuple[str, int]:
        out = self._out
        found = formula(self._text, start, bool(out) and out[-1].endswith("$"))
        if found:
            return found
        if mark[0] == "$":
            return DOLLAR * len(mark), start + len(mark)
        if mark in _OPENINGS:
            return literal(mark[1]), start + 2
        return literal("\\") + mark[1:], start + len(mark)

    def _escape(self, mark: str, start: int) -> tuple[str, int]:
        following = mark[1]
        if following == "$":
            return DOLLAR, start + 2
        if following == "\\" and self._text[start + 2 : start + 3] in ("(", "["):
            found = formula(self._text, start, self._out[-1:] != [] and self._out[-1].endswith("$"))
            if found:
                return found
        return (literal(following) if following in _ENTITY_ESCAPES else mark), start + 2

    def _tag(self, start: int) -> tuple[str, int]:
        text = self._text
        if line_break := _LINE_BREAK.match(text, start):
            # Alone on its line it would begin an HTML block and hide the fence that follows.
            before = text[text.rfind("\n", 0, start) + 1 : start]
            return ("<br>" if before.strip(_MARKERS) else "&nbsp;<br>"), line_break.end()
        if pair := _PAIR.match(text, start):
            return pair[0], pair.end()
        if link := AUTOLINK.match(text, start):
            if self._out and self._out[-1].endswith("!"):
                self._out[-1] = f"{self._out[-1][:-1]}&#33;"  # or it would be an image
            return f"[{literal(link[1])}]({address(link[1])})", link.end()
        return "&lt;", start + 1

    def _closing_bracket(self, start: int) -> tuple[str, int]:
        image = self._brackets.pop() if self._brackets else -1
        self._unclosed.clear()
        following = self._text[start + 1 : start + 2]
        if following == "(":
            if found := inline_target(self._text, start + 1):
                target, written, end = found
                if image < 0:
                    return f"]{written}", end
                self._name_image(image)
                return f"]{written} ({literal(host(target))})", end
            return "]&#40;", start + 2
        if following == ":":
            if link := definition(self._text, start + 1):
                return f"]{link[0]}", link[1]
            return "]&#58;", start + 2
        return "]", start + 1

    def _name_image(self, opened: int) -> None:
        """A picture is not fetched: its link says that it would be one, and of what."""
        if self._out[opened - 1 : opened] and self._out[opened - 1].endswith("!"):
            return  # or that mark would make one of it
        described = any(piece.strip() for piece in self._out[opened + 1 :])
        self._out[opened] = "[image: " if described else "[image"

    def _url(self, mark: str, start: int) -> tuple[str, int]:
        if mark.lower() == "ftp://":
            return "ftp&#58;//", start + len(mark)
        bare = BARE.match(self._text, start)
        if not bare:
            return mark, start + len(mark)
        url = bare[0].rstrip("!")  # it may belong to an image that follows
        return address(url), start + len(url)


_OPENINGS = ("\\(", "\\[")
