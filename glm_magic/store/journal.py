"""A journal: the events of one conversation as one process saw them, a line each.

A line is never changed or taken away. A write may stop anywhere: the disk is full, the process is
killed, the user interrupts. So the file itself is asked how much of the last write is there, and a
line that is not there whole is written again, on a line of its own.
"""

from __future__ import annotations

import stat
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from ..errors import StoreError
from . import files
from .failures import reason, store_error
from .lines import decode, encode, parse
from .location import JOURNAL
from .writing import (
    close_quietly,
    make_folders,
    read_whole,
    set_mode,
    sync_folder,
    write_all,
    write_atomically,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .lines import Event

DAMAGED = ".damaged"
_KEPT = "Nothing is lost: it is kept in memory, and written together with the next one."
_FRESH_SECONDS = 1.0
_PATIENCE_SECONDS = 0.02


class _Waiting(NamedTuple):
    """Lines that are not known to be written. One value, so that no interrupt finds half a change.

    Attributes:
        lines: Oldest first.
        start: The file's size when writing them began, in bytes; -1 when it has not.
        lead: How many bytes were to be written in front of them.
    """

    lines: tuple[bytes, ...] = ()
    start: int = -1
    lead: int = 0

    def after(self, size: int) -> tuple[bytes, ...]:
        """The lines that are still to be written, the file being of this size."""
        if self.start < 0:
            return self.lines
        count, there = 0, size - self.start - self.lead
        for line in self.lines:
            there -= len(line)
            if there < -1:  # whole without its line feed too: the next write begins with one
                break
            count += 1
        return self.lines[count:]


class Journal:
    """Appends events to one file, of which it is the only writer.

    Nothing is made or written before the first event.

    Args:
        folder: Of all journals of the conversation; made when needed.
        writer: Names the file.
    """

    def __init__(self, folder: Path, writer: str) -> None:
        self.path = folder / f"{writer}{JOURNAL}"
        self._waiting = _Waiting()
        self._descriptor: int | None = None
        self._line_ended = False  # whether the file is known to end with a line feed
        self._synced = True
        self._folder_synced = False
        self._lock = threading.Lock()  # the panel's answers come in threads of their own

    @property
    def pending(self) -> int:
        """How many events could not be written so far."""
        return len(self._waiting.lines)

    def append(self, *events: Event, sync: bool = False) -> None:
        """Write events, and first those that could not be written before.

        When it returns, a killed process loses nothing of them.

        Args:
            events: Each with "kind" and "at".
            sync: Wait for the disk too: a power cut then loses nothing either.

        Raises:
            StoreError: They could not be written and wait for the next call; or they were, but the
                disk does not confirm it; or one is no JSON: then none is taken.
        """
        lines = tuple(encode(event) for event in events)
        with self._lock:
            self._waiting = self._waiting._replace(lines=self._waiting.lines + lines)
            try:
                self._write()
                if sync and not self._synced:
                    self._sync()
            except OSError as error:
                raise self._failed(error) from error

    def close(self) -> None:
        """Write what waits, and give the file back; the next `append` opens it again.

        Raises:
            StoreError: What waits could not be written; it waits on.
        """
        with self._lock:
            try:
                self._write()
            except OSError as error:
                raise self._failed(error) from error
            finally:
                self._release()

    def __del__(self) -> None:
        """Give the file back when nobody holds the journal: a process may open few at once."""
        try:
            self._release()
        except (AttributeError, TypeError):
            return  # Python ends, and has taken our modules apart

    def _write(self) -> None:
        if not self._waiting.lines:
            return
        descriptor, size = self._opened()
        lines = self._waiting.after(size)
        torn = bool(size) and not self._line_ended and files.read(descriptor, 1, size - 1) != b"\n"
        lead = b"\n" if torn else b""
        self._waiting = _Waiting(lines, size, len(lead))
        if lines:
            self._line_ended = self._synced = False
            write_all(descriptor, lead + b"".join(lines))
            self._line_ended = True
        self._waiting = _Waiting()

    def _opened(self) -> tuple[int, int]:
        """Descriptor and size in bytes."""
        if self._descriptor is not None:
            status = files.status(self._descriptor)
            if status.st_nlink:
                return self._descriptor, status.st_size
            self._release()  # somebody has deleted the file; what is written to it would be lost
        self._line_ended = self._folder_synced = False
        try:
            self._descriptor = files.open_file(self.path, files.APPEND)
        except FileNotFoundError:
            make_folders(self.path.parent)
            self._descriptor = files.open_file(self.path, files.APPEND)
        status = files.status(self._descriptor)
        if stat.S_IMODE(status.st_mode) != 0o600:  # an odd umask, or somebody was generous
            set_mode(self.path, 0o600)
        return self._descriptor, status.st_size

    def _sync(self) -> None:
        descriptor, _ = self._opened()
        files.fsync(descriptor)
        if not self._folder_synced:
            sync_folder(self.path.parent)
            sync_folder(self.path.parent.parent)
            self._folder_synced = True
        self._synced = True

    def _release(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            close_quietly(descriptor)

    def _failed(self, error: OSError) -> StoreError:
        self._release()  # a file that a network drive has lost must be opened anew
        if self._waiting.lines:
            return store_error(self.path, error, deed="written", then=_KEPT)
        return store_error(self.path, error, deed="brought safely to the disk")


def close_all(journals: Iterable[Journal]) -> None:
    """Close each of them, although one fails.

    Raises:
        StoreError: Of the last that failed.
    """
    failed = None
    for journal in list(journals):
        try:
            journal.close()
        except StoreError as error:
            failed = error
    if failed:
        raise failed


def read_journal(path: Path) -> tuple[list[Event], tuple[str, ...]]:
    """The events of a journal, in the order of its lines, and what is wrong with it.

    A damaged line hides no other one. It is copied into a file beside the journal, once, and
    stays where it is too.

    Returns:
        The events, and a sentence for each thing that is wrong. It never raises: a journal that
        cannot be read at all has no events and one such sentence.
    """
    try:
        data = _read_settled(path)
    except (OSError, ValueError, MemoryError) as error:
        return [], (f"{path} could not be read: {reason(error)}.",)
    events, damaged = parse(data)
    if not damaged:
        return events, ()
    count, first = len(damaged), damaged[0].number
    what = f"Line {first} of {path} is" if count == 1 else f"{count} lines of {path} are"
    where = "" if count == 1 else f", the first of them line {first}"
    aside = path.with_name(path.name + DAMAGED)
    try:
        _set_aside(aside, [line for _, line in damaged])
    except (OSError, StoreError, MemoryError):
        kept = "left where found"
    else:
        kept = f"copied to {aside.name}"
    return events, (f"{what} damaged{where}; {kept}. All other lines were read.",)


def _read_settled(path: Path) -> bytes:
    """The file's bytes; of a last line that is just being written, the whole."""
    data = read_whole(path)
    last = data[data.rfind(b"\n") + 1 :]
    if last and decode(last) is None:
        age_seconds = time.time() - files.status_of(path).st_mtime
        if abs(age_seconds) < _FRESH_SECONDS:
            time.sleep(_PATIENCE_SECONDS)
            data = read_whole(path)
    return data


def _set_aside(aside: Path, lines: list[bytes]) -> None:
    try:
        there = read_whole(aside)
    except FileNotFoundError:
        there = b""
    known = set(there.split(b"\n"))
    new = [line for line in dict.fromkeys(lines) if line not in known]
    if new:
        write_atomically(aside, there + b"\n".join([*new, b""]))
