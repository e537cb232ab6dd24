"""In which order turns stand, and how every change of it is taken back."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NUMBERED = re.compile(r"(.+)/([0-9]{1,9})", re.DOTALL)


def base_cell(cell: str | None) -> str:
    """The cell of a place: a cell's second question has the place "id/2"; "" for no cell.

    Ids may hold slashes themselves, as VS Code's do.
    """
    found = _NUMBERED.fullmatch(cell or "")
    return found[1] if found else cell or ""


@dataclass(frozen=True, slots=True)
class Put:
    """A turn was appended (`old` is None) or took the place of another.

    Attributes:
        new: The turn.
        old: The turn in whose place it stands.
        dropped: Turns that left with it, each with the place where it stood.
        behind: The turn that it was put behind, "" for the front; None for the end, where a cell
            of which nothing is known is put.
    """

    new: str
    old: str | None
    dropped: tuple[tuple[int, str], ...] = ()
    behind: str | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole order changed."""

    before: tuple[str, ...]
    after: tuple[str, ...]


Change = Put | Whole


class Order:
    """Names of turns in order, each perhaps tied to a cell, with everything undoable.

    Appending costs the same however many there are.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._cells: dict[str, str | None] = {}
        self._places: dict[str, int] = {}
        self._done: list[Change] = []
        self._undone: list[Change] = []
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

        A cell's further question stands behind the ones before it.
        """
        numbered = _NUMBERED.fullmatch(cell)
        before = self._place_before(numbered[1], int(numbered[2])) if numbered else None
        if before is not None:
            return before + 1
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

    def _place_before(self, first: str, number: int) -> int | None:
        """Where the cell's question stands that is the nearest before its question number so."""
        if number > 2 and f"{first}/{number - 1}" not in self._places:  # hardly ever
            found = (_NUMBERED.fullmatch(cell) for cell in self._places)
            numbers = [int(one[2]) for one in found if one and one[1] == first]
            number = 1 + max((one for one in numbers if 1 < one < number), default=1)
        return self._places.get(f"{first}/{number - 1}" if number > 2 else first)

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

    def further(self, cell: str | None) -> list[str]:
        """The turns of a cell's further questions ("id/2", "id/3", ...), when it asks its first."""
        known = cell in self._places or f"{cell}/2" in self._places
        if not cell or cell != base_cell(cell) or not known:
            return []
        cells = ((name, self._cells.get(name)) for name in self.names)
        return [name for name, one in cells if one != cell and base_cell(one) == cell]

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
            instead: A turn without a cell in whose place it comes.
        """
        out = set(dropped)
        left = [pair for pair in enumerate(self.names) if pair[1] in out] if out else []
        place = self.place(cell)
        old = self.names[place] if cell is not None and cell in self._places else instead
        elsewhere = place < len(self.names) or cell in self._left  # than where nothing is known
        if old is None and behind is None and elsewhere:
            stay = (one for one in reversed(self.names[:place]) if one not in out)
            behind = next(stay, "")
        self._cells[name] = cell
        return self._record(Put(name, old, tuple(left), behind))

    @property
    def behind(self) -> str | None:
        """What the last change put its turn behind; None when that need not be told."""
        last = self._done[-1] if self._done else None
        return last.behind if isinstance(last, Put) else None

    def change(self, names: Sequence[str], cells: Mapping[str, str | None] | None = None) -> int:
        """Another order, with the cells of new names; returns the first place that may differ."""
        self._cells.update(cells or {})
        return self._record(Whole(tuple(self.names), tuple(names)))

    def arrange(self, cells: Sequence[str]) -> list[str]:
        """Order the turns as their cells stand in a notebook; this is no change to undo.

        A turn whose cell is not among them follows its neighbour.

        Args:
            cells: The notebook's cells in order; later turns heed it too.

        Returns:
            What `settle` returns.
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
        """Take back the last change, or the last one that put this turn; None if there is none."""
        return self._move(self._done, self._undone, name)

    def redo(self, name: str | None = None) -> Change | None:
        """Make an undone change again, as `undo` chooses it."""
        return self._move(self._undone, self._done, name)

    def _record(self, change: Change) -> int:
        self._done.append(change)
        self._undone.clear()
        return self._make(change)

    def _move(self, source: list[Change], target: list[Change], name: str | None) -> Change | None:
        for index in range(len(source) - 1, -1, -1):
            change = source[index]
            if name is None or (isinstance(change, Put) and change.new == name):
                target.append(source.pop(index))
                if target is self._undone:
                    self._unmake(change)
                else:
                    self._make(change)
                return change
        return None

    def _make(self, change: Change) -> int:
        if isinstance(change, Whole):
            return self._set(change.after)
        if change.dropped:
            out = {name for _, name in change.dropped}
            self._set(name for name in self.names if name not in out)
            first = change.dropped[0][0]
            return min(first, self._make(replace(change, dropped=())))
        if change.old is not None and change.old in self.names:
            return self._swap(change.old, change.new)
        cell = self._cells.get(change.new)
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
            self._set(change.before)
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

    def _swap(self, out: str, into: str) -> int:
        place = self.names.index(out)
        self.names[place] = into
        return place

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
