"""Calls that wait for the person at the page, and the cells that they let run."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast, get_args

from ..chat.home import away_from
from ..errors import ArgumentError
from ..render.cleaning import plain
from ..surroundings import AROUND
from ..tools.approving import Decision, Kind

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from ..tools.approving import Proposal

Tell = Callable[[Mapping[str, Any]], None]


class Deciding:
    """Asks the page whether a call may run, and runs the cells of an agent.

    Args:
        tell: Given each event.
        loop: Where cells run: the kernel's own; None where there is none.
    """

    def __init__(self, tell: Tell, loop: AbstractEventLoop | None = None) -> None:
        self._tell = tell
        self._loop = loop
        self._lock = threading.Lock()
        self._said = threading.Event()
        self._decision = Decision("no")
        self._asked: Mapping[str, Any] | None = None
        self._number = 0
        self._stopped = False
        self._runs = False  # a cell, for us, in the kernel's own thread

    def run(self, deed: Callable[[], None]) -> None:
        """Do what asks, so that its cells run where the notebook's do."""
        self._stopped = False
        if self._loop is None:
            deed()
        else:
            away_from(self._loop).run(deed)

    def options(self) -> dict[str, Any]:
        """How a question asks here, and where its cells run."""
        return {"approve": self.ask, "run_cell": self.run_cell}

    def ask(self, proposal: Proposal) -> Decision:
        """Ask the page and wait."""
        with self._lock:
            self._number += 1
            self._said.clear()
            self._decision = Decision("no", "" if not self._stopped else "The turn was stopped.")
            self._asked = {
                "kind": "approve",
                "id": self._number,
                "line": plain(proposal.line),
                "text": proposal.markdown,
                "each": proposal.tool.each,
            }
            asked, stopped = self._asked, self._stopped
        self._tell(asked)
        if not stopped:
            self._said.wait()
        with self._lock:
            self._asked = None
            decision = self._decision
        self._tell({"kind": "decided", "id": asked["id"], "decision": decision.kind})
        return decision

    def decide(self, command: Mapping[str, Any]) -> None:
        """What the person said; an answer to an older question is none.

        Raises:
            ArgumentError: It is no decision.
        """
        kind, words = command.get("decision"), str(command.get("words") or "").strip()
        if kind not in get_args(Kind):
            raise ArgumentError.unknown("decision", str(kind), get_args(Kind))
        with self._lock:
            if self._asked is not None and self._asked["id"] == command.get("call"):
                self._decision = Decision(cast("Kind", kind), words)
                self._said.set()

    def tell_again(self) -> None:
        """What waits, for a page that has just opened."""
        with self._lock:
            asked = self._asked
        if asked is not None:
            self._tell(asked)

    def run_cell(self, code: str) -> Any:
        """Run a cell in the kernel's own thread, which is ours now; its figures are told.

        Raises:
            KeyboardInterrupt: It was stopped, perhaps before it began.
        """
        with self._lock:
            if self._stopped:
                raise KeyboardInterrupt
            self._runs = True
        try:
            outcome = AROUND.run_cell(code, shown=False) if AROUND.run_cell else None
        finally:
            with self._lock:
                self._runs = False
        if outcome is not None and outcome.images:
            self._tell({"kind": "figures", "images": list(outcome.images)})
        return outcome

    def stop(self) -> None:
        """From any thread: what waits is refused, and a cell that runs is interrupted."""
        with self._lock:
            self._stopped = True
            self._said.set()
            if self._runs:
                _interrupt_main()


def _interrupt_main() -> None:
    """As the stop button of the notebook does; it wakes a cell that sleeps, too."""
    main = threading.main_thread().ident
    if sys.platform != "win32" and main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    else:
        import _thread

        _thread.interrupt_main()
