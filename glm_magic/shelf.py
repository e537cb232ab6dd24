"""Which conversation a question belongs to, and where it is kept.

A notebook's conversation is found by a name the user gave, else by the id in the notebook's own
outputs, else by the notebook's path; a shell without a notebook has one of its own. What other
kernels and machines said is merged by turn: the journals on this machine and the saved notebook.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .chat.conversation import Conversation
from .chat.telling import COPIED
from .continuing import (
    Writer,
    ancestry,
    apart,
    as_copied,
    asker,
    at,
    forked,
    goes_on,
    homes,
    is_copy,
    merge,
    own_id,
    renew,
    saved_at,
)
from .errors import ArgumentError, StoreError
from .store.conversations import Store
from .store.file_numbers import file_number
from .store.location import name_id, new_id
from .store.notebook_file import NotebookTurns, read_notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .chat.telling import Event

# Events after which a turn must survive a loss of power, not only of the process.
_SYNCED = ("answered", "adopted", COPIED)


class Shelf:
    """The conversations that this process has open.

    Args:
        notebook: Where the running notebook is, or None; asked anew at each use, because a
            notebook can be renamed.
        warn: Told, in one sentence, what the user should know of the store.
        store: Where conversations are kept.
    """

    def __init__(
        self,
        notebook: Callable[[], Path | None],
        warn: Callable[[str], None],
        store: Store | None = None,
    ) -> None:
        self.store = store or Store()
        self.store.tell = warn
        self._notebook = notebook
        self._here: list[str | int] = []  # once known it stays, for it knows questions by it
        self._warn = warn
        self._opening = threading.RLock()  # the user's own threads may ask at once
        self._open: dict[str, Conversation] = {}
        self._current: Conversation | None = None
        self._own: Conversation | None = None
        self._seen: tuple[int, int] | None = None
        self._unclaimed: set[str] = set()  # conversations whose pointer could not be written

    @property
    def current(self) -> Conversation:
        """The conversation of this notebook or shell, found at its first use."""
        with self._opening:
            if self._current is None:
                self._current = self._own = self._find()
            return self._current

    def named(self, title: str) -> Conversation:
        """The conversation with the user's own name for it; a new one if there is none yet.

        What this notebook's outputs hold of it is taken in: the file alone is enough.
        """
        key = name_id(title)
        with self._opening:
            if key not in self._open:
                self._open[key] = self._load(key, title=title, saved=self._saved())
            return self._open[key]

    def switch(self, title: str) -> Conversation:
        """Make another conversation the current one, by its title or the beginning of its id.

        Raises:
            ArgumentError: There is none, or there are several.
        """
        kept = self.store.list()
        exact = [one for one in kept if title in (one.name, one.id)]
        if not exact and self._in_outputs(title):
            return self._go_to(self.named(title))
        found = exact or [one for one in kept if one.id.startswith(title)]
        if len({one.id for one in found}) != 1:
            known = [one.name or one.id[:8] for one in kept]
            message = "Several chats begin like that" if found else "Unknown chat"
            if found:
                raise ArgumentError(f"{message}: {title}", "Give more of its id: %glm chats")
            raise ArgumentError.unknown("chat", title, known, "%glm chats lists them.")
        one = found[0]
        if one.name:
            return self._go_to(self.named(one.name))
        if one.id not in self._open:
            self._open[one.id] = self._load(one.id)
        return self._go_to(self._open[one.id])

    def _go_to(self, conversation: Conversation) -> Conversation:
        """Make it the current one; cells of a notebook it does not belong to stay strangers."""
        own = self.current if self._own is None else self._own
        conversation.at_home = conversation is own
        self._current = conversation
        self._seen = None  # its order was not looked at
        return conversation

    def _saved(self) -> NotebookTurns | None:
        path = self._notebook()
        return read_notebook(path) if path is not None else None

    def _in_outputs(self, title: str) -> bool:
        saved = self._saved()
        return saved is not None and name_id(title) in saved.conversations

    def fork(self, title: str) -> Conversation:
        """Copy what the current conversation would send under a new name, and go on there.

        Where this notebook forked to the name before, as when all its cells are run again, it
        goes on in that fork: turns that were copied and have been asked again since are replaced,
        what was said in the fork stays.

        Raises:
            ArgumentError: The name is taken by a conversation that is no fork of this one.
        """
        current = self.current
        taken = bool(self.store.read(name_id(title)).events)
        copy = self.named(title)
        kin = current.name in copy.sources or any(one.id in copy for one in current)
        if copy is current:
            return copy
        if kin:
            renew(copy, current)
        elif taken:
            raise ArgumentError(f"There is a chat {title!r} already.", "Choose another name.")
        else:
            copy.adopt(current.before(None), source=current.name)
        return self._go_to(copy)

    def heed_order(self) -> None:
        """Order the turns as their cells stand in the notebook, if it was saved since."""
        path = self._notebook()
        if path is None or self._current is None:
            return
        try:
            found = path.stat()
        except OSError:  # renamed or gone: the order stays as it is
            return
        stamp = (found.st_mtime_ns, found.st_size)
        if stamp != self._seen:
            self._seen = stamp
            saved = read_notebook(path)
            if saved:
                self._current.arrange(saved.cells, at(found.st_mtime), homes(saved))

    # -- finding ------------------------------------------------------------------------------

    def _find(self) -> Conversation:
        path = self._notebook()
        saved = read_notebook(path) if path is not None else None
        known = own_id(self.store, path, saved)
        if known is None:
            return self._load(new_id(), saved=saved, first=self._join)
        copied, read = is_copy(self.store, known, path), self._read(known)
        read = as_copied(read, saved) if copied else read

        def settle(conversation: Conversation, events: list[Event]) -> None:
            if copied or is_copy(self.store, known, self._notebook()):
                self._fork(conversation, read, events)

        return self._load(known, read, saved=saved, first=settle)

    def _read(self, name: str) -> Sequence[Event]:
        kept = self.store.read(name)
        for sentence in kept.damage:
            self._warn(sentence)
        self._here = self._here or asker(self._notebook())
        return [apart(event, self._here) for event in kept.events]

    def _load(
        self,
        name: str,
        read: Sequence[Event] | None = None,
        *,
        title: str = "",
        saved: NotebookTurns | None = None,
        first: Callable[[Conversation, list[Event]], None] | None = None,
    ) -> Conversation:
        conversation = Conversation(name)
        unread = conversation.replay(self._read(name) if read is None else read)
        if unread:
            self._warn(f"{unread} entries of this conversation could not be understood.")
        found: list[Event] = []
        if saved is not None:
            conversation.keep = found.append
            conversation.at_home = not title
            if title:
                if not len(conversation):
                    conversation.adopt(*forked(saved, name))
                merge(conversation, saved.of(name))
            else:
                merge(conversation, [turn for turn, _ in saved.own()])
                path = self._notebook()
                conversation.arrange(saved.cells, saved_at(path), homes(saved))
        conversation.at_home = not title
        conversation.keep = Writer(self, conversation, title, found, first)
        self._open[name] = conversation
        return conversation

    def _fork(self, conversation: Conversation, read: Sequence[Event], events: list[Event]) -> None:
        """Let a copy go on by itself when something is said in it: it takes along what was said.

        Until then the original may have begun.
        """
        events.insert(0, ancestry(read, events[0]["at"]))
        self._open.pop(conversation.name, None)
        conversation.name = new_id()
        self._open[conversation.name] = conversation

    def _join(self, conversation: Conversation, events: Sequence[Event]) -> None:
        """Go on in the conversation that another kernel of this notebook began first, if any.

        Args:
            conversation: A new one, not found anywhere, in which nothing was written.
            events: What has happened in it.
        """
        path = self._notebook()
        if path is None:
            return
        given = self.store.of_notebook(path)
        try:
            given = given or self.store.claim_first(path, conversation.name)
        except StoreError:  # it is tried again in a moment, and told
            return
        if given is None or given == conversation.name:
            return
        if not goes_on(self.store, given, path, read_notebook(path)):
            return
        self._open.pop(conversation.name, None)
        conversation.become(given, [*self._read(given), *events])
        self._open[given] = conversation
        self._seen = None

    # -- keeping ------------------------------------------------------------------------------

    def write(self, conversation: Conversation, events: Sequence[Event]) -> None:
        """Write events down; what could not be written is told, and written later."""
        if self._here:
            events = [one | {"asker": self._here} if one.get("away") else one for one in events]
        try:
            sync = any(event["kind"] in _SYNCED for event in events)
            self.store.journal(conversation.name).append(*events, sync=sync)
        except StoreError as error:
            if events[-1]["kind"] != "came":  # a second later it is tried again
                self._warn(f"{error.message} {error.remedy}")
        else:
            if conversation.name in self._unclaimed:
                self._claim(conversation.name)

    def opened(self, conversation: Conversation, title: str, at: str) -> Event:
        """The event that begins this process's journal, and the notebook's pointer to it."""
        path = self._notebook()
        event: Event = {"kind": "opened", "at": at}
        if title:
            event["name"] = title
        if path is not None and conversation.at_home:  # a visitor does not move in
            event["notebook"] = str(path)
            if number := file_number(path):
                event["file"] = number
            self._claim(conversation.name)
        return event

    def _claim(self, name: str) -> None:
        """Let the notebook point to the conversation; what fails is tried with each later event."""
        path = self._notebook()
        self._unclaimed.discard(name)
        try:
            if path is not None:
                self.store.claim(path, name)
        except StoreError as error:
            self._unclaimed.add(name)
            self._warn(f"{error.message} {error.remedy}")
