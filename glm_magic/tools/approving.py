"""Who says whether a tool may run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..render.cleaning import plain

if TYPE_CHECKING:
    from .declaring import Tool

_MOST_SHOWN = 500

Decision = Literal["once", "always", "no", "nobody"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A call that waits for a person.

    Attributes:
        tool: What would run.
        arguments: With what, as it would be given to the function.
    """

    tool: Tool
    arguments: Mapping[str, Any]

    def text(self) -> str:
        """The call as Python writes it, on one line."""
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"{self.tool.name}({given})"


Ask = Callable[[Proposal], Decision]


class Approvals:
    """What was approved for good; it ends with the process: no file can approve anything."""

    def __init__(self) -> None:
        self._always: set[str] = set()

    def decide(self, proposal: Proposal, ask: Ask) -> Decision:
        """Whether it may run: as told before, else as the person says."""
        tool = proposal.tool
        if tool.auto or tool.identity in self._always:
            return "once"
        decision = ask(proposal)
        if decision == "always" and not tool.each:
            self._always.add(tool.identity)
        return decision


def nobody(_: Proposal) -> Decision:
    """Where no person can be asked."""
    return "nobody"


def ask_by_input(proposal: Proposal) -> Decision:
    """Ask the person at the prompt; an end of input is nobody."""
    each = proposal.tool.each
    choices = "y run it, n don't: " if each else "y once, a always in this session, n no: "
    shown = plain(proposal.text())
    if len(shown) > _MOST_SHOWN:
        shown = f"{shown[:_MOST_SHOWN]} …"
    question = "Run this cell?" if each else f"Run {shown}?"
    while True:
        try:
            said = input(f"{question} {choices}").strip().lower()
        except (EOFError, OSError, NotImplementedError):  # the last is a kernel's without a person
            return "nobody"
        if said in ("y", "yes"):
            return "once"
        if said in ("a", "always") and not each:
            return "always"
        if said in ("n", "no"):
            return "no"
