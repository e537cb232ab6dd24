"""Changes of the order in which turns stand."""

from __future__ import annotations

from dataclasses import dataclass


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
