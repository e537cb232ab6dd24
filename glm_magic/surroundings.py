"""What the shell around us tells: its settings, the asking cell, the notebook, where words go.

Plain Python tells nothing, and that is the default. The notebook's face fills this in when the
extension is loaded, without importing anything; the workbench asks it when it needs to know.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path


_HELD: ContextVar[list[str] | None] = ContextVar("held", default=None)


def _to_stderr(sentence: str) -> None:
    held = _HELD.get()
    if held is not None:
        held.append(sentence)
    else:
        sys.stderr.write(f"glm: {sentence}\n")


@contextmanager
def said_afterwards(advice: Iterable[str]) -> Iterator[None]:
    """Hold back what this thread warns of until the end, and say it then, each sentence once.

    Args:
        advice: What is to be said already.
    """
    held = list(advice)
    before = _HELD.set(held)
    try:
        yield
    finally:
        _HELD.reset(before)
        for sentence in dict.fromkeys(held):
            AROUND.warn(sentence)


def graded() -> bool:
    """Whether nbgrader runs the notebook ("autograde", "validate"): then no model is asked."""
    return bool(os.environ.get("NBGRADER_EXECUTION", "").strip())


def _on_one_line(line: str) -> None:
    if sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()


def _to_stdout(markdown: str) -> None:
    sys.stdout.write(f"{markdown}\n")


def _of_main() -> Mapping[str, object]:
    return vars(sys.modules["__main__"])


def _at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


@dataclass
class Surroundings:
    """Questions to the shell, each a function, so that the answer is never stale.

    Attributes:
        configured: What `%config` and `ipython_config.py` say, by setting.
        place: Names the next question's place in the conversation, or None; counts it.
        notebook: Where the running notebook is, or None.
        tags: Of the asking cell.
        names: The user's variables by name.
        person: Whether somebody is there who can be asked by `input`.
        show: Shows the user inert Markdown now.
        run_cell: Runs code as a cell of the notebook and gives its outputs, by default shown in
            the running cell too; None where there is no notebook.
        warn: Told, in one sentence, what the user should know beside the answer.
        progress: Told, in one line, what takes long, and "" when it is over; from any thread.
    """

    configured: Callable[[], Mapping[str, Any]] = field(default=dict)
    place: Callable[[], str | None] = lambda: None
    notebook: Callable[[], Path | None] = lambda: None
    tags: Callable[[], tuple[str, ...]] = lambda: ()
    names: Callable[[], Mapping[str, object]] = _of_main
    person: Callable[[], bool] = _at_terminal
    show: Callable[[str], None] = _to_stdout
    run_cell: Callable[..., Any] | None = None
    warn: Callable[[str], None] = _to_stderr
    progress: Callable[[str], None] = _on_one_line

    def forget(self) -> None:
        """Be as in plain Python again."""
        self.__init__()  # type: ignore[misc]  # a dataclass: all fields back to their defaults


AROUND = Surroundings()
