"""Asking: a client in, deltas out, a turn kept whatever happens."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, Self

from ..errors import ContentFilterError
from .conversation import Conversation
from .messages import Message, Request
from .turns import SENSITIVE, Turn, TurnBuilder, begin
from .window import first_kept

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from .attachments import Attachment
    from .deltas import Delta


class Exchange(Protocol):
    """An answer under way. Iterating gives deltas, with an empty one each 0.1 s as a tick."""

    def __iter__(self) -> Iterator[Delta]:
        """The deltas, blocking in steps of at most 0.1 s."""

    def __aiter__(self) -> AsyncIterator[Delta]:
        """The deltas, for a running event loop."""

    def stop(self) -> None:
        """End it now, from any thread; a second call does nothing."""


class Client(Protocol):
    """What speaks to a model."""

    def body(self, request: Request) -> bytes:
        """The exact bytes that `send` would send."""

    def send(self, request: Request) -> Exchange:
        """Begin the exchange."""


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
        **fields: Any,
    ) -> Asking:
        """Ask; iterate over the result for the deltas.

        Takes what `request` takes, and `options`: what the turn remembers of how it was asked.
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
        return Asking(self, request, turn, keep=not once)


def _new_images(
    images: Sequence[str], attachments: Sequence[Attachment], said: Sequence[Message]
) -> tuple[str, ...]:
    """The pictures that go along, each once; those of attachments only when they are new."""
    sent_before = {url for message in said for url in message.images}
    drawn = (one.image for one in attachments if one.image and one.image not in sent_before)
    return tuple(dict.fromkeys((*images, *drawn)))


class Asking:
    """One turn under way: iterate for the deltas; the turn is kept when the iteration ends.

    Used as a context manager, the turn is also kept, as partial, when the block is left early.
    Ticks (empty deltas) are passed on; `if delta.text` is a good test.

    Attributes:
        request: What is sent.
        builder: Grows the turn.
        error: What ended the iteration, None while nothing did.
    """

    def __init__(self, chat: Chat, request: Request, turn: Turn, *, keep: bool) -> None:
        self.request = request
        self.builder = TurnBuilder(turn)
        self.error: BaseException | None = None
        self._chat = chat
        self._keep = keep
        self._within = False
        self._finished = False
        self._finishing = threading.Lock()
        self._exchange: Exchange | None = None

    @property
    def conversation(self) -> str:
        """The name of the conversation it belongs to; "" when it belongs to none."""
        return self._chat.conversation.name if self._keep else ""

    @property
    def turn(self) -> Turn:
        """The turn as it is now; finished once the iteration has ended."""
        return self.builder.turn if self._finished else self.builder.finish("not finished")

    def _begin(self) -> Exchange:
        if self._exchange is None:
            if self._keep:
                self._chat.conversation.begin(self.builder.turn)
            self._exchange = self._chat.client.send(self.request)
        if self._finished:  # stopped by another thread in this moment
            self._exchange.stop()
        return self._exchange

    def __iter__(self) -> Iterator[Delta]:
        if self._finished:  # stopped before it began
            return
        try:
            for delta in self._begin():
                self.builder.add(delta)
                yield delta
        except BaseException as error:
            self._fail(error)
            raise
        self.finish()

    async def __aiter__(self) -> AsyncIterator[Delta]:
        if self._finished:
            return
        try:
            async for delta in self._begin():
                self.builder.add(delta)
                yield delta
        except BaseException as error:
            self._fail(error)
            raise
        self.finish()

    def _fail(self, error: BaseException) -> None:
        self.error = error
        # Left from outside: then `__exit__`, if there is one, knows why.
        if not (self._within and isinstance(error, GeneratorExit)):
            self.finish(_reason(error))

    def __enter__(self) -> Self:
        self._within = True
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self.finish(_reason(error) if error else "left early")

    def stop(self) -> None:
        """End the exchange now, from any thread, and keep what came."""
        self.finish("stopped")

    def finish(self, partial_reason: str = "") -> None:
        """Keep the turn; only the first call counts, whichever thread it comes from."""
        with self._finishing:
            if self._finished:
                return
            turn = self.builder.finish(partial_reason)
            self.builder.turn = replace(turn, cost_usd=self._chat.price(turn))
            try:
                self._finished = True
                if self._keep and self._exchange is not None:
                    self._chat.conversation.finish(self.builder.turn)
            finally:
                self._book_and_stop()

    def _book_and_stop(self) -> None:
        """What must happen even when an interrupt strikes while the turn is being kept."""
        if self._exchange is None:
            return
        try:
            self._chat.finished(self)
        finally:
            self._exchange.stop()


def _reason(error: BaseException) -> str:
    """Why a turn was cut short, in a few words for the reader."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, ContentFilterError):
        return SENSITIVE
    if isinstance(error, GeneratorExit) or type(error).__name__ == "CancelledError":
        return "stopped"
    return str(getattr(error, "message", None) or type(error).__name__)
