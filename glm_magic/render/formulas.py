r"""Math in a model's prose: found, brought to dollars, and made harmless.

A formula is read twice: by front ends that know math, and as Markdown by those that do not. And
JupyterLab lifts formulas out by a scan of its own, with its own idea of balanced braces, and puts
them back with their quotes unescaped. So a formula is only a formula here if that scan will end it
at the same place; otherwise its dollars become text.
"""

from __future__ import annotations

import re

_ENVIRONMENTS = (
    "align|aligned|alignat|array|bmatrix|Bmatrix|cases|CD|equation|eqnarray|gather|gathered"
    "|matrix|multline|pmatrix|smallmatrix|split|vmatrix|Vmatrix"
)
_BEGIN = re.compile(rf"\\begin\{{((?:{_ENVIRONMENTS})\*?)\}}")
_LONGEST_INLINE, _LONGEST_DISPLAY = 1_000, 8_000  # characters
# The tokens of Jupyter's scan that matter for balance; an escaped brace is one token.
_BRACES = re.compile(r"\\(?:begin|end)\{[a-zA-Z]*\*?\}|\\[{}$]|[{}]")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*(?=\n)")
_LINE_BREAK = re.compile(r"[ \t]*\n[ \t]*")
_QUOTED_BREAK = re.compile(r"[ \t]*\n[ \t>]*")
_LONE_DOLLAR = re.compile(r"(?<!\\)\$")
# A new list item, heading, quote or table row ends an inline formula and a code span.
BREAK = re.compile(r"\n[ \t>]*(?:[-*+>|]|\d{1,9}[.)]|#{1,6})(?:[ \t]|$)")
_MONEY = re.compile(r"\d[\d.,]*(?:\s?[A-Za-z]{2,}|\s*[-–/]|\s)")
_MATHEMATICAL = re.compile(r"[\\^_={}<>+*|]")
# Commands that reach out of a formula: links, images, styles, attributes, code.
_REACHING = re.compile(
    r"\\(href|url|includegraphics|style|class|cssId|data|htmlClass|htmlData|htmlId|htmlStyle"
    r"|require|unicode|input|include|def|gdef|edef|xdef|let|newcommand|renewcommand"
    r"|newenvironment|renewenvironment|DeclareMathOperator)(?![A-Za-z])"
)
_SAFE = [
    (re.compile(r"<\s*"), r"\\lt "),
    (re.compile(r'"'), "”"),
    (re.compile(r"`"), "‘"),
    (re.compile(r"!(?=\[)"), "! "),
    (re.compile(r"\](?=[(:\[])"), "] "),
    (re.compile(r"@(?=@)"), "@ "),
    (re.compile(r"~(?=~)"), "~ "),
    (re.compile(r"(?i)(https?|ftp|mailto|www)(?=[:.])"), r"\1 "),
    (_REACHING, r"\\text{\1}"),
]

_PAIRS = (
    ("\\\\(", "\\\\)", False),
    ("\\\\[", "\\\\]", True),
    ("\\(", "\\)", False),
    ("\\[", "\\]", True),
    ("$$", "$$", True),
    ("$", "$", False),
)


def formula(text: str, position: int, after_dollar: bool) -> tuple[str, int] | None:
    """The formula that begins at this position, written for Jupyter, and where it ends.

    Args:
        text: One paragraph.
        position: Where a dollar or a backslash stands.
        after_dollar: Whether the text written so far ends in a dollar.

    Returns:
        None when this is no formula.
    """
    space = " " if after_dollar else ""
    if text.startswith("\\begin{", position):
        return _environment(text, position)
    for opening, closing, display in _PAIRS:
        if text.startswith(opening, position):
            start = position + len(opening)
            found = _body(text, start, opening, closing, display)
            if found is None:
                return None
            body, end = found
            mark = "$$" if display else "$"
            return f"{space}{mark}{body}{mark}", end
    return None


def _body(
    text: str, start: int, opening: str, closing: str, display: bool
) -> tuple[str, int] | None:
    end = _closing(text, start, closing, _LONGEST_DISPLAY if display else _LONGEST_INLINE)
    if end < 0:
        return None
    if opening != closing and re.search(rf"(?<!\\){re.escape(opening)}", text[start:end]):
        return None  # only the innermost of several openings, so that the cost stays linear
    body = text[start:end]
    if not display and (BREAK.search(body) or "`" in body):
        return None
    if opening == "$" and not _is_math(body, text[end + 1 : end + 2]):
        return None
    body = _harmless(_one_line(text, start, body), display)
    return (body, end + len(closing)) if body else None


def _closing(text: str, start: int, closing: str, longest: int) -> int:
    """Where the closing mark stands, -1 if nowhere near; an escaped dollar closes nothing."""
    end = text.find(closing, start, start + longest)
    while end > start and closing[0] == "$" and text[end - 1] == "\\":
        end = text.find(closing, end + 1, start + longest)
    return end


def _is_math(body: str, following: str) -> bool:
    """Whether what stands between two dollars is a formula rather than a sum of money."""
    if not body.strip() or following.isdigit() or following == "$":
        return False
    if body[0].isspace() != body[-1].isspace():
        return False
    if body[0].isspace():
        return bool(_MATHEMATICAL.search(body)) or len(body.strip()) == 1
    if re.search(r"[\\^_={}<>+]", body):
        return True
    words = re.search(r"\s", body) and re.search(r"[A-Za-z]{3}", body)
    return body[-1] not in "/:,;(" and not words and not _MONEY.match(body)


def _environment(text: str, position: int) -> tuple[str, int] | None:
    begin = _BEGIN.match(text, position)
    if not begin:
        return None
    closing = f"\\end{{{begin[1]}}}"
    end = text.find(closing, begin.end(), begin.end() + _LONGEST_DISPLAY)
    if end < 0 or text.find(begin[0], begin.end(), end) >= 0:
        return None
    body = _harmless(_one_line(text, position, text[begin.end() : end]), display=True)
    return (f"{begin[0]}{body}{closing}", end + len(closing)) if body else None


def _one_line(text: str, start: int, body: str) -> str:
    """The formula without line breaks, TeX's comments, and the marks of a quote it lies in.

    On one line no list, quote or fence can cut it; nbconvert's parser loses count of `$$` else.
    """
    if "\n" not in body:
        return body.strip()
    quoted = text[text.rfind("\n", 0, start) + 1 : start].lstrip().startswith(">")
    return (_QUOTED_BREAK if quoted else _LINE_BREAK).sub(" ", _COMMENT.sub("", body)).strip()


def _harmless(body: str, display: bool) -> str:
    """The formula's text without anything Markdown or a browser could act on; empty if unusable."""
    if not body.strip() or not _balanced(body):
        return ""
    dollars = len(_LONE_DOLLAR.findall(body))
    if dollars and (not display or dollars % 2 or "$$" in body or "$" in (body[0], body[-1])):
        return ""
    for pattern, replacement in _SAFE:
        body = pattern.sub(replacement, body)
    return body + " " if body.endswith("\\") else body


def _balanced(body: str) -> bool:
    depth = 0
    for brace in _BRACES.findall(body):
        if brace == "{":
            depth += 1
        elif brace == "}":
            depth -= depth > 0  # as Jupyter's scan: a stray closing brace counts for nothing
    return depth == 0
