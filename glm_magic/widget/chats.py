"""The chats a panel can go to, begin and write to files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..answer import Answer
from ..errors import ArgumentError
from ..store.export import export
from ..store.location import new_id
from .views import chat_views, totals_line

if TYPE_CHECKING:
    from ..chat.conversation import Conversation
    from ..store.ledger import Ledger
    from ..wiring import Workbench
    from .views import View

FORMS = ("md", "ipynb", "json")


class Chats:
    """The conversations of the workbench's shelf, as a panel handles them.

    Args:
        bench: The process's workbench.
        cell: The id of the cell that shows the panel, or "".
    """

    def __init__(self, bench: Workbench, cell: str = "") -> None:
        self._shelf = bench.shelf
        self._cell = cell
        # Found now, in the cell that opens the panel: only there the front end tells of itself.
        self._own = self._shelf.current.name
        self._begun: dict[str, str] = {}  # titles of chats in which nothing is said yet

    @property
    def current(self) -> Conversation:
        """The one that the next question goes on with, its turns as their cells stand."""
        conversation = self._shelf.current
        self._shelf.heed_order()
        return conversation

    def views(self) -> list[View]:
        """The chats to choose from."""
        current = self._shelf.current
        if current.at_home:  # its name is settled only when something is said in it
            self._own = current.name
            if self._cell:
                current.shown_in(self._cell)
        return chat_views(self._shelf.store.list(), self._own, current.name, self._begun)

    def spent(self, ledger: Ledger) -> str:
        """What the notebook's own chat has cost, and the current one where it is another."""
        current = self._shelf.current.name
        shown = f"This notebook: {totals_line(ledger.totals(self._own))}"
        if current != self._own:
            shown = f"This chat: {totals_line(ledger.totals(current))} — {shown}"
        return shown

    def switch(self, chat: str) -> None:
        """Go on in another one.

        Raises:
            ArgumentError: It does not exist any more.
        """
        shelf = self._shelf
        if chat == self._own and shelf._own is not None:  # not in the store while it is empty
            shelf._go_to(shelf._own)
        elif chat in self._begun:  # nor is one that was just begun
            shelf._go_to(shelf.named(self._begun[chat]))
        elif chat != shelf.current.name:
            shelf.switch(chat)

    def begin(self) -> str:
        """Begin a new one and go on there; its title, which nobody else's has.

        A title makes the id, here and on other machines, and no other notebook sees the ones in
        which nothing was said yet: a number alone would be given twice.
        """
        known = [one.name or "" for one in self._shelf.store.list()] + list(self._begun.values())
        taken = {title.partition("-")[0] for title in known}
        number = next(n for n in range(1, len(taken) + 2) if f"Chat {n}" not in taken)
        title = f"Chat {number}-{new_id()[:6]}"
        conversation = self._shelf.named(title)
        self._begun[conversation.name] = title
        self._shelf._go_to(conversation)
        return title

    def export(self, form: str) -> Path:
        """Write the current one to a new file beside the notebook; where it is.

        Raises:
            ArgumentError: Another form.
            StoreError: It could not be written.
        """
        if form not in FORMS:
            raise ArgumentError.unknown("form", form, FORMS)
        conversation = self._shelf.current
        stem, number = "conversation", 1
        while (path := Path(f"{stem}{'' if number == 1 else f'-{number}'}.{form}")).exists():
            number += 1
        export(
            list(conversation),
            path,
            conversation=conversation.name,
            show=lambda turn: Answer(turn).markdown(),
        )
        return path.absolute()
