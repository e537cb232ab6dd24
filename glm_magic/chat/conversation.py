"""A conversation: turns in the order of their cells, every change told as an event."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .again import asking_again, instead_of, is_again
from .alone import alone
from .changes import Put, new_name
from .history import History
from .places import Runs, base_cell
from .records import answered, asked
from .telling import Telling, told_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from .changes import Change
    from .telling import Event
    from .turns import Turn


class Conversation:
    """The turns of one notebook.

    A turn belongs to its cell: a cell that asks again replaces its turn in place, and its
    request holds only the turns before that place. A turn without a cell is appended.

    Args:
        name: Names it in the store and in notebooks; "" keeps it nameless.
        keep: Told of every change as an event, in order; the store writes them down.

    Attributes:
        at_home: Whether questions come from the notebook that it belongs to.
        lock: Cells, the panel and the user's own threads may ask at once.
    """

    def __init__(self, name: str = "", keep: Callable[[Event], None] | None = None) -> None:
        self.name = name
        self.keep = keep
        self.at_home = True
        self.lock = threading.RLock()
        self._history = History()
        self._runs = Runs()
        self._telling = Telling()

    def __len__(self) -> int:
        return len(self._history.order.names)

    def __iter__(self) -> Iterator[Turn]:
        return (self._history.turns[name] for name in self._history.order.names)

    def __contains__(self, turn_id: object) -> bool:
        """Whether this turn was ever part of it, also when it was replaced or undone."""
        return turn_id in self._history.turns

    @property
    def sources(self) -> set[str]:
        """The names of conversations that turns were taken over from."""
        return self._history.sources

    def cells(self) -> set[str]:
        """Every cell that ever asked something here, or showed the panel."""
        asked = {base_cell(turn.cell) for turn in self._history.turns.values() if turn.cell}
        return asked | self._history.presence.seen

    def shown_in(self, cell: str) -> None:
        """A cell shows the panel: a notebook that has it is ours, also if no cell ever asked.

        Written down with the next change, for a panel in which nothing is said leaves no trace.
        """
        seen = self._history.presence.seen
        if self.at_home and cell not in seen:
            seen.add(cell)
            self._telling.seen.append(cell)

    # -- reading ------------------------------------------------------------------------------

    @alone
    def before(self, cell: str | None) -> tuple[Turn, ...]:
        """The turns that a request from this cell builds on.

        Without those withdrawn or empty, those whose cell was deleted from the notebook, and
        those that a summary stands for.
        """
        return tuple(self._history.sent(self._place(cell)))

    @alone
    def last_before(self, cell: str | None) -> Turn | None:
        """The turn that a request from this cell comes after, also one of which nothing came."""
        names = self._history.order.names[: self._place(cell)]
        gone = self._history.presence.gone
        last = next((name for name in reversed(names) if name not in gone), None)
        return None if last is None else self._history.turns[last]

    @alone
    def deleted(self, cell: str | None = None) -> int:
        """How many turns before this cell would be sent if their own cells were not deleted."""
        gone = self._history.presence.gone
        names = self._history.order.names[: self._place(cell)]
        return sum(1 for name in names if name in gone and self._history.size(name))

    def tokens(self, turn: Turn) -> int:
        """Estimated tokens that one of its turns takes in later requests; counted once."""
        return self._history.size(turn.id)

    @alone
    def digest_before(self, cell: str | None) -> str:
        """Of everything said before this cell; equal words have an equal digest."""
        return self._history.digests_before(self._place(cell))[-1]

    @alone
    def stale(self) -> set[str]:
        """Ids of turns that were answered before something in front of them changed."""
        turns = zip(self, self._history.digests_before(len(self)), strict=False)
        told = ((turn, digest) for turn, digest in turns if turn.earlier_digest)
        stale = {turn.id for turn, digest in told if turn.earlier_digest != digest}
        return stale - self._history.presence.gone

    def _place(self, cell: str | None) -> int:
        instead = instead_of(self, cell)
        names = self._history.order.names
        if instead is not None and instead in names:
            return names.index(instead)
        leaving = self._leaving(cell)
        return leaving[0] if leaving else self._history.order.place(cell)

    def _leaving(self, cell: str | None) -> list[int]:
        """Where turns stand that the cell asked when it ran before, if this question is anew."""
        if is_again(self) or not self._runs.anew(cell):
            return []
        return self._history.order.places_of(base_cell(cell))

    # -- changing -----------------------------------------------------------------------------

    @alone
    def begin(self, turn: Turn) -> None:
        """A question is asked: its turn stands in its place, partial, from now on.

        The first one that begins in a run of its cell comes in the place of all that the cell
        asked when it ran before. Questions of one run may begin in any order.
        """
        order, instead = self._history.order, instead_of(self, turn.cell)
        leaving = [order.names[place] for place in self._leaving(turn.cell)]
        if leaving and order.cell_of(leaving[0]) != turn.cell:
            instead = leaving[0]
        dropped = leaving[1:] or None
        self._runs.began(turn.cell)
        self._history.begin(turn, leaving[1:], instead=instead, at_home=self.at_home)
        where = {"behind": order.behind, "instead": instead}
        away = not self.at_home
        self._tell("asked", turn=asked(turn), dropped=dropped, **where, away=away)

    def asked_again(self, turn: Turn | None = None) -> AbstractContextManager[None]:
        """Within it a first question replaces its own turn alone: no cell runs, we ask for it.

        Args:
            turn: What is asked again; one without a cell is replaced in its place.
        """
        return asking_again(self, turn)

    @alone
    def came(self, record: dict[str, Any]) -> None:
        """Its answer goes on; written down only, for a kernel that ends before it.

        Args:
            record: Of `records.came`.
        """
        self._tell("came", turn=record)

    @alone
    def finish(self, turn: Turn) -> None:
        """Its answer is over, whole or partial."""
        self._history.finish(turn)
        self._tell("answered", turn=answered(turn))

    def put(self, turn: Turn) -> None:
        """Append a finished turn, or replace the one of its cell."""
        self.begin(turn)
        self.finish(turn)

    @alone
    def undo(self) -> bool:
        """Take the last change back; tells whether there was one."""
        return self._moved("undone", self._history.undo())

    @alone
    def redo(self) -> bool:
        """Make the last undone change again; tells whether there was one."""
        return self._moved("redone", self._history.redo())

    @alone
    def clear(self) -> int:
        """Forget all turns, until `undo`; returns how many there were."""
        gone = list(self._history.order.names)
        if gone:
            change = new_name()
            self._history.remove(gone, change)
            self._tell("cleared", turns=gone, change=change)
        return len(gone)

    @alone
    def adopt(self, turns: Iterable[Turn], source: str = "") -> int:
        """Take over turns that were said elsewhere, as one change.

        A turn whose cell was deleted here, or has asked something here, comes without it.

        Args:
            turns: Those that stand here already are passed over.
            source: The name of the conversation they come from, if it has one.

        Returns:
            How many were taken over.
        """
        cells = {turn.cell for turn in self if turn.cell}
        standing = set(self._history.order.names)
        new: dict[str, Turn] = {}
        for turn in turns:
            if turn.id not in standing and turn.id not in new:
                away = base_cell(turn.cell) in self._history.presence.away
                new[turn.id] = replace(turn, cell=None) if away or turn.cell in cells else turn
                cells.add(turn.cell or "")
        if not new and not source:
            return 0
        change = new_name()
        taken = self._history.adopt(new.values(), source, change)
        told = [[asked(turn), answered(turn)] for turn in taken]
        self._tell("adopted", turns=told, source=source or None, change=change)
        self._settle()
        return len(taken)

    @alone
    def arrange(
        self, cells: Sequence[str], saved_at: str = "", homes: Mapping[str, str] | None = None
    ) -> None:
        """Order the turns as their cells stand in the notebook.

        Turns of its own cells that were deleted stay, and are not sent while their cell is away.
        Deleted is a cell that once stood in the file, or must have when it was saved, and does not.

        Args:
            cells: The notebook's cells in order; () for a file that names none.
            saved_at: When the file was written, ISO 8601 in UTC; "" leaves it open.
            homes: In which cell it shows each turn: that has those whose own cell is away.
        """
        turns, presence = self._history.turns, self._history.presence
        if self.at_home and cells:
            self._telling.housed |= self._history.house(homes or {}, frozenset(cells))
            ours = [turns[name] for name in self._history.asked_here]
            self._telling.seen += presence.see(ours, cells, saved_at)
        presence.miss(turns.values(), cells, saved_at)
        self._settle(cells)

    @alone
    def become(self, name: str, events: Iterable[Event]) -> None:
        """Be the conversation of this name that these events make; nothing is told."""
        self.name = name
        self._history = History()
        self._telling = Telling()
        self.replay(events)

    @alone
    def replay(self, events: Iterable[Event]) -> int:
        """Make changes that were told before; returns how many could not be understood."""
        unread = 0
        for told in events:
            self._telling.heard(told)
            for event in told_by(told):
                try:
                    self._history.replay(event)
                except (KeyError, TypeError, ValueError, AttributeError):
                    unread += 1
        return unread

    def _tell(self, kind: str, **what: Any) -> None:
        if self.keep is not None:
            self.keep(self._telling.event(kind, what))

    def _moved(self, kind: str, change: Change | None) -> bool:
        if change is None:
            return False
        # Named, so that another kernel's change in between is not taken back instead.
        what = "turn" if isinstance(change, Put) else "change"
        self._tell(kind, **{what: change.name or None})
        self._settle()
        return True

    def _settle(self, cells: Sequence[str] | None = None) -> None:
        """Let turns stand as their cells do; how they stand then is told with the next event."""
        moved = self._history.settle(cells)
        if moved:
            self._telling.moved.append(moved)
