"""What can go wrong on the line, as scripts for the sandbox.

A `Fault` changes one answer. Each is used up by one request, in order; `Fault()` changes
nothing, and `|` joins two, the left one first (so changes of chunks stand left of changes of
lines):

    Sandbox(faults=[Fault.refuse("1302", retry_after_seconds=1), Fault(), Fault.cut(chunks=3)])
    Sandbox(faults=[Fault.crlf() | Fault.comments() | Fault.without_done()])

An answer is a list of steps: bytes to write (one record of the stream each, or a whole body),
`Pause`, and `Cut`. A fault is a function over that list, so any other one is one line:

    Fault.edit(lambda steps: steps[:2] + [Pause(None)])
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .refusals import refusal
from .steps import (
    NEWLINE,
    Cut,
    Edit,
    Pause,
    Step,
    byte_by_byte,
    change_one,
    chunk_of,
    each,
    record_of,
    with_choices,
)
from .wire import DONE, dumps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _same(steps: list[Step]) -> list[Step]:
    return steps


@dataclass(frozen=True, slots=True)
class Fault:
    """One answer's misfortune.

    Attributes:
        delay_seconds: Before the first header is sent.
        status: HTTP status instead of 200; with `body`, before the request is even read.
        headers: Sent besides the usual ones, or instead of those of the same name.
        body: Sent instead of any answer.
        steps: What is done to the steps of the answer.
    """

    delay_seconds: float = 0.0
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    steps: Edit = _same

    def __or__(self, other: Fault) -> Fault:
        first, second = self.steps, other.steps
        return Fault(
            delay_seconds=self.delay_seconds + other.delay_seconds,
            status=self.status if other.status is None else other.status,
            headers={**self.headers, **other.headers},
            body=self.body if other.body is None else other.body,
            steps=lambda steps: second(first(steps)),
        )

    # Instead of an answer

    @classmethod
    def answer(cls, body: bytes | str, status: int = 200, content_type: str = "text/html") -> Fault:
        """Any body, status and content type: a gateway's page, an error as a string, nothing."""
        raw = body.encode() if isinstance(body, str) else body
        return cls(status=status, body=raw, headers={"Content-Type": content_type})

    @classmethod
    def refuse(
        cls,
        code: str,
        message: str = "",
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> Fault:
        """A business code with its HTTP status, see `refusals.py`."""
        refused = refusal(code, message, status)
        fault = cls.answer(refused.body(), refused.status, "application/json; charset=UTF-8")
        if retry_after_seconds is None:
            return fault
        headers = {**fault.headers, "Retry-After": f"{retry_after_seconds:g}"}
        return replace(fault, headers=headers)

    @classmethod
    def wrong_path(cls) -> Fault:
        """What Z.ai is reported to answer on a path it does not know: status 200, and this."""
        body = b'{"code":500,"msg":"404 NOT_FOUND","success":false}'
        return cls.answer(body, 200, "application/json")

    @classmethod
    def redirect(cls, url: str, status: int = 307) -> Fault:
        """Go elsewhere: 301, 302, 303, 307 or 308."""
        return cls(status=status, body=b"", headers={"Location": url})

    # Time

    @classmethod
    def delay(cls, seconds: float) -> Fault:
        """Nothing, not even headers, for so long."""
        return cls(delay_seconds=seconds)

    @classmethod
    def stall(cls, chunks: int, seconds: float | None = None) -> Fault:
        """After so many chunks nothing for some seconds, or until somebody gives up."""
        return cls(steps=lambda steps: [*steps[:chunks], Pause(seconds), *steps[chunks:]])

    @classmethod
    def only_comments(cls, every_seconds: float = 0.05, chunks: int = 0) -> Fault:
        """After so many chunks keep-alive comments, practically for ever, and no event."""
        endless: list[Step] = [b": ping\n\n", Pause(every_seconds)] * 20_000
        return cls(steps=lambda steps: [*steps[:chunks], *endless])

    @classmethod
    def trickle(cls, seconds_per_byte: float = 0.0) -> Fault:
        """One byte at a time."""
        return cls(steps=lambda steps: byte_by_byte(steps, seconds_per_byte))

    @classmethod
    def held_open(cls) -> Fault:
        """The connection is kept open after the last byte."""
        return cls(steps=lambda steps: [*steps, Pause(None)])

    # Cuts

    @classmethod
    def cut(
        cls, *, chunks: int | None = None, size_bytes: int | None = None, reset: bool = False
    ) -> Fault:
        """The connection ends after so many chunks or bytes."""

        def edit(steps: list[Step]) -> list[Step]:
            if size_bytes is None:
                return [*steps[: chunks or 0], Cut(reset)]
            written = b"".join(step for step in steps if isinstance(step, bytes))
            return [written[:size_bytes], Cut(reset)]

        return cls(steps=edit)

    @classmethod
    def without_done(cls) -> Fault:
        """The stream ends as it should, but for `[DONE]`."""
        return cls(steps=lambda steps: [step for step in steps if step != DONE])

    @classmethod
    def without_finish(cls) -> Fault:
        """Neither finish_reason nor `[DONE]`: the stream just ends."""
        return cls(steps=lambda steps: steps[:-2])

    @classmethod
    def done_twice(cls) -> Fault:
        """`[DONE]` and `[DONE]` again."""
        return cls(steps=lambda steps: [*steps, DONE])

    # Malformed records

    @classmethod
    def error_in_stream(cls, code: str, chunks: int = 1, event: bool = False) -> Fault:
        """After so many chunks an error object, and the end; `event` adds `event: error`."""
        line = b"event: error\n" if event else b""
        record = line + b"data: " + refusal(code).body() + b"\n\n"
        return cls(steps=lambda steps: [*steps[:chunks], record])

    @classmethod
    def truncated_record(cls, at: int = 1) -> Fault:
        """The JSON of one record ends in the middle."""
        return cls.edit(
            lambda steps: change_one(steps, at, lambda raw: raw[: len(raw) // 2] + b"\n\n")
        )

    @classmethod
    def glued_records(cls, at: int = 1) -> Fault:
        """Two `data:` records on one line (github.com/zai-org/GLM-5/issues/66)."""
        return cls.edit(lambda steps: change_one(steps, at, lambda raw: raw.rstrip(b"\n")))

    @classmethod
    def invalid_utf8(cls, at: int = 1) -> Fault:
        """A byte that is no UTF-8 inside the text of one record."""
        return cls.edit(
            lambda steps: change_one(steps, at, lambda raw: raw.replace(b'":"', b'":"\xff'))
        )

    @classmethod
    def crlf(cls) -> Fault:
        """Lines end with CR LF."""
        return cls.edit(lambda steps: each(steps, lambda raw: raw.replace(b"\n", b"\r\n")))

    @classmethod
    def comments(cls) -> Fault:
        """A comment line before every record."""
        return cls.edit(lambda steps: each(steps, lambda raw: b": keep-alive\n\n" + raw))

    # Unusual chunks

    @classmethod
    def finish(cls, reason: str) -> Fault:
        """Another finish_reason; "sensitive" comes with its content_filter."""

        def change(chunk: dict[str, Any]) -> None:
            if chunk["choices"] and "finish_reason" in chunk["choices"][0]:
                chunk["choices"][0]["finish_reason"] = reason
                if reason == "sensitive":
                    chunk["content_filter"] = [{"role": "assistant", "level": 1}]

        return cls.change_json(change)

    @classmethod
    def null_deltas(cls) -> Fault:
        """Every chunk names all fields of the delta; those it does not use are null."""

        def change(chunk: dict[str, Any]) -> None:
            empty = dict.fromkeys(("content", "reasoning_content", "tool_calls"))
            for choice in chunk["choices"]:
                choice["delta"] = empty | choice["delta"]
                choice.setdefault("finish_reason", None)

        return cls.change_json(change)

    @classmethod
    def leading_newline(cls) -> Fault:
        """A chunk with a bare newline before the reasoning, as glm-4.5 was recorded to send."""
        return cls(steps=lambda steps: [with_choices(steps, NEWLINE), *steps])

    @classmethod
    def empty_choices(cls, at: int = 1) -> Fault:
        """A further chunk whose `choices` is empty."""
        return cls(steps=lambda steps: [*steps[:at], with_choices(steps, []), *steps[at:]])

    @classmethod
    def usage_apart(cls) -> Fault:
        """Usage in a chunk of its own, after the finishing one."""

        def edit(steps: list[Step]) -> list[Step]:
            if len(steps) < 2:
                return steps  # not a stream
            last = chunk_of(steps[-2])
            counts = last.pop("usage")
            apart = {**last, "choices": [], "usage": counts}
            return [*steps[:-2], record_of(last), record_of(apart), *steps[-1:]]

        return cls(steps=edit)

    # Anything else

    @classmethod
    def edit(cls, steps: Edit) -> Fault:
        """Any function over the steps."""
        return cls(steps=steps)

    @classmethod
    def change_json(cls, change: Callable[[dict[str, Any]], None]) -> Fault:
        """Any change, in place, of each JSON object of the answer."""

        def apply(raw: bytes) -> bytes:
            if raw == DONE:
                return raw
            record = chunk_of(raw)
            change(record)
            return record_of(record) if raw.startswith(b"data: ") else dumps(record)

        return cls(steps=lambda steps: each(steps, apply))
