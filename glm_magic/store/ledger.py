"""The ledger: what every question of this user has used and cost, by day."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from . import files, location
from .journal import Journal, close_all
from .lines import parse
from .spent import Spent, event_of, spent_from, totals_of
from .writing import read_whole

if TYPE_CHECKING:
    from pathlib import Path

    from .spent import Totals

_CLOCKS_DIFFER = timedelta(days=1)


class _Read(NamedTuple):
    """What is known of one file, whose first `size` bytes were read."""

    size: int = 0
    spent: tuple[Spent, ...] = ()
    unread: int = 0


_NOTHING = _Read()


class Ledger:
    """Appends to one file per day and process, and adds up those of all processes.

    Args:
        root: The folder of all; None for the user's own (see `location.root`).
    """

    def __init__(self, root: Path | None = None) -> None:
        self._given = root
        self._folder: Path | None = None
        self._process = 0
        self._writer = ""
        self._journals: dict[date, Journal] = {}
        self._added: dict[date, list[Spent]] = {}  # those that may still be unwritten
        self._read: dict[date, dict[str, _Read]] = {}  # by file name
        self._over: set[date] = set()  # days that nobody adds to any more

    @property
    def folder(self) -> Path:
        """The folder of the ledger."""
        if self._folder is None:
            root = location.root() if self._given is None else self._given.absolute()
            self._folder = root / location.LEDGER
        return self._folder

    def add(
        self,
        *,
        at: str,
        conversation: str,
        provider: str,
        model: str,
        prompt_tokens: int,
        completion_tokens: int,
        cached_tokens: int,
        cost_usd: float | None,
        estimated: bool = False,
    ) -> None:
        """Write down one question. It counts here from now on, even if the disk fails.

        Raises:
            StoreError: It could not be written; the next `add` of that day tries again.
            ValueError: `at` is no time.
        """
        spent = Spent(
            at, conversation, provider, model, prompt_tokens, completion_tokens, cached_tokens,
            cost_usd, estimated,
        )  # fmt: skip
        day = _day_of(at)
        journal = self._journal(day)
        added = self._added.setdefault(day, [])
        added.append(spent)
        self._over.discard(day)
        try:
            journal.append(event_of(spent))
        finally:
            del added[: len(added) - journal.pending]

    def read(self, since: date | None = None) -> list[Spent]:
        """Every question since a day in UTC, or ever; in the order of time.

        Lines and files that cannot be read are passed over.
        """
        found: list[Spent] = []
        for day in self._days():
            if since is None or day >= since:
                found += self._of(day)
        return sorted(found, key=lambda spent: spent.at)

    def totals(self, conversation: str | None = None, day: date | None = None) -> Totals:
        """What was used, perhaps only in one conversation, or on one day in UTC."""
        spent = [
            one
            for of_day in (self._days() if day is None else [day])
            for one in self._of(of_day)
            if conversation is None or one.conversation == conversation
        ]
        return totals_of(spent)

    @property
    def unread(self) -> int:
        """How many lines could not be understood, in what was read so far: they do not count."""
        return sum(one.unread for files in self._read.values() for one in files.values())

    def close(self) -> None:
        """Close this process's files; they open again when needed.

        Raises:
            StoreError: Something that could not be written before still cannot.
        """
        close_all(self._journals.values())

    def _journal(self, day: date) -> Journal:
        if self._process != os.getpid():  # also after a fork
            self._process, self._writer = os.getpid(), location.writer()
            self._journals, self._added = {}, {}
        if day not in self._journals:
            for past, journal in list(self._journals.items()):
                if not journal.pending:
                    journal.close()
                    del self._journals[past]
            self._journals[day] = Journal(self.folder / day.isoformat(), self._writer)
        return self._journals[day]

    def _days(self) -> list[date]:
        try:
            names = files.names_in(self.folder)
        except OSError:
            names = []
        days = {day for name in names if (day := _day(name)) is not None}
        return sorted(days | {day for day, added in self._added.items() if added})

    def _of(self, day: date) -> list[Spent]:
        if day + _CLOCKS_DIFFER >= datetime.now(UTC).date():
            self._over.discard(day)  # the clock was ahead when it looked over
            self._look(day)
        elif day not in self._over and self._look(day):
            self._over.add(day)
        read = [one for known in self._read.get(day, {}).values() for one in known.spent]
        # Of a write that failed, the first lines may be there all the same.
        return read + [one for one in self._added.get(day, []) if one not in read]

    def _look(self, day: date) -> bool:
        """Read what was appended to the files of a day since the last look; whether all could."""
        folder = self.folder / day.isoformat()
        try:
            names = files.names_in(folder)
        except OSError:
            return False
        complete = True
        found = self._read.setdefault(day, {})
        for name in names:
            if name.endswith(location.JOURNAL):
                try:
                    found[name] = _now(folder / name, found.get(name, _NOTHING))
                except OSError:  # what was read of it before still counts
                    complete = False
        return complete


def _now(path: Path, known: _Read) -> _Read:
    size = files.status_of(path).st_size
    if size < known.size:  # not the file that it was
        known = _NOTHING
    if size == known.size:
        return known
    data = read_whole(path, known.size)
    end = data.rfind(b"\n") + 1  # a line that is just being written is read when it is whole
    events, damaged = parse(data[:end])
    spent = tuple(one for event in events if (one := spent_from(event)) is not None)
    unread = len(damaged) + len(events) - len(spent)
    return _Read(known.size + end, known.spent + spent, known.unread + unread)


def _day_of(at: str) -> date:
    return datetime.fromisoformat(at).astimezone(UTC).date()


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None
