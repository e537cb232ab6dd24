"""What the operating system says, in words and with a remedy."""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING

from ..errors import StoreError
from . import location

if TYPE_CHECKING:
    from pathlib import Path

# By the symbol's name, since not every system has every one: reason, remedy.
_SAID = {
    "ENOSPC": ("the disk is full", "Free some space."),
    "EDQUOT": ("your share of the disk is used up", "Free some space, or ask for more."),
    "EFBIG": ("the file is larger than this disk allows", "Move it away, or use another disk."),
    "EROFS": ("the disk is read-only", "Use another disk, or set GLM_DATA_DIR to one."),
    "EACCES": ("there is no permission", "Check who owns the folder, or set GLM_DATA_DIR."),
    "EPERM": ("there is no permission", "Check who owns the folder, or set GLM_DATA_DIR."),
    "EIO": ("input/output error", "The disk or network drive may be failing: look after it."),
    "ESTALE": ("the network drive has lost it", "Try again; if that fails, mount it again."),
    "ETIMEDOUT": ("the network drive does not answer", "Try again when it is back."),
    "EMFILE": ("too many files are open", "Close some files, or restart the kernel."),
    "ENFILE": ("too many files are open", "Close some programs."),
    "ENOENT": ("its folder is not there", "Make the folder, or set GLM_DATA_DIR."),
    "ENOTDIR": ("a file stands where a folder should be", "Move that file away."),
    "EEXIST": ("a file stands where a folder should be", "Move that file away."),
    "EISDIR": ("it is a folder", "Move it away, or choose another name."),
    "ENAMETOOLONG": ("the name is too long", "Choose a shorter name."),
    "ELOOP": ("its links go round in a circle", "Repair the links."),
    "EBUSY": ("another program holds it", "Close that program."),
}
_KNOWN = {getattr(errno, name): said for name, said in _SAID.items() if hasattr(errno, name)}
# Moves what is kept below its folder, and nothing else.
_MOVES = re.compile(r", or set GLM_DATA_DIR[^.]*")
_UNKNOWN_REMEDY = "Check the disk, or set GLM_DATA_DIR to another folder."


def reason(error: Exception) -> str:
    """What went wrong, in a few words."""
    return _said(error)[0]


def store_error(path: Path, error: Exception, *, deed: str, then: str = "") -> StoreError:
    """The error that a user sees.

    Args:
        path: The file.
        error: What the operating system said; a ValueError for a path that it does not accept.
        deed: What could not be done to the file, for example "written".
        then: What happens next, one sentence.
    """
    why, remedy = _said(error)
    if not path.absolute().is_relative_to(location.root()):
        remedy = _MOVES.sub("", remedy)
    return StoreError(f"{path} could not be {deed}: {why}.", f"{remedy} {then}".strip())


def _said(error: Exception) -> tuple[str, str]:
    number = error.errno if isinstance(error, OSError) else None
    if number in _KNOWN:
        return _KNOWN[number]
    words = error.strerror if isinstance(error, OSError) else None
    return (words or str(error) or type(error).__name__).rstrip("."), _UNKNOWN_REMEDY
