"""The agent's one tool: a cell of the notebook, shown, approved, run, and its outputs sent back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..chat.home import at_home
from .declaring import Tool, tool_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .declaring import Outcome


def cell_tool(run: Callable[[str], Outcome]) -> Tool:
    """The tool; every single cell must be approved.

    Args:
        run: Runs a cell in the user's namespace; gives what it printed, showed and drew.
    """

    def run_cell(code: str) -> Outcome:
        """Propose one notebook cell of Python; the user reads it and decides whether it runs.

        It runs in the user's own session: variables of earlier cells are there. You get back what
        it prints and shows, its error, and its figures. Keep cells short, one step each; no
        top-level await.
        """
        return at_home(lambda: run(code))

    return tool_of(run_cell, each=True)
