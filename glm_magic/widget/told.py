"""What the pages know already, so that only what is new is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .views import settings_view, turn_view

if TYPE_CHECKING:
    from ..chat.turns import Turn
    from ..wiring import Workbench
    from .chats import Chats
    from .offers import Offers

Event = Mapping[str, Any]

_MOST_TURNS = 100


class Told:
    """Tells how things stand, where that has changed since it was told last.

    Args:
        tell: Given each event.
        bench: The process's workbench.
        chats: The chats there are.
        offers: The frames there are.

    Attributes:
        opened: Whether there is a page, also one that could not be welcomed.
    """

    def __init__(
        self, tell: Callable[[Event], None], bench: Workbench, chats: Chats, offers: Offers
    ) -> None:
        self._tell = tell
        self._bench = bench
        self._chats = chats
        self._offers = offers
        self.forget()
        self.opened = False

    def forget(self) -> None:
        """A page has opened: it knows nothing."""
        self.opened = True
        self._turns: dict[str, object] = {}
        self._last: Event = {}
        self._offered: Event = {}
        self._settings: Event = {}

    def knows(self, turn: Turn) -> None:
        """The pages have put this turn together themselves, word by word."""
        self._turns[turn.id] = _marks(turn)

    def offers(self) -> None:
        """The frames that there are now."""
        found = self._offers.names()
        if found != self._offered:
            self._offered = found
            self._tell(found)

    def welcome(self, state: Event) -> None:
        """Who would answer, and how.

        Args:
            state: What else a page is welcomed with.

        Raises:
            GLMError: The settings are such that nothing can be asked.
        """
        found = settings_view(self._bench.settings(need_key=False))
        if found != self._settings:
            self._settings = found
            self._tell({"kind": "welcome", **state, **found})

    def turns(self) -> None:
        """How the conversation stands, with the turns that were not told yet."""
        current = self._chats.current
        turns = list(current)
        shown = turns[-_MOST_TURNS:]
        new = [turn for turn in shown if self._turns.get(turn.id) != _marks(turn)]
        self._turns = {turn.id: _marks(turn) for turn in shown}
        stale = current.stale()
        event = {
            "kind": "turns",
            "order": [turn.id for turn in shown],
            "turns": [turn_view(turn) for turn in new],
            "stale": [turn.id for turn in shown if turn.id in stale],
            "earlier": len(turns) - len(shown),
            "chats": self._chats.views(),
            "totals": self._chats.spent(self._bench.ledger),
        }
        if event != self._last:
            self._last = {**event, "turns": []}
            self._tell(event)


def _marks(turn: Turn) -> object:
    """What tells whether a turn is still the one that was told."""
    return turn.text, turn.reasoning, turn.partial_reason, turn.seconds, turn.cell
