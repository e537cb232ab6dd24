"""Changes of the order in which turns stand: those made, and those taken back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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

    @property
    def name(self) -> str:
        """By which it can be taken back, whatever came since: its turn's."""
        return self.new


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole order changed.

    Attributes:
        before: How all stood.
        after: How they stand now.
        name: By which it can be taken back, whatever came since; "" when it was told without.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    name: str = ""


Change = Put | Whole


class Changes:
    """Those that can be taken back, and made again."""

    def __init__(self) -> None:
        self._done: list[Change] = []
        self._undone: list[Change] = []
        # What was taken back before the last change: another kernel may make it again, by name.
        self._passed: list[Change] = []

    @property
    def last(self) -> Change | None:
        """The last one that was made."""
        return self._done[-1] if self._done else None

    def record(self, change: Change) -> None:
        """It was made, so that what was taken back before can be made again by name alone."""
        self._done.append(change)
        self._passed += self._undone
        self._undone.clear()

    def back(self, name: str | None) -> Change | None:
        """The last one, or the last of this name, is taken back; None if there is none."""
        change = _taken(self._done, name)
        if change is not None:
            self._undone.append(change)
        return change

    def again(self, name: str | None) -> Change | None:
        """One is made again, chosen alike."""
        change = _taken(self._undone, name)
        if change is None and name is not None:
            change = _taken(self._passed, name)
        if change is not None:
            self._done.append(change)
        return change


def _taken(changes: list[Change], name: str | None) -> Change | None:
    for index in range(len(changes) - 1, -1, -1):
        if name is None or changes[index].name == name:
            return changes.pop(index)
    return None


def new_name() -> str:
    """A name for a change."""
    return uuid.uuid4().hex


def between(
    now: Sequence[str], old: Sequence[str], new: Sequence[str], kin: Callable[[str], str | None]
) -> list[str]:
    """What stands now with the same change made to it as makes the new order of the old one.

    Args:
        now: What stands, perhaps with what another kernel has said since.
        old: The order that was changed.
        new: The order that it became.
        kin: The turn that stands in the cell of one that left, if any: that one stays out.
    """
    if list(now) == list(old):
        return list(new)
    leaving, stood = set(old).difference(new), set(old)
    staying = dict.fromkeys(name for name in now if name not in leaving)
    coming: dict[str | None, list[str]] = {}
    anchor: str | None = None
    for name in new:
        here = name if name in staying else kin(name)
        if here in staying:
            anchor = here
        elif name not in stood:
            coming.setdefault(anchor, []).append(name)
    behind = ((name, *coming.get(name, ())) for name in staying)
    return [*coming.get(None, ()), *(name for names in behind for name in names)]
