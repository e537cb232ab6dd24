"""Writing and reading whole files: the old content or the new, never half of one."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from . import files
from .failures import store_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# What a file system answers that cannot fsync a folder (network drives, Windows); not a failure.
_NO_FOLDER_SYNC = {
    getattr(errno, name)
    for name in ("EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EACCES", "EPERM", "EISDIR", "EBADF")
    if hasattr(errno, name)
}
_NO_MODES = {errno.EPERM, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS}
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_PIECE_BYTES = 1 << 24


def write_atomically(path: Path, data: bytes, mode: int | None = 0o600) -> None:
    """Replace a file, or make it: whoever reads it, at any moment, finds it old or new.

    A link is followed to the real file. A file that exists keeps its mode.

    Args:
        path: The file, in a folder that exists.
        data: Its new content.
        mode: For a new file: who may read and write. None leaves that to the umask.

    Raises:
        StoreError: It could not be written; the old file stands, unless only the last step, waiting
            for the disk, has failed: then the new one does.
    """
    try:
        _replace(path.resolve(), data, mode)
    except (OSError, ValueError, RuntimeError) as error:  # a path with NUL; a circle of links
        raise store_error(path, error, deed="written") from error


def write_first(path: Path, data: bytes) -> bool:
    """Make a file, whole at once, unless there is one; tells whether it was made.

    Of several who try at the same time one succeeds, but where the file system has no links.

    Raises:
        StoreError: It could not be made.
    """
    try:
        _replace(path.resolve(), data, 0o600, put=_link)
    except FileExistsError:
        return False
    except (OSError, ValueError, RuntimeError) as error:
        raise store_error(path, error, deed="written") from error
    return True


def _link(source: Path, target: Path) -> None:
    try:
        files.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        files.replace(source, target)
    else:
        _remove_quietly(source)


def _replace(
    path: Path, data: bytes, mode: int | None, put: Callable[[Path, Path], None] | None = None
) -> None:
    mode = _mode_of(path, mode)
    # Of a length of its own: the file's name may already be as long as names can be.
    temporary = path.with_name(f".glm_magic-{os.urandom(8).hex()}.tmp")
    descriptor: int | None = None
    try:
        # Never open to more people than the file will be, not even for a moment.
        descriptor = files.open_file(temporary, files.NEW, 0o666 if mode is None else 0o600)
        write_all(descriptor, data)
        if mode is not None:
            set_mode(temporary, mode)
        files.fsync(descriptor)
        open_descriptor, descriptor = descriptor, None
        files.close(open_descriptor)
        (put or files.replace)(temporary, path)
    except BaseException:  # a stopped cell leaves nothing behind either
        if descriptor is not None:
            close_quietly(descriptor)
        _remove_quietly(temporary)
        raise
    sync_folder(path.parent)


def _mode_of(path: Path, mode: int | None) -> int | None:
    try:
        status = files.status_of(path)
    except FileNotFoundError:
        return mode
    if not stat.S_ISREG(status.st_mode):  # replacing /dev/null would hurt
        raise OSError(errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.EPERM, "not a file")
    if not files.may_write(path):  # its owner has protected it; replacing it would get round that
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return stat.S_IMODE(status.st_mode)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte, in as few steps as the system takes; one, as a rule.

    Raises:
        OSError: Some bytes, perhaps none, were written before it failed.
    """
    rest = memoryview(data)
    while rest:
        count = files.write(descriptor, rest)
        if count <= 0:  # else this would go on for ever
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rest = rest[count:]


def read_whole(path: Path, offset: int = 0) -> bytes:
    """All bytes of a file from an offset on.

    Raises:
        OSError: It cannot be read, or is no file: a pipe would be waited for.
    """
    descriptor = files.open_file(path, files.READ)
    try:
        mode = files.status(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.EPERM, "not a file")
        pieces = []
        while piece := files.read(descriptor, _PIECE_BYTES, offset):
            pieces.append(piece)
            offset += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
    finally:
        close_quietly(descriptor)


def make_folders(path: Path) -> None:
    """The folder, and those above it that are missing, each its owner's alone.

    Raises:
        OSError: One of them cannot be made.
    """
    try:
        _make_folder(path)
    except FileNotFoundError:
        make_folders(path.parent)
        _make_folder(path)


def _make_folder(path: Path) -> None:
    try:
        files.make_folder(path)
    except FileNotFoundError:
        raise
    except OSError:  # it exists, perhaps since a moment ago; not every system says so with EEXIST
        if not _is_folder(path):
            raise
    else:
        set_mode(path, 0o700)  # an odd umask may have taken more away


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(files.status_of(path).st_mode)
    except OSError:
        return False


def set_mode(path: Path, mode: int) -> None:
    """Set the mode, where the file system has modes.

    Raises:
        OSError: The disk fails.
    """
    try:
        files.set_mode(path, mode)
    except OSError as error:
        if error.errno not in _NO_MODES:
            raise


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's names, where the file system can do that.

    Raises:
        OSError: The disk fails.
    """
    try:
        descriptor = files.open_file(folder, files.READ)
        try:
            files.fsync(descriptor)
        finally:
            close_quietly(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise


def close_quietly(descriptor: int) -> None:
    """Close a file of which nothing more is expected."""
    try:
        files.close(descriptor)
    except OSError:
        return


def _remove_quietly(path: Path) -> None:
    try:
        files.remove(path)
    except OSError:  # it was never made, or the disk is gone; the first error tells more
        return
