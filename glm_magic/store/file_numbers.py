"""What a file is, whatever it is called."""

from pathlib import Path


def file_number(path: Path | str) -> int | None:
    """What the file system knows the file by; None when it has no such number, or no such file.

    It stays when the file is renamed, and a copy has another one. Jupyter saves in place; a tool
    that writes a new file in the place of the old one changes it.
    """
    try:
        return Path(path).stat().st_ino or None
    except (OSError, ValueError):
        return None
