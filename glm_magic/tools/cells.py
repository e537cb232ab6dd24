"""The agent's one tool: a cell of the notebook, shown, approved, run, and its outputs sent back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..chat.home import at_home
from ..render.cleaning import unseen
from .declaring import BadArgumentsError, Tool, tool_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .declaring import Outcome


def cell_tool(run: Callable[[str], Outcome]) -> Tool:
    """The tool; every single cell must be approved, and what is seen of it is what runs.

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

    tool = tool_of(run_cell, each=True)

    def check(given: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"code": _as_seen(tool.check(given)["code"])}

    return replace(tool, check=check)


def _as_seen(code: str) -> str:
    """The code, which a person sees as it is.

    Raises:
        BadArgumentsError: Some of it cannot be seen, or looks like something else.
    """
    if found := unseen(code):
        named = ", ".join(f"U+{ord(one):04X}" for one in found)
        message = (
            f"Not run: who reads the cell would not see these characters: {named}. "
            "Leave them out, or write them as escapes in strings."
        )
        raise BadArgumentsError(message)
    return code.replace("\r\n", "\n")
