"""One turn under way: deltas out, and the turn kept whatever happens."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from ..errors import ConnectionFailedError, ContentFilterError, GLMError, TimedOutError
from .deltas import Delta
from .home import away_from
from .trail import Trail
from .turns import NOT_FINISHED, SENSITIVE, Turn, TurnBuilder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from .chat import Chat
    from .client import Exchange
    from .deltas import Growing
    from .messages import Message, Request
    from .rounds import Rounds


class Asking:
    """One turn under way: iterate for the deltas; the turn is kept when the iteration ends.

    Used as a context manager, the turn is also kept, as partial, when the block is left early.
    Ticks (empty deltas) are passed on; `if delta.text` is a good test.

    Attributes:
        request: What was sent last.
        builder: Grows the turn.
        error: What ended the iteration, None while nothing did.

    Args:
        chat: Asks.
        request: What is sent first.
        turn: Its beginning.
        keep: Whether it becomes part of the conversation.
        rounds: What happens between two answers of the turn; None ends it with the first.
    """

    def __init__(
        self, chat: Chat, request: Request, turn: Turn, *, keep: bool, rounds: Rounds | None = None
    ) -> None:
        self.request = request
        self.builder = TurnBuilder(turn)
        self.error: BaseException | None = None
        self._chat = chat
        self._keep = keep
        self._trail = Trail(self.builder, chat.conversation.came)
        self._rounds = rounds
        self._within = False
        self._finished = False
        self._finishing = threading.Lock()
        self._exchange: Exchange | None = None
        self._going_on: list[Message] = []  # said in this round, sent in the next
        self._requests: list[Request] = []

    @property
    def conversation(self) -> str:
        """The name of the conversation it belongs to; "" when it belongs to none."""
        return self._chat.conversation.name if self._keep else ""

    @property
    def rounds(self) -> list[tuple[Request, Growing]]:
        """Each request that a model may have seen, and what came of it."""
        return list(zip(self._requests, self.builder.rounds, strict=False))

    @property
    def turn(self) -> Turn:
        """The turn as it is now; finished once the iteration has ended."""
        return self.builder.turn if self._finished else self.builder.finish(NOT_FINISHED)

    def _begin(self) -> Exchange:
        if self._exchange is None:
            if self._keep:
                self._chat.conversation.begin(self.builder.turn)
            self._exchange = self._chat.client.send(self.request)
            self._requests.append(self.request)
        if self._finished:  # stopped by another thread in this moment
            self._exchange.stop()
        return self._exchange

    def __iter__(self) -> Iterator[Delta]:
        if self._finished:  # stopped before it began
            return
        try:
            exchange: Exchange | None = self._begin()
            while exchange is not None:
                for delta in exchange:
                    self._grow(delta)
                    yield delta
                for message in self._steps():
                    yield self._step(message)
                    if self._is_over():
                        break
                exchange = self._next()
        except BaseException as error:
            self._fail(error)
            raise
        self.finish()

    async def __aiter__(self) -> AsyncIterator[Delta]:
        if self._finished:
            return
        try:
            exchange: Exchange | None = self._begin()
            while exchange is not None:
                async for delta in exchange:
                    self._grow(delta)
                    yield delta
                steps = self._steps()
                while (message := await _aside(steps)) is not None:
                    yield self._step(message)
                    if self._is_over():
                        break
                exchange = self._next()
        except BaseException as error:
            self._fail(error)
            raise
        self.finish()

    def _is_over(self) -> bool:
        """Whether another thread has stopped it meanwhile: the next call must not run."""
        return self._finished

    def _steps(self) -> Iterator[Message]:
        """What follows what the model said now; nothing when the turn is over."""
        said = None if self._finished or self._rounds is None else self.builder.said()
        return iter(()) if said is None or self._rounds is None else self._rounds.after(said)

    def _grow(self, delta: Delta) -> None:
        self.builder.add(delta)
        self._leave_trail()

    def _leave_trail(self) -> None:
        if self._keep and not self._finished:
            self._trail.follow()

    def _step(self, message: Message) -> Delta:
        self.builder.step(message)
        self._leave_trail()
        self._going_on.append(message)
        return Delta(step=message)

    def _next(self) -> Exchange | None:
        """The exchange of the next round, if there is one."""
        if self._rounds is None or not self._going_on:
            return None
        messages = (*self.request.messages, *self._going_on)
        self._going_on = []
        with self._finishing:
            if self._finished:
                return None
            self.request = self._rounds.following(replace(self.request, messages=messages))
            self._exchange = self._chat.client.send(self.request)
            self._requests.append(self.request)
            self.builder.next_round()
        return self._exchange

    def _fail(self, error: BaseException) -> None:
        self.error = error
        if _was_refused(error) and not self.builder.growing.began:
            self.builder.refused()
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
            self.builder.warn(self._rounds.warnings if self._rounds else ())
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
        try:
            self._chat.finished(self)
        finally:
            if self._exchange is not None:
                self._exchange.stop()
            if self._rounds is not None:
                self._rounds.stop()


async def _aside(steps: Iterator[Message]) -> Message | None:
    """The next step, made in a thread: a tool may take long, and others want the loop meanwhile."""
    loop = asyncio.get_running_loop()
    context = away_from(loop)
    return await loop.run_in_executor(None, lambda: context.run(lambda: next(steps, None)))


def _was_refused(error: BaseException) -> bool:
    """Whether an error instead of an answer says that no model has seen the question."""
    # A line that was lost, or silent for too long: the model may be at work.
    lost = isinstance(error, ConnectionFailedError | TimedOutError) and error.sent
    return isinstance(error, GLMError) and not lost


def _reason(error: BaseException) -> str:
    """Why a turn was cut short, in a few words for the reader."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, ContentFilterError):
        return SENSITIVE
    if isinstance(error, GeneratorExit) or type(error).__name__ == "CancelledError":
        return "stopped"
    return str(getattr(error, "message", None) or type(error).__name__)
