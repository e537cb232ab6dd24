"""Who says whether a tool may run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..chat.home import at_home
from ..render.cleaning import plain
from ..render.steps import call_line, call_shown
from ..surroundings import AROUND

if TYPE_CHECKING:
    from .declaring import Tool

Kind = Literal["once", "always", "no", "never", "nobody"]

_CELL = "Run this cell? y: run it, n: don't, or say what to change: "
_CALL = "y: this once, a: always in this notebook, n: no, never: not again, or say why not: "
_SAID: dict[str, Kind] = {
    "y": "once", "yes": "once", "a": "always", "always": "always",
    "n": "no", "no": "no", "never": "never",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said.

    Attributes:
        kind: "once"; "always" and "never" hold until the process ends; "nobody" was there.
        words: Why not, or what to change, for the model.
    """

    kind: Kind
    words: str = ""

    @property
    def runs(self) -> bool:
        """Whether it may run."""
        return self.kind in ("once", "always")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A call that waits for a person.

    Attributes:
        tool: What would run.
        arguments: With what, as it would be given to the function.
    """

    tool: Tool
    arguments: Mapping[str, Any]

    @property
    def line(self) -> str:
        """The call as Python writes it, on one line that is not too long."""
        return call_line(self.tool.name, self.arguments)

    @property
    def markdown(self) -> str:
        """All of it to be looked at: highlighted and inert."""
        return call_shown(self.tool.name, self.arguments)


Ask = Callable[[Proposal], Decision | Kind]


class Approvals:
    """What was decided for good; it ends with the process: no file can approve anything."""

    def __init__(self) -> None:
        self._told: dict[str, Kind] = {}

    def decide(self, proposal: Proposal, ask: Ask) -> Decision:
        """Whether it may run: as told before, else as the person says."""
        tool = proposal.tool
        if tool.auto:
            return Decision("once")
        if told := self._told.get(tool.identity):
            return Decision(told)
        said = ask(proposal)
        decision = said if isinstance(said, Decision) else Decision(said)
        if decision.kind in ("always", "never") and not tool.each:
            self._told[tool.identity] = decision.kind
        return decision


def nobody(_: Proposal) -> Decision:
    """Where no person can be asked."""
    return Decision("nobody")


def ask_by_input(proposal: Proposal) -> Decision:
    """Show the call and ask the person at the prompt; an end of input is nobody."""
    return at_home(lambda: _ask(proposal))


def _ask(proposal: Proposal) -> Decision:
    each = proposal.tool.each
    AROUND.show(proposal.markdown)
    question = _CELL if each else f"Run {plain(proposal.line)}? {_CALL}"
    while True:
        try:
            said = input(question).strip()
        except (EOFError, OSError, NotImplementedError):  # the last is a kernel's without a person
            return Decision("nobody")
        kind = _SAID.get(said.lower())
        if kind in ("always", "never") and each:
            continue  # each cell is another one
        if kind:
            return Decision(kind)
        if said:
            return Decision("no", said)
