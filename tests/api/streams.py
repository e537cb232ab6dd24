"""Streams as hosts send them, well-formed and not, for property tests."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from hypothesis import strategies as st

from glm_magic.api.decoding import AnswerDecoder
from glm_magic.catalog import find_provider
from glm_magic.chat.chat import Chat
from glm_magic.chat.deltas import Delta, Growing
from glm_magic.chat.messages import Request
from glm_magic.errors import GLMError
from glm_magic.keys import APIKey

from ..canary import CANARY
from .host import DONE, USAGE, delta

KEY = APIKey(CANARY)
_PLAIN = [
    "a",
    " ",
    "\n",
    "\r\n",
    "你好",
    "，世",
    "🐧",
    "👩‍👩‍👧",
    "\u2028",
    "\u2029",
    "\x85",
    "é",
    "\ufeff",
    "data: {",
    "data:",
    '"',
    "\\",
    "{}",
    "]",
    "\ud83d",
    "\ude00",
    ": ",
    "$x$",
    "\t",
    "\x00",
]
_MARKS = [
    "<think>",
    "</think>",
    "<|begin_of_box|>",
    "<|end_of_box|>",
    "'",
    "<",
    "<t",
    "</",
    "<|",
    CANARY,
    CANARY[:20],
    CANARY[20:],
    CANARY * 2,
    f"Bearer {CANARY}",
    CANARY[:1],
]


def plain_texts() -> st.SearchStrategy[str]:
    """Texts without any mark in them."""
    return st.lists(st.sampled_from(_PLAIN), max_size=8).map("".join)


def marked_texts() -> st.SearchStrategy[str]:
    """Texts with thought tags, box marks and the key, whole or not."""
    return st.lists(st.sampled_from(_PLAIN + 2 * _MARKS), max_size=8).map("".join)


@st.composite
def cut(draw: st.DrawFn, text: Any, most: int = 6) -> list[Any]:
    """A text or bytes cut anywhere."""
    places = draw(st.lists(st.integers(0, len(text)), max_size=most).map(sorted))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


def _calls() -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda index, call_id, name, arguments: {
            **({} if index is None else {"index": index}),
            "id": call_id,
            "function": {"name": name, "arguments": arguments},
        },
        st.sampled_from([None, 0, 1, 7]),
        st.sampled_from([None, "", "call_a", "call_b"]),
        st.sampled_from([None, "f", "g"]),
        st.sampled_from([None, "", '{"a":', "1}", '{"a":1}', CANARY[:9], CANARY, {"a": 1}]),
    )


@st.composite
def chunks(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> list[Any]:
    """The records of one answer."""
    found: list[Any] = []
    for name in draw(
        st.lists(
            st.sampled_from(
                ["reasoning_content", "reasoning", "content", "content", "tools", "odd"]
            ),
            max_size=5,
        )
    ):
        if name == "tools":
            found += [delta(tool_calls=draw(st.lists(_calls(), max_size=3))) for _ in range(2)]
        elif name == "odd":
            found.append(
                draw(
                    st.sampled_from(
                        [
                            {"choices": []},
                            {"choices": None},
                            {"choices": [None]},
                            {"choices": [{"delta": None}]},
                            {"choices": [{"delta": "x", "finish_reason": None}]},
                            {"usage": USAGE, "choices": []},
                            {
                                "id": None,
                                "model": 5,
                                "choices": [{"delta": {"content": None, "extra": [1]}}],
                            },
                            {
                                "choices": [
                                    {"delta": {"tool_calls": [None, "x", {"function": "f"}]}}
                                ]
                            },
                            5,
                            None,
                            [],
                            {"error": None, "choices": [{"delta": {"content": "e"}}]},
                            {},
                        ]
                    )
                )
            )
        else:
            found += [delta(**{name: piece}) for piece in draw(cut(draw(texts)))]
    ends = [
        [],
        [delta(finish="stop")],
        [delta(finish="stop"), DONE],
        [DONE],
        [DONE, delta("late")],
        [{**delta(finish="length"), "usage": USAGE}, {"choices": [], "usage": USAGE}, DONE, DONE],
        [{"error": {"code": "1305", "message": f"busy {CANARY}"}}, delta("late"), DONE],
    ]
    return [*found, *draw(st.sampled_from(ends))]


def _dumped(record: object, *, ascii_only: bool = False, indent: int | None = None) -> str:
    text = json.dumps(record, ensure_ascii=ascii_only, indent=indent)
    # Half a character has no UTF-8; JSON can say it as an escape only.
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half.group()):04x}", text)


@st.composite
def encoded(draw: st.DrawFn, records: Sequence[Any], *, broken: bool) -> bytes:
    """The records as bytes of a stream; `broken` lets some of them be damaged."""
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    styles = [
        "plain",
        "tight",
        "spaced",
        "lines",
        "comment",
        "typed",
        *(["glued", "torn"] * broken),
    ]
    raw = b"\xef\xbb\xbf" if draw(st.booleans()) else b""
    for record in records:
        text = record if record == DONE else _dumped(record, ascii_only=draw(st.booleans()))
        style = draw(st.sampled_from(styles))
        if style == "lines" and record != DONE:
            text = _dumped(record, indent=1).replace("\n", f"{end}data: ")
        if style == "torn":
            text = text[: draw(st.integers(0, len(text)))]
        before = {"comment": f": ping{end}{end}", "typed": f"event: message{end}id: 7{end}"}
        data = "data:" if style == "tight" else "data:  " if style == "spaced" else "data: "
        after = "" if style == "glued" else end + end
        raw += (before.get(style, "") + data + text + after).encode()
    if draw(st.booleans()):
        raw = raw.rstrip(b"\r\n")
    if broken and draw(st.booleans()):
        place = draw(st.integers(0, len(raw)))
        raw = (
            raw[:place]
            + draw(st.sampled_from([b"\xff", b"\xe4\xb8", b"\xf0\x9f", b""]))
            + raw[place:]
        )
        raw = raw[: draw(st.integers(0, len(raw)))] if draw(st.booleans()) else raw
    return raw


def decoded(
    pieces: Sequence[bytes], *, events: bool = True, model: str = "glm-4.5v"
) -> tuple[list[Delta], GLMError | None]:
    """The deltas of bytes that came in these pieces, and why they are no answer."""
    decoder = AnswerDecoder(key=KEY, model=model, events=events)
    deltas = [delta for piece in pieces for delta in decoder.feed(piece)]
    deltas += decoder.finish()
    return deltas, decoder.failure


def grown(
    pieces: Sequence[bytes], *, events: bool = True, model: str = "glm-4.5v"
) -> dict[str, Any]:
    """All that these pieces come to."""
    deltas, failure = decoded(pieces, events=events, model=model)
    growing = Growing()
    for one in deltas:
        growing.add(one)
    names = (
        "text",
        "reasoning",
        "tool_calls",
        "finish_reason",
        "usage",
        "model",
        "response_id",
        "warnings",
        "ended",
    )
    return {**{name: getattr(growing, name) for name in names}, "failure": str(failure)}


class _Decoding:
    """A client and its exchange at once: the pieces, decoded."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces

    def body(self, request: Request) -> bytes:
        return b""

    def send(self, request: Request) -> "_Decoding":
        return self

    def __iter__(self) -> Any:
        deltas, failure = decoded(self._pieces)
        yield from deltas
        if failure:
            raise failure

    async def __aiter__(self) -> Any:
        for one in self:
            yield one

    def stop(self) -> None:
        pass


def asked(pieces: Sequence[bytes]) -> dict[str, Any]:
    """The turn of a chat whose answer came in these pieces, without what differs each time."""
    asking = Chat(_Decoding(pieces), find_provider("zai").name).ask("Hello", model="glm-4.5")
    try:
        for _ in asking:
            pass
    except GLMError:
        pass
    return asdict(replace(asking.turn, id="", created="", seconds=0, thought_seconds=0))
