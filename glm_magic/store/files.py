"""The system calls of the store, one function each and nothing more.

Everything that touches the disk goes through here. So a test can let any single call fail, be cut
short, or be the last thing that the process did.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Each of them raises OSError.
CALLS = (
    "close", "fsync", "link", "make_folder", "names_in", "open_file", "read", "remove", "replace",
    "set_mode", "status", "status_of", "write",
)  # fmt: skip

# Windows would otherwise turn line feeds into two bytes.
_BINARY: int = getattr(os, "O_BINARY", 0)
# A pipe that somebody named like a file must not be waited for.
_NO_WAIT: int = getattr(os, "O_NONBLOCK", 0)

READ = os.O_RDONLY | _BINARY | _NO_WAIT
APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY


def open_file(path: Path, flags: int, mode: int = 0o600) -> int:
    """A file descriptor; the umask takes away from the mode."""
    return os.open(path, flags, mode)


def close(descriptor: int) -> None:
    """Give the descriptor back; network drives may only now say that the disk is full."""
    os.close(descriptor)


def read(descriptor: int, count: int, offset: int) -> bytes:
    """At most so many bytes, from that place on."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, count)


def write(descriptor: int, data: bytes | memoryview) -> int:
    """How many of the bytes were written: perhaps not all."""
    return os.write(descriptor, data)


def fsync(descriptor: int) -> None:
    """Wait until the disk has what was written."""
    os.fsync(descriptor)


def status(descriptor: int) -> os.stat_result:
    """Size, mode and number of names of an open file."""
    return os.fstat(descriptor)


def status_of(path: Path) -> os.stat_result:
    """The same of a file by its name."""
    return path.stat()


def may_write(path: Path) -> bool:
    """Whether this user may change the file."""
    return os.access(path, os.W_OK)


def set_mode(path: Path, mode: int) -> None:
    """Set who may read and write."""
    path.chmod(mode)


def make_folder(path: Path) -> None:
    """One folder that only its owner can enter."""
    path.mkdir(mode=0o700)


def replace(source: Path, target: Path) -> None:
    """Give a file another name, in one step; what had that name is gone."""
    source.replace(target)


def link(source: Path, target: Path) -> None:
    """Give a file a second name, in one step; fails when there is a file of that name."""
    os.link(source, target)


def remove(path: Path) -> None:
    """Take a file away."""
    path.unlink()


def names_in(folder: Path) -> list[str]:
    """The names in a folder, sorted."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries)
