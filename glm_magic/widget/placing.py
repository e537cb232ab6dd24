"""Writes into cells of the page that shows the notebook, where the page lets us."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from .door import close_door, open_door
from .static import script

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COMMAND = "glm_magic_placer"


class Placer(anywidget.AnyWidget):
    """Writes code that a model proposed into cells; nothing of it is shown.

    Args:
        kernel: The one we run in, or None.

    Attributes:
        able: Whether a page has said that it can; a kernel without a control channel hears it
            between two cells.
    """

    _esm = script("door", "place")
    able = traitlets.Bool(False).tag(sync=True)
    door = traitlets.Unicode().tag(sync=True)

    def __init__(self, kernel: Any = None) -> None:
        self._kernel = kernel
        self._running = threading.Lock()
        self._cells = 1  # that run now, one in another: this one wants to write
        super().__init__(door=open_door(kernel, _COMMAND, self._heard, self._while_cell_runs))

    def _heard(self, _: Mapping[str, Any]) -> None:
        self.able = True

    def cell_begins(self, _: object = None) -> None:
        """The shell begins to run a cell."""
        with self._running:
            self._cells += 1

    def cell_ends(self, _: object = None) -> None:
        """A cell has ended."""
        with self._running:
            self._cells = max(self._cells - 1, 0)

    def _while_cell_runs(self, deed: Callable[[], None]) -> None:
        with self._running:
            if self._cells:
                deed()

    def place(self, cell: str, number: int, before: str, source: str | None) -> None:
        """Have the page write a cell below another.

        Args:
            cell: The id of the cell that asks.
            number: How many cells of ours stand between the two.
            before: What was offered there last: the cell that still holds it is written over,
                and its outputs go. If there is none, a new cell is made.
            source: The code; None has the page delete the cell that still holds `before`.
        """
        self.send({"cell": cell, "number": number, "before": before, "source": source})

    def close(self) -> None:
        """Take it off the page."""
        close_door(self._kernel, _COMMAND)
        self.layout.close()
        super().close()
