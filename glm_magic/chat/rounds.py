"""Rounds of one turn: what the model said, what came of it, and the model again.

Tool calls and repairs of typed answers are both this: the asker sends more messages behind the
model's own, within the same turn, until there is nothing more to send.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .messages import Request

NO_RESULT = "Not finished: the turn was stopped here."


class Rounds(Protocol):
    """What happens between two answers of one turn."""

    @property
    def warnings(self) -> Sequence[str]:
        """What a reader should know of it so far, one sentence each."""

    def after(self, said: Message) -> Iterator[Message]:
        """What is sent next, one message after the other, as it comes to be known.

        The first is what the model said, as it is sent back; nothing at all ends the turn.
        """

    def following(self, request: Request) -> Request:
        """The next request, which holds those messages, as it is to be sent.

        Raises:
            BudgetError: It must not be.
        """

    def stop(self) -> None:
        """End what runs for the turn, which is over; from any thread."""


class InTurn:
    """Rounds of one kind, and when they are over, of the next.

    Args:
        kinds: In the order in which they are asked.
    """

    def __init__(self, kinds: Sequence[Rounds]) -> None:
        self._kinds = kinds
        self._last = kinds[0]

    @property
    def warnings(self) -> Sequence[str]:
        """See `Rounds.warnings`."""
        return [sentence for kind in self._kinds for sentence in kind.warnings]

    def after(self, said: Message) -> Iterator[Message]:
        """See `Rounds.after`."""
        for kind in self._kinds:
            self._last, goes_on = kind, False
            for message in kind.after(said):
                goes_on = True
                yield message
            if goes_on:
                return

    def following(self, request: Request) -> Request:
        """See `Rounds.following`."""
        return self._last.following(request)

    def stop(self) -> None:
        """See `Rounds.stop`."""
        for kind in self._kinds:
            kind.stop()


def closed(steps: Sequence[Message]) -> tuple[Message, ...]:
    """The messages with an answer to every tool call: the wire refuses a call without one."""
    found: list[Message] = []
    open_calls: list[str] = []
    for step in (*steps, None):
        if step is not None and step.role == "tool":
            open_calls = [call for call in open_calls if call != step.tool_call_id]
        else:
            found += [Message("tool", NO_RESULT, tool_call_id=call) for call in open_calls]
            open_calls = [call.id for call in step.tool_calls] if step else []
        if step is not None:
            found.append(step)
    return tuple(found)
