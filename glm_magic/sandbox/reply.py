"""What the stand-in says: text, reasoning and tool calls, already cut into deltas."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# About the size of a token in Latin text; the pieces joined are the text again, exactly.
_PIECE = re.compile(r"\s*\S{1,6}|\s+")

NOTE = "*Sandbox answer: no model was called; a rule-based stand-in wrote this.*"
FRAME_NOTE = (
    "*Sandbox answer: no model was called; a rule-based stand-in wrote this from the "
    "description of your data.*"
)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A request to run one of the caller's functions.

    Attributes:
        id: Returned with the result.
        name: The function's name.
        arguments: A JSON object as text, as on the wire.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One assistant message in pieces; each piece counts as one token.

    Attributes:
        reasoning: Pieces of the reasoning.
        text: Pieces of the answer.
        tool_calls: Functions to call; each piece of their arguments is a token too.
        finish_reason: As on the wire.
        sources: What a web search found, as on the wire.
        tokens_per_second: A speed the prompt asked for, or infinity; None keeps the server's.
        delay_seconds: Wait before the first delta.
    """

    reasoning: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    sources: tuple[Mapping[str, str], ...] = ()
    tokens_per_second: float | None = None
    delay_seconds: float = 0.0

    @property
    def completion_tokens(self) -> int:
        """All pieces: reasoning is part of the completion."""
        calls = sum(len(pieces_of(call.arguments)) for call in self.tool_calls)
        return len(self.reasoning) + len(self.text) + calls

    def without_reasoning(self) -> Reply:
        """The same with thinking switched off."""
        return replace(self, reasoning=())

    def until(self, stop: str) -> Reply:
        """The same, ended before the first place where the stop string stands."""
        before, found, _ = "".join(self.text).partition(stop) if stop else ("", "", "")
        return replace(self, text=pieces_of(before)) if found else self

    def at_most(self, max_tokens: int) -> Reply:
        """The same within a number of tokens; reasoning counts against it, tool calls whole."""
        if self.completion_tokens <= max_tokens:
            return self
        left = max(0, max_tokens - len(self.reasoning))
        return replace(
            self,
            reasoning=self.reasoning[:max_tokens],
            text=self.text[:left],
            tool_calls=(),
            finish_reason="length",
        )


def pieces_of(text: str) -> tuple[str, ...]:
    """The text in pieces of about a token."""
    return tuple(_PIECE.findall(text))


def usage(prompt_tokens: int, cached_tokens: int, reply: Reply) -> Mapping[str, Any]:
    """The usage object, with both details seen in recorded traffic of 2026."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "total_tokens": prompt_tokens + reply.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": len(reply.reasoning)},
    }
