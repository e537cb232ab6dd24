"""A prompt with everything resolved: look at the exact request, or ask it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from .answer import Answer
from .chat.client import Client
from .chat.tokens import estimate_tokens
from .footer import sent_along
from .render.readable import readable
from .store.location import is_nameless
from .store.marking import NOT_SENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .catalog import Price, Provider
    from .chat.asking import Asking
    from .chat.attachments import Attachment
    from .chat.chat import Chat, Earlier
    from .chat.messages import Message, Request
    from .chat.rounds import Rounds
    from .settings import Settings
    from .tools.typed import Typed

_PER_MESSAGE = 4  # role and separators, tokens
_PER_IMAGE = 1000  # no count is documented


class AnyClient(Client, Protocol):
    """A client with an address to show."""

    @property
    def url(self) -> str:
        """Where questions go."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A request that was not sent.

    Attributes:
        url: Where it would go.
        body: Exactly the bytes that would be sent.
        settings: Whose key would go along, and where every value came from.
        tokens: Estimated prompt tokens.
        price: USD per million tokens, or None where it is not known.
        left_out: Earlier turns that no longer fit into the context window.
        attached: What goes along with the prompt, and what each takes, one phrase each.
        notes: What is to be known about that, one sentence each.
    """

    url: str
    body: bytes
    settings: Settings
    tokens: int
    price: Price | None
    left_out: int
    attached: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """The request for a reader: every value as sent, and nothing hidden but the key."""
        key = self.settings.key
        shown_key = f"Bearer … (from {self.settings.sources['key']})" if key else "none"
        if self.settings.provider.key == "none":
            shown_key = "Bearer … (the sandbox's own)"
        lines = [
            f"Preview: {NOT_SENT}",
            f"POST {self.url}",
            f"Authorization: {shown_key}",
            readable(json.loads(self.body)),
            f"{len(self.body):,} bytes · about {self.tokens:,} tokens in · "
            f"{input_cost(self.price, self.tokens)} before the answer",
        ]
        if self.attached:
            lines.append(f"sent along: {', '.join(self.attached)}")
        lines += self.notes
        if self.left_out:
            lines.append(f"{self.left_out} earlier turns no longer fit and are left out.")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a request, for a reader.

    Attributes:
        name: Such as "prompt", or a variable's name.
        what: What it is.
        tokens: Estimated.
        cost: In words, as input.
    """

    name: str
    what: str
    tokens: int
    cost: str


@dataclass(frozen=True, slots=True)
class Question:
    """What `wiring` made of a prompt.

    Attributes:
        settings: What was resolved, and from where.
        attachments: What goes along.
        advice: What the user should know before it is asked, one sentence each.
        chat: Asks, in its conversation.
        price: USD per million tokens, or None where it is not known.
        fields: The arguments of `Chat.ask`.
        check: Called before the request is sent; raises when it must not be.
        rounds: What happens between two answers of its turn; None ends it with the first.
        typed: What the answer must be; None is any text.
    """

    settings: Settings
    attachments: tuple[Attachment, ...]
    advice: tuple[str, ...]
    chat: Chat
    price: Price | None
    fields: Mapping[str, Any]
    check: Callable[[Request], None]
    rounds: Rounds | None = None
    typed: Typed | None = None

    @property
    def client(self) -> AnyClient:
        """Speaks to the host."""
        return cast("AnyClient", self.chat.client)

    def request(self, earlier: Earlier | None = None) -> Request:
        """The request as values; with what it sends along, where that is known already."""
        fields = dict(self.fields)
        del fields["options"]
        prompt = fields.pop("prompt")
        return self.chat.request(prompt, self.attachments, earlier=earlier, **fields)

    def parts(self) -> list[Part]:
        """What the request is made of and what each part takes, with the sum last."""
        earlier = self.chat.earlier(self.fields["cell"], once=self.fields["once"])
        request = self.request(earlier)
        said = [message for turn in earlier.turns for message in turn.messages()]
        held = "\n".join(message.content for message in said)
        found = [("system prompt", "", one) for one in request.messages if one.role == "system"]
        provider = self.settings.provider
        rows = [(name, what, message_tokens(one, provider)) for name, what, one in found]
        if request.tools:
            rows.append(("tools", f"{len(request.tools)} described", _tool_tokens(request)))
        if said:
            turns = "1 turn" if len(earlier.turns) == 1 else f"{len(earlier.turns)} turns"
            tokens = sum(message_tokens(one, provider) for one in said)
            rows.append(("conversation", turns, tokens))
        for one in self.attachments:
            again = bool(one.text) and one.text in held
            what = f"{one.label()}{', sent before' if again else ''}"
            rows.append((one.name, what.removeprefix(one.name).strip(), 0 if again else one.tokens))
        rows.append(("prompt", "", estimate_tokens(self.fields["prompt"]) + _PER_MESSAGE))
        rows.append(("together", "", sum(tokens for _, _, tokens in rows)))
        return [
            Part(name, what, tokens, input_cost(self.price, tokens) if tokens else "")
            for name, what, tokens in rows
        ]

    def preview(self) -> Preview:
        """The exact request, not sent."""
        earlier = self.chat.earlier(self.fields["cell"], once=self.fields["once"])
        request = self.request(earlier)
        body, tokens = self.client.body(request), prompt_tokens(request, self.settings.provider)
        url, left_out = self.client.url, earlier.left_out
        attached = tuple(sent_along(self.attachments, request.messages[-1].content))
        notes = tuple(note for one in self.attachments for note in one.told())
        return Preview(url, body, self.settings, tokens, self.price, left_out, attached, notes)

    def ask(self) -> Asking:
        """Ask it; iterate over the result for the deltas.

        Raises:
            BudgetError: It would pass the budget; nothing was sent.
        """
        fields = dict(self.fields)
        prompt = fields.pop("prompt")
        asking = self.chat.ask(prompt, self.attachments, rounds=self.rounds, **fields)
        self.check(asking.request)  # last: what passed is under way
        return asking

    def answer(self, asking: Asking) -> Answer:
        """What has come so far, as users hold it."""
        embed_context, typed = self.settings.embed_context, self.typed
        told_in = asking.conversation
        if is_nameless(told_in) and not self.chat.conversation.at_home:
            told_in = ""  # another notebook's own: this one would take it for its own
        return Answer(asking.turn, told_in, embed_context=embed_context, typed=typed)


def prompt_tokens(request: Request, provider: Provider) -> int:
    """Estimated tokens of all that a request sends to this provider."""
    said = sum(message_tokens(message, provider) for message in request.messages)
    return said + _tool_tokens(request)


def message_tokens(message: Message, provider: Provider) -> int:
    """Estimated tokens of one message; reasoning goes to some providers only."""
    calls = "".join(call.name + call.arguments for call in message.tool_calls)
    reasoning = message.reasoning if provider.reasoning_in_request else ""
    texts = sum(map(estimate_tokens, (message.content, reasoning, calls)))
    return texts + _PER_MESSAGE + _PER_IMAGE * len(message.images)


def _tool_tokens(request: Request) -> int:
    """Estimated tokens of the descriptions of all tools."""
    return estimate_tokens(json.dumps(request.tools, ensure_ascii=False)) if request.tools else 0


def input_cost(price: Price | None, tokens: int) -> str:
    """What tokens cost on their way in, in words."""
    if price is None:
        return "price unknown"
    return "free" if price.free else f"about ${price.cost(tokens, 0):.6f}"
