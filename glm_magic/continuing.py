"""How a conversation goes on from what is on disk: is it ours, what is new there, who writes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from .chat.conversation import Conversation
from .chat.places import base_cell, numbered, place_of
from .chat.records import answered, asked, turn_from
from .chat.telling import COPIED, told_by
from .chat.turns import NOT_FINISHED
from .store.file_numbers import file_number
from .store.location import pointer_of
from .store.notebook_file import read_notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from .chat.telling import Event
    from .chat.turns import Turn
    from .store.conversations import Store
    from .store.notebook_file import NotebookTurns


_LATEST = datetime.max.replace(tzinfo=UTC, microsecond=0).timestamp()


class Keeper(Protocol):
    """What a writer needs of the shelf."""

    def opened(self, conversation: Conversation, title: str, at: str) -> Event:
        """The event that begins this process's journal."""

    def write(self, conversation: Conversation, events: Sequence[Event]) -> None:
        """Write events down."""


class Writer:
    """Writes the events of one conversation.

    Nothing is written before something is said; then first that it was opened, and what was
    found elsewhere.

    Args:
        shelf: Writes.
        conversation: Whose events.
        title: The user's own name for it, or "".
        found: Events that were not written yet.
        first: Called before anything is written, with the conversation and what is to be written;
            it may give the one another name, and put something before the other.
    """

    def __init__(
        self,
        shelf: Keeper,
        conversation: Conversation,
        title: str,
        found: Sequence[Event],
        first: Callable[[Conversation, list[Event]], None] | None = None,
    ) -> None:
        self._shelf = shelf
        self._conversation = conversation
        self._title = title
        self._found = list(found)
        self._begun = False
        self._first = first

    def __call__(self, event: Event) -> None:
        """Write an event down."""
        events = [*self._found, event]
        self._found = []
        if not self._begun:
            self._begun = True
            first, self._first = self._first, None
            if first is not None:
                first(self._conversation, events)
            opened = self._shelf.opened(self._conversation, self._title, events[0]["at"])
            events.insert(0, opened)
        self._shelf.write(self._conversation, events)


def merge(conversation: Conversation, turns: Iterable[Turn]) -> None:
    """Take in what only the notebook knows; of two answers in a cell the newer one stands.

    An answer that never reached the disk, because that was full or its journal is damaged, is in
    the notebook all the same.
    """
    here = {turn.cell: turn.created for turn in conversation if turn.cell}
    unfinished = {turn.id: turn for turn in conversation if turn.partial_reason == NOT_FINISHED}
    with conversation.asked_again():
        for turn in turns:
            if turn.id in unfinished and turn.partial_reason != NOT_FINISHED:
                conversation.finish(turn_from(asked(unfinished[turn.id]), answered(turn)))
            elif turn.id not in conversation and turn.created > here.get(turn.cell or "", ""):
                conversation.put(turn)


def renew(copy: Conversation, original: Conversation) -> None:
    """Replace the copied turns whose cells have been asked again since."""
    copied = {turn.cell for turn in copy if turn.cell and turn.id in original}
    with copy.asked_again():
        for turn in original:
            if turn.cell in copied and turn.id not in copy:
                copy.put(turn)


def forked(saved: NotebookTurns, name: str) -> tuple[list[Turn], str]:
    """The notebook's own turns that a fork began with, and their conversation.

    The file tells of the fork's own turns alone. What stood in front of the first one, its digest
    tells: some of the notebook's turns, from the first on. Then it began with all that were said.
    """
    first = min(saved.of(name), key=lambda turn: turn.created, default=None)
    if first is None:
        return [], ""
    before = [(turn, told_in) for turn, told_in in saved.own() if turn.created < first.created]
    told = Conversation()
    for turn, told_in in before:
        told.put(turn)
        if told.digest_before(None) == first.earlier_digest:
            return [turn for turn, _ in before], told_in
    return [], ""


def asker(path: Path | None) -> list[str | int]:
    """By what a notebook's questions in other chats than its own are known as its own later."""
    return [] if path is None else [str(path), *filter(None, [file_number(path)])]


def apart(event: Event, here: Sequence[str | int]) -> Event:
    """The event, with its cell named apart when another notebook asked: copies have the same ids.

    Args:
        event: As it was told.
        here: The `asker` that reads it.
    """
    there, turn = event.get("asker"), event.get("turn")
    if not (isinstance(there, list) and there and isinstance(turn, dict) and turn.get("cell")):
        return event
    if any(one in here for one in there):
        return event
    base, number = numbered(str(turn["cell"]))
    return {**event, "turn": {**turn, "cell": place_of(f"{base}@{there[-1]}", number)}}


def saved_at(path: Path | None) -> str:
    """When the file was last written; "" when that is not known."""
    try:
        return at(path.stat().st_mtime) if path is not None else ""
    except OSError:
        return ""


def homes(saved: NotebookTurns) -> dict[str, str]:
    """The cells that show the notebook's own turns, by turn."""
    return {turn.id: turn.cell for turn, _ in saved.own() if turn.cell}


