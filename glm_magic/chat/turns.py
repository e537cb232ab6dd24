"""A turn: the user message and all that followed until the assistant was done."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from .deltas import Delta, Growing
from .messages import Message, Source, ToolCall, Usage
from .rounds import closed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .attachments import Attachment

# finish_reasons after which the answer is not what the model meant to say
# (docs.z.ai chat completion reference; "error" is OpenRouter's).
_BROKEN = {"network_error": "connection lost", "error": "error from the host"}
# ... and after which what came is only the beginning: a call in it may be half of one.
CUT_SHORT = ("length", "model_context_window_exceeded")
_CUT = ("sensitive", *CUT_SHORT)
_NO_ANSWER = "(I was stopped here.)"
SENSITIVE = "withdrawn by the provider's content policy"
NOT_FINISHED = "not finished"  # it is under way, or nobody knows how it ended


@dataclass(frozen=True, slots=True)
class Turn:
    """One round of a conversation, complete or partial.

    Attributes:
        id: Random, unique.
        cell: The notebook cell it belongs to, or None outside a notebook.
        created: When it was asked, ISO 8601 in UTC.
        provider: Who was asked.
        model: The model that answered; the asked one until an answer names another.
        prompt: The user's own text.
        attachments: What went along.
        options: What the question was asked with, besides the model: sampling, frame level.
        earlier_turns: How many earlier turns were sent along.
        earlier_names: What had been attached to those.
        earlier_digest: Of everything said before it, to see later whether that has changed.
        left_out: How many earlier turns no longer fitted into the context window.
        user: The user message exactly as sent, attachments included.
        steps: What was said between it and the answer: tool calls with their results, repairs.
        request_digest: SHA-256 of the exact request body, hexadecimal.
        text: The answer.
        reasoning: The reasoning.
        tool_calls: The tool calls.
        sources: Pages that the provider's web search found, in all rounds.
        usage: Token counts, None when the server did not say.
        cost_usd: None when the price or the usage is not known.
        finish_reason: Why the model stopped; "" when it never said.
        partial_reason: Why the turn was cut short by us or by the line; "" when it was not.
        warnings: What was wrong with the answer, one sentence each.
        recorded: The day on which the answer was recorded, when it was replayed; "" for a live one.
        seconds: From the request to the end.
        thought_seconds: From the first reasoning to the first text; 0 without reasoning.
        elsewhere: Whether a notebook or an exported file told of it: who asked it is not known.
    """

    id: str
    cell: str | None
    created: str
    provider: str
    model: str
    prompt: str
    attachments: tuple[Attachment, ...]
    user: Message
    request_digest: str
    options: dict[str, Any] = field(default_factory=dict)
    earlier_turns: int = 0
    earlier_names: tuple[str, ...] = ()
    earlier_digest: str = ""
    left_out: int = 0
    steps: tuple[Message, ...] = ()
    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    sources: tuple[Source, ...] = ()
    usage: Usage | None = None
    cost_usd: float | None = None
    finish_reason: str = ""
    partial_reason: str = ""
    warnings: tuple[str, ...] = ()
    recorded: str = ""
    seconds: float = 0.0
    thought_seconds: float = 0.0
    elsewhere: bool = field(default=False, compare=False)

    @property
    def status(self) -> str:
        """Either "complete" or "partial"."""
        return "partial" if self.partial_reason else "complete"

    @property
    def sums_up(self) -> bool:
        """Whether it was asked to stand for all turns before it."""
        return self.options.get("sums_up") is True

    def messages(self) -> tuple[Message, ...]:
        """What later requests send of this turn: nothing that was withdrawn, no reasoning.

        But that of tool calls: it is part of what the provider has cached. Repairs are over. A
        summary that did not come whole stands for nothing.
        """
        steps = self.steps if any(step.tool_calls for step in self.steps) else ()
        if self.partial_reason == SENSITIVE or not (self.text or steps):
            return ()
        if self.sums_up and self.partial_reason:
            return ()
        return (self.user, *steps, Message("assistant", self.text or _NO_ANSWER))


def begin(
    *,
    cell: str | None,
    provider: str,
    model: str,
    prompt: str,
    attachments: tuple[Attachment, ...],
    user: Message,
    request_digest: str,
    earlier: Sequence[Turn] = (),
    earlier_digest: str = "",
    left_out: int = 0,
    options: dict[str, Any] | None = None,
) -> Turn:
    """A turn that exists from the first moment, partial until it is finished."""
    return Turn(
        id=uuid.uuid4().hex,
        cell=cell,
        created=datetime.now(UTC).isoformat(timespec="milliseconds"),
        provider=provider,
        model=model,
        prompt=prompt,
        attachments=attachments,
        user=user,
        request_digest=request_digest,
        earlier_turns=len(earlier),
        earlier_names=tuple(dict.fromkeys(one.name for t in earlier for one in t.attachments)),
        earlier_digest=earlier_digest,
        left_out=left_out,
        options=options or {},
        partial_reason=NOT_FINISHED,
    )


class TurnBuilder:
    """Grows a turn: begin, add deltas, then `finish` once, whole or with a reason why not.

    Attributes:
        turn: As it was when it was last looked at.
        growing: The answer of the round under way.
        steps: What was said in the rounds before.
        rounds: What came of each request, the one under way included.
    """

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.growing = Growing()
        self.steps: list[Message] = []
        self.rounds = [self.growing]
        self._sources: list[Source] = []
        self._warnings: list[str] = []
        self._live_rounds = False
        self._began = time.monotonic()
        self._reasoning_at = 0.0
        self._text_at = 0.0

    def add(self, delta: Delta) -> None:
        """Take one more delta in."""
        self.growing.add(delta)
        if delta.reasoning and not self._reasoning_at:
            self._reasoning_at = time.monotonic()
        if delta.text.strip() and not self._text_at:
            self._text_at = time.monotonic()

    def said(self) -> Message | None:
        """What the model said in a round that has ended as it should; None after any other."""
        grown = self.growing
        broken = grown.finish_reason in (*_BROKEN, *_CUT)
        if broken or not (grown.finish_reason or grown.ended):
            return None
        return Message(
            "assistant", grown.text, reasoning=grown.reasoning, tool_calls=grown.tool_calls
        )

    def step(self, message: Message) -> None:
        """The round goes on with this; the first of a round holds what the model said."""
        if message.role == "assistant":
            self._end_round()
        self.steps.append(message)

    def _end_round(self) -> None:
        grown = self.growing
        self._warnings = [*self._warnings, *grown.warnings]
        self._live_rounds = self._live_rounds or not grown.recorded
        self._sources += grown.sources
        self.growing = Growing(model=grown.model, response_id=grown.response_id)
        self._reasoning_at = self._text_at = 0.0

    def next_round(self) -> None:
        """The next request was sent."""
        self.rounds.append(self.growing)

    def refused(self) -> None:
        """No model saw the request under way, if there is one: its round counts for nothing."""
        if self.rounds[-1] is self.growing:
            self.rounds.pop()

    def _used(self) -> Usage | None:
        """Of all rounds; None when one of them told nothing, for a part is not the sum."""
        told = [one.usage for one in self.rounds if one.usage is not None]
        return reduce(add, told) if told and len(told) == len(self.rounds) else None

    def warn(self, sentences: Sequence[str]) -> None:
        """What a reader should know besides."""
        self._warnings += sentences

    @property
    def seconds(self) -> float:
        """Since the turn began."""
        return time.monotonic() - self._began

    @property
    def thought_seconds(self) -> float:
        """How long the model has reasoned, or did."""
        if not self._reasoning_at:
            return 0.0
        return (self._text_at or time.monotonic()) - self._reasoning_at

    def finish(self, partial_reason: str = "") -> Turn:
        """The turn as it is now.

        Args:
            partial_reason: Why it was cut short; "" lets the stream itself decide: one that
                ended without a finish_reason and without `[DONE]` is partial.
        """
        grown = self.growing
        text, reasoning, warnings = grown.text, grown.reasoning, self._told(grown)
        if not partial_reason:
            partial_reason = _BROKEN.get(grown.finish_reason, "")
        if not partial_reason and not grown.finish_reason and not grown.ended:
            partial_reason = "connection lost"
        withdrawn = partial_reason == SENSITIVE or grown.finish_reason == "sensitive"
        if withdrawn:
            # The provider asks clients to withdraw the text and not to send it back.
            text, reasoning, partial_reason = "", "", SENSITIVE
        recorded = "" if self._live_rounds else grown.recorded
        # A replay takes the time it takes, which would tell nothing and never be the same.
        seconds, thought = (0.0, 0.0) if recorded else (self.seconds, self.thought_seconds)
        self.turn = replace(
            self.turn,
            provider=grown.provider or self.turn.provider,
            model=grown.model or self.turn.model,
            steps=closed(self.steps),
            text=text,
            reasoning=reasoning,
            tool_calls=() if withdrawn else grown.tool_calls,
            sources=tuple(dict.fromkeys((*self._sources, *grown.sources))),
            usage=self._used(),
            finish_reason=grown.finish_reason,
            partial_reason=partial_reason,
            warnings=tuple(dict.fromkeys(warnings)),
            recorded=recorded,
            seconds=round(seconds, 3),
            thought_seconds=round(thought, 3),
        )
        return self.turn

    def _told(self, grown: Growing) -> list[str]:
        warnings = [*self._warnings, *grown.warnings]
        if grown.finish_reason == "length":
            warnings.append("The answer was cut at max_tokens.")
        if grown.finish_reason == "model_context_window_exceeded":
            warnings.append("The answer was cut: the context window is full.")
        return warnings
