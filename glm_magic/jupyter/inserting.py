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
        self._saved: dict[str, int] = {}  # when the notebook was, as the cell offered that
        self._handed: dict[str, list[str]] = {}  # offered before the running cell's
        self._steps: list[str] | None = None  # of the question that is being asked
        self._placed = 0  # of them
        self._placer: Placer | None = None

    def offer(self, source: str) -> str:
        """Put a cell with this source below the running one; says in one line what happened.

        Front ends insert it when the running cell ends without an error. What the same cell has
        offered before is not offered again, unless the saved notebook tells that it is gone; the
        notebook also tells after a restart. Other code takes the place of what the cell has
        offered before, where the page can do that and nobody has changed it since. Beside the
        steps of an agent it is the last of the cells that they become.
        """
        nobody = self._host.front_end in ("batch", "pipe")  # the answer itself shows it
        if self._steps:
            self.add_step(source)
            return "" if nobody else "The code stands below what ran; it was not run."
        cell = self._host.cell or ""
        known = self._offered.get(cell, [])
        if cell and known in ([], [source]) and (said := self._standing(cell, source)):
            return said
        if nobody:
            return ""
        if known and self._able:
            self._write(cell, 0, source)
            self._take_from(cell, 1)
            return "The cell below has the new code, which was not run."
        return self._hand(cell, source)

    def _standing(self, cell: str, source: str) -> str:
        """What to say if the cell has offered this before and it need not be handed over again."""
        known = bool(self._offered.get(cell))
        if known and self._able:
            self._write(cell, 0, source)  # the page knows whether it is there
        elif source.strip() in _cells_below(cell):
            self._offered[cell] = [source]
        elif known and self._saved.get(cell) == _saved_at():  # not saved since
            return "The code was put in a cell below already. Is it gone? %glm code in another cell"
        else:
            return ""
        return "The code stands in a cell below already."

    def _hand(self, cell: str, source: str) -> str:
        """Have the front end insert a cell when the running one has ended well."""
        self._host.shell.set_next_input(source, replace=False)
        if not cell:
            return "The code is your next input; it was not run."
        before = self._offered.get(cell, [])
        self._handed.setdefault(cell, before)
        self._offered[cell], self._saved[cell] = [source], _saved_at()
        self._prepare()
        if before:
            return (
                "The new code is in a cell below and was not run; delete the older cell under it."
            )
        return "The code is in a new cell below; it was not run."

    def cell_ends(self, result: Any) -> None:
        """For the event `post_run_cell`: front ends insert nothing below a cell that failed."""
        cell = getattr(result.info, "cell_id", None) or ""
        before = self._handed.pop(cell, None)
        if before is not None and not result.success:
            self._offered[cell] = before

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

    def end_steps(self, *, failed: bool = False) -> str:
        """Keep what ran, in one cell if the page takes none while a cell runs; says so.

        Args:
            failed: Whether the running cell ends with an error, after which the page inserts none.
        """
        steps, self._steps = self._steps, None
        if not steps:
            return ""
        self._place(steps)
        if self._placed:
            self._take_from(self._host.cell or "", self._placed)
            return "What ran stands in cells below, each to keep or to delete."
        if failed and self._host.cell:
            return "What ran stands in the output above; this page takes no cells after an error."
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


def _saved_at() -> int:
    """When the notebook was saved last, as its file tells; 0 when nobody knows."""
    path = AROUND.notebook()
    try:
        return path.stat().st_mtime_ns if path is not None else 0
    except OSError:
        return 0
