"""Shows an answer under way, wherever we are, and keeps it when the user stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Stopped

if TYPE_CHECKING:
    from ..answer import Answer
    from ..questions import Question
    from .host import FrontEnd
    from .live_output import LiveOutput


def output_for(front_end: FrontEnd, *, whole_cell: bool) -> LiveOutput:
    """What shows an answer in this front end.

    Args:
        front_end: Who shows our output.
        whole_cell: Whether all of the cell's output is ours, so that it may be replaced.
    """
    if front_end == "terminal":
        from .terminal_output import TerminalOutput

        return TerminalOutput()
    if front_end == "pipe":
        from .terminal_output import PipeOutput

        return PipeOutput()
    from .live_output import InlineOutput, NotebookOutput

    return NotebookOutput(markdown=front_end != "console") if whole_cell else InlineOutput()


def show(question: Question, output: LiveOutput) -> Answer:
    """Ask and show until the end.

    Raises:
        BudgetError: It would pass the budget; nothing was sent.
        Stopped: The user interrupted; what came is shown and kept.
        GLMError: It failed; what came is shown and kept.
    """
    stopped = False
    asking = question.ask()
    try:
        with asking:
            for delta in asking:
                output.add(delta, asking.builder)
    except KeyboardInterrupt:
        stopped = True
    except BaseException:
        answer = question.answer(asking)
        if answer.text or answer.reasoning:
            output.close(answer)
        raise
    answer = question.answer(asking)
    output.close(answer)
    if stopped:
        kept = f"The {len(answer.text):,} characters that came are kept."
        raise Stopped(kept if answer.text else "")
    return answer
