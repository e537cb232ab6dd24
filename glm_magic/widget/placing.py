"""Writes into cells of the page that shows the notebook, where the page lets us."""

from __future__ import annotations

from importlib.resources import files

import anywidget
import traitlets


class Placer(anywidget.AnyWidget):
    """Replaces code that was offered before by the code of a new answer; nothing of it is shown.

    Attributes:
        able: Whether a page has said that it can; a kernel hears it between two cells.
    """

    _esm = files(__package__).joinpath("static/place.js").read_text(encoding="utf-8")
    able = traitlets.Bool(False).tag(sync=True)

    def place(self, cell: str, before: str, source: str) -> None:
        """Have the page write a cell below another.

        Args:
            cell: The id of the cell that asks.
            before: What was offered below it last: the cell that still holds it is written over,
                and its outputs go. If there is none, a new cell is made.
            source: The code.
        """
        self.send({"cell": cell, "before": before, "source": source})

    def close(self) -> None:
        """Take it off the page."""
        self.layout.close()
        super().close()