def at(seconds: float) -> str:
    """A time as turns have it, ISO 8601 in UTC; one that no calendar has is the nearest."""
    return datetime.fromtimestamp(min(max(seconds, 0.0), _LATEST), UTC).isoformat()


def goes_on(store: Store, given: str, path: Path, saved: NotebookTurns | None) -> bool:
    """Whether the notebook at the path is the one whose pointer names the conversation `given`.

    Another one may have been made under its name since. They are the same when they share a cell
    and are one file, or when nobody has written the file since the pointer was made. In doubt they
    are not: then nothing is sent that was said elsewhere.
    """
    if saved is not None:
        conversation = Conversation()
        conversation.replay(store.read(given).events)
        if conversation.cells().intersection(saved.cells):
            return not _another_file(store, given, path)
    return saved is None if not path.exists() else _untouched(store, path)


def own_id(store: Store, path: Path | None, saved: NotebookTurns | None) -> str | None:
    """The conversation of a notebook: what its path was given here, else that of its newest answer.

    A path may have been given to another notebook: to a copy that was deleted, or to the original
    in whose place a copy was put.
    """
    given = store.of_notebook(path) if path else None
    own = saved.own() if saved else []
    if path is None or saved is None or not own:
        return given if path and given and goes_on(store, given, path, saved) else None
    newest = max(own, key=lambda pair: pair[0].created)[1]
    if given is None:
        return newest
    if given in [name for _, name in own]:
        return newest if _another_file(store, given, path) else given
    return given if _forked_there(store, given, path, saved) else newest


def _forked_there(store: Store, given: str, path: Path, saved: NotebookTurns) -> bool:
    """Whether a notebook with none of the conversation's answers is the copy that began it.

    It is when it was not saved since, or was saved while its first answer came, or when nothing
    but its ancestor's was ever said in it.
    """
    ancestor = {turn.id: base_cell(turn.cell) for turn, _ in saved.own()}
    events = store.read(given).events
    fork = Conversation()
    fork.replay(events)
    if not any(name in fork for name in ancestor):
        return False
    begun = [event.get("turn") for event in events if event["kind"] == "asked"]
    fresh = [
        turn for turn in begun if isinstance(turn, dict) and str(turn.get("id")) not in ancestor
    ]
    said = {base_cell(str(turn.get("cell") or "")) for turn in fresh}
    waiting = said.intersection(saved.cells).difference(ancestor.values())
    return not said or bool(waiting) or _untouched(store, path)


def is_copy(store: Store, conversation: str, path: Path | None) -> bool:
    """Whether the notebook at the path is not the one that has the conversation, but a copy of it.

    The other one is still there and holds it; or it is elsewhere, perhaps renamed, for this is
    another file. A notebook that was only renamed is still the same file.
    """
    other = store.notebook_of(conversation)
    if path is None or other is None or other.resolve() == path.resolve():
        return False
    saved = read_notebook(other)
    if saved and conversation in saved.conversations:
        return True
    return _another_file(store, conversation, path)


def as_copied(events: Sequence[Event], saved: NotebookTurns | None) -> Sequence[Event]:
    """Of a conversation's events those before the first question that the copy cannot know.

    That is one asked after all that are in its file: the copy was made before.
    """
    known = {turn.id for turn, _ in saved.own()} if saved else set()
    last = max((at for at, event in enumerate(events) if known & set(_turns_in(event))), default=-1)
    for place in range(last + 1, len(events)):
        if events[place]["kind"] == "asked":
            return events[:place]
    return events


def ancestry(events: Iterable[Event], at: str) -> Event:
    """What a copy's own journal begins with: all that was told of its ancestor, as one event."""
    told = [one for event in events for one in told_by(event)]
    ended = {name for one in told if one["kind"] == "answered" for name in _turns_in(one)}

    def counts(event: Event) -> bool:
        """Not where the original was, nor how an answer grew that is there whole."""
        turn = event.get("turn")
        grew = event["kind"] == "came" and isinstance(turn, dict) and turn.get("id") in ended
        return event["kind"] != "opened" and not grew

    return {"kind": COPIED, "at": at, "events": [one for one in told if counts(one)]}


def _turns_in(event: Event) -> list[str]:
    """Ids of the turns that an event tells of, however damaged it is."""
    try:
        if event["kind"] == COPIED:
            return [name for one in told_by(event) for name in _turns_in(one)]
        told = [pair[0] for pair in event["turns"]] if event["kind"] == "adopted" else []
        told += [event["turn"]] if event["kind"] in ("asked", "answered") else []
        return [str(turn["id"]) for turn in told]
    except (KeyError, TypeError, IndexError):
        return []


def _untouched(store: Store, path: Path) -> bool:
    """Whether nobody has written, moved or made the file since its pointer was made."""
    try:
        file, pointer = path.stat(), pointer_of(store.root, path).stat()
    except OSError:
        return False
    # Moving a file changes its ctime, not its mtime.
    return max(file.st_mtime_ns, file.st_ctime_ns) <= pointer.st_mtime_ns


def _another_file(store: Store, conversation: str, path: Path) -> bool:
    """Whether the conversation was last opened in another file, as far as that is known."""
    before, now = store.file_of(conversation), file_number(path)
    return before is not None and now is not None and before != now
