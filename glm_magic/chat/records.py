"""Turns as plain JSON values and back: what the store writes, twice a turn.

A turn is recorded when it begins (`asked`) and when it ends (`answered`), so that a kernel killed
in between leaves the question. Fields with nothing in them are left out. The text of attachments
is not repeated: it stands in the user message.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from .attachments import Attachment
from .messages import Message, ToolCall, Usage
from .turns import Turn

Record = dict[str, Any]

_ANSWERED = (
    "model", "text", "reasoning", "tool_calls", "usage", "cost_usd", "finish_reason",
    "partial_reason", "warnings", "seconds", "thought_seconds",
)  # fmt: skip
_SPECIAL = ("attachments", "user", "tool_calls", "usage")


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
    if turn.tool_calls:
        record["tool_calls"] = [asdict(call) for call in turn.tool_calls]
    if turn.usage:
        record["usage"] = {k: v for k, v in asdict(turn.usage).items() if v is not None}
    return record


def turn_from(asked: Record, answered: Record | None = None) -> Turn:
    """The turn of its records; without the second one it is partial.

    Args:
        asked: Of `asked`, perhaps by a newer version: unknown fields are passed over.
        answered: Of `answered`.

    Raises:
        KeyError: A field that every turn has is missing.
        TypeError: A field is of another type.
    """
    record: Record = {"partial_reason": "not finished"} | asked
    if answered is not None:
        record.pop("partial_reason")
        record |= answered
    names = {one.name for one in fields(Turn)}
    known: dict[str, Any] = {name: value for name, value in record.items() if name in names}
    content = record.get("context", "") + record["prompt"]
    known["user"] = Message("user", content, images=tuple(record.get("images", ())))
    known["attachments"] = tuple(_attachment_from(one) for one in record.get("attached", ()))
    known["tool_calls"] = tuple(ToolCall(**call) for call in record.get("tool_calls", ()))
    known["usage"] = Usage(**record["usage"]) if record.get("usage") else None
    for name in ("warnings", "earlier_names"):
        known[name] = tuple(record.get(name, ()))
    known.setdefault("request_digest", "")
    known.setdefault("cell", None)
    return Turn(**known)


def _plain(turn: Turn, names: Any) -> Record:
    values = {name: getattr(turn, name) for name in names if name not in _SPECIAL}
    kept = {name: value for name, value in values.items() if value not in ("", None, (), 0, {})}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in kept.items()} | (
        # Free and unknown are not the same.
        {"cost_usd": turn.cost_usd} if "cost_usd" in values and turn.cost_usd is not None else {}
    )


def _attachment(one: Attachment) -> Record:
    record = asdict(one)
    del record["text"]
    return {name: value for name, value in record.items() if value or name in ("name", "shape")}


def _attachment_from(record: Record) -> Attachment:
    rows, columns = record.get("shape", (None, None))
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
    )
