"""Characters that steer instead of being read: removed, or shown as escapes.

Terminal escapes change titles, clipboards and links; bidi controls and Unicode tag characters
hide text from the reader; line separators mean a new line to JavaScript but not to Markdown.
"""

from __future__ import annotations

import re

# An OSC, DCS, PM, APC or SOS string goes with its text, but only when it ends on the same line:
# an open one must not swallow the answer. A CSI sequence is short and always goes whole.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{0,2000}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]{0,8}[0-~]"
)
# The same, cut off by the end of a delta; or what means something else before some character.
_BEGUN = re.compile(
    r"(?:\x1b[ -/]{0,8}|(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{0,2000}\x1b?"
    "|\r|[\u200c\u200d]{1,8})\\Z"
)
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"
# Left-to-right marks, zero-width spaces, soft hyphens and the like: invisible and not needed.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
    "\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0"
)
_HIDING = "\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f"
_SURROGATE = "\ud800-\udfff"
_SUSPECT = re.compile(f"[{_CONTROL}{_INVISIBLE}{_HIDING}{_SURROGATE}\u2028\u2029]")
# A joiner belongs between letters of a joining script or parts of an emoji, and alone.
_JOINED = "[\u0600-\u1fff\u2190-\u2bff\u2e80-\ufdff\ufe0f\U0001f000-\U0003ffff]"
_JOINER = re.compile(
    f"(?<!{_JOINED})[\u200c\u200d]+|[\u200c\u200d]+(?!{_JOINED})|(?<=[\u200c\u200d])[\u200c\u200d]+"
)
# One variation selector picks a glyph; a run of them carries hidden bytes.
_SELECTORS = re.compile(
    "(?<=[\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)


def _shown(match: re.Match[str]) -> str:
    character = match[0]
    if character in "\r\u2028\u2029":
        return "\n"
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    if (
        character in "\u2066\u2067\u2068\u2069"
        or "\u202a" <= character <= "\u202e"
        or (character >= "\U000e0000")
    ):
        return f"⟨U+{ord(character):04X}⟩"
    return ""


def plain(text: str) -> str:
    r"""The text for a terminal or `text/plain`: no control character but `\n` and `\t`.

    Works on single deltas too: a sequence cut in two loses its ESC, and the rest is only letters;
    `PlainPieces` keeps it whole.

    Args:
        text: Anything a model or a server wrote.

    Returns:
        The text without terminal escapes, C0 and C1 controls and invisible characters; bidi
        controls and Unicode tag characters appear as `⟨U+202E⟩`.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n")
    if "\x1b" in text or not text.isascii():
        text = _SEQUENCE.sub("", text)
    text = _SUSPECT.sub(_shown, text)
    if not text.isascii():
        text = _SELECTORS.sub("", _JOINER.sub("", text))
    return text


def unseen(text: str) -> list[str]:
    r"""The characters for which `plain` does not leave a text as it is; `\r\n` is a line's end."""
    text = text.replace("\r\n", "\n")
    # Doubled, for a variation selector steers only in a run.
    return [] if plain(text) == text else sorted({one for one in text if plain(one * 2) != one * 2})


class PlainPieces:
    """`plain` for a text that comes in pieces: together they are what the whole would be."""

    def __init__(self) -> None:
        self._before = ""  # the last character that was shown
        self._held = ""

    def add(self, piece: str) -> str:
        """What can be shown now; what the next piece decides about is held back."""
        text = self._held + piece
        begun = None if text.isprintable() else _BEGUN.search(text)
        self._held = begun[0] if begun else ""
        return self._shown(text[: begun.start()] if begun else text)

    def end(self) -> str:
        """What was held back, for nothing more comes."""
        return self._shown(self._held)

    def _shown(self, text: str) -> str:
        shown = plain(self._before + text)[len(self._before) :]
        self._before = shown[-1:] or self._before
        return shown
