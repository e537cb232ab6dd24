"""Code of an answer as a new cell below, never executed, and not twice the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ..surroundings import AROUND

if TYPE_CHECKING:
    from .host import Host


class Inserter:
    """Offers cells through the front end, and remembers which ones it has offered.

    Args:
        host: The shell and the front end.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._offered: dict[str, str] = {}

    def offer(self, source: str) -> str:
        """Put a cell with this source below the running one; says in one line what happened.

        Front ends insert it when the running cell ends without an error. What the same cell has
        offered before is not offered again, also after a restart: the saved notebook tells.
        """
        cell = self._host.cell or ""
        digest = hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()
        below = _cells_below(cell)
        known = self._offered.get(cell) if cell else None
        if cell and (known == digest or source.strip() in below):
            self._offered[cell] = digest
            return "The code stands in a cell below already."
        if self._host.front_end in ("batch", "pipe"):
            return ""  # nobody would take it; the answer itself shows it
        self._host.shell.set_next_input(source, replace=False)
        if not cell:
            return "The code is your next input; it was not run."
        self._offered[cell] = digest
        if known:
            return (
                "The new code is in a cell below and was not run; delete the older cell under it."
            )
        return "The code is in a new cell below; it was not run."


def _cells_below(cell: str) -> list[str]:
    """The sources of the code cells directly below a cell in the saved notebook, at most three."""
    from ..store.notebook_file import code_below

    path = AROUND.notebook()
    return code_below(path, cell, count=3) if path is not None and cell else []
