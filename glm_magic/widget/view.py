"""The widget: the page's code and its messages.

Nothing that was said is a trait: front ends and nbclient save traits into notebooks. All of it
travels as messages, and a page that opens asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from ..store.marking import MARK
from .door import close_door, open_door
from .static import script, static

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .session import Session

# In the order they depend on each other; one module is all that a front end takes.
_SCRIPTS = ("door", "wire", "markdown", "approvals", "messages", "controls", "panel")
_COMMAND = "glm_magic_panel"


class PanelWidget(anywidget.AnyWidget):
    """Shows a session; every view of it, also after a reload, shows the same.

    Args:
        session: What is shown.
        kernel: The kernel we run in, or None.
        cell: The id of the cell that shows it, or "".
    """

    _esm = script(*_SCRIPTS)
    _css = static("panel.css")
    door = traitlets.Unicode().tag(sync=True)
    cell = traitlets.Unicode().tag(sync=True)

    def __init__(self, session: Session, kernel: Any = None, cell: str = "") -> None:
        self.session = session
        self._kernel = kernel
        door = open_door(
            kernel, _COMMAND, lambda said: session.handle(said, "control"), session.while_cell_runs
        )
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
        close_door(self._kernel, _COMMAND)
        self.layout.close()
        super().close()
