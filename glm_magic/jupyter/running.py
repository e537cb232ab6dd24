"""Runs a cell that the model proposed and a person approved, and keeps what it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..render.answer import fenced
from ..render.cleaning import plain
from ..render.inert import inert
from ..store.metadata import MARK

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..tools.declaring import Outcome

_MOST_IMAGES = 4


class Runner:
    """Runs cells in the user's namespace, in front of the user's eyes.

    Args:
        shell: The running IPython shell.

    Attributes:
        shown: Shows each cell that ran once more, with its outputs: a final answer replaces all.
        sources: What ran without an error since `begin`.
    """

    def __init__(self, shell: Any) -> None:
        self.shown: list[Callable[[], None]] = []
        self.sources: list[str] = []
        self._shell = shell

    def begin(self) -> None:
        """Another question begins."""
        self.shown = []
        self.sources = []

    def run(self, code: str) -> Outcome:
        """Run a cell; its outputs for the model, as text and pictures.

        Raises:
            KeyboardInterrupt: The user stopped it.
        """
        from IPython.utils.capture import capture_output

        from ..tools.declaring import Outcome

        told: list[str] = []
        show_error, self._shell._showtraceback = self._shell._showtraceback, _telling(told)
        try:
            with capture_output() as captured:
                result = self._shell.run_cell(code)
        finally:
            self._shell._showtraceback = show_error
        error = result.error_before_exec or result.error_in_exec
        self._show(code, captured, told)
        if isinstance(error, KeyboardInterrupt):
            raise error
        if error is None:
            self.sources.append(code)
        text, images = _outputs(captured)
        return Outcome("\n".join(filter(None, [text, *told])), images)

    def _show(self, code: str, captured: Any, told: list[str]) -> None:
        from IPython.display import display

        def show() -> None:
            source = inert(fenced(code, "python"))
            display({"text/markdown": source, "text/plain": code}, raw=True, metadata=MARK)
            captured.show()
            if told:
                display({"text/plain": "\n".join(told)}, raw=True, metadata=MARK)

        self.shown.append(show)
        show()


def _telling(told: list[str]) -> Callable[..., None]:
    def tell(kind: Any, error: Any, lines: list[str]) -> None:  # noqa: ARG001 - IPython's signature
        told.append(plain("\n".join(lines)))

    return tell


def _outputs(captured: Any) -> tuple[str, tuple[str, ...]]:
    """What a cell printed and showed, as text, and its figures."""
    texts, images = [plain(captured.stdout), plain(captured.stderr)], []
    for output in captured.outputs:
        data = output.data or {}
        if "image/png" in data:
            images.append("data:image/png;base64," + "".join(str(data["image/png"]).split()))
            texts.append("[figure]")
        else:
            texts.append(plain(str(data.get("text/plain", ""))))
    return "\n".join(text.strip("\n") for text in texts if text), tuple(images[:_MOST_IMAGES])
