"""One line of JSON for each question, a file for each day."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class Records:
    """A file for each day, in one folder.

    Args:
        folder: Made, for this account only, when a line is written and it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, day: str, record: dict[str, Any]) -> None:
        """Write a line into the day's file.

        Raises:
            OSError: It cannot be written.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        number = os.open(self.folder / f"{day}.jsonl", flags, 0o600)
        with os.fdopen(number, "a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def forget(self, before: str) -> None:
        """Remove the files of all days before this one."""
        for file in self.folder.glob("????-??-??.jsonl"):
            if file.stem < before:
                file.unlink(missing_ok=True)
