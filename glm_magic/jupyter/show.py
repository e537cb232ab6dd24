"""Shows an answer under way, wherever we are, and keeps it when the user stops it."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import Stopped
from ..surroundings import said_afterwards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..answer import Answer
    from ..questions import Question
    from .host import Host
    from .live_output import LiveOutput


def output_for(
    host: Host, *, whole_cell: bool, shown: Sequence[Callable[[], None]] = ()
) -> LiveOutput:
    """What shows an answer in this front end.

    Args:
        host: The running shell and who shows our output.
        whole_cell: Whether all of the cell's output is ours, so that it may be replaced.
        shown: Shows again, one after the other, what else was shown meanwhile and must stay.
    """
    front_end = host.front_end
    if front_end == "terminal":
        from .terminal_output import TerminalOutput

        return TerminalOutput()
    if front_end == "pipe":
        from .terminal_output import PipeOutput

        return PipeOutput()
    from .live_output import InlineOutput, NotebookOutput

    if not whole_cell:
        return InlineOutput(updated=not host.captured)
    return NotebookOutput(markdown=front_end != "console", shown=shown)


def show(
    question: Question, output: LiveOutput, kept: Callable[[Answer], None] = lambda _: None
) -> Answer:
    """Ask and show until the end.

    Args:
        question: What to ask.
        output: Where to show it.
        kept: Given the answer, also one that was stopped or broken.

    Raises:
        BudgetError: It would pass the budget; nothing was sent.
        Stopped: The user interrupted; what came is shown and kept.
        GLMError: It failed; what came is shown and kept.
    """
    # An answer that stands replaces all output, so what the user should know waits for it.
    with said_afterwards(question.advice):
        asking = question.ask()
        stopped = False
        try:
            with asking:
                for delta in asking:
                    output.add(delta, asking.builder)
        except KeyboardInterrupt:
            stopped = True
        except BaseException:
            answer = question.answer(asking)
            if answer.text or answer.reasoning or answer.turn.steps:
                output.close(answer)
                kept(answer)
            else:
                output.drop()
            raise
        try:
            with _held_interrupt():
                answer = question.answer(asking)
                output.close(answer)
                kept(answer)
        except KeyboardInterrupt:
            stopped = True
    if stopped:
        told = f"The {len(answer.text):,} characters that came are kept."
        done = "What was done until then is kept." if answer.turn.steps else ""
        raise Stopped(told if answer.text else done)
    return answer


@contextmanager
def _held_interrupt() -> Iterator[None]:
    """Let an interrupt wait for the moment in which the final output replaces what was shown.

    Raises:
        KeyboardInterrupt: One came; it is raised at the end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)
    if came:
        raise KeyboardInterrupt
