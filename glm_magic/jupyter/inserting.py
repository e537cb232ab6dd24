"""Code of an answer as new cells below, never executed, and not twice the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
        self._offered: dict[str, list[str]] = {}  # by the cell that asked
        self._steps: list[str] | None = None  # of the question that is being asked
        self._placed = 0  # of them
        self._placer: Placer | None = None

    def offer(self, source: str) -> str:
        """Put a cell with this source below the running one; says in one line what happened.

        Front ends insert it when the running cell ends without an error. What the same cell has
        offered before is not offered again, also after a restart: the saved notebook tells.
        Other code takes the place of what the cell has offered before, where the page can do
        that and nobody has changed it since.
        """
        cell = self._host.cell or ""
        known = self._offered.get(cell, [])
        # The file may be older than what was offered since; it tells of what came before us.
        if cell and (known == [source] or (not known and source.strip() in _cells_below(cell))):
            self._offered[cell] = [source]
            return "The code stands in a cell below already."
        if self._host.front_end in ("batch", "pipe"):
            return ""  # nobody would take it; the answer itself shows it
        if known and self._able:
            self._write(cell, 0, source)
            self._take_from(cell, 1)
            return "The cell below has the new code, which was not run."
        self._host.shell.set_next_input(source, replace=False)
        if not cell:
            return "The code is your next input; it was not run."
        self._offered[cell] = [source]
        self._prepare()
        if known:
            return (
                "The new code is in a cell below and was not run; delete the older cell under it."
            )
        return "The code is in a new cell below; it was not run."

    def begin_steps(self) -> None:
        """Another question begins; its steps are cells of their own."""
        self._steps, self._placed = [], 0

    def add_step(self, source: str) -> None:
        """What runs next, in the asking cell, becomes a cell below now, if the page can do that."""
        if self._steps is not None:
            self._steps.append(source)
            self._prepare()
            self._place(self._steps)

    def drop_step(self) -> None:
        """The step that was added last failed: it is not kept."""
        if self._steps:
            self._steps.pop()
            if self._placed > len(self._steps):
                self._placed -= 1
                self._take(self._host.cell or "", self._placed)

    def end_steps(self) -> str:
        """Keep what ran, in one cell if the page takes none while a cell runs; says so."""
        steps, self._steps = self._steps, None
        if not steps:
            return ""
        self._place(steps)
        if self._placed:
            self._take_from(self._host.cell or "", self._placed)
            return "What ran stands in cells below, each to keep or to delete."
        source = "\n\n".join(one.strip("\n") for one in steps)
        return self.offer(source) and "What ran stands in a cell below, to keep or to delete."

    @property
    def _able(self) -> bool:
        return self._placer is not None and bool(self._placer.able)

    def _place(self, steps: list[str]) -> None:
        """Have the page write the steps that are not there yet."""
        cell = self._host.cell
        if cell and self._able:
            for number in range(self._placed, len(steps)):
                self._write(cell, number, steps[number])
            self._placed = len(steps)

    def _write(self, cell: str, number: int, source: str) -> None:
        """The cell so far below holds this, in the place of what was offered there before."""
        standing = self._offered.setdefault(cell, [])
        before = standing[number] if number < len(standing) else ""
        if self._placer is not None:
            self._placer.place(cell, number, before, source)
        standing[number : number + 1] = [source]

    def _take(self, cell: str, number: int) -> None:
        before = self._offered[cell].pop(number)
        if self._placer is not None:
            self._placer.place(cell, number, before, None)

    def _take_from(self, cell: str, number: int) -> None:
        """Nothing that was offered before stands below the first so many cells."""
        while len(self._offered[cell]) > number:
            self._take(cell, number)

    def _prepare(self) -> None:
        """Ask the page whether it can write cells.

        Its answer comes while the cell runs, if the page reaches the kernel then.
        """
        if self._placer is None and self._host.front_end == "lab":
            try:
                from ..widget.placing import Placer
            except ImportError:
                return  # without widgets the page is not asked

            shell: Any = self._host.shell
            self._placer = Placer(getattr(shell, "kernel", None))
            shell.events.register("pre_run_cell", self._placer.cell_begins)
            shell.events.register("post_run_cell", self._placer.cell_ends)

    def close(self) -> None:
        """Take off the page what is ours there."""
        if self._placer is not None:
            events: Any = self._host.shell.events
            events.unregister("pre_run_cell", self._placer.cell_begins)
            events.unregister("post_run_cell", self._placer.cell_ends)
            self._placer.close()
            self._placer = None


def _cells_below(cell: str) -> list[str]:
    """The sources of the code cells directly below a cell in the saved notebook, at most three."""
    from ..store.notebook_file import code_below

    path = AROUND.notebook()
    return code_below(path, cell, count=3) if path is not None and cell else []
