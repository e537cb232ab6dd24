"""Turns as plain JSON values and back: what the store writes, at least twice a turn.

A turn is recorded when it begins (`asked`), while it lasts (`came`) and when it ends (`answered`),
so that a kernel killed in between leaves the question and what had come of it. Fields with nothing
in them are left out. Texts and pictures of attachments are not repeated: they stand in the user
message, where a digest finds the picture.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from .attachments import Attachment
from .messages import Message, Source, ToolCall, Usage
from .rounds import NO_RESULT, closed
from .turns import NOT_FINISHED, Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

Record = dict[str, Any]

_ANSWERED = (
    "model", "steps", "text", "reasoning", "tool_calls", "sources", "usage", "cost_usd",
    "finish_reason", "partial_reason", "warnings", "recorded", "seconds", "thought_seconds",
)  # fmt: skip
_FIELDS = frozenset(one.name for one in fields(Turn))
_SPECIAL = ("attachments", "user", "steps", "tool_calls", "sources", "usage")


def asked(turn: Turn) -> Record:
    """What is known when a turn begins."""
    record: Record = _plain(turn, [one.name for one in fields(Turn) if one.name not in _ANSWERED])
    record["model"] = turn.model
    if turn.attachments:
        record["attached"] = [_attachment(one) for one in turn.attachments]
    if turn.user.content != turn.prompt:
        # The prompt ends the message; in front of it stands what was attached.
        record["context"] = turn.user.content.removesuffix(turn.prompt)
    if turn.user.images:
        record["images"] = list(turn.user.images)
    return record


def answered(turn: Turn) -> Record:
    """What is known when a turn has ended, with its id."""
    record: Record = {"id": turn.id} | _plain(turn, _ANSWERED)
    if turn.recorded:  # somebody else's answer than of who would have been asked
        record["provider"] = turn.provider
    if turn.steps:
        record["steps"] = [_step(message) for message in turn.steps]
    if turn.tool_calls:
        record["tool_calls"] = [asdict(call) for call in turn.tool_calls]
    if turn.sources:
        record["sources"] = [{k: v for k, v in asdict(one).items() if v} for one in turn.sources]
    if turn.usage:
        record["usage"] = {k: v for k, v in asdict(turn.usage).items() if v is not None}
    return record


def came(
    name: str,
    behind: tuple[int, int, int],
    steps: Sequence[Message],
    text: str,
    reasoning: str,
    seconds: float,
) -> Record:
    """What has come of a turn under way since it was told last.

    Args:
        name: The turn's id.
        behind: How many steps, and characters of the round's text and reasoning, are known.
        steps: Of the rounds before.
        text: Of this round, so far.
        reasoning: Of this round, so far.
        seconds: Since the turn began.
    """
    known_steps, known_text, known_reasoning = behind
    record: Record = {"id": name, "behind": list(behind), "seconds": round(seconds, 3)}
    new = [_step(message) for message in steps[known_steps:]]
    pieces = {"steps": new, "text": text[known_text:], "reasoning": reasoning[known_reasoning:]}
    return record | {name: piece for name, piece in pieces.items() if piece}


def with_more(turn: Turn, record: Record) -> Turn:
    """The unfinished turn with what came of it; telling it again changes nothing.

    Args:
        turn: As far as it is known.
        record: Of `came`.

    Raises:
        KeyError: A field is missing.
        TypeError: A field is of another type.
        ValueError: `behind` is not three numbers.
    """
    steps, text, reasoning = record["behind"]
    said = [step for step in turn.steps if step.content != NO_RESULT][:steps]
    return replace(
        turn,
        steps=closed([*said, *map(_step_from, record.get("steps", ()))]),
        text=turn.text[:text] + record.get("text", ""),
        reasoning=turn.reasoning[:reasoning] + record.get("reasoning", ""),
        seconds=float(record["seconds"]),
    )


def turn_from(asked: Record, answered: Record | None = None) -> Turn:
    """The turn of its records; without the second one it is partial.

    Args:
        asked: Of `asked`, perhaps by a newer version: unknown fields are passed over.
        answered: Of `answered`.

    Raises:
        KeyError: A field that every turn has is missing.
        TypeError: A field is of another type.
    """
    record: Record = {"partial_reason": NOT_FINISHED} | asked
    if answered is not None:
        record.pop("partial_reason")
        record |= answered
    known: dict[str, Any] = {name: value for name, value in record.items() if name in _FIELDS}
    known.setdefault("prompt", "")  # as for every text, an empty one is not written
    content = record.get("context", "") + known["prompt"]
    images = tuple(record.get("images", ()))
    known["user"] = Message("user", content, images=images)
    attached = record.get("attached", ())
    known["attachments"] = tuple(_attachment_from(one, images) for one in attached)
    known["steps"] = tuple(map(_step_from, record.get("steps", ())))
    known["tool_calls"] = tuple(ToolCall(**call) for call in record.get("tool_calls", ()))
    known["sources"] = tuple(Source(**source) for source in record.get("sources", ()))
    known["usage"] = Usage(**record["usage"]) if record.get("usage") else None
    for name in ("warnings", "earlier_names"):
        known[name] = tuple(record.get(name, ()))
    known.setdefault("request_digest", "")
    known.setdefault("cell", None)
    return Turn(**known)


def _step(message: Message) -> Record:
    return {
        name: list(v) if isinstance(v, tuple) else v for name, v in asdict(message).items() if v
    }


def _step_from(record: Record) -> Message:
    calls = tuple(ToolCall(**call) for call in record.get("tool_calls", ()))
    return Message(**{**record, "images": tuple(record.get("images", ())), "tool_calls": calls})


def _plain(turn: Turn, names: Any) -> Record:
    values = {name: getattr(turn, name) for name in names if name not in _SPECIAL}
    kept = {name: value for name, value in values.items() if value not in ("", None, (), 0, {})}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in kept.items()} | (
        # Free and unknown are not the same.
        {"cost_usd": turn.cost_usd} if "cost_usd" in values and turn.cost_usd is not None else {}
    )


def _attachment(one: Attachment) -> Record:
    record = asdict(one)
    del record["text"], record["image"]
    return {name: value for name, value in record.items() if value or name in ("name", "shape")}


def _attachment_from(record: Record, images: Sequence[str]) -> Attachment:
    rows, columns = record.get("shape", (None, None))
    digest = record.get("image_digest", "")
    return Attachment(
        name=record["name"],
        kind=record.get("kind", ""),
        level=record.get("level", ""),
        text="",
        digest=record.get("digest", ""),
        tokens=record.get("tokens", 0),
        rows_sent=record.get("rows_sent", 0),
        shape=(rows, columns),
        notes=tuple(record.get("notes", ())),
        form=record.get("form", ""),
        image=next((url for url in images if digest and _is(url, digest)), ""),
        image_digest=digest,
    )


def _is(url: object, digest: str) -> bool:
    # Who wrote the record is not known: an image may be anything.
    if not isinstance(url, str):
        return False
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest() == digest
