"""One answer on its way to the page: few messages, each with what is new."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..render.cleaning import plain
from ..render.effort import pause_seconds
from ..render.steps import steps_markdown
from .growing import Change, GrowingText
from .views import shown_text, turn_end, turn_head, turn_view

if TYPE_CHECKING:
    from ..chat.asking import Asking
    from ..chat.deltas import Delta
    from ..chat.messages import Message
    from ..chat.turns import Turn
    from ..questions import Question

PAINT_SECONDS = 0.1
_PAINTED_A_SECOND = 1_000_000  # characters: a page with a long answer has more to do each time

Tell = Callable[[Mapping[str, Any]], None]


class Answering:
    """Asks one question and tells the page what comes.

    Args:
        tell: Given each event.
        instead: The id of the turn that is asked again, or "".
    """

    def __init__(self, tell: Tell, instead: str = "") -> None:
        self._tell = tell
        self._instead = instead
        self._telling = threading.Lock()
        self._stopping = threading.Event()
        self._over = False
        self._asking: Asking | None = None
        self._growing = GrowingText()
        self._steps: list[Message] = []
        self._thoughts: list[str] = []
        self._thought = ""
        self._notice = ""
        self._told_notice = ""
        self._next_paint = 0.0

    def stop(self) -> None:
        """End it now, from any thread, also before it has begun; what came is kept."""
        self._stopping.set()
        asking = self._asking
        if asking is not None:
            asking.stop()

    @property
    def stopped(self) -> bool:
        """Whether it was to end before its time."""
        return self._stopping.is_set()

    @property
    def turn(self) -> Turn | None:
        """The turn as the page knows it; None before it began."""
        return self._asking.turn if self._asking else None

    def run(self, question: Question) -> None:
        """Ask until the end.

        Raises:
            GLMError: It failed; what came is told and kept.
        """
        if self._stopping.is_set():
            return
        asking = self._asking = question.ask()
        self._tell(self._begun(asking))
        try:
            with asking:
                for delta in asking:
                    if self._stopping.is_set():
                        asking.stop()
                        break
                    self._add(delta)
        except KeyboardInterrupt:
            pass  # a cell of ours was interrupted; the turn is kept and says so
        finally:
            self._paint()
            self._end(asking)

    def tell_again(self) -> bool:
        """All that was told so far, for a page that has just opened; from any thread.

        Returns:
            Whether it is under way; else nothing was told.
        """
        with self._telling:
            if self._asking is None or self._over:
                return False
            self._tell(self._begun(self._asking))
            told = [Change(at, 0, text) for at, text in enumerate(self._growing.blocks) if text]
            self._tell({"kind": "delta", "changes": told, "reasoning": self._thought})
            if self._steps:
                self._tell({"kind": "steps", "text": steps_markdown(self._steps)})
            return True

    def _begun(self, asking: Asking) -> Mapping[str, Any]:
        return {"kind": "begun", "turn": turn_head(asking.turn), "instead": self._instead}

    def _end(self, asking: Asking) -> None:
        turn = asking.turn
        # The whole turn where its text is another: JSON in a fence, or withdrawn by the provider.
        view = turn_end(turn) if shown_text(turn) == self._growing.text else turn_view(turn)
        with self._telling:
            self._over = True
            self._tell({"kind": "ended", "turn": view})

    def _step(self, step: Message) -> None:
        """A round has ended, its words stand among the steps; or something came of it."""
        with self._telling:
            self._steps.append(step)
            if step.role == "assistant":
                self._growing, self._thoughts, self._thought = GrowingText(), [], ""
            new = step.role == "assistant"
            self._tell({"kind": "steps", "text": steps_markdown(self._steps), "new": new})

    def _add(self, delta: Delta) -> None:
        if delta.step is not None:
            self._step(delta.step)
            return
        new = not self._growing.text
        self._growing.feed(delta.text)
        if delta.reasoning:
            self._thoughts.append(delta.reasoning)
        self._notice = delta.notice or ("" if delta.text or delta.reasoning else self._notice)
        if (new and self._growing.text) or time.monotonic() >= self._next_paint:
            self._paint()

    def _paint(self) -> None:
        with self._telling:
            self._paint_now()

    def _paint_now(self) -> None:
        event: dict[str, Any] = {}
        if changes := self._growing.take():
            event["changes"] = changes
        if self._thoughts:
            event["reasoning"] = plain("".join(self._thoughts))
            self._thought += event["reasoning"]
            self._thoughts = []
        if self._notice != self._told_notice:
            event["notice"] = self._told_notice = plain(self._notice)
        if event:
            self._tell({"kind": "delta", **event})
            long = len(self._growing.text) / _PAINTED_A_SECOND
            pause = max(PAINT_SECONDS, long, pause_seconds(self._growing.blocks[-1]))
            self._next_paint = time.monotonic() + pause
