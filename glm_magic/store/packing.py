"""Long texts in an output's metadata: small, exact, and of the same bytes each time.

A text is stored in one of three ways, told apart by the entry's name:

- `answer`: as it is, when it is short;
- `answer_zlib`: base64 of zlib of its UTF-8;
- `answer_delta`: the same, with the Markdown that shows it as zlib's preset dictionary. The output,
  or those that show it in pieces, hold the answer once already, made inert; what is left to say is
  a few bytes per thousand. Without it a notebook would grow by 1.8 times the answer, not by 1.4.

zlib checks itself: when the shown Markdown is not the one that was there at writing, reading a
delta fails instead of giving another text. Deflate looks back 32 kB at most, so a delta is cut in
blocks, each with its own stretch of the Markdown: "offset:base64 offset:base64 …".
"""

from __future__ import annotations

import base64
import re
import zlib
from typing import Any

LONG_CHARACTERS = 1000  # up to here a text that is not shown stays readable
_SHORT_BYTES = 250  # up to here any text does
LIMIT_BYTES = 20_000_000  # of one text; more is an attack, not an answer
_BLOCK = 16_000
_STRETCH = 30_000
_MARGIN = 2_000  # the block may have moved by as much against the shown text
_PROBE = 48
_SURROGATE = re.compile("[\ud800-\udfff]")


def packed(name: str, text: str, shown: str = "") -> dict[str, str]:
    """The text as one metadata entry.

    Args:
        name: The entry's name when the text needs no packing.
        text: Anything; half surrogate pairs, which JSON files cannot hold, are packed too.
        shown: The Markdown that shows it in the notebook, exactly; "" when there is none.
    """
    raw = _bytes(text)
    delta = _delta(raw, _bytes(shown)) if shown and len(raw) > _SHORT_BYTES else ""
    readable = len(text) <= LONG_CHARACTERS and not _SURROGATE.search(text)
    if readable and not (delta and 2 * len(delta) < len(raw)):
        return {name: text}
    whole = base64.b64encode(zlib.compress(raw, 9)).decode()
    if delta and len(delta) < len(whole):
        return {f"{name}_delta": delta}
    return {f"{name}_zlib": whole}


def unpacked(record: dict[str, Any], name: str, shown: str = "") -> str:
    """The text of an entry of `packed`; "" when there is none.

    Raises:
        ValueError: It is damaged, longer than 20 MB, or a delta to another Markdown.
        TypeError: It is no text.
    """
    if f"{name}_delta" in record:
        raw = _from_delta(record[f"{name}_delta"], _bytes(shown))
    elif f"{name}_zlib" in record:
        raw = inflated(_decoded(record[f"{name}_zlib"]))
    else:
        return _text(record.get(name, ""))
    return raw.decode("utf-8", "surrogatepass")


def inflated(data: bytes, dictionary: bytes = b"", limit: int = LIMIT_BYTES) -> bytes:
    """What zlib or gzip data holds.

    Raises:
        ValueError: It is damaged, cut, or longer than `limit` bytes.
    """
    try:
        if dictionary:
            stream = zlib.decompressobj(zdict=dictionary)
        else:
            stream = zlib.decompressobj(wbits=47)  # zlib or gzip, by its first bytes
        raw = stream.decompress(data, limit)
        # The checksum is only read when there is room for one more byte.
        raw += b"" if stream.eof else stream.decompress(stream.unconsumed_tail, 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not stream.eof or len(raw) > limit:
        message = "cut, or too long"
        raise ValueError(message)
    return raw


def _delta(raw: bytes, shown: bytes) -> str:
    pieces: list[str] = []
    at = 0
    for start in range(0, len(raw), _BLOCK):
        block = raw[start : start + _BLOCK]
        at = _found(block, shown, at)
        begin = 0 if len(shown) <= _STRETCH else max(0, at - _MARGIN)
        dictionary = shown[begin : begin + _STRETCH]
        if not dictionary:
            return ""
        stream = zlib.compressobj(9, zdict=dictionary)
        data = stream.compress(block) + stream.flush()
        pieces.append(f"{begin}:{base64.b64encode(data).decode()}")
        at += len(block)
    return " ".join(pieces)


def _found(block: bytes, shown: bytes, at: int) -> int:
    """Where in the shown text this block begins, or would begin if nothing had moved."""
    for offset in (0, 500, 2_000, 8_000):
        probe = block[offset : offset + _PROBE]
        place = shown.find(probe, at) if len(probe) == _PROBE else -1
        if place >= 0:
            return max(0, place - offset)
    return min(at, max(0, len(shown) - _STRETCH))


def _from_delta(value: Any, shown: bytes) -> bytes:
    pieces = _text(value).split(" ")
    if len(pieces) * _BLOCK > LIMIT_BYTES:
        message = "too long"
        raise ValueError(message)
    raw = []
    for piece in pieces:
        begin, _, data = piece.partition(":")
        at = int(begin)
        raw.append(inflated(_decoded(data), shown[at : at + _STRETCH], _BLOCK))
    return b"".join(raw)


def _decoded(value: Any) -> bytes:
    return base64.b64decode(_text(value), validate=True)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        message = "not a text"
        raise TypeError(message)
    return value


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
