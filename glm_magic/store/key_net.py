"""API keys in text, however they are spelled: escaped, encoded, compressed, cut over lines."""

from __future__ import annotations

import base64
import html
import os
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..catalog import providers
from ..errors import SettingsError
from ..keys import GLM_KEY, REDACTED, APIKey
from .packing import inflated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GLM_SHAPE = "an API key of GLM's shape"
_SHORTEST = 8  # a shorter "key" (say "none" for a local host) is a word, not a secret
_DEPTH = 3  # base64 in compressed text in base64; nobody wraps more often by accident

# A line end inside a key, with the quotes, commas, backslashes and marks that stand around one.
_BREAK = r"(?:[\"'\\,]*[ \t]*(?:\r?\n[ \t>|#]*)+[\"']?)?"
_CUT_KEY = re.compile(
    rf"(?<![0-9A-Za-z])[0-9a-fA-F](?:{_BREAK}[0-9a-fA-F]){{31}}{_BREAK}\."
    rf"{_BREAK}[0-9A-Za-z](?:{_BREAK}[0-9A-Za-z]){{15}}(?![0-9A-Za-z])"
)
# JSON in JSON doubles the backslashes; a line end before a key would hide where the key begins.
_ESCAPE = re.compile(r"\\+(?:u00([0-9a-fA-F]{2})|x([0-9a-fA-F]{2})|[nrtbf/\"'])")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_WRAPPED = re.compile(r"(?<=[0-9A-Za-z+/]{60})(?:[\r\n]|\\+[rn])+(?=[0-9A-Za-z+/])")  # or in JSON


def environment_keys() -> dict[str, APIKey]:
    """The keys that are set now, by the names of their variables."""
    names = ["GLM_API_KEY", *(name for one in providers().values() for name in one.key_env)]
    found = {}
    for name in dict.fromkeys(names):
        if len(os.environ.get(name, "").strip()) >= _SHORTEST:
            try:
                found[name] = APIKey(os.environ[name])
            except SettingsError:  # several words: not what a key looks like
                continue
    return found


class KeyNet:
    """Finds keys of GLM's shape, and given ones of any shape.

    Args:
        secrets: Keys to look for, by what to call them.
    """

    __slots__ = ("_encoded", "_exact")

    def __init__(self, secrets: Mapping[str, APIKey] | None = None) -> None:
        self._exact = {
            f"the value of {name}": re.compile(_BREAK.join(map(re.escape, key.reveal())))
            for name, key in (secrets or {}).items()
        }
        # Runs of base64 too short for the shortest secret, compressed, are not decoded.
        shortest = min([27, *(len(key.reveal()) for key in (secrets or {}).values())])
        self._encoded = re.compile(rf"[0-9A-Za-z+/_-]{{{shortest * 4 // 3},}}")

    def __repr__(self) -> str:
        return "KeyNet(hidden)"

    def kind(self, text: str, depth: int = _DEPTH) -> str:
        """What the text holds, for example "an API key of GLM's shape"; "" for no key."""
        for spelling in _spellings(text):
            if kind := self.plain_kind(spelling):
                return kind
        if depth:
            for inner in self._decoded(text):
                if isinstance(inner, str):
                    kind = self.kind(inner, depth - 1)
                else:  # an image, perhaps: nothing in it is escaped
                    kind = self.plain_kind(inner.replace(b"\0", b"").decode("latin-1"))
                if kind:
                    return kind
        return ""

    def plain_kind(self, text: str) -> str:
        """The same for what stands there unencoded."""
        for kind, pattern in self._exact.items():
            if pattern.search(text):
                return kind
        return GLM_SHAPE if "." in text and _CUT_KEY.search(text) else ""

    def redacted(self, text: str) -> str:
        """One line of text without any key in it, for example a file's name."""
        for pattern in self._exact.values():
            text = pattern.sub(REDACTED, text)
        return GLM_KEY.sub(REDACTED, text)

    def _decoded(self, text: str) -> Iterator[str | bytes]:
        if "\n" in text or "\\" in text:
            text = _WRAPPED.sub("", text)
        for hit in self._encoded.finditer(text):
            run = hit[0].replace("-", "+").replace("_", "/")
            # Letters before it may belong to the run by accident; nobody glues them to an image.
            for offset in range(4 if len(run) < 10_000 else 1):
                whole = run[offset : offset + (len(run) - offset) // 4 * 4]
                rest = run[offset + len(whole) :]
                if len(rest) > 1:
                    whole += rest + "=" * (4 - len(rest))
                yield from _opened(base64.b64decode(whole))


def _opened(raw: bytes) -> Iterator[str | bytes]:
    """Bytes as text where they are text, inflated where they are compressed."""
    if raw[:1] == b"\x78" or raw[:2] == b"\x1f\x8b":
        try:
            yield inflated(raw).decode("utf-8", "replace")
        except ValueError:
            pass
        else:
            return
    try:
        yield raw.decode()
    except UnicodeDecodeError:
        yield raw


def _spellings(text: str) -> Iterator[str]:
    """The text, and how it reads without its escapes."""
    yield text
    read = text
    if "\\" in read:
        read = _ESCAPE.sub(_unescaped, read)
    if "%" in read:
        read = unquote(read)
    if "&#" in read:
        read = html.unescape(read)
    if "\x1b" in read:
        read = _ANSI.sub("", read)
    if "\0" in read:
        read = read.replace("\0", "")
    if read != text:
        yield read


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else " "
