"""The panel where its page code cannot run: ipywidgets for the form, the cell's output for words.

What is said must not become a widget's trait, which front ends save into the notebook: it stands
in an output of the cell, repainted through its display handle, which works from any thread.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from IPython.display import DisplayHandle, display

from ..render.cleaning import plain
from ..store.marking import MARK
from ..widget.offers import frame_names
from ..widget.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..widget.session import Session

_PAINT_SECONDS = 0.5
_HINT = "Stop waits for a running cell to end here; the notebook's ■ does not."
_REFUSAL = "Only tools made with auto=True run in this panel."


class PlainPanel:
    """A form and an output below it.

    Args:
        session: What is shown.
        shell: Whose frames can be attached.
    """

    def __init__(self, session: Session, shell: Any) -> None:
        import ipywidgets as widgets

        self._session, self._shell = session, shell
        self._transcript = Transcript()
        self._painting = threading.Lock()
        self._painted_at = 0.0
        self._handle = DisplayHandle()
        self._prompt = widgets.Textarea(
            placeholder="Ask", layout=widgets.Layout(width="100%", height="5em")
        )
        self._frames = widgets.SelectMultiple(description="Attach", rows=3)
        buttons = [self._button(widgets, "Send", self._send)]
        for kind in ("stop", "retry", "undo", "redo", "clear"):
            buttons.append(self._button(widgets, kind.title(), lambda kind=kind: self._do(kind)))
        hint = widgets.Label(_HINT)
        self.form = widgets.VBox([self._prompt, self._frames, widgets.HBox(buttons), hint])
        self.form.add_class("glm-magic-panel")  # by this `glm-magic strip` knows it in a file
        session.tell = self._hear

    def show(self) -> None:
        """Display it in the running cell, perhaps once more."""
        names = frame_names(self._shell.user_ns, self._shell.user_ns_hidden)
        chosen = [name for name in self._frames.value if name in names]
        self._frames.options = names
        self._frames.value = chosen
        display(self.form)
        self._handle.display(self._bundle(), raw=True, metadata=MARK)
        self._session.cell_ends()  # nobody tells us of cells, and it tells of the turns there are

    def close(self) -> None:
        """End what is under way, and take the form away."""
        self._session.close()
        self.form.close()

    def _button(self, widgets: Any, label: str, deed: Any) -> Any:
        button = widgets.Button(description=label)
        button.on_click(lambda _: deed())
        return button

    def _do(self, kind: str) -> None:
        self._session.handle({"kind": kind})

    def _send(self) -> None:
        prompt = self._prompt.value  # it stays there until it is asked
        command = {"kind": "ask", "prompt": prompt, "frames": list(self._frames.value)}
        self._session.handle(command)

    def _hear(self, event: Mapping[str, Any]) -> None:
        if event["kind"] == "approve":
            event = self._refused(event)
        elif event["kind"] == "begun" and event["turn"]["prompt"] == plain(self._prompt.value):
            self._prompt.value = ""
        with self._painting:
            self._transcript.take(event)
            now = time.monotonic()
            if event["kind"] != "delta" or now - self._painted_at >= _PAINT_SECONDS:
                self._painted_at = now
                self._handle.update(self._bundle(), raw=True, metadata=MARK)

    def _refused(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Refuse a call, for nobody can be asked here; what is said of it."""
        refusal = {"kind": "decide", "call": asked["id"], "decision": "no", "words": _REFUSAL}
        self._session.handle(refusal)
        return {"kind": "note", "text": f"Not run: {asked['line']}. {_REFUSAL} Or ask in a cell."}

    def _bundle(self) -> dict[str, str]:
        return {"text/markdown": self._transcript.markdown(), "text/plain": "…"}
