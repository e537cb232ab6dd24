"""A disk that fails at a chosen call, and events to write to it."""

import errno
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from glm_magic.store import files
from glm_magic.store.journal import Journal

Event = dict[str, Any]

FULL, READ_ONLY, BROKEN, LOCKED = errno.ENOSPC, errno.EROFS, errno.EIO, errno.EACCES
# "short": a write takes only half. "torn": so too, and then the disk is full. "kill": the process
# dies before the call. "cut": it dies in the middle of a write.
FAULTS: list[int | str] = [FULL, READ_ONLY, BROKEN, LOCKED, "short", "torn", "kill", "cut"]


class Killed(BaseException):
    """The process is no more: whatever it would have done, it does not do."""


class Disk:
    """Lets the n-th call to the disk go wrong; a context manager.

    Attributes:
        reached: Whether the fault came to pass.
    """

    def __init__(self, at: int, how: int | str, *, on: bool = False) -> None:
        self.at, self.how, self.on = at, how, on
        self.count = 0
        self.reached = False
        self._patches = [
            mock.patch.object(files, name, self._faulty(name, getattr(files, name)))
            for name in files.CALLS
        ]

    def __enter__(self) -> "Disk":
        for patch in self._patches:
            patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        for patch in self._patches:
            patch.stop()

    def _faulty(self, name: str, original: Any) -> Any:
        def call(*arguments: Any) -> Any:
            self.count += 1
            if self.count < self.at:
                return original(*arguments)
            if self.count == self.at or self.how == "kill" or (self.how == "cut" and self.reached):
                return self._fault(name, original, arguments)
            if (self.how == "torn" and name == "write") or (self.on and isinstance(self.how, int)):
                number = self.how if isinstance(self.how, int) else FULL
                raise OSError(number, os.strerror(number))
            return original(*arguments)

        return call

    def _fault(self, name: str, original: Any, arguments: Any) -> Any:
        if self.how == "kill" or (self.how == "cut" and self.reached):
            self.reached = True
            raise Killed
        self.reached = True
        if isinstance(self.how, int):
            if name == "close":  # the descriptor is given back all the same
                original(*arguments)
            raise OSError(self.how, os.strerror(self.how))
        if name != "write":
            if self.how == "cut":
                raise Killed
            return original(*arguments)
        descriptor, data = arguments
        written = original(descriptor, data[: max(1, len(data) // 2)])
        if self.how == "cut":
            raise Killed
        return written


def each_call(how: int | str, *, on: bool = False) -> Iterator[tuple[int, Disk]]:
    """A disk that fails at the first call, at the second and so on, until one is never reached."""
    for number in itertools.count(1):
        disk = Disk(number, how, on=on)
        yield number, disk
        if not disk.reached:
            assert number > 1
            return


def event(number: int, kind: str = "asked", **more: Any) -> Event:
    """An event; they come a second after the other."""
    at = f"2026-03-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000001+00:00"
    return {"kind": kind, "at": at, **more}


def journal_of(folder: Path, *events: Event, writer: str = "w") -> Journal:
    """A journal with something in it already."""
    journal = Journal(folder, writer)
    if events:
        journal.append(*events)
    return journal


def files_below(folder: Path) -> list[str]:
    """The names of all files, as paths below the folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
