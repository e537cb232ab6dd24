"""Code of an answer as a new cell below, never executed, and not twice the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..surroundings import AROUND

if TYPE_CHECKING:
    from ..widget.placing import Placer
    from .host import Host


class Inserter:
    """Offers cells through the front end, and remembers which ones it has offered.

    Args:
        host: The shell and the front end.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._offered: dict[str, str] = {}
        self._placer: Placer | None = None

    def offer(self, source: str) -> str:
        """Put a cell with this source below the running one; says in one line what happened.

        Front ends insert it when the running cell ends without an error. What the same cell has
        offered before is not offered again, also after a restart: the saved notebook tells.
        Other code takes the place of what the cell has offered before, where the page can do
        that and nobody has changed it since.
        """
        cell = self._host.cell or ""
        known = self._offered.get(cell) if cell else None
        # The file may be older than what was offered since; it tells of what came before us.
        if cell and (known == source or (not known and source.strip() in _cells_below(cell))):
            self._offered[cell] = source
            return "The code stands in a cell below already."
        if self._host.front_end in ("batch", "pipe"):
            return ""  # nobody would take it; the answer itself shows it
        if known and self._placer is not None and self._placer.able:
            self._placer.place(cell, known, source)
            self._offered[cell] = source
            return "The cell below has the new code, which was not run."
        self._host.shell.set_next_input(source, replace=False)
        if not cell:
            return "The code is your next input; it was not run."
        self._offered[cell] = source
        self._prepare()
        if known:
            return (
                "The new code is in a cell below and was not run; delete the older cell under it."
            )
        return "The code is in a new cell below; it was not run."

    def _prepare(self) -> None:
        """Ask the page whether it can replace a cell; its answer is there before the next run."""
        if self._placer is None and self._host.front_end == "lab":
            from ..widget.placing import Placer

            self._placer = Placer()

    def close(self) -> None:
        """Take off the page what is ours there."""
        if self._placer is not None:
            self._placer.close()
            self._placer = None


def _cells_below(cell: str) -> list[str]:
    """The sources of the code cells directly below a cell in the saved notebook, at most three."""
    from ..store.notebook_file import code_below

    path = AROUND.notebook()
    return code_below(path, cell, count=3) if path is not None and cell else []
