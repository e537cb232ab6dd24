"""Which conversation a question belongs to, and where it is kept.

A notebook's conversation is found by a name the user gave, else by the id in the notebook's own
outputs, else by the notebook's path; a shell without a notebook has one of its own. What other
kernels and machines said is merged by turn: the journals on this machine and the saved notebook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .chat.conversation import Conversation
from .errors import ArgumentError, StoreError
from .store.conversations import Store
from .store.location import name_id, new_id
from .store.notebook_file import NotebookTurns, read_notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .chat.conversation import Event

# Events after which a turn must survive a loss of power, not only of the process.
_SYNCED = ("answered", "adopted", "compacted")


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
        self._notebook = notebook
        self._warn = warn
        self._open: dict[str, Conversation] = {}
        self._current: Conversation | None = None
        self._seen: tuple[int, int] | None = None

    @property
    def current(self) -> Conversation:
        """The conversation of this notebook or shell, found at its first use."""
        if self._current is None:
            self._current = self._find()
        return self._current

    def named(self, title: str) -> Conversation:
        """The conversation with the user's own name for it; a new one if there is none yet."""
        key = name_id(title)
        if key not in self._open:
            self._open[key] = self._load(key, title=title)
        return self._open[key]

    def switch(self, title: str) -> Conversation:
        """Make another conversation the current one, by its title or the beginning of its id.

        Raises:
            ArgumentError: There is none, or there are several.
        """
        found = [one for one in self.store.list() if one.name == title or one.id.startswith(title)]
        if len({one.id for one in found}) != 1:
            known = [one.name or one.id[:8] for one in self.store.list()]
            message = "Several chats begin like that" if found else "Unknown chat"
            if found:
                raise ArgumentError(f"{message}: {title}", "Give more of its id: %glm chats")
            raise ArgumentError.unknown("chat", title, known, "%glm chats lists them.")
        one = found[0]
        if one.id not in self._open:
            self._open[one.id] = self._load(one.id, title=one.name or "")
        self._current = self._open[one.id]
        return self._current

    def fork(self, title: str) -> Conversation:
        """Copy the current conversation under a new name, and go on there.

        Raises:
            ArgumentError: The name is taken.
        """
        key = name_id(title)
        if self.store.read(key).events:
            raise ArgumentError(f"There is a chat {title!r} already.", "Choose another name.")
        copy = self.named(title)
        copy.adopt(list(self.current))
        self._current = copy
        return copy

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
                self._current.arrange(saved.cells)

    # -- finding ------------------------------------------------------------------------------

    def _find(self) -> Conversation:
        path = self._notebook()
        saved = read_notebook(path) if path is not None else None
        known = self._own_id(path, saved)
        if known is None:
            return self._load(new_id(), saved=saved)
        copied_from = self._original(known, path)
        found = self._load(known, saved=saved)
        if copied_from is not None:
            self._fork_at_first_change(found)
        return found

    def _own_id(self, path: Path | None, saved: NotebookTurns | None) -> str | None:
        """The id that this notebook was given here, else that of its newest answer."""
        given = self.store.of_notebook(path) if path else None
        own = saved.own() if saved else []
        if not own or given in [name for _, name in own]:
            return given
        if given is not None:
            # A copy that was asked something and not saved since has only its ancestor's answers.
            gone_on = Conversation()
            gone_on.replay(self.store.read(given).events)
            if any(turn.id in gone_on for turn, _ in own):
                return given
        return max(own, key=lambda pair: pair[0].created)[1]

    def _original(self, conversation: str, path: Path | None) -> Path | None:
        """The notebook this one is a copy of: it holds the same conversation and still exists."""
        other = self.store.notebook_of(conversation)
        if path is None or other is None or _same(other, path) or not other.exists():
            return None
        saved = read_notebook(other)
        return other if saved and conversation in saved.conversations else None

    def _load(
        self, name: str, *, title: str = "", saved: NotebookTurns | None = None
    ) -> Conversation:
        kept = self.store.read(name)
        for sentence in kept.damage:
            self._warn(sentence)
        conversation = Conversation(name)
        unread = conversation.replay(kept.events)
        if unread:
            self._warn(f"{unread} entries of this conversation could not be understood.")
        found: list[Event] = []
        if saved is not None:
            conversation.keep = found.append
            self._merge(conversation, saved)
        conversation.keep = _Writer(self, conversation, title, found)
        self._open[name] = conversation
        return conversation

    @staticmethod
    def _merge(conversation: Conversation, saved: NotebookTurns) -> None:
        """Take in what only the notebook knows; of two answers in a cell the newer one stands."""
        here = {turn.cell: turn.created for turn in conversation if turn.cell}
        for turn, _ in saved.own():
            if turn.id not in conversation and turn.created > here.get(turn.cell or "", ""):
                conversation.put(turn)
        conversation.arrange(saved.cells)

    def _fork_at_first_change(self, conversation: Conversation) -> None:
        told: list[Event] = []
        apart = Conversation(keep=told.append)
        apart.adopt(list(conversation))

        def keep_apart(event: Event) -> None:
            conversation.name = new_id()
            conversation.keep = _Writer(self, conversation, "", told)
            conversation.keep(event)

        conversation.keep = keep_apart

    # -- keeping ------------------------------------------------------------------------------

    def write(self, conversation: Conversation, events: Sequence[Event]) -> None:
        """Write events down; what could not be written is told, and written later."""
        try:
            sync = any(event["kind"] in _SYNCED for event in events)
            self.store.journal(conversation.name).append(*events, sync=sync)
        except StoreError as error:
            self._warn(f"{error.message} {error.remedy}")

    def opened(self, conversation: Conversation, title: str, at: str) -> Event:
        """The event that begins this process's journal, and the notebook's pointer to it."""
        path = self._notebook()
        event: Event = {"kind": "opened", "at": at}
        if title:
            event["name"] = title
        if path is not None and not title:
            event["notebook"] = str(path)
            try:
                self.store.claim(path, conversation.name)
            except StoreError as error:
                self._warn(f"{error.message} {error.remedy}")
        return event


class _Writer:
    """Writes the events of one conversation.

    Nothing is written before something is said; then first that it was opened, and what was
    found elsewhere.
    """

    def __init__(
        self, shelf: Shelf, conversation: Conversation, title: str, found: Sequence[Event]
    ) -> None:
        self._shelf = shelf
        self._conversation = conversation
        self._title = title
        self._found = list(found)
        self._begun = False

    def __call__(self, event: Event) -> None:
        events = [*self._found, event]
        self._found = []
        if not self._begun:
            self._begun = True
            opened = self._shelf.opened(self._conversation, self._title, events[0]["at"])
            events.insert(0, opened)
        self._shelf.write(self._conversation, events)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()
