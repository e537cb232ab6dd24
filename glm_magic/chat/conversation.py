"""A conversation: turns in the order of their cells, every change told as an event."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .order import Order, Put
from .records import answered, asked, turn_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .messages import Message
    from .order import Change
    from .turns import Turn

Event = dict[str, Any]


class Conversation:
    """The turns of one notebook.

    A turn belongs to its cell: a cell that asks again replaces its turn in place, and its
    request holds only the turns before that place. A turn without a cell is appended.

    Args:
        name: Names it in the store and in notebooks; "" keeps it nameless.
        keep: Told of every change as an event, in order; the store writes them down.
    """

    def __init__(self, name: str = "", keep: Callable[[Event], None] | None = None) -> None:
        self.name = name
        self.keep = keep
        self._turns: dict[str, Turn] = {}
        self._order = Order()
        self._digests = ["start"]  # of everything said before each place

    def __len__(self) -> int:
        return len(self._order.names)

    def __iter__(self) -> Iterator[Turn]:
        return (self._turns[name] for name in self._order.names)

    def __contains__(self, turn_id: object) -> bool:
        """Whether this turn was ever part of it, also when it was replaced or undone."""
        return turn_id in self._turns

    # -- reading ------------------------------------------------------------------------------

    def before(self, cell: str | None) -> tuple[Turn, ...]:
        """The turns that a request from this cell builds on, without those withdrawn or empty."""
        names = self._order.names[: self._order.place(cell)]
        return tuple(turn for turn in map(self._turns.__getitem__, names) if turn.messages())

    def messages(self, cell: str | None) -> tuple[Message, ...]:
        """What a request from this cell sends of earlier turns, oldest first."""
        return tuple(message for turn in self.before(cell) for message in turn.messages())

    def digest_before(self, cell: str | None) -> str:
        """Of everything said before this cell; equal words have an equal digest."""
        return self._digest(self._order.place(cell))

    def stale(self) -> set[str]:
        """Ids of turns that were answered before something in front of them changed."""
        told = ((turn, place) for place, turn in enumerate(self) if turn.earlier_digest)
        return {turn.id for turn, place in told if turn.earlier_digest != self._digest(place)}

    def _digest(self, place: int) -> str:
        while len(self._digests) <= place:
            turn = self._turns[self._order.names[len(self._digests) - 1]]
            last = self._digests[-1]
            # A turn that says nothing changes nothing.
            self._digests.append(_digest(last, turn) if turn.messages() else last)
        return self._digests[place]

    # -- changing -----------------------------------------------------------------------------

    def begin(self, turn: Turn) -> None:
        """A question is asked: its turn stands in its place, partial, from now on."""
        self._begin(turn)
        self._tell("asked", turn=asked(turn))

    def finish(self, turn: Turn) -> None:
        """Its answer is over, whole or partial."""
        self._finish(turn)
        self._tell("answered", turn=answered(turn))

    def put(self, turn: Turn) -> None:
        """Append a finished turn, or replace the one of its cell."""
        self.begin(turn)
        self.finish(turn)

    def undo(self) -> bool:
        """Take the last change back; tells whether there was one."""
        return self._moved("undone", self._order.undo())

    def redo(self) -> bool:
        """Make the last undone change again; tells whether there was one."""
        return self._moved("redone", self._order.redo())

    def clear(self) -> int:
        """Forget all turns, until `undo`; returns how many there were."""
        gone = list(self._order.names)
        if gone:
            self._remove(gone)
            self._tell("cleared", turns=gone)
        return len(gone)

    def adopt(self, turns: Sequence[Turn]) -> None:
        """Take over turns that were said elsewhere, as one change."""
        self._adopt(turns)
        self._tell("adopted", turns=[[asked(turn), answered(turn)] for turn in turns])

    def compact(self, summary: Turn) -> None:
        """Let one turn stand for all the others; nothing stands in front of it any more."""
        summary = replace(summary, cell=None, earlier_digest="")
        gone = [name for name in self._order.names if name != summary.id]
        self._compact(summary, gone)
        self._tell("compacted", turn=[asked(summary), answered(summary)], turns=gone)

    def arrange(self, cells: Sequence[str]) -> None:
        """Order the turns as their cells stand in the notebook."""
        self._order.arrange(cells)
        self._forget_digests(0)

    def replay(self, events: Iterable[Event]) -> int:
        """Make changes that were told before; returns how many could not be understood."""
        unread = 0
        for event in events:
            try:
                self._replay(event)
            except (KeyError, TypeError, ValueError, AttributeError):
                unread += 1
        return unread

    def _replay(self, event: Event) -> None:
        kind = event["kind"]
        if kind == "asked":
            self._begin(turn_from(event["turn"]))
        elif kind == "answered":
            old = self._turns[event["turn"]["id"]]
            self._finish(turn_from(asked(old), event["turn"]))
        elif kind == "undone":
            self._moved("", self._order.undo(event.get("turn")))
        elif kind == "redone":
            self._moved("", self._order.redo(event.get("turn")))
        elif kind == "cleared":
            self._remove(event["turns"])
        elif kind == "adopted":
            self._adopt([turn_from(*pair) for pair in event["turns"]])
        elif kind == "compacted":
            self._compact(turn_from(*event["turn"]), event["turns"])

    def _tell(self, kind: str, **what: Any) -> None:
        if self.keep is not None:
            at = datetime.now(UTC).isoformat(timespec="microseconds")
            self.keep({"kind": kind, "at": at, **what})

    def _begin(self, turn: Turn) -> None:
        self._turns[turn.id] = turn
        self._forget_digests(self._order.put(turn.id, turn.cell))

    def _finish(self, turn: Turn) -> None:
        self._turns[turn.id] = turn
        names = self._order.names
        if names and names[-1] == turn.id:  # nearly always; a search would cost with the length
            self._forget_digests(len(names) - 1)
        elif turn.id in names:
            self._forget_digests(names.index(turn.id))

    def _moved(self, kind: str, change: Change | None) -> bool:
        if change is None:
            return False
        self._forget_digests(0)
        if kind:
            # Named, so that another kernel's change in between is not taken back instead.
            self._tell(kind, turn=change.new if isinstance(change, Put) else None)
        return True

    def _remove(self, names: Iterable[str]) -> None:
        gone = set(names)
        self._change([name for name in self._order.names if name not in gone], ())

    def _adopt(self, turns: Sequence[Turn]) -> None:
        new = [turn for turn in turns if turn.id not in self._turns]
        self._change([*self._order.names, *(turn.id for turn in new)], new)

    def _compact(self, summary: Turn, gone: Iterable[str]) -> None:
        dropped = {*gone, summary.id}
        kept = [name for name in self._order.names if name not in dropped]
        self._change([summary.id, *kept], [summary])

    def _change(self, names: list[str], new: Sequence[Turn]) -> None:
        self._turns.update({turn.id: turn for turn in new})
        self._order.change(names, {turn.id: turn.cell for turn in new})
        self._forget_digests(0)

    def _forget_digests(self, place: int) -> None:
        """What is said at this place or behind it has changed."""
        del self._digests[place + 1 :]


def _digest(before: str, turn: Turn) -> str:
    """Of a turn and all before it; the same whether or not the texts of attachments are known."""
    words = [before, turn.prompt, *(one.digest for one in turn.attachments), turn.text]
    return hashlib.sha256("\0".join(words).encode("utf-8", "replace")).hexdigest()[:32]
