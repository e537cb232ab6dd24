"""The cells that ran in this shell: their code, their text output, the one that failed last."""

from __future__ import annotations

import re
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from ..errors import GLMError
from ..surroundings import AROUND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..variables.cells import Cell

_OUR_LINES = ("%glm", "%load_ext glm_magic", "%reload_ext glm_magic")
_TEXTS = ("text/plain", "text/markdown")
_MOST_FRAMES = 8  # of a traceback: the innermost
# Where a cell's own lines lie: a name of the process, which differs from run to run.
_CELL_FILE = re.compile(r'File "(?:<ipython-input-[^"\n]*>|[^"\n]*ipykernel_[^"\n]*\.py)"')
_CELL_NUMBER = re.compile(r"In\[(\d+)\]")  # how IPython names a cell
# IPython's own frame, which runs the cell.
_RUNNING = re.compile(r'  File "[^"\n]*IPython[^"\n]*", line \d+, in run_code\n(?:    .*\n)+')
_LIBRARY = re.compile(
    r'File "[^"\n]*[/\\](?:(?:site|dist)-packages|lib[/\\]python3\.\d+)[/\\]', re.IGNORECASE
)
# What each Python says in its own way: marks below the code, and guesses behind the message. The
# same failure is the same text, so that a recorded answer is found again.
_OWN_WAYS = re.compile(r"^[ ~^]*[~^]+[ ~^]*\n|(?<=.)\. Did you (?:mean|forget)[^\n]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of a cell.

    Attributes:
        number: Its execution number.
        cell_id: The front end's id of the cell; "" where there is none.
        code: Its source.
    """

    number: int
    cell_id: str
    code: str


class Cells:
    """What IPython's history knows, put together with the cell ids it forgets.

    Args:
        shell: The running IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._ids: dict[int, str] = {}
        self._failed: tuple[Ran, str] | None = None
        self._saved: set[str | None] = set()  # ids that a saved notebook had

    def ran(self, result: Any) -> None:
        """For the event `post_run_cell`: note the cell's id, and its exception."""
        info, number = result.info, result.execution_count
        cell_id = getattr(info, "cell_id", None) or ""
        if number is not None:
            self._ids[number] = cell_id
        error = result.error_before_exec or result.error_in_exec
        code = str(info.raw_cell or "")
        if _is_failure(error) and not _is_ours(code):
            # As text: the exception itself would keep all variables of its frames alive.
            self._failed = (Ran(number or 0, cell_id, code), traceback_text(error))

    def before(self, count: int, place: str | None) -> list[Cell]:
        """The cells that ran and stand before this one, each as it ran last; the nearest last.

        In a saved notebook they are ordered as in the file, else as they ran.

        Args:
            count: At most so many.
            place: The id of the asking cell, or None.
        """
        runs: dict[str, Ran] = {}
        for ran in self._history():
            key = ran.cell_id or f"#{ran.number}"
            runs.pop(key, None)
            runs[key] = ran
        runs.pop(place or "", None)
        return [self._cell(ran) for ran in self._above(list(runs.values()), place)[-count:]]

    def last_failure(self) -> tuple[Cell, str] | None:
        """The cell that failed last with its traceback, or None.

        What failed before the extension was loaded is known to Python only.
        """
        if self._failed is not None:
            ran, told = self._failed
            return self._cell(ran), told
        error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
        if not _is_failure(error):
            return None
        number = self._number_of(error)
        failed = next((ran for ran in self._history() if ran.number == number), None)
        return (self._cell(failed), traceback_text(error)) if failed else None

    def _number_of(self, error: BaseException) -> int | None:
        """The execution number of the cell that an exception came from; of those, the outermost."""
        files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        if isinstance(error, SyntaxError):
            files.append(error.filename or "")
        found = filter(None, map(self._shell.compile.format_code_name, files))
        numbers = (_CELL_NUMBER.fullmatch(name) for _, name in found)
        return next((int(number[1]) for number in numbers if number), None)

    def _history(self) -> Iterator[Ran]:
        """What ran before the running cell, oldest first; questions to a model are no code."""
        history = self._shell.history_manager.input_hist_raw
        for number, code in enumerate(history[: self._shell.execution_count]):
            if not _is_ours(code):
                yield Ran(number, self._ids.get(number, ""), code)

    def _above(self, runs: list[Ran], place: str | None) -> Sequence[Ran]:
        """Those that stand before the asking cell in the saved notebook; all, if that is unknown.

        What ran before the extension was loaded has no id; it stands first, as it ran. What ran
        and is not saved yet stands last, unless it was saved once, and so is gone.
        """
        order = _saved_order()
        self._saved |= order.keys()
        if place not in order:
            return runs
        nameless = [ran for ran in runs if not ran.cell_id]
        above = [ran for ran in runs if order.get(ran.cell_id, len(order)) < order[place]]
        unsaved = [ran for ran in runs if ran.cell_id and ran.cell_id not in self._saved]
        return [*nameless, *sorted(above, key=lambda ran: order[ran.cell_id]), *unsaved]

    def _cell(self, ran: Ran) -> Cell:
        from ..variables.cells import Cell

        return Cell(ran.code, self._output(ran.number))

    def _output(self, number: int) -> str:
        """The text that a run gave out: what it printed, and what it showed as text."""
        kept = getattr(self._shell.history_manager, "outputs", None)
        if kept is None:  # IPython before 9 keeps results only
            value = self._shell.history_manager.output_hist_reprs.get(number, "")
            return str(value)
        return "\n".join(filter(None, map(_text_of, kept.get(number, ()))))


def _is_failure(error: object) -> TypeGuard[Exception]:
    """Whether it is code that failed: our own errors say themselves what to do."""
    return isinstance(error, Exception) and not isinstance(error, GLMError)


def _is_ours(code: str) -> bool:
    """Whether a cell holds a prompt, or our commands and nothing else."""
    lines = filter(None, map(str.strip, code.splitlines()))
    return code.lstrip().startswith("%%glm") or all(line.startswith(_OUR_LINES) for line in lines)


def traceback_text(error: BaseException) -> str:
    """The innermost frames of a traceback: code lines, no values, no paths of this machine."""
    told = traceback.TracebackException.from_exception(error, limit=-_MOST_FRAMES)
    text = _LIBRARY.sub('File "', _RUNNING.sub("", "".join(told.format())))
    text = _OWN_WAYS.sub("", text)
    return _CELL_FILE.sub('File "<cell>"', text).replace(str(Path.home()), "~")


def _saved_order() -> dict[str | None, int]:
    from ..store.notebook_file import read_notebook

    path = AROUND.notebook()
    saved = read_notebook(path) if path is not None else None
    return {cell: position for position, cell in enumerate(saved.cells)} if saved else {}


def _text_of(output: Any) -> str:
    bundle = output.bundle
    if output.output_type == "out_stream":
        return "".join(bundle.get("stream", ()))
    if output.output_type not in ("execute_result", "display_data"):
        return ""
    found = next((bundle[kind] for kind in _TEXTS if kind in bundle), "")
    return found if isinstance(found, str) else "".join(found)
