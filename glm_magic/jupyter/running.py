"""Runs a cell that the model proposed and a person approved, and keeps what it gave."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from ..store.marking import MARK
from .cells import traceback_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..tools.declaring import Outcome
    from .host import Host
    from .inserting import Inserter

_MOST_IMAGES = 4
_PICTURES = ("image/png", "image/jpeg")  # those of the wire


class Runner:
    """Runs cells in the user's namespace, in front of the user's eyes.

    Args:
        host: The running shell and its front end.
        inserter: Makes cells of the notebook of what runs.

    Attributes:
        shown: Shows each cell that ran once more, with its outputs: a final answer replaces all.
    """

    def __init__(self, host: Host, inserter: Inserter) -> None:
        self.shown: list[Callable[[], None]] = []
        self._host = host
        self._inserter = inserter
        self._shell: Any = host.shell

    def begin(self) -> None:
        """Another question begins."""
        self.shown = []
        self._inserter.begin_steps()

    def run(self, code: str, *, shown: bool = True) -> Outcome:
        """Run a cell; its outputs for the model, as text and pictures.

        Args:
            code: Python, or whatever a cell may hold.
            shown: Whether it is shown here and becomes a cell below; else by who runs it.

        Raises:
            KeyboardInterrupt: The user stopped it.
        """
        if shown:
            self._inserter.add_step(code)
        captured, error = self._captured(code)
        if shown:
            self._show(code, captured, error)
            if error is not None:
                self._inserter.drop_step()
        if isinstance(error, KeyboardInterrupt):
            raise error
        return outcome_of(captured, error)

    def _captured(self, code: str) -> tuple[Any, BaseException | None]:
        from IPython.utils.capture import capture_output

        if self._awaits(code):
            with capture_output() as nothing:
                pass
            message = "Top-level await does not work in these cells: call asyncio.run in a thread."
            return nothing, NotImplementedError(message)
        told, self._shell._showtraceback = self._shell._showtraceback, _say_nothing
        try:
            # The trap first: entered by the cell itself, it would undo half of the capturing.
            with self._shell.display_trap, capture_output() as captured:
                result = self._shell.run_cell(code)
        finally:
            self._shell._showtraceback = told
        return captured, result.error_before_exec or result.error_in_exec

    def _awaits(self, code: str) -> bool:
        """Whether it needs the event loop, which waits for it."""
        try:
            plain_code = self._shell.transform_cell(code)
        except SyntaxError:
            return False  # which is told when it runs
        return bool(self._shell.should_run_async(code, transformed_cell=plain_code))

    def _show(self, code: str, captured: Any, error: BaseException | None) -> None:
        from IPython.display import display

        from ..render.steps import CELL, call_shown

        source = call_shown(CELL, {"code": code})

        def show_source() -> None:
            display({"text/markdown": source, "text/plain": code}, raw=True, metadata=MARK)

        def show_outputs() -> None:
            captured.show()
            if error is not None:
                display({"text/plain": _said(error)}, raw=True, metadata=MARK)

        self.shown += [show_source, show_outputs]
        if self._host.shown_last != source:  # else it stands there, with the person's yes below it
            show_source()
        show_outputs()


def outcome_of(captured: Any, error: BaseException | None) -> Outcome:
    """What a cell printed and showed, as text, with its figures."""
    from ..render.cleaning import plain
    from ..tools.declaring import Outcome

    texts, images = [plain(captured.stdout), plain(captured.stderr)], []
    for output in captured.outputs:
        data = output.data or {}
        if kind := next((one for one in _PICTURES if one in data), None):
            images.append(f"data:{kind};base64,{_base64(data[kind])}")
            texts.append("[figure]")
        else:
            texts.append(plain(str(data.get("text/plain", ""))))
    if error is not None:
        texts.append(_said(error))
    text = "\n".join(text.strip("\n") for text in texts if text)
    return Outcome(text, tuple(images[:_MOST_IMAGES]))


def _base64(picture: bytes | str) -> str:
    """A picture as the wire takes it: matplotlib gives base64, which has line ends, PIL bytes."""
    if isinstance(picture, bytes):
        return base64.b64encode(picture).decode()
    return "".join(str(picture).split())


def _said(error: BaseException) -> str:
    from ..render.cleaning import plain

    return plain(traceback_text(error)).rstrip()


def _say_nothing(*_: object) -> None:
    """In place of IPython's own traceback, which would be an error of the asking cell."""
