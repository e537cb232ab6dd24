"""How a conversation goes on from what is on disk: is it ours, what is new there, who writes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from .chat.conversation import Conversation
from .store.location import pointer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from .chat.conversation import Event
    from .chat.turns import Turn
    from .store.conversations import Store
    from .store.notebook_file import NotebookTurns


class Keeper(Protocol):
    """What a writer needs of the shelf."""

    def join(self, conversation: Conversation, events: Sequence[Event]) -> None:
        """Go on in the conversation that another kernel of this notebook began first, if any."""

    def opened(self, conversation: Conversation, title: str, at: str) -> Event:
        """The event that begins this process's journal."""

    def write(self, conversation: Conversation, events: Sequence[Event]) -> None:
        """Write events down."""


class Writer:
    """Writes the events of one conversation.

    Nothing is written before something is said; then first that it was opened, and what was
    found elsewhere.
    """

    def __init__(
        self,
        shelf: Keeper,
        conversation: Conversation,
        title: str,
        found: Sequence[Event],
        *,
        joins: bool = False,
    ) -> None:
        self._shelf = shelf
        self._conversation = conversation
        self._title = title
        self._found = list(found)
        self._begun = False
        self._joins = joins

    def __call__(self, event: Event) -> None:
        """Write an event down."""
        events = [*self._found, event]
        self._found = []
        if not self._begun:
            self._begun = True
            if self._joins:
                self._shelf.join(self._conversation, events)
            opened = self._shelf.opened(self._conversation, self._title, events[0]["at"])
            events.insert(0, opened)
        self._shelf.write(self._conversation, events)


def merge(conversation: Conversation, turns: Iterable[Turn]) -> None:
    """Take in what only the notebook knows; of two answers in a cell the newer one stands."""
    here = {turn.cell: turn.created for turn in conversation if turn.cell}
    with conversation.asked_again():
        for turn in turns:
            if turn.id not in conversation and turn.created > here.get(turn.cell or "", ""):
                conversation.put(turn)


def renew(copy: Conversation, original: Conversation) -> None:
    """Replace the copied turns whose cells have been asked again since."""
    copied = {turn.cell for turn in copy if turn.cell and turn.id in original}
    with copy.asked_again():
        for turn in original:
            if turn.cell in copied and turn.id not in copy:
                copy.put(turn)


def saved_at(path: Path | None) -> str:
    """When the file was last written; "" when that is not known."""
    try:
        return at(path.stat().st_mtime) if path is not None else ""
    except OSError:
        return ""


def at(seconds: float) -> str:
    """A time as turns have it, ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def goes_on(store: Store, given: str, path: Path, saved: NotebookTurns | None) -> bool:
    """Whether the notebook at the path is the one whose pointer names the conversation `given`.

    Another one may have been made under its name since. They are the same when they share a cell,
    or when the file was there, and nobody has written it since, before the pointer was made. In
    doubt they are not: then nothing is sent that was said elsewhere.
    """
    conversation = Conversation()
    conversation.replay(store.read(given).events)
    if saved is not None and conversation.cells().intersection(saved.cells):
        return True
    try:
        file = path.stat()
        pointer = pointer_of(store.root, path).stat()
    except FileNotFoundError:  # not saved yet: only its kernel knows the path
        return saved is None
    except OSError:
        return False
    # Moving a file changes its ctime, not its mtime.
    return max(file.st_mtime_ns, file.st_ctime_ns) <= pointer.st_mtime_ns
