"""Deltas, the typed increments of an answer, and their fold into an assistant message."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from .messages import Message, Source, ToolCall, Usage


@dataclass(frozen=True, slots=True)
class ToolCallPiece:
    """A piece of a tool call; `index` says of which one."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """One increment of an answer. An empty one is a tick: nothing came for a moment.

    Attributes:
        text: New text of the answer.
        reasoning: New text of the reasoning.
        tool_calls: New pieces of tool calls.
        finish_reason: Why the model stopped; only at the end.
        usage: Token counts; only at the end.
        model: The model that really answers.
        response_id: The provider's id of the answer.
        sources: Pages that the provider's web search found.
        notice: What the client is waiting for, for the user to see, never part of the answer.
        warning: What was wrong with the stream, kept with the turn.
        step: What ended a round, or came of it: the model's call, a tool's result.
        ended: The stream said that it is over (`[DONE]`).
        recorded: The day on which an answer was recorded that is replayed now; "" for a live one.
        provider: Who gave that answer.
    """

    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCallPiece, ...] = ()
    finish_reason: str = ""
    usage: Usage | None = None
    model: str = ""
    response_id: str = ""
    sources: tuple[Source, ...] = ()
    notice: str = ""
    warning: str = ""
    step: Message | None = None
    ended: bool = False
    recorded: str = ""
    provider: str = ""


@dataclass(slots=True)
class _GrowingCall:
    id: str = ""
    name: str = ""
    arguments: str = ""

    def add(self, piece: ToolCallPiece) -> None:
        self.id = self.id or piece.id
        self.name = self.name or piece.name
        # Some hosts repeat the whole arguments in the last piece.
        if not (piece.arguments == self.arguments and is_json(self.arguments)):
            self.arguments += piece.arguments


def is_json(text: str) -> bool:
    """Whether it is whole JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


@dataclass(slots=True)
class Growing:
    """An answer as far as it has come."""

    finish_reason: str = ""
    usage: Usage | None = None
    model: str = ""
    response_id: str = ""
    sources: tuple[Source, ...] = ()
    warnings: list[str] = field(default_factory=list)
    ended: bool = False
    recorded: str = ""
    provider: str = ""
    _text: list[str] = field(default_factory=list)
    _reasoning: list[str] = field(default_factory=list)
    _calls: dict[int, _GrowingCall] = field(default_factory=dict)

    def add(self, delta: Delta) -> None:
        """Take one more delta in."""
        if delta.text:
            self._text.append(delta.text)
        if delta.reasoning:
            self._reasoning.append(delta.reasoning)
        for piece in delta.tool_calls:
            self._calls.setdefault(piece.index, _GrowingCall()).add(piece)
        self.finish_reason = delta.finish_reason or self.finish_reason
        self.usage = delta.usage or self.usage
        self.model = delta.model or self.model
        self.response_id = delta.response_id or self.response_id
        self.sources = delta.sources or self.sources
        if delta.warning and delta.warning not in self.warnings:
            self.warnings.append(delta.warning)
        self.ended = self.ended or delta.ended
        self.recorded = delta.recorded or self.recorded
        self.provider = delta.provider or self.provider

    @property
    def text(self) -> str:
        """The answer so far; models often begin with empty lines, which are dropped."""
        return "".join(self._text).lstrip("\r\n")

    @property
    def began(self) -> bool:
        """Whether anything came of an answer."""
        came = self._text or self._reasoning or self._calls or self.finish_reason or self.usage
        return bool(came)

    @property
    def reasoning(self) -> str:
        """The reasoning so far."""
        return "".join(self._reasoning).strip("\r\n")

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls so far, in the order of their indexes."""
        calls = (self._calls[index] for index in sorted(self._calls))
        return tuple(ToolCall(call.id, call.name, call.arguments) for call in calls)
