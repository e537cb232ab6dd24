"""The panel without its looks: commands in, from any thread; events out, to whoever shows them.

Commands are done one after the other in a background thread, so that the thread that brings one,
which may be the kernel's own, is free again at once. An answer has a thread of its own, and so has
what measures frames: both take long. `stop` and `decide` are done where they arrive: they must not
wait for anything.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, GLMError
from .answering import Answering
from .chats import Chats
from .deciding import Deciding
from .errands import Errands
from .hearing import heard
from .offers import Offers
from .told import Told

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

    from ..chat.turns import Turn
    from ..questions import Question
    from ..wiring import Workbench

Event = Mapping[str, Any]
Made = tuple["Question", "AbstractContextManager[None]"]
Again = Callable[["Turn", Mapping[str, Any]], tuple["Question", list[str]]]

_IDS_KEPT = 100


class Session:
    """What all panels of one kernel share.

    Args:
        bench: The process's workbench.
        namespace: The user's variables.
        again: Makes a turn's question once more, with what the user should know about it.
        hidden: Names in the namespace that are the shell's own.
        cell: The id of the cell that shows them, or "".
        loop: Where cells run: the kernel's own.

    Attributes:
        tell: Given every event; set by what shows them.
    """

    def __init__(
        self,
        bench: Workbench,
        namespace: Mapping[str, object],
        again: Again,
        hidden: Collection[str] = (),
        cell: str = "",
        loop: Any = None,
    ) -> None:
        self.tell: Callable[[Event], None] = lambda _: None
        self._bench = bench
        self._again = again
        self._chats = Chats(bench, cell)
        self._errands, self._measuring = Errands(), Errands()
        self._deciding = Deciding(lambda event: self.tell(event), loop)
        self._offers = Offers(bench, namespace, hidden, self._deciding.options())
        self._told = Told(lambda event: self.tell(event), bench, self._chats, self._offers)
        self._running = threading.Lock()
        self._ending = threading.Lock()  # an answer ends, or pages are told how things stand
        self._answering: Answering | None = None
        self._stops = self._looks = 0
        self._heard: deque[object] = deque(maxlen=_IDS_KEPT)
        self._cell_runs = True  # the one that opens the panel

    # -- commands -----------------------------------------------------------------------------

    def handle(self, command: Mapping[str, Any], way: str = "widget") -> None:
        """Do a command; returns at once. That it was heard is told, and what comes of it.

        Args:
            command: Its kind, and what else the kind needs. One that came with the same id before
                is done already: a page that is not heard tries its other way.
            way: How it came, "widget" or "control".
        """
        if (number := command.get("id")) is not None:
            self.tell({"kind": "heard", "id": number, "way": way})
            if number in self._heard:
                return
            self._heard.append(number)
        if command.get("kind") == "stop":
            self.stop()
        elif command.get("kind") == "decide":
            self._guarded(lambda: self._deciding.decide(command))
        elif command.get("kind") == "frames":
            look = self._looks = self._looks + 1
            self._measuring.add(lambda: self._guarded(lambda: self._frames(command, look)))
        else:
            command = {**command, "stops": self._stops}
            self._errands.add(lambda: self._guarded(lambda: self._do(command)))

    def stop(self) -> None:
        """End the answer under way, or the question that waits; what came is kept."""
        self._stops += 1
        answering = self._answering
        if answering is not None:
            answering.stop()
        self._deciding.stop()

    def cell_begins(self, _: object = None) -> None:
        """The shell begins to run a cell."""
        self._cell(runs=True)

    def cell_ends(self, _: object = None) -> None:
        """A cell has ended; what it asked shows up now."""
        self._cell(runs=False)
        self.handle({"kind": "refresh"})

    def _cell(self, *, runs: bool) -> None:
        with self._running:
            self._cell_runs = runs
        self.tell({"kind": "cell", "runs": runs})

    def while_cell_runs(self, deed: Callable[[], None]) -> None:
        """Do it if a cell runs now, and before that cell can end."""
        with self._running:
            if self._cell_runs:
                deed()

    def close(self) -> None:
        """Stop, and tell nothing any more."""
        self.tell = lambda _: None
        self._looks += 1
        self.stop()

    def _guarded(self, deed: Callable[[], None]) -> None:
        """Do it; whatever goes wrong is told in the panel, never in a log only."""
        try:
            with heard(lambda sentence: self.tell({"kind": "note", "text": sentence})):
                deed()
        except GLMError as error:
            self.tell({"kind": "failed", "message": error.message, "remedy": error.remedy})
        except KeyboardInterrupt:  # of a library: the user has ended what it does
            self.tell({"kind": "note", "text": "Stopped."})
        except BaseException as error:  # also polars' panics, which are no Exception
            message = f"The panel failed: {type(error).__name__}."
            remedy = "This is a bug in glm_magic; please report it."
            self.tell({"kind": "failed", "message": message, "remedy": remedy})

    def _do(self, command: Mapping[str, Any]) -> None:
        doers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "hello": self._hello, "refresh": self._refresh, "ask": self._ask,
            "retry": self._retry, "undo": self._undo, "redo": self._redo, "clear": self._clear,
            "new": self._new, "switch": self._switch, "export": self._export,
            "preview": self._preview,
        }  # fmt: skip
        doer = doers.get(str(command.get("kind")))
        if doer is not None:
            doer(command)

    def _hello(self, _: Mapping[str, Any]) -> None:
        """A page has opened: it knows nothing."""
        with self._ending:
            self._told.forget()
            try:
                self._told.offers()
                self._welcome()
            finally:  # also when the settings are such that nothing can be asked
                self._told.turns()
            if (answering := self._answering) is not None:
                if answering.tell_again():
                    self._deciding.tell_again()
                else:  # it has not begun, or has just ended
                    self._told.turns()

    def _welcome(self) -> None:
        self._told.welcome({"busy": self._answering is not None, "cell": self._cell_runs})

    def _refresh(self, _: Mapping[str, Any]) -> None:
        """Something may have been said or set elsewhere, and frames been made."""
        with self._ending:
            self._told.offers()
            if self._told.opened:
                with suppress(GLMError):  # the next question will say it
                    self._welcome()
            if self._answering is None:
                self._told.turns()

    def _undo(self, _: Mapping[str, Any]) -> None:
        self._change(lambda: self._chats.current.undo(), "Undone.", "There is nothing to undo.")

    def _redo(self, _: Mapping[str, Any]) -> None:
        self._change(lambda: self._chats.current.redo(), "Done again.", "There is nothing to redo.")

    def _clear(self, _: Mapping[str, Any]) -> None:
        done = "Cleared; the model has forgotten it too. Undo brings it back."
        self._change(lambda: self._chats.current.clear(), done, "There is nothing to clear.")

    def _new(self, _: Mapping[str, Any]) -> None:
        self._idle()
        title = self._chats.begin()
        self._told.turns()
        self.tell({"kind": "note", "text": f"A new chat: {title}. Cells ask in it too."})

    def _switch(self, command: Mapping[str, Any]) -> None:
        self._idle()
        self._chats.switch(str(command.get("chat")))
        self._told.turns()

    def _export(self, command: Mapping[str, Any]) -> None:
        path = self._chats.export(str(command.get("form", "md")))
        self.tell({"kind": "note", "text": f"Written: {path}"})

    def _change(self, change: Callable[[], object], done: str, nothing: str) -> None:
        self._idle()
        text = done if change() else nothing
        self._told.turns()
        self.tell({"kind": "note", "text": text})

    def _idle(self) -> None:
        if self._answering is not None:
            raise ArgumentError("An answer is under way.", "Stop it first, or wait.")

    # -- asking -------------------------------------------------------------------------------

    def _ask(self, command: Mapping[str, Any]) -> None:
        self._start(command, lambda: (self._offers.question(command), nullcontext()))

    def _retry(self, command: Mapping[str, Any]) -> None:
        turn = max(self._chats.current, key=lambda turn: turn.created, default=None)
        if turn is None:
            raise ArgumentError("Nothing was asked in this chat yet.", "Write a prompt below.")

        def make() -> Made:
            question, notes = self._again(turn, self._deciding.options())
            for note in notes:
                self.tell({"kind": "note", "text": note})
            return question, self._chats.current.asked_again(turn)

        self._start(command, make, turn.id)

    def _start(self, command: Event, make: Callable[[], Made], instead: str = "") -> None:
        self._idle()
        # By a function, for what tells may change meanwhile.
        answering = self._answering = Answering(lambda event: self.tell(event), instead)
        if command["stops"] != self._stops:  # while it waited for its turn
            answering.stop()
        self.tell({"kind": "asking", "id": command.get("id")})

        def run() -> None:
            if answering.stopped:
                return
            question, around = make()
            for advice in question.advice:
                self.tell({"kind": "note", "text": advice})
            with around:
                self._deciding.run(lambda: answering.run(question))

        def ask() -> None:
            try:
                self._guarded(run)
            finally:
                with self._ending:
                    self._end(answering)

        threading.Thread(target=ask, name="glm-panel-answer", daemon=True).start()

    def _end(self, answering: Answering) -> None:
        if answering.turn is not None:
            self._told.knows(answering.turn)
        elif answering.stopped:
            self.tell({"kind": "note", "text": "Stopped; nothing was sent."})
        self._answering = None
        self._guarded(self._told.turns)
        self.tell({"kind": "idle"})

    # -- looking ------------------------------------------------------------------------------

    def _frames(self, command: Mapping[str, Any], look: int) -> None:
        """Measure the frames; given up when a page looks again, for that tells all of them."""
        measured = self._offers.measured(command.get("level"))
        while look == self._looks and (event := next(measured, None)) is not None:
            self.tell(event)

    def _preview(self, command: Mapping[str, Any]) -> None:
        self.tell(self._offers.preview(command))
