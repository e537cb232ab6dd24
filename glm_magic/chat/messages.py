"""Messages as values: equal when their content is equal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model's wish to run a function.

    Attributes:
        id: Ties a tool message to this call.
        name: The function's name.
        arguments: JSON text as the model wrote it; it may be invalid.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """What one role said, whole.

    Attributes:
        role: Who said it.
        content: The text.
        images: URLs of images, `data:` or https; user messages of V models only.
        reasoning: What the model thought first; assistant messages only.
        tool_calls: What the model wished to run; assistant messages only.
        tool_call_id: Which call this answers; tool messages only.
    """

    role: Role
    content: str = ""
    images: tuple[str, ...] = ()
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A page that the provider's own web search found.

    Attributes:
        mark: How the answer refers to it, such as "ref_1".
        title: Its title; untrusted.
        link: Its address; untrusted.
        date: When it was published, as the provider says; "" if unsaid.
    """

    mark: str = ""
    title: str = ""
    link: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the server reports them; completion tokens include reasoning.

    Attributes:
        prompt_tokens: All tokens of the request, cached ones included.
        completion_tokens: All tokens of the answer, reasoning included.
        cached_tokens: Prompt tokens billed at the cached price; None when not reported.
        reasoning_tokens: Completion tokens spent on reasoning; None when not reported.
    """

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        """Of several requests together."""
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            _sum(self.cached_tokens, other.cached_tokens),
            _sum(self.reasoning_tokens, other.reasoning_tokens),
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model, as values; how it looks on the wire is the client's business.

    A None leaves the choice to the server.

    Attributes:
        model: The catalog's name, without a host's prefix.
        messages: From the oldest to the newest; the last one is the user's.
        thinking: Whether the model reasons first.
        effort: How much it reasons.
        temperature: 0 to 1.
        top_p: 0.01 to 1.
        max_tokens: Longest answer with its reasoning, tokens.
        stop: One text at which the answer ends.
        json_object: Whether the answer must be one JSON object.
        tools: Function descriptions as the wire has them (`{"type": "function", ...}`).
        tool_stream: Whether the arguments of tool calls come piece by piece, too.
        stream: Whether the answer comes piece by piece.
        user: A name that tells the host's users apart and not who they are; "" sends none.
    """

    model: str
    messages: tuple[Message, ...]
    thinking: bool | None = None
    effort: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: str | None = None
    json_object: bool = False
    tools: tuple[dict[str, Any], ...] = ()
    tool_stream: bool = False
    stream: bool = True
    user: str = ""
