"""A reply as bytes: one JSON object, or the chunks of a stream.

Shapes and order are those of recorded traffic and docs.z.ai/api-reference/llm/chat-completion
and docs.z.ai/guides/capabilities/streaming: every delta repeats the role, no chunk opens with
the role alone, finish_reason stands on the last chunk only, and usage rides on it unasked.
`object` is missing in the specification and in recordings of 2025, but strict clients want it.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .reply import Reply, ToolCall, pieces_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every chunk of one answer repeats.

    Attributes:
        id: Date and time digits, then hexadecimal digits, as in recorded traffic.
        request_id: The caller's own, or the id again.
        created: Seconds since 1970.
        model: The model's name.
    """

    id: str
    request_id: str
    created: int
    model: str

    @classmethod
    def of(cls, body: bytes, count: int, model: str, request_id: str | None) -> Envelope:
        """The envelope of the count-th request, its id made from the request's own bytes."""
        created = int(time.time())
        digest = hashlib.sha256(body + b"#%d" % count).hexdigest()[:18]
        name = time.strftime("%Y%m%d%H%M%S", time.gmtime(created)) + digest
        return cls(name, request_id or name, created, model)


def dumps(record: object) -> bytes:
    """Compact JSON; characters beyond ASCII stay as they are, as on the real wire."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")  # half a surrogate pair becomes a question mark


def completion(envelope: Envelope, reply: Reply, usage: Mapping[str, Any]) -> bytes:
    """The whole answer as one JSON object."""
    message: dict[str, Any] = {"role": "assistant", "content": "".join(reply.text)}
    if reply.reasoning:
        message["reasoning_content"] = "".join(reply.reasoning)
    if reply.tool_calls:
        message["tool_calls"] = [_call(call, n) for n, call in enumerate(reply.tool_calls)]
    return dumps(
        {
            "id": envelope.id,
            "request_id": envelope.request_id,
            "created": envelope.created,
            "model": envelope.model,
            "object": "chat.completion",
            "choices": [{"index": 0, "finish_reason": reply.finish_reason, "message": message}],
            "usage": usage,
            **_found(reply),
        }
    )


def frames(
    envelope: Envelope, reply: Reply, usage: Mapping[str, Any], tool_stream: bool
) -> Iterator[bytes]:
    """The records of a stream in order, each with its blank line, `[DONE]` last."""
    head = dumps(
        {
            "id": envelope.id,
            "created": envelope.created,
            "object": "chat.completion.chunk",
            "model": envelope.model,
        }
    )[:-1]
    # One template per kind: only the piece of text is encoded for each of thousands of deltas.
    opening = b"data: " + head + b',"choices":[{"index":0,"delta":{"role":"assistant",'
    for name, pieces in ((b"reasoning_content", reply.reasoning), (b"content", reply.text)):
        before = opening + b'"' + name + b'":'
        for piece in pieces:
            yield before + dumps(piece) + b"}}]}\n\n"
    for index, call in enumerate(reply.tool_calls):
        for record in _call_deltas(call, index, tool_stream):
            yield opening + b'"tool_calls":[' + dumps(record) + b"]}}]}\n\n"
    last = {
        "choices": [
            {
                "index": 0,
                "finish_reason": reply.finish_reason,
                "delta": {"role": "assistant", "content": ""},
            }
        ],
        "usage": usage,
        **_found(reply),
    }
    yield b"data: " + head + b"," + dumps(last)[1:] + b"\n\n"
    yield DONE


def _found(reply: Reply) -> dict[str, Any]:
    """What a web search found stands beside the choices; nothing when nothing was searched."""
    return {"web_search": list(reply.sources)} if reply.sources else {}


def _call(call: ToolCall, index: int) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "index": index, "type": "function", "function": function}


def _call_deltas(call: ToolCall, index: int, tool_stream: bool) -> Iterator[dict[str, Any]]:
    """One chunk with all, or the name first and the arguments in pieces.

    docs.z.ai/guides/tools/stream-tool: without tool_stream the arguments come whole.
    """
    if not tool_stream:
        yield _call(call, index)
        return
    yield _call(ToolCall(call.id, call.name, ""), index)
    for piece in pieces_of(call.arguments):
        yield {"index": index, "function": {"arguments": piece}}
