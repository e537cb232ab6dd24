"""The widget: the page's code, its messages, and the kernel's side door for a busy kernel.

Nothing that was said is a trait: front ends and nbclient save traits into notebooks. All of it
travels as messages, and a page that opens asks for it.
"""

from __future__ import annotations

import threading
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from ..store.metadata import MARK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .session import Session

# In the order they depend on each other; one module is all that a front end takes.
_SCRIPTS = ("wire", "markdown", "approvals", "messages", "controls", "panel")
_COMMAND = "glm_magic_panel"
_SAY_AGAIN_SECONDS = 0.05


def _static(name: str) -> str:
    return files(__package__).joinpath(f"static/{name}").read_text(encoding="utf-8")


class PanelWidget(anywidget.AnyWidget):
    """Shows a session; every view of it, also after a reload, shows the same.

    Args:
        session: What is shown.
        kernel: The kernel we run in, or None.
        cell: The id of the cell that shows it, or "".
    """

    _esm = "\n".join(_static(f"{name}.js") for name in _SCRIPTS)
    _css = _static("panel.css")
    door = traitlets.Unicode().tag(sync=True)
    cell = traitlets.Unicode().tag(sync=True)

    def __init__(self, session: Session, kernel: Any = None, cell: str = "") -> None:
        self.session = session
        self._kernel = kernel
        door = _COMMAND if _open_door(kernel, session) else ""
        super().__init__(door=door, cell=cell)
        self.on_msg(lambda _, content, buffers: session.handle(content))  # noqa: ARG005
        session.tell = self._tell

    def _tell(self, event: Mapping[str, Any]) -> None:
        if self.comm is not None:
            self.send(dict(event))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        words = "The GLM chat panel. If you see only this line: %glm panel --plain"
        if isinstance(bundle, tuple):
            bundle[0]["text/plain"] = words
            bundle[1].update(MARK)
        return bundle

    def close(self) -> None:
        """Stop, and take it off every page."""
        self.session.close()
        getattr(self._kernel, "control_handlers", {}).pop(_COMMAND, None)
        self.layout.close()
        super().close()


def _open_door(kernel: Any, session: Session) -> bool:
    """Let commands in over the kernel's control channel; tells whether there is one.

    The shell channel waits while a cell runs, and so do widget messages: in ipykernel 6 always,
    in 7 it depends on the version which of them a subshell takes. The control channel has a
    thread of its own in all of them, which is why the debugger and interrupts use it. Here it
    brings Stop, and all else that a panel asks for, to a busy kernel.
    """
    handlers = getattr(kernel, "control_handlers", None)
    if not isinstance(handlers, dict) or getattr(kernel, "control_thread", None) is None:
        return False

    def take(_stream: object, _ident: object, message: Mapping[str, Any]) -> None:
        session.handle(message.get("content") or {}, "control")
        # The kernel now says that it is idle, meaning this channel, and front ends believe it.
        later = threading.Timer(_SAY_AGAIN_SECONDS, session.while_cell_runs, (say_busy,))
        later.daemon = True
        later.start()

    def say_busy() -> None:
        busy, topic = {"execution_state": "busy"}, f"kernel.{kernel.ident}.status".encode()
        kernel.session.send(kernel.iopub_socket, "status", busy, ident=topic)

    handlers[_COMMAND] = take
    return True
