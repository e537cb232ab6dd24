"""The live object that asks: a client and the conversation it continues."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .asking import Asking
from .conversation import Conversation
from .messages import Message, Request
from .turns import begin
from .window import first_kept

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .attachments import Attachment
    from .client import Client
    from .rounds import Rounds
    from .turns import Turn


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a request sends along of what was said before.

    Attributes:
        turns: Oldest first.
        left_out: How many older ones no longer fit into the context window.
    """

    turns: tuple[Turn, ...]
    left_out: int


class Chat:
    """The live object that asks: a client and the conversation it continues.

    Args:
        client: Speaks to the model.
        provider: The provider's name, kept with each turn.
        conversation: What was said before; a new one when not given.
        price: USD for a finished turn, or None where that is not known.
        window_tokens: What earlier turns may take of a request, estimated; None is no limit.
    """

    def __init__(
        self,
        client: Client,
        provider: str,
        conversation: Conversation | None = None,
        price: Callable[[Turn], float | None] = lambda turn: None,  # noqa: ARG005 - one signature
        window_tokens: int | None = None,
    ) -> None:
        self.client = client
        self.provider = provider
        self.conversation = Conversation() if conversation is None else conversation
        self.price = price
        self.window_tokens = window_tokens
        self.finished: Callable[[Asking], None] = lambda _: None

    def earlier(self, cell: str | None, *, once: bool = False) -> Earlier:
        """What a request from this cell sends along of earlier turns.

        It walks the whole conversation; who needs it twice hands it on.
        """
        if once:
            return Earlier((), 0)
        turns = self.conversation.before(cell)
        limit = self.window_tokens
        first = 0 if limit is None else first_kept(turns, limit, self.conversation.tokens)
        return Earlier(turns[first:], first)

    def request(
        self,
        prompt: str,
        attachments: Sequence[Attachment] = (),
        *,
        cell: str | None = None,
        once: bool = False,
        system: str | None = None,
        instruction: str = "",
        sees: bool = True,
        images: Sequence[str] = (),
        earlier: Earlier | None = None,
        **fields: Any,
    ) -> Request:
        """What would be asked: system prompt, earlier turns, then the new message.

        Args:
            prompt: The user's own text; it is sent unchanged.
            attachments: What goes along, put before the prompt.
            cell: The notebook cell that asks.
            once: Leave the conversation out.
            system: The system prompt; None or "" sends none.
            instruction: Ours for this question alone, put in front of the prompt: another
                system prompt would begin another request, and the provider's cache of it is lost.
            sees: Whether the model reads images; else those of earlier turns stay behind.
            images: URLs of images.
            earlier: Of `earlier` with the same cell and `once`, when it is known already.
            **fields: The other fields of `Request`.
        """
        earlier = earlier or self.earlier(cell, once=once)
        said = [message for turn in earlier.turns for message in turn.messages()]
        if not sees:
            said = [replace(message, images=()) for message in said]
        sent_before = "\n".join(message.content for message in said) if attachments else ""
        # What an earlier message of this request already holds is not said twice.
        new = [one.text for one in attachments if one.text not in sent_before]
        words = [*new, instruction, prompt] if instruction else [*new, prompt]
        user = Message("user", "\n\n".join(words), images=_new_images(images, attachments, said))
        first = (Message("system", system),) if system else ()
        return Request(messages=(*first, *said, user), **fields)

    def ask(
        self,
        prompt: str,
        attachments: Sequence[Attachment] = (),
        *,
        cell: str | None = None,
        once: bool = False,
        options: dict[str, Any] | None = None,
        rounds: Rounds | None = None,
        **fields: Any,
    ) -> Asking:
        """Ask; iterate over the result for the deltas.

        Takes what `request` takes, and `options`: what the turn remembers of how it was asked,
        and `rounds`: what happens between two answers of the turn.
        """
        earlier = self.earlier(cell, once=once)
        request = self.request(prompt, attachments, cell=cell, once=once, earlier=earlier, **fields)
        body = self.client.body(request)
        turn = begin(
            cell=cell,
            provider=self.provider,
            model=request.model,
            prompt=prompt,
            attachments=tuple(attachments),
            user=request.messages[-1],
            request_digest=hashlib.sha256(body).hexdigest(),
            earlier=earlier.turns,
            earlier_digest="" if once else self.conversation.digest_before(cell),
            left_out=earlier.left_out,
            options=options,
        )
        return Asking(self, request, turn, keep=not once, rounds=rounds)


def _new_images(
    images: Sequence[str], attachments: Sequence[Attachment], said: Sequence[Message]
) -> tuple[str, ...]:
    """The pictures that go along, each once; those of attachments only when they are new."""
    sent_before = {url for message in said for url in message.images}
    drawn = (one.image for one in attachments if one.image and one.image not in sent_before)
    return tuple(dict.fromkeys((*images, *drawn)))
