"""Which addresses a link may lead to, and how they are written so that they stay addresses.

JupyterLab lifts math out of the source before Markdown is parsed and puts it back afterwards
without escaping quotes: `[x](https://a/$"onmouseover="..."$)` became a live handler (seen in
JupyterLab 4.6). So no address and no title holds a dollar, a backslash or a quote.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

# RFC 3986's characters without brackets and parentheses, which Markdown reads.
_KEPT = "-._~:/?#@!&'*+,;=%"
_TARGET = r"(?:https?://|mailto:|#)[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*"
_TITLE = r"""(?:[ \t]+(?:"([^"\n]*)"|'([^'\n]*)'|\(([^()\n]*)\)))?"""
# Not `\s`: other spaces than these two are part of an address to some parsers.
_INLINE = re.compile(rf"\([ \t]*({_TARGET}){_TITLE}[ \t]*\)")
_DEFINITION = re.compile(rf":[ \t]*({_TARGET}){_TITLE}[ \t]*(?=\n|$)")
_NEXT_TITLE = re.compile(r"\n[ \t>]*[\"'(]")
_PLAIN_TITLE = re.compile(r"(?:[\w .,;:()+-]|/(?!/))*")
_FTP = re.compile(r"(ftp)://", re.IGNORECASE)  # linked by marked wherever it stands

BARE = re.compile(r"(?:https?://|www\.)[A-Za-z0-9\-._~:/?#@!&'*+,;=%$]*", re.IGNORECASE)
AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]*)>")


def address(target: str) -> str:
    """The address with everything unusual percent-encoded."""
    return _FTP.sub(r"\1%3A//", quote(target, safe=_KEPT)).replace("@@", "%40%40")


def host(target: str) -> str:
    """The host an address leads to, or the address itself where there is none."""
    try:
        return urlsplit(target).netloc.rpartition("@")[2] or target
    except ValueError:
        return target


def inline_target(text: str, position: int) -> tuple[str, str, int] | None:
    """What follows a `]`: the address to go to, the rewritten `(...)`, and where it ends.

    Returns:
        None when the address is not literally http, https, mailto or a fragment.
    """
    match = _INLINE.match(text, position)
    if not match:
        return None
    return match[1], f"({address(match[1])}{_title(match)})", match.end()


def definition(text: str, position: int) -> tuple[str, int] | None:
    """What follows the `]` of a link definition, rewritten, and where it ends; None if unsafe."""
    match = _DEFINITION.match(text, position)
    if not match:
        return None
    # A title may stand on the next line, and to marked it may run on into the next fence.
    apart = "\n" if _NEXT_TITLE.match(text, match.end()) else ""
    return f": {address(match[1])}{_title(match)}{apart}", match.end()


def _title(match: re.Match[str]) -> str:
    title = match[2] or match[3] or match[4] or ""
    return f' "{title}"' if title and _PLAIN_TITLE.fullmatch(title) else ""
