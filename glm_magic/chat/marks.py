"""Marks of what was said: digests by which turns see whether something before them has changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .turns import Turn


class Digests:
    """Of all that is said before each place, made when asked for and kept until it changes."""

    def __init__(self) -> None:
        self._known = ["start"]

    def before(
        self, place: int, names: Sequence[str], said: Callable[[str], Turn | None]
    ) -> list[str]:
        """The digests of all places up to this one; equal words have equal digests.

        Args:
            place: It has this many turns before it.
            names: Of all turns in order.
            said: The turn of a name, or None where later requests leave it out.
        """
        while len(self._known) <= place:
            last = self._known[-1]
            turn = said(names[len(self._known) - 1])
            self._known.append(last if turn is None else digest_with(last, turn))
        return self._known[: place + 1]

    def forget(self, place: int) -> None:
        """What is said at this place or behind it has changed."""
        del self._known[place + 1 :]


def digest_with(before: str, turn: Turn) -> str:
    """Of a turn and all before it: of its words alone, which the notebook's file holds too."""
    words = [before, turn.prompt, *(one.digest for one in turn.attachments), turn.text]
    # Two halves of a character are the character, as they are once they were written as JSON.
    text = "\0".join(words).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return hashlib.sha256(text.encode()).hexdigest()[:32]
