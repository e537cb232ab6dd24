"""In which order turns stand, and how every change of it is taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .changes import Changes, Put, Whole, between
from .places import base_cell, numbered, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .changes import Change


class Order:
    """Names of turns in order, each perhaps tied to a cell, with everything undoable.

    Appending costs the same however many there are.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._cells: dict[str, str | None] = {}
        self._places: dict[str, int] = {}
        # Of cells that asked more than once: the numbers of those questions, also of those left.
        self._numbers: dict[str, set[int]] = {}
        self._changes = Changes()
        self._ranks: dict[str, int] = {}
        # Of cells whose turns have left: how all stood then, and where the cell did.
        self._left: dict[str, tuple[tuple[str, ...], int]] = {}

    def place(self, cell: str | None) -> int:
        """Where a turn of this cell stands, or would be put."""
        if cell is None or cell in self._places:
            return self._places.get(cell or "", len(self.names))
        return self._place_of_new(cell)

    def _place_of_new(self, cell: str) -> int:
        """Behind everything that stands above the cell in the notebook, as far as that is known.

        A cell's questions stand together in the order of their numbers.
        """
        beside = self._place_beside(cell)
        if beside is not None:
            return beside
        wanted = self._rank_of(cell)
        if wanted is None and cell in self._left:
            return self._place_again(*self._left[cell])
        place = len(self.names)
        if wanted is not None:
            for behind in range(len(self.names) - 1, -1, -1):
                rank = self._rank_of(self._cells.get(self.names[behind]))
                if rank is not None and rank <= wanted:
                    break
                place = behind if rank is not None else place
        return place

    def _place_beside(self, cell: str) -> int | None:
        """Behind the cell's question that comes before this one, else in front of the next."""
        base, number = numbered(cell)
        if number > 1 and (before := self._places.get(place_of(base, number - 1))) is not None:
            return before + 1  # nearly always; a search would cost with their number
        known = self._known(base)
        before = max((one for one in known if one < number), default=None)
        if before is not None:
            return known[before] + 1
        behind = min((one for one in known if one > number), default=None)
        return None if behind is None else known[behind]

    def _known(self, base: str) -> dict[int, int]:
        """Where a cell's questions stand, by their numbers."""
        numbers = (1, *self._numbers.get(base, ()))
        found = ((number, self._places.get(place_of(base, number))) for number in numbers)
        return {number: place for number, place in found if place is not None}

    def _place_again(self, stood: Sequence[str], at: int) -> int:
        """Behind the nearest that stood in front of it when it left: what came since follows it."""
        standing = {name: place for place, name in enumerate(self.names)}
        for name in reversed(stood[:at]):
            place = standing.get(name, self._places.get(self._cells.get(name) or ""))
            if place is not None:
                return place + 1
        return 0

    def _rank_of(self, cell: str | None) -> int | None:
        """Which cell of the notebook it is."""
        return self._ranks.get(base_cell(cell)) if cell and self._ranks else None

    def places_of(self, base: str) -> list[int]:
        """Where the turns stand that a cell asked, all its questions."""
        return sorted(self._known(base).values())

    def cell_of(self, name: str) -> str | None:
        """The cell that a turn is tied to."""
        return self._cells.get(name)

    def put(
        self,
        name: str,
        cell: str | None,
        dropped: Iterable[str] = (),
        *,
        behind: str | None = None,
        instead: str | None = None,
    ) -> int:
        """Append a turn, or let it replace the one of its cell; returns its place.

        Args:
            name: The turn.
            cell: Its cell.
            dropped: Turns that leave with this change.
            behind: The turn that it stood behind when this was told; None leaves it open.
            instead: A turn of another cell, or of none, in whose place it comes.
        """
        out = set(dropped)
        left = [pair for pair in enumerate(self.names) if pair[1] in out] if out else []
        place = self.place(cell)
        own = self.names[place] if cell is not None and cell in self._places else None
        old = instead or own
        elsewhere = place < len(self.names) or cell in self._left  # than where nothing is known
        if old is None and behind is None and elsewhere:
            stay = (one for one in reversed(self.names[:place]) if one not in out)
            behind = next(stay, "")
        self._tie(name, cell)
        return self._record(Put(name, old, tuple(left), behind))

    @property
    def behind(self) -> str | None:
        """What the last change put its turn behind; None when that need not be told."""
        last = self._changes.last
        return last.behind if isinstance(last, Put) else None

    def change(
        self, names: Sequence[str], cells: Mapping[str, str | None] | None = None, name: str = ""
    ) -> int:
        """Another order, with the cells of new names; returns the first place that may differ."""
        for one, cell in (cells or {}).items():
            self._tie(one, cell)
        return self._record(Whole(tuple(self.names), tuple(names), name))

    def arrange(self, cells: Sequence[str]) -> list[str]:
        """Order the turns as their cells stand in a notebook; this is no change to undo.

        A turn whose cell is not among them follows its neighbour. Gives what `settle` does.

        Args:
            cells: The notebook's cells in order; later turns heed it too.
        """
        self._ranks = {cell: place for place, cell in enumerate(cells)}
        return self.settle()

    def settle(self) -> list[str]:
        """Order the turns by the cells of the notebook last heard of.

        Returns:
            The stretch of turns that stands in another order now; [] when none does.
        """
        keys: list[tuple[int, int]] = []
        last = -1
        for number, name in enumerate(self.names):
            rank = self._rank_of(self._cells.get(name))
            last = last if rank is None else rank
            keys.append((last, number))
        order = [number for _, number in sorted(keys)]
        moved = [place for place, number in enumerate(order) if place != number]
        if not moved:
            return []
        self._set([self.names[number] for number in order])
        return self.names[moved[0] : moved[-1] + 1]

    def reorder(self, names: Iterable[str]) -> None:
        """Let these turns stand in this order, in the places that they have together."""
        here = set(self.names)
        told = [name for name in dict.fromkeys(names) if name in here]
        into = iter(told)
        out = set(told)
        self._set([next(into) if name in out else name for name in self.names])

    def undo(self, name: str | None = None) -> Change | None:
        """Take back the last change, or the last of this name; None if there is none."""
        change = self._changes.back(name)
        if change is not None:
            self._unmake(change)
        return change

    def redo(self, name: str | None = None) -> Change | None:
        """Make an undone change again, as `undo` chooses it."""
        change = self._changes.again(name)
        if change is not None:
            self._make(change)
        return change

    def _record(self, change: Change) -> int:
        self._changes.record(change)
        return self._make(change)

    def _make(self, change: Change) -> int:
        if isinstance(change, Whole):
            return self._set(between(self.names, change.before, change.after, self._kin))
        if change.dropped:
            out = {name for _, name in change.dropped}
            self._set(name for name in self.names if name not in out)
            return min(change.dropped[0][0], self._make(replace(change, dropped=())))
        if change.old is not None and change.old in self.names:
            return self._swap(change.old, change.new)
        cell = self._cells.get(change.new)
        if kin := self._kin(change.new):  # another kernel has asked there since
            return self._swap(kin, change.new)
        place = self._place_behind(change, cell)
        if place < len(self.names):
            return min(place, self._set([*self.names[:place], change.new, *self.names[place:]]))
        if cell:
            self._places[cell] = place
        self.names.append(change.new)
        return place

    def _place_behind(self, change: Put, cell: str | None) -> int:
        behind = change.behind
        if change.old is None and behind is None:  # nearly always; a search takes time
            return len(self.names)
        if change.old is not None or (behind and behind not in self.names):
            return self.place(cell)  # another kernel has taken away what it would stand at
        return self.names.index(behind) + 1 if behind else 0

    def _unmake(self, change: Change) -> None:
        if isinstance(change, Whole):
            self._set(between(self.names, change.after, change.before, self._kin))
        elif change.old is None:
            self._set(name for name in self.names if name != change.new)
        elif change.new in self.names:
            self._swap(change.new, change.old)
        if isinstance(change, Put) and change.dropped:
            names = list(self.names)
            for place, name in change.dropped:
                if name not in names:
                    names.insert(place, name)
            self._set(names)

    def _kin(self, name: str) -> str | None:
        """The turn that stands in the cell of this one."""
        place = self._places.get(self._cells.get(name) or "")
        return None if place is None else self.names[place]

    def house(self, name: str, cell: str) -> bool:
        """Tie a standing turn to another cell that has none; whether that could be done."""
        if self._kin(name) != name or cell in self._places:
            return False
        self._places[cell] = self._places.pop(self._cells[name] or "")
        self._tie(name, cell)
        return True

    def _swap(self, out: str, into: str) -> int:
        place = self.names.index(out)
        left, cell = self._cells.get(out), self._cells.get(into)
        if left and left != cell:
            self._left[left] = (tuple(self.names), place)
            self._places.pop(left, None)
        self.names[place] = into
        if cell:
            self._places[cell] = place
        return place

    def _tie(self, name: str, cell: str | None) -> None:
        self._cells[name] = cell
        base, number = numbered(cell or "")
        if number > 1:
            self._numbers.setdefault(base, set()).add(number)

    def _set(self, names: Iterable[str]) -> int:
        stood, self.names = tuple(self.names), list(names)
        leaving = set(stood).difference(self.names)
        for place, name in enumerate(stood) if leaving else ():
            cell = self._cells.get(name)
            if cell and name in leaving:
                self._left[cell] = (stood, place)
        cells = ((self._cells.get(name), place) for place, name in enumerate(self.names))
        self._places = {cell: place for cell, place in cells if cell}
        return 0
