"""A turn inside the output that shows it: the value under "glm_magic" in the output's metadata.

Metadata survives save, reload, untrusted reopening, nbconvert and validation, and no front end
shows it. What it holds:

    schema            1
    conversation      which conversation the turn belongs to
    turn, cell        ids
    created           ISO 8601 in UTC
    provider, model, status, partial_reason, finish_reason
    prompt, answer, reasoning     texts; long ones as `answer_delta` or `answer_zlib`, see `packing`
    usage             prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens
    cost_usd          0.0 is free, missing is unknown
    seconds, thought_seconds
    recorded          the day on which the answer was recorded, when it was replayed
    attached          name, kind, level, digest, tokens, shape, notes of what went along, form and
                      image_digest of what is no table
    options           what the question was asked with, besides the model; and how many images
    steps_json        what was said between question and answer, as JSON, packed as texts are
    request_digest, earlier_digest, earlier_turns, earlier_names, left_out, warnings, tool_calls,
    sources
    context, images   what went along itself; only when the user embeds it
    pieces            how many outputs before this one show the beginning of the answer

Entries with nothing in them are left out. Readers pass over names they do not know; a change that
old readers must not miss raises the schema. Displays of ours that carry no turn (tables, an answer
shown again, the panel, the beginning of an answer in pieces) hold the schema alone, so that they
are known as ours.
"""

from __future__ import annotations

import json
import re
from collections import deque
from typing import TYPE_CHECKING, Any

from ..chat.records import answered, asked
from ..chat.turns import NOT_FINISHED
from .checking import turn_of
from .marking import NAMESPACE, SCHEMA
from .notebook_json import entry, shown_of
from .packing import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..chat.records import Record
    from ..chat.turns import Turn

_PACKED = ("prompt", "answer", "reasoning", "steps_json", "context")
_EMBEDDED = ("context", "images")
_ORDER = (
    "schema", "conversation", "turn", "cell", "created", "provider", "model", "status",
    "partial_reason", "finish_reason", "prompt", "answer", "reasoning", "usage", "cost_usd",
    "seconds", "thought_seconds", "attached",
)  # fmt: skip
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_MAX_NAME_CHARACTERS = 200
_MOST_PIECES = 50


def output_metadata(
    turn: Turn,
    conversation: str = "",
    *,
    shown: str = "",
    begun: Sequence[str] = (),
    embed_context: bool = False,
) -> Record:
    """What the output's metadata says of the turn, under "glm_magic".

    Args:
        turn: The finished turn.
        conversation: The id of its conversation; "" for none.
        shown: The `text/markdown` of the same output, exactly. With it the answer costs a few
            bytes instead of half its length; without it the metadata stands alone.
        begun: The Markdown of each output before it that shows the beginning of the answer.
        embed_context: Whether what was attached goes along, so that sharing the notebook shares
            the frame summaries, rows and images too.
    """
    told = asked(turn) | answered(turn)
    told["turn"], told["answer"] = told.pop("id"), told.pop("text", "")
    told.pop("elsewhere", None)  # every reader of a file says it
    if turn.steps:
        told["steps_json"] = _steps_json(told.pop("steps"), embed_context=embed_context)
    told |= {"schema": SCHEMA, "conversation": conversation, "status": turn.status}
    told |= {"pieces": len(begun)} if begun else {}
    drawn = sum(1 for one in turn.attachments if one.image_digest)
    if not embed_context and len(turn.user.images) > drawn:  # nobody finds them in the file
        told["options"] = {**turn.options, "images": len(turn.user.images) - drawn}
    shown = "".join((*begun, shown))
    record: Record = {}
    for name in (*_ORDER, *(one for one in told if one not in _ORDER)):
        if told.get(name) in ("", None, []) or (name in _EMBEDDED and not embed_context):
            continue
        if name in _PACKED:
            record |= packed(name, told[name], shown)
        else:
            record[name] = _writable(told[name])
    return record


def turn_from_metadata(record: object, shown: str = "") -> Turn | None:
    """The turn that an output's metadata holds.

    Without embedded context its user message is the prompt alone: what was attached is known by
    name and digest only.

    Args:
        record: The value under "glm_magic", from anywhere.
        shown: The `text/markdown` of the same output, behind that of its pieces.

    Returns:
        None for anything that is not a turn in schema 1, or too large, or damaged.
    """
    if not isinstance(record, dict) or type(record.get("schema")) is not int:
        return None
    if record["schema"] != SCHEMA:
        return None
    try:
        told: dict[str, Any] = {k: v for k, v in record.items() if k not in ("id", "text")}
        told |= {name: unpacked(record, name, shown) for name in _PACKED}
        told["id"], told["text"] = told.pop("turn"), told.pop("answer")
        told["steps"] = json.loads(told.pop("steps_json") or "[]")
        if told.get("status") == "partial":
            told.setdefault("partial_reason", NOT_FINISHED)
        return turn_of(told)
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def turns_of(outputs: Iterable[Any]) -> Iterator[tuple[int, Record, Turn]]:
    """The turns in the outputs of a cell, each with its output's position and metadata.

    Args:
        outputs: As they lie in a notebook's file, from anywhere.
    """
    # Of what is ours and no turn: there may be other outputs in between.
    begun: deque[str] = deque(maxlen=_MOST_PIECES)
    for position, output in enumerate(outputs):
        record = entry(output, "metadata").get(NAMESPACE)
        if not isinstance(record, dict):
            continue
        shown = shown_of(output)
        pieces = record.get("pieces")
        if type(pieces) is not int or not 0 < pieces <= _MOST_PIECES:
            pieces = 0
        before = list(begun)[len(begun) - pieces :] if pieces else ()
        turn = turn_from_metadata(record, "".join((*before, shown)))
        if turn is None:
            begun.append(shown)
        else:
            yield position, record, turn


def _steps_json(steps: list[Record], *, embed_context: bool) -> str:
    """Without the figures that a model was shown, which stand in outputs of their own."""
    kept = [
        {name: value for name, value in step.items() if embed_context or name != "images"}
        for step in steps
    ]
    return json.dumps(kept, ensure_ascii=False)


def conversation_of(record: object) -> str:
    """The conversation's id in an output's metadata; "" when there is none that could be one."""
    name = record.get("conversation") if isinstance(record, dict) else None
    if not isinstance(name, str) or not name.isprintable() or len(name) > _MAX_NAME_CHARACTERS:
        return ""
    # It may become part of a file's name on this machine.
    return "" if name.startswith(".") or set(name) & set("/\\:") else name


def _writable(value: Any) -> Any:
    """The value without half surrogate pairs, which no UTF-8 file can hold."""
    if isinstance(value, str):
        return _HALF_PAIR.sub("\ufffd", value)
    if isinstance(value, list | tuple):
        return [_writable(one) for one in value]
    if isinstance(value, dict):
        return {_writable(name): _writable(one) for name, one in value.items()}
    return value
