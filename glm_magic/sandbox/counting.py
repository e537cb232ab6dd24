"""Tokens of a prompt, and how many of them an earlier request has paid for already.

No tokenizer is documented, so these are estimates. The real service caches prefixes by itself
(docs.z.ai/guides/capabilities/cache); here a prefix is a run of whole messages.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from ..chat.tokens import estimate_tokens
from .wire import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TOKENS_PER_MESSAGE = 4  # role and separators
_TOKENS_PER_ATTACHMENT = 1_000  # no count is documented for pictures, videos and files
_PREFIXES = 20_000  # kept; the oldest are forgotten


class PrefixCache:
    """The prefixes of earlier requests."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def count(
        self,
        model: str,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]],
        keep_reasoning: bool,
    ) -> tuple[int, int]:
        """Prompt tokens and cached tokens of a request, which is remembered for later ones.

        Args:
            model: A cache belongs to one model.
            messages: The conversation.
            tools: They stand before the conversation, so another list is another prefix.
            keep_reasoning: False when the server drops earlier reasoning, the default.

        Returns:
            All prompt tokens, and how many of them are an earlier request's prefix.
        """
        tokens = estimate_tokens(dumps(tools).decode()) if tools else 0
        digest = hashlib.sha256(dumps([model, tools])).digest()
        cached = 0
        for message in messages:
            kept = {k: v for k, v in message.items() if keep_reasoning or k != "reasoning_content"}
            tokens += message_tokens(kept)
            digest = hashlib.sha256(digest + dumps(kept)).digest()
            if digest in self._seen:
                cached = tokens
            self._seen[digest] = None
            self._seen.move_to_end(digest)
        while len(self._seen) > _PREFIXES:
            self._seen.popitem(last=False)
        return tokens, cached


def message_tokens(message: Mapping[str, Any]) -> int:
    """The tokens of one message."""
    tokens = _TOKENS_PER_MESSAGE
    for part in parts_of(message):
        is_text = part.get("type") == "text"
        tokens += estimate_tokens(str(part.get("text"))) if is_text else _TOKENS_PER_ATTACHMENT
    for key in ("reasoning_content", "tool_calls"):
        if value := message.get(key):
            tokens += estimate_tokens(value if isinstance(value, str) else dumps(value).decode())
    return tokens


def parts_of(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The message's content as parts, whichever of its two shapes it has."""
    content = message.get("content")
    if isinstance(content, str):
        yield {"type": "text", "text": content}
    elif isinstance(content, list):
        yield from content


def text_of(message: Mapping[str, Any]) -> str:
    """All text of a message."""
    return "\n".join(
        str(part.get("text") or "") for part in parts_of(message) if part.get("type") == "text"
    )
