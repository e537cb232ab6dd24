"""The answers of one task that are known already: journals on disk, and an index to find them.

A journal is only appended to, and no two processes write to the same one; so a killed run loses
nothing that came, and nothing has to be locked. The index is a database of this process alone, in
a temporary file that nobody else sees: it can be made again from the journals at any time.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import OrderedDict
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..errors import StoreError
from ..store import files, location
from ..store.journal import Journal
from ..store.lines import decode, encode
from .outcomes import Outcome, event_of, outcome_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_AT_ONCE = 500  # keys in one question to the index
_OPEN = 4  # tasks whose index is kept
_PRAGMAS = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-2000", "temp_store=FILE")
_TABLE = "create table answers (key text primary key, at text, line blob) without rowid"
_ADD = (
    "insert into answers values (?, ?, ?) on conflict (key) do update"
    " set at = excluded.at, line = excluded.line where excluded.at >= at"
)


class Recorded:
    """The answers of one task, by key; may be used from any thread.

    Args:
        folder: Of the task's journals.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._journal = Journal(folder, location.writer())
        self._lock = threading.Lock()
        self._new: dict[str, tuple[str, bytes]] = {}  # not in the index yet: at, line
        self._read: dict[str, int] = {}  # bytes of each journal that are in the index
        self._index = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        for pragma in _PRAGMAS:
            self._index.execute(f"pragma {pragma}")
        self._index.execute(_TABLE)
        self._index.execute("begin")  # one transaction for ever: nothing has to reach the disk

    def refresh(self) -> None:
        """Read what other processes have added."""
        try:
            names = files.names_in(self._folder)
        except OSError:
            return
        with self._lock:
            for name in names:
                path = self._folder / name
                if name.endswith(location.JOURNAL) and path != self._journal.path:
                    self._index.executemany(_ADD, self._new_in(path))

    def _new_in(self, path: Path) -> Iterator[tuple[str, str, bytes]]:
        done = self._read.get(path.name, 0)
        try:
            with path.open("rb") as stream:
                stream.seek(done)
                for line in stream:
                    if not line.endswith(b"\n"):
                        return  # just being written, or cut short by a crash
                    done += len(line)
                    self._read[path.name] = done
                    event = decode(line)
                    found = outcome_from(event) if event else None
                    if event and found:
                        yield found[0], event["at"], line
        except OSError:  # a row that cannot be looked up is asked again
            return

    @property
    def begun(self) -> bool:
        """Whether any answer is known."""
        with self._lock:
            self._index_new()
            return self._index.execute("select 1 from answers limit 1").fetchone() is not None

    def find(self, keys: Sequence[str], since: str = "") -> dict[str, Outcome]:
        """The answers that are known of these keys, from a time on (ISO 8601 in UTC)."""
        with self._lock:
            self._index_new()
        known: dict[str, Outcome] = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            question = f"select line from answers where key in ({marks}) and at >= ?"  # noqa: S608
            with self._lock:
                lines = self._index.execute(question, [*some, since]).fetchall()
            for (line,) in lines:
                found = outcome_from(decode(line) or {})
                if found:
                    known[found[0]] = found[1]
        return known

    def write(self, key: str, outcome: Outcome) -> None:
        """Keep an answer; when this returns, a killed process does not lose it.

        Raises:
            StoreError: It is kept in memory only, and written together with the next one.
        """
        at = datetime.now(UTC).isoformat()
        event = event_of(key, outcome, at)
        with self._lock:
            self._new[key] = (at, encode(event))
            if len(self._new) >= _AT_ONCE:
                self._index_new()
        self._journal.append(event)

    def _index_new(self) -> None:
        """Many at once: each call of the index lets another thread have its turn in between."""
        self._index.executemany(_ADD, [(key, *new) for key, new in self._new.items()])
        self._new = {}

    def close(self) -> None:
        """Close the journal; it opens again when needed.

        Raises:
            StoreError: Something could not be written.
        """
        self._journal.close()


_kept: OrderedDict[tuple[int, Path], Recorded] = OrderedDict()
_keeping = threading.Lock()


def recorded_for(digest: str) -> Recorded:
    """This process's answers of a task, with what others have written of it until now.

    Args:
        digest: Of everything that decides an answer besides the row.
    """
    folder = location.root() / location.ROWS / digest
    place = (os.getpid(), folder)  # a forked process must not write into its parent's journal
    with _keeping:
        found = _kept.pop(place, None) or Recorded(folder)
        _kept[place] = found
        while len(_kept) > _OPEN:
            _, old = _kept.popitem(last=False)
            with suppress(StoreError):
                old.close()
    found.refresh()
    return found
