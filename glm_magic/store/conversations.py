"""The conversations of one user: reading, continuing and finding them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from . import files, location
from .failures import reason
from .file_numbers import file_number
from .journal import Journal, close_all, read_journal
from .outline import Outline, outline
from .pointers import read_pointer, write_first_pointer, write_pointer
from .writing import read_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lines import Event

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Kept:
    """What the disk has of a conversation.

    Attributes:
        events: Of all its journals, in the order of time.
        damage: What could not be read, one sentence each.
    """

    events: list[Event] = field(default_factory=list)
    damage: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation at a glance.

    Attributes:
        id: What `Store.read` takes.
        name: The name that the user gave it, or None.
        notebook: The path it was last opened under, or None.
        first: When it began, ISO 8601 in UTC; "" when no event can be read.
        last: When something last happened in it.
        turns: How many times a question was asked in it.
    """

    id: str
    name: str | None
    notebook: Path | None
    first: str
    last: str
    turns: int


class Store:
    """All conversations below one folder. Nothing is made or written before the first event.

    Of events it knows one kind: {"kind": "opened", "at": ..., "notebook": path, "file": number,
    "name": ...} says where a conversation is used, in which file (see `file_numbers`), and what it
    is called, each only if there is such a thing.

    Args:
        root: The folder; None for the user's own (see `location.root`).

    Attributes:
        tell: Given a sentence on each damaged file that is not in what `read` returns.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.tell: Callable[[str], None] = lambda _: None
        self._given = root
        self._root: Path | None = None
        self._journals: dict[str, Journal] = {}
        self._writer, self._process = "", 0

    @property
    def root(self) -> Path:
        """The folder of all."""
        if self._root is None:
            self._root = location.root() if self._given is None else self._given.absolute()
        return self._root

    def read(self, conversation: str) -> Kept:
        """All that was ever written of a conversation, by every process; nothing if it is new.

        Events are in the order of their times. Those of one writer keep their order even when its
        clock was set back; at the same time, writers come by name.
        """
        folder = location.folder_of(self.root, conversation)
        try:
            names = _journals_in(folder)
        except OSError as error:
            return Kept(damage=(f"{folder} could not be read: {reason(error)}.",))
        keyed: list[tuple[str, Event]] = []
        damage: list[str] = []
        for name in names:
            events, found = read_journal(folder / name)
            damage += found
            latest = ""
            for event in events:
                latest = max(latest, event["at"])
                keyed.append((latest, event))
        if len(names) > 1:  # sorting is stable: writers and lines keep their order
            keyed.sort(key=lambda pair: pair[0])
        return Kept([event for _, event in keyed], tuple(damage))

    def journal(self, conversation: str) -> Journal:
        """Where this process writes the conversation's events."""
        if self._process != os.getpid():  # also after a fork: the parent goes on with its own files
            self._writer, self._process = location.writer(), os.getpid()
            self._journals = {}
        folder = location.folder_of(self.root, conversation)
        if folder.name not in self._journals:
            self._journals[folder.name] = Journal(folder, self._writer)
        return self._journals[folder.name]

    def close(self) -> None:
        """Close this process's journals; they open again when needed.

        Raises:
            StoreError: Something that could not be written before still cannot.
        """
        close_all(self._journals.values())

    def list(self) -> list[Summary]:
        """All conversations, the one used last first; those that cannot be read look empty."""
        try:
            ids = files.names_in(self.root / location.CONVERSATIONS)
        except OSError:
            return []
        found = [self._summary(one) for one in ids if location.safe_id(one) == one]
        return sorted(found, key=lambda summary: summary.last, reverse=True)

    def notebook_of(self, conversation: str) -> Path | None:
        """The path that a conversation was last opened under, whether or not it still exists."""
        return _notebook(self._outlines(conversation))

    def file_of(self, conversation: str) -> int | None:
        """The number of the file that a conversation was last opened in."""
        return _last_said(self._outlines(conversation), "file", int)

    def of_notebook(self, notebook: Path | str) -> str | None:
        """The conversation that a path has claimed.

        Returns:
            Its id, or None: there is no pointer, it cannot be read, or it is damaged; a damaged
            one is set aside, and that is told.
        """
        found, damage = read_pointer(location.pointer_of(self.root, notebook))
        if damage:
            self.tell(damage)
        return found

    def claim(self, notebook: Path | str, conversation: str) -> None:
        """Remember which conversation a notebook has.

        Raises:
            StoreError: It could not be written; the earlier claim, if any, stands.
        """
        write_pointer(location.pointer_of(self.root, notebook), conversation, notebook)

    def claim_first(self, notebook: Path | str, conversation: str) -> str | None:
        """Do so unless another conversation was quicker; the one that it has then.

        Raises:
            StoreError: It could not be written.
        """
        pointer = location.pointer_of(self.root, notebook)
        mine = write_first_pointer(pointer, conversation, notebook)
        return conversation if mine else self.of_notebook(notebook)

    def written_anew(self, notebook: Path, before: int | None) -> None:
        """Remember that a tool of ours has put another file in the place of a notebook's.

        Args:
            notebook: Its path.
            before: The number that its file had (see `file_numbers.file_number`).

        Raises:
            StoreError: It could not be written.
        """
        now = file_number(notebook)
        known = self.of_notebook(notebook) if now and now != before else None
        if known and self.file_of(known) == before:
            at = datetime.now(UTC).isoformat(timespec="microseconds")
            self.journal(known).append({"kind": "opened", "at": at, "file": now})

    def _summary(self, conversation: str) -> Summary:
        outlines = self._outlines(conversation)
        return Summary(
            id=conversation,
            name=_last_said(outlines, "name", str),
            notebook=_notebook(outlines),
            first=min((one.first for one in outlines if one.first), default=""),
            last=max((one.last for one in outlines), default=""),
            turns=sum(one.asked for one in outlines),
        )

    def _outlines(self, conversation: str) -> tuple[Outline, ...]:
        folder = location.folder_of(self.root, conversation)
        try:
            names = _journals_in(folder)
        except OSError:  # `read` is the one that tells
            return ()
        return tuple(one for name in names if (one := _outline_of(folder / name)) is not None)


def _journals_in(folder: Path) -> list[str]:
    try:
        names = files.names_in(folder)
    except FileNotFoundError:
        return []
    return [name for name in names if name.endswith(location.JOURNAL)]


def _outline_of(path: Path) -> Outline | None:
    try:
        return outline(read_whole(path))
    except (OSError, MemoryError):
        return None


def _notebook(outlines: tuple[Outline, ...]) -> Path | None:
    said = _last_said(outlines, "notebook", str)
    return Path(said) if said else None


def _last_said(outlines: tuple[Outline, ...], name: str, kind: type[_T]) -> _T | None:
    """What the latest event that says it says."""
    events: list[dict[str, Any]] = [event for one in outlines for event in one.opened]
    said = [event for event in events if isinstance(event.get(name), kind) and event[name]]
    found: _T | None = max(said, key=lambda event: event["at"])[name] if said else None
    return found
