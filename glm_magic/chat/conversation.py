"""A conversation: turns in the order of their cells, every change told as an event."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .marks import digest_with, saved_before
from .order import Order, Put, base_cell
from .records import answered, asked, turn_from
from .window import tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

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

    Attributes:
        at_home: Whether questions come from the notebook that it belongs to.
        sources: The names of conversations that turns were taken over from.
    """

    def __init__(self, name: str = "", keep: Callable[[Event], None] | None = None) -> None:
        self.name = name
        self.keep = keep
        self._turns: dict[str, Turn] = {}
        self._order = Order()
        self._digests = ["start"]  # of everything said before each place
        self._tokens: dict[str, int] = {}  # of turns, as far as they were counted
        self.at_home = True
        self.sources: set[str] = set()
        self._asked_here: set[str] = set()  # turns that the notebook's own cells asked
        self._newly_seen: list[str] = []  # cells not yet told of
        self._again = False

    def __len__(self) -> int:
        return len(self._order.names)

    def __iter__(self) -> Iterator[Turn]:
        return (self._turns[name] for name in self._order.names)

    def __contains__(self, turn_id: object) -> bool:
        """Whether this turn was ever part of it, also when it was replaced or undone."""
        return turn_id in self._turns

    def cells(self) -> set[str]:
        """Every cell that ever asked something here."""
        return {base_cell(turn.cell) for turn in self._turns.values() if turn.cell}

    # -- reading ------------------------------------------------------------------------------

    def before(self, cell: str | None) -> tuple[Turn, ...]:
        """The turns that a request from this cell builds on.

        Without those withdrawn or empty, and those whose cell was deleted from the notebook.
        """
        names = self._order.names[: self._order.place(cell)]
        gone = self._order.gone
        return tuple(self._turns[name] for name in names if self._size(name) and name not in gone)

    def tokens(self, turn: Turn) -> int:
        """Estimated tokens that one of its turns takes in later requests; counted once."""
        return self._size(turn.id)

    def _size(self, name: str) -> int:
        size = self._tokens.get(name)
        if size is None:
            size = self._tokens[name] = tokens_of(self._turns[name])
        return size

    def digest_before(self, cell: str | None) -> str:
        """Of everything said before this cell; equal words have an equal digest."""
        return self._digest(self._order.place(cell))

    def stale(self) -> set[str]:
        """Ids of turns that were answered before something in front of them changed."""
        gone = self._order.gone
        told = ((turn, place) for place, turn in enumerate(self) if turn.id not in gone)
        told = ((turn, place) for turn, place in told if turn.earlier_digest)
        return {turn.id for turn, place in told if turn.earlier_digest != self._digest(place)}

    def _digest(self, place: int) -> str:
        while len(self._digests) <= place:
            name = self._order.names[len(self._digests) - 1]
            last = self._digests[-1]
            # A turn that says nothing changes nothing.
            said = self._size(name) and name not in self._order.gone
            self._digests.append(digest_with(last, self._turns[name]) if said else last)
        return self._digests[place]

    # -- changing -----------------------------------------------------------------------------

    def begin(self, turn: Turn) -> None:
        """A question is asked: its turn stands in its place, partial, from now on.

        A cell's first question begins anew: what the cell asked besides, the last time it ran,
        leaves with the turn that is replaced.
        """
        dropped = [] if self._again else self._order.further(turn.cell)
        self._begin(turn, dropped, at_home=self.at_home)
        self._tell("asked", turn=asked(turn), dropped=dropped, away=not self.at_home)

    @contextmanager
    def asked_again(self) -> Iterator[None]:
        """Within it a first question replaces its own turn alone: no cell runs, we ask for it."""
        self._again = True
        try:
            yield
        finally:
            self._again = False

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

    def adopt(self, turns: Iterable[Turn], source: str = "") -> int:
        """Take over turns that were said elsewhere, as one change.

        Args:
            turns: Those that stand here already are passed over.
            source: The name of the conversation they come from, if it has one.

        Returns:
            How many were taken over.
        """
        new = self._adopt(turns, source)
        told = [[asked(turn), answered(turn)] for turn in new]
        self._tell("adopted", turns=told, source=source)
        return len(new)

    def compact(self, summary: Turn) -> None:
        """Let one turn stand for all the others; nothing stands in front of it any more."""
        summary = replace(summary, cell=None, earlier_digest="")
        gone = [name for name in self._order.names if name != summary.id]
        self._compact(summary, gone)
        self._tell("compacted", turn=[asked(summary), answered(summary)], turns=gone)

    def arrange(self, cells: Sequence[str], saved_at: str = "") -> None:
        """Order the turns as their cells stand in the notebook.

        Turns of the notebook's own cells that were deleted stay, and are not sent while their
        cell is away. Deleted is a cell that once stood in the file, or must have when it was
        saved, and does not now; a cell that was never saved is not.

        Args:
            cells: The notebook's cells in order; () for a file that names none.
            saved_at: When the file was written, ISO 8601 in UTC; "" leaves it open.
        """
        if self.at_home and cells:
            ours = [self._turns[name] for name in self._asked_here]
            seen = {base_cell(turn.cell) for turn in ours if saved_before(turn, saved_at)}
            seen |= {base_cell(turn.cell) for turn in ours}.intersection(cells)
            self._newly_seen += sorted(seen - self._order.seen)
            self._order.seen |= seen
        self._order.arrange(cells)
        self._forget_digests(0)

    def become(self, name: str, events: Sequence[Event]) -> None:
        """Be the conversation of this name that these events make; nothing is told."""
        fresh = Conversation(name)
        fresh.replay(events)
        fresh.keep, fresh.at_home = self.keep, self.at_home
        self.__dict__.update(fresh.__dict__)

    def seen(self) -> list[str]:
        """The cells of its turns that once stood in the saved notebook."""
        return sorted(self._order.seen)

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
        self._order.seen.update(event.get("seen", ()))
        if kind == "asked":
            turn = turn_from(event["turn"])
            self._begin(turn, event.get("dropped", ()), at_home=not event.get("away"))
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
            turns = [turn_from(*pair) for pair in event["turns"]]
            self._adopt(turns, event.get("source", ""))
        elif kind == "compacted":
            self._compact(turn_from(*event["turn"]), event["turns"])

    def _tell(self, kind: str, **what: Any) -> None:
        if self.keep is not None:
            at = datetime.now(UTC).isoformat(timespec="microseconds")
            more = {name: what.pop(name, None) for name in ("dropped", "away", "source")}
            more["seen"], self._newly_seen = self._newly_seen, []
            what |= {name: value for name, value in more.items() if value}
            self.keep({"kind": kind, "at": at, **what})

    def _begin(self, turn: Turn, dropped: Sequence[str], *, at_home: bool) -> None:
        self._set_turn(turn)
        if at_home and turn.cell:
            self._asked_here.add(turn.id)
        self._forget_digests(self._order.put(turn.id, turn.cell, dropped))

    def _set_turn(self, turn: Turn) -> None:
        self._turns[turn.id] = turn
        self._tokens.pop(turn.id, None)

    def _finish(self, turn: Turn) -> None:
        self._set_turn(turn)
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

    def _adopt(self, turns: Iterable[Turn], source: str) -> list[Turn]:
        standing = set(self._order.names)
        # Of a turn that was known before and left, we know all there is: attachments too.
        known = {n: turn for n, turn in self._turns.items() if turn.status == "complete"}
        taken = {turn.id: known.get(turn.id, turn) for turn in turns if turn.id not in standing}
        self._change([*self._order.names, *taken], list(taken.values()))
        if source:
            self.sources.add(source)
        return list(taken.values())

    def _compact(self, summary: Turn, gone: Iterable[str]) -> None:
        dropped = {*gone, summary.id}
        kept = [name for name in self._order.names if name not in dropped]
        self._change([summary.id, *kept], [summary])

    def _change(self, names: list[str], new: Sequence[Turn]) -> None:
        for turn in new:
            self._set_turn(turn)
        self._order.change(names, {turn.id: turn.cell for turn in new})
        self._forget_digests(0)

    def _forget_digests(self, place: int) -> None:
        """What is said at this place or behind it has changed."""
        del self._digests[place + 1 :]
