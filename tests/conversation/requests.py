"""What a sandbox was asked, read for a test."""

import json
from typing import Any

from glm_magic.sandbox import Sandbox


def bodies(sandbox: Sandbox) -> list[bytes]:
    """The exact bytes of every request so far."""
    return [request.body for request in sandbox.requests]


def asked(sandbox: Sandbox, at: int = -1) -> list[str]:
    """What the user said in a request, the last one by default, oldest first."""
    messages = sandbox.requests[at].json["messages"]
    return [message["content"] for message in messages if message["role"] == "user"]


def messages_bytes(body: bytes) -> bytes:
    """The messages of a request as they stand in its bytes, up to the end of the last one."""
    messages: list[Any] = json.loads(body)["messages"]
    return json.dumps(messages, ensure_ascii=False, separators=(",", ":")).encode()[:-1]


def stable_share(body: bytes, following: bytes) -> float:
    """How much of a request's messages is, unchanged, the beginning of the following one's."""
    one, other = messages_bytes(body), messages_bytes(following)
    shared = next(
        (at for at in range(len(one)) if one[at : at + 1] != other[at : at + 1]), len(one)
    )
    return shared / len(one)
