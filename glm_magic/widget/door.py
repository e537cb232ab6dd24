"""The kernel's side door: what a page says reaches a kernel whose cell is running."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Take = Callable[[Mapping[str, Any]], None]
    Deed = Callable[[], None]

_SAY_AGAIN_SECONDS = 0.05


def open_door(kernel: Any, name: str, take: Take, while_cell_runs: Callable[[Deed], None]) -> str:
    """Let messages in over the kernel's control channel.

    The shell channel waits while a cell runs, and so do widget messages: in ipykernel 6 always,
    in 7 it depends on the version which of them a subshell takes. The control channel has a
    thread of its own in all of them, which is why the debugger and interrupts use it.

    Args:
        kernel: The one we run in, or None.
        name: The type of the messages.
        take: Given the content of each, in the channel's thread.
        while_cell_runs: Does what it is given if a cell runs now, and before that cell can end.

    Returns:
        The name, or "" where there is no such channel.
    """
    handlers = getattr(kernel, "control_handlers", None)
    if not isinstance(handlers, dict) or getattr(kernel, "control_thread", None) is None:
        return ""

    def heard(_stream: object, _ident: object, message: Mapping[str, Any]) -> None:
        take(message.get("content") or {})
        # The kernel now says that it is idle, meaning this channel, and front ends believe it.
        later = threading.Timer(_SAY_AGAIN_SECONDS, while_cell_runs, (say_busy,))
        later.daemon = True
        later.start()

    def say_busy() -> None:
        busy, topic = {"execution_state": "busy"}, f"kernel.{kernel.ident}.status".encode()
        kernel.session.send(kernel.iopub_socket, "status", busy, ident=topic)

    handlers[name] = heard
    return name


def close_door(kernel: Any, name: str) -> None:
    """Let nothing in any more."""
    getattr(kernel, "control_handlers", {}).pop(name, None)
