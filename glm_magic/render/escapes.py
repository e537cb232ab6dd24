"""Text that means nothing to a Markdown parser, a math scanner or a browser."""

from __future__ import annotations

# The only tags this package writes; everything else that looks like a tag is text.
OWN_TAGS = (
    "blockquote",
    "br",
    "code",
    "details",
    "kbd",
    "pre",
    "small",
    "span",
    "sub",
    "summary",
    "sup",
)

# MathJax reads the page's text once more after Markdown is done, and `\$` has become a bare `$`
# by then. A tag around it keeps it apart (seen in JupyterLab 4.6: `\$5 and \$6` is a formula).
DOLLAR = "<span>&#36;</span>"

# Not letters, digits, spaces, commas, and nothing beyond ASCII.
_TABLE = {ord(mark): f"&#{ord(mark)};" for mark in map(chr, range(33, 127)) if not mark.isalnum()}
_TABLE.pop(ord(","))
_CODE_TABLE = _TABLE | {ord("\n"): "&#10;", ord("\t"): "&#9;"}
# Behind a tag of ours these mean nothing either, and a footer stays readable in the file.
_NOTE_TABLE = {code: entity for code, entity in _TABLE.items() if chr(code) not in ".()%-"}


def literal(text: str) -> str:
    """The text on one line, each ASCII punctuation mark as an entity, dollars kept from MathJax."""
    return " ".join(text.split()).translate(_TABLE).replace("&#36;", DOLLAR)


def note(text: str) -> str:
    """One line of our own to stand behind a tag or mark of ours; like `literal`, but readable."""
    return " ".join(text.split()).translate(_NOTE_TABLE).replace("&#36;", DOLLAR)


def code_span(code: str) -> str:
    """Inline code that no backtick can open or close; a line break is a space."""
    return f"<code>{code.replace(chr(10), ' ').translate(_TABLE)}</code>"


def code_block(code: str) -> str:
    """A block of code on ONE line of Markdown, so that no container or blank line can cut it."""
    return f"<pre><code>{code.translate(_CODE_TABLE)}&#10;</code></pre>"
