"""What was said so far, and what each event makes of it; it tells nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .marks import Digests
from .order import Order
from .places import base_cell
from .presence import Presence
from .records import asked, turn_from, with_more
from .turns import NOT_FINISHED
from .window import tokens_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from .changes import Change
    from .telling import Event
    from .turns import Turn


class History:
    """The turns of a conversation: those that stand, in their order, and all that ever did.

    Attributes:
        turns: Every turn that was ever part of it, by id, as it was last known.
        order: Which of them stand, and where.
        presence: Which of their cells the notebook still has.
        asked_here: Ids of turns that the notebook's own cells asked.
        sources: The names of conversations that turns were taken over from.
    """

    def __init__(self) -> None:
        self.turns: dict[str, Turn] = {}
        self.order = Order()
        self.presence = Presence()
        self.asked_here: set[str] = set()
        self.sources: set[str] = set()
        self._replayed: set[str] = set()  # turns that were told as asked, and other changes
        self._digests = Digests()
        self._tokens: dict[str, int] = {}  # of turns, as far as they were counted
        self._summaries: set[str] = set()  # ids of turns that stand for those before them

    # -- reading ------------------------------------------------------------------------------

    def said(self, name: str) -> Turn | None:
        """The turn, if later requests say it: not one withdrawn, empty or of a deleted cell."""
        said = self.size(name) and name not in self.presence.gone
        return self.turns[name] if said else None

    def sent(self, place: int) -> list[Turn]:
        """What a request from this place says of earlier turns: the last summary and all since."""
        names, first = self.order.names[:place], 0
        if self._summaries:
            behind = (at for at in range(len(names) - 1, -1, -1) if names[at] in self._summaries)
            first = next((at for at in behind if self.said(names[at])), 0)
        return [turn for name in names[first:] if (turn := self.said(name))]

    def size(self, name: str) -> int:
        """Estimated tokens that the turn takes in later requests; counted once."""
        size = self._tokens.get(name)
        if size is None:
            size = self._tokens[name] = tokens_of(self.turns[name])
        return size

    def digests_before(self, place: int) -> list[str]:
        """Of everything said before each place, up to this one."""
        return self._digests.before(place, self.order.names, self.said)

    # -- changing -----------------------------------------------------------------------------

    def begin(
        self,
        turn: Turn,
        dropped: Sequence[str] = (),
        *,
        behind: str | None = None,
        instead: str | None = None,
        at_home: bool,
    ) -> None:
        """A turn takes its place; see `Order.put`."""
        self._set_turn(turn)
        if at_home and turn.cell:
            self.asked_here.add(turn.id)
        place = self.order.put(turn.id, turn.cell, dropped, behind=behind, instead=instead)
        self._digests.forget(place)

    def finish(self, turn: Turn) -> None:
        """More is known of a turn."""
        self._set_turn(turn)
        names = self.order.names
        if names and names[-1] == turn.id:  # nearly always; a search would cost with the length
            self._digests.forget(len(names) - 1)
        elif turn.id in names:
            self._digests.forget(names.index(turn.id))

    def undo(self, name: str | None = None) -> Change | None:
        """Take the last change back, or the last of this name."""
        self._digests.forget(0)
        return self.order.undo(name)

    def redo(self, name: str | None = None) -> Change | None:
        """Make an undone change again."""
        self._digests.forget(0)
        return self.order.redo(name)

    def remove(self, names: Iterable[str], change: str = "") -> None:
        """Turns leave, as one change of this name."""
        gone = set(names)
        self._change([name for name in self.order.names if name not in gone], (), change)

    def adopt(self, turns: Iterable[Turn], source: str, change: str = "") -> list[Turn]:
        """Turns come to the end, as one change; returns those that did not stand here."""
        standing = set(self.order.names)
        taken = [self._fuller(turn) for turn in turns if turn.id not in standing]
        self._change([*self.order.names, *(turn.id for turn in taken)], taken, change)
        if source:
            self.sources.add(source)
        return taken

    def house(self, homes: Mapping[str, str], cells: Collection[str]) -> dict[str, str]:
        """Tie turns to the cells that show them, where their own are no more.

        Args:
            homes: Cells by turn.
            cells: Those that there are.

        Returns:
            Those that were tied to another cell, with it.
        """
        found = ((self.turns.get(name), cell) for name, cell in homes.items())
        lost = ((one, cell) for one, cell in found if one and base_cell(one.cell) not in cells)
        housed = {one.id: cell for one, cell in lost if self.order.house(one.id, cell)}
        for name, cell in housed.items():
            self.turns[name] = replace(self.turns[name], cell=cell)
        return housed

    def settle(self, cells: Sequence[str] | None = None) -> list[str]:
        """Let turns stand as their cells do, these or those last heard of; see `Order.settle`."""
        self._digests.forget(0)
        return self.order.settle() if cells is None else self.order.arrange(cells)

    def replay(self, event: Event) -> None:
        """Make a change that was told before.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: It cannot be understood.
        """
        kind = event["kind"]
        self.presence.seen.update(event.get("seen", ()))
        self.house(event.get("housed", {}), ())
        for names in event.get("moved", ()):
            self.order.reorder(names)
            self._digests.forget(0)
        if kind in ("asked", "cleared", "adopted"):
            self._replay_once(kind, event)
        elif kind in ("came", "answered"):
            old, record = self.turns[event["turn"]["id"]], event["turn"]
            if kind == "answered":
                self.finish(turn_from(asked(old), record))
            elif old.partial_reason == NOT_FINISHED:
                self.finish(with_more(old, record))
        elif kind in ("undone", "redone"):
            move = self.undo if kind == "undone" else self.redo
            move(event.get("turn") or event.get("change") or None)

    def _replay_once(self, kind: str, event: Event) -> None:
        """A change of the order, unless it was made: a journal that was copied tells it again."""
        turn = turn_from(event["turn"]) if kind == "asked" else None
        name = turn.id if turn else event.get("change", "")
        if name and name in self._replayed:
            return
        self._replayed.add(name)
        if turn:
            self.begin(
                turn,
                event.get("dropped", ()),
                behind=event.get("behind"),
                instead=event.get("instead"),
                at_home=not event.get("away"),
            )
        elif kind == "cleared":
            self.remove(event["turns"], name)
        else:
            turns = [turn_from(*pair) for pair in event["turns"]]
            self.adopt(turns, event.get("source", ""), name)

    def _set_turn(self, turn: Turn) -> None:
        self.turns[turn.id] = turn
        self._tokens.pop(turn.id, None)
        if turn.sums_up:
            self._summaries.add(turn.id)

    def _fuller(self, turn: Turn) -> Turn:
        """Of a turn that was known before and left, we know all there is: attachments too."""
        known = self.turns.get(turn.id)
        return turn if known is None or known.partial_reason else replace(known, cell=turn.cell)

    def _change(self, names: list[str], new: Sequence[Turn], change: str) -> None:
        for turn in new:
            self._set_turn(turn)
            if turn.cell is None:
                self.presence.has_no_cell(turn.id)
        self.order.change(names, {turn.id: turn.cell for turn in new}, change)
        self._digests.forget(0)
