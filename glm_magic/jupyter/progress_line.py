"""A line in the cell's output while something takes long, gone when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

    from .host import Host


class ProgressLine:
    """For `AROUND.progress` in a kernel.

    Args:
        host: Whose cell runs.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._handle: DisplayHandle | None = None

    def say(self, line: str) -> None:
        """Show a line in place of the one before; "" takes it away.

        A notebook that runs without a reader keeps no trace of it, nor does an Output widget.
        """
        if self._host.front_end == "batch":
            return
        from IPython.display import DisplayHandle, clear_output

        from ..render.cleaning import plain

        bundle = {"text/plain": plain(line)} if line else {}
        if self._handle is not None and not line and self._host.asks_whole_cell:
            clear_output(wait=True)  # by what is shown next: the answer, or an error
        elif self._handle is not None:
            self._handle.update(bundle, raw=True)
        elif line and not self._host.captured:
            self._handle = DisplayHandle()
            self._handle.display(bundle, raw=True)
        self._handle = self._handle if line else None
