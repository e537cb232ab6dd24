"""A real ipykernel beside the test: run cells as a front end does, see every message."""

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from jupyter_client.manager import KernelManager


@dataclass
class Ran:
    """What one execution sent.

    Attributes:
        status: "ok", "error" or "aborted".
        messages: Every iopub message of this execution, in order, as (type, content).
        error: The traceback text, or "".
        asked: What the kernel asked the person at the keyboard.
    """

    status: str = ""
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    error: str = ""
    asked: list[str] = field(default_factory=list)

    def kinds(self) -> list[str]:
        """The types of the messages."""
        return [kind for kind, _ in self.messages]

    @property
    def printed(self) -> str:
        """The stream text that a front end would be left with."""
        left, clear_next = "", False
        for kind, content in self.messages:
            if kind == "clear_output":
                clear_next = bool(content["wait"])
                left = left if clear_next else ""
            elif kind in ("stream", "display_data", "execute_result"):
                left = "" if clear_next else left
                left += content.get("text", "")
                clear_next = False
        return left

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """The displays a front end would be left with: updates and clearing applied."""
        left: list[dict[str, Any]] = []
        clear_next = False
        for kind, content in self.messages:
            if kind == "clear_output":
                clear_next = bool(content["wait"])
                left = left if clear_next else []
            elif kind in ("display_data", "execute_result"):
                left = [content] if clear_next else [*left, content]
                clear_next = False
            elif kind == "update_display_data":
                wanted = content["transient"]["display_id"]
                for one in left:
                    if one.get("transient", {}).get("display_id") == wanted:
                        one.update(data=content["data"], metadata=content["metadata"])
        return left


class Kernel:
    """A kernel; use as a context manager.

    Args:
        environment: Variables on top of the test's own.
    """

    def __init__(self, **environment: str) -> None:
        self._environment = environment
        # Ports that were free when they were chosen may be taken when the kernel binds them; and a
        # socket's path must be short.
        self._folder = tempfile.TemporaryDirectory(prefix="glm-", dir="/tmp")
        place = f"{self._folder.name}/k"
        self.manager = KernelManager(kernel_name="python3", transport="ipc", ip=place)

    def __enter__(self) -> Self:
        self.manager.start_kernel(env={**os.environ, **self._environment})
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self.manager.context.destroy(linger=0)
        self._folder.cleanup()

    def start(self, code: str, *, cell: str | None = None, person: bool = False) -> str:
        """Send a cell without waiting; returns its message id.

        Args:
            code: The source.
            cell: The cell's id, as JupyterLab sends it; None sends none, as nbclient does.
            person: Whether somebody is there who can be asked.
        """
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": person,
            "stop_on_error": True,
        }
        metadata = {} if cell is None else {"cellId": cell}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def finish(
        self, message_id: str, *, timeout_seconds: float = 60, says: Sequence[str] = ()
    ) -> Ran:
        """Everything the execution sent, once it is over.

        Args:
            message_id: Of `start`.
            timeout_seconds: For all of it.
            says: What the person says, one answer for each time they are asked.
        """
        ran = Ran()
        deadline = time.monotonic() + timeout_seconds
        for said in says:
            ran.asked.append(self.wait_for_question(deadline - time.monotonic()))
            self.client.input(said)
        reply = None
        while reply is None:
            found = self.client.get_shell_msg(timeout=deadline - time.monotonic())
            reply = found if found["parent_header"].get("msg_id") == message_id else None
        ran.status = reply["content"]["status"]
        while True:
            message = self.next_message(message_id, deadline - time.monotonic())
            if message[0] == "status" and message[1]["execution_state"] == "idle":
                ran.messages.append(message)
                return ran
            if message[0] == "error":
                ran.error = "\n".join(message[1]["traceback"])
            ran.messages.append(message)

    def next_message(self, message_id: str, timeout_seconds: float) -> tuple[str, dict[str, Any]]:
        """The next iopub message of this execution."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.0, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") == message_id:
                return message["header"]["msg_type"], message["content"]

    def wait_for_question(self, timeout_seconds: float = 60) -> str:
        """Until the kernel asks the person something; what it asks."""
        return str(self.client.get_stdin_msg(timeout=timeout_seconds)["content"]["prompt"])

    def run(
        self,
        code: str,
        *,
        cell: str | None = None,
        timeout_seconds: float = 60,
        says: Sequence[str] | None = None,
    ) -> Ran:
        """Run a cell to its end.

        Args:
            code: The source.
            cell: The cell's id.
            timeout_seconds: For all of it.
            says: What a person says who is asked so many times; None where nobody is there.
        """
        started = self.start(code, cell=cell, person=says is not None)
        return self.finish(started, timeout_seconds=timeout_seconds, says=says or ())

    def wait_for_display(self, message_id: str, text: str, *, timeout_seconds: float = 20) -> None:
        """Until a display of this execution holds the text."""
        while True:
            kind, content = self.next_message(message_id, timeout_seconds)
            if kind in ("display_data", "update_display_data") and text in str(content["data"]):
                return

    def interrupt(self) -> None:
        """What the front end's stop button does."""
        self.manager.interrupt_kernel()
