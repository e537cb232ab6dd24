"""Which conversation a question belongs to, and where it is kept.

A notebook's conversation is found by a name the user gave, else by the id in the notebook's own
outputs, else by the notebook's path; a shell without a notebook has one of its own. What other
kernels and machines said is merged by turn: the journals on this machine and the saved notebook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .chat.conversation import Conversation
from .continuing import Writer, at, goes_on, merge, renew, saved_at
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
        self._own: Conversation | None = None
        self._seen: tuple[int, int] | None = None

    @property
    def current(self) -> Conversation:
        """The conversation of this notebook or shell, found at its first use."""
        if self._current is None:
            self._current = self._own = self._find()
        return self._current

    def named(self, title: str) -> Conversation:
        """The conversation with the user's own name for it; a new one if there is none yet.

        What this notebook's outputs hold of it is taken in: the file alone is enough.
        """
        key = name_id(title)
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
        return conversation

    def _saved(self) -> NotebookTurns | None:
        path = self._notebook()
        return read_notebook(path) if path is not None else None

    def _in_outputs(self, title: str) -> bool:
        saved = self._saved()
        return saved is not None and name_id(title) in saved.conversations

    def fork(self, title: str) -> Conversation:
        """Copy the current conversation under a new name, and go on there.

        Where this notebook forked to the name before, as when all its cells are run again, it
        goes on in that fork: turns that were copied and have been asked again since are replaced,
        what was said in the fork stays.

        Raises:
            ArgumentError: The name is taken by a conversation that is no fork of this one.
        """
        current = self.current
        taken = bool(self.store.read(name_id(title)).events)
        copy = self.named(title)
        if taken and copy is not current:
            if current.name not in copy.sources and not any(one.id in copy for one in current):
                raise ArgumentError(f"There is a chat {title!r} already.", "Choose another name.")
            renew(copy, current)
        elif copy is not current and not len(copy):
            copy.adopt(list(current), source=current.name)
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
                self._current.arrange(saved.cells, at(found.st_mtime))

    # -- finding ------------------------------------------------------------------------------

    def _find(self) -> Conversation:
        path = self._notebook()
        saved = read_notebook(path) if path is not None else None
        known = self._own_id(path, saved)
        if known is None:
            return self._load(new_id(), saved=saved, joins=True)
        copied_from = self._original(known, path)
        found = self._load(known, saved=saved)
        if copied_from is not None:
            self._fork_at_first_change(found)
        return found

    def _own_id(self, path: Path | None, saved: NotebookTurns | None) -> str | None:
        """The id that this notebook was given here, else that of its newest answer."""
        given = self.store.of_notebook(path) if path else None
        own = saved.own() if saved else []
        if given in [name for _, name in own]:
            return given
        if not own:
            return given if path and given and goes_on(self.store, given, path, saved) else None
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
        self,
        name: str,
        *,
        title: str = "",
        saved: NotebookTurns | None = None,
        joins: bool = False,
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
            if title:
                merge(conversation, saved.of(name))
            else:
                merge(conversation, [turn for turn, _ in saved.own()])
                path = self._notebook()
                conversation.arrange(saved.cells, saved_at(path))
        conversation.at_home = not title
        conversation.keep = Writer(self, conversation, title, found, joins=joins)
        self._open[name] = conversation
        return conversation

    def _fork_at_first_change(self, conversation: Conversation) -> None:
        told: list[Event] = []
        apart = Conversation(keep=told.append)
        apart.adopt(list(conversation))
        told[0]["seen"] = conversation.seen()

        def keep_apart(event: Event) -> None:
            conversation.name = new_id()
            conversation.keep = Writer(self, conversation, "", told)
            conversation.keep(event)

        conversation.keep = keep_apart

    def join(self, conversation: Conversation, events: Sequence[Event]) -> None:
        """Go on in the conversation that another kernel of this notebook began first, if any.

        Args:
            conversation: A new one, not found anywhere, in which nothing was written.
            events: What has happened in it.
        """
        path = self._notebook()
        given = self.store.of_notebook(path) if path is not None else None
        if path is None or given is None or given == conversation.name:
            return
        if not goes_on(self.store, given, path, read_notebook(path)):
            return
        self._open.pop(conversation.name, None)
        conversation.become(given, [*self.store.read(given).events, *events])
        self._open[given] = conversation
        self._seen = None

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


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()
