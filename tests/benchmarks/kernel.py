"""A real kernel, and every message that it sends while a cell runs."""

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import zmq
from jupyter_client.manager import KernelManager

from tests.kernel import Ran

from .wire import Wire

if TYPE_CHECKING:
    from jupyter_client.blocking import BlockingKernelClient

_CPU = "__import__('time').process_time()"  # all threads of the kernel
_SHOWN = ("display_data", "update_display_data", "stream")
_PATIENCE_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Message:
    """One message on iopub, with the time it arrived and its size on its way to a browser."""

    kind: str
    size_bytes: int
    arrived: float
    content: dict[str, Any]


@dataclass(slots=True)
class Run:
    """One cell, running or done."""

    id: str
    began: float
    messages: list[Message] = field(default_factory=list)
    reply: dict[str, Any] | None = None
    replied: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def wall_seconds(self) -> float:
        """From the request to the reply."""
        return self.replied - self.began

    @property
    def done(self) -> bool:
        """Whether the reply and the last message are here."""
        last = self.messages[-1] if self.messages else None
        return bool(self.reply and last and last.content.get("execution_state") == "idle")

    @property
    def size_bytes(self) -> int:
        """All that went over iopub for this cell."""
        return sum(message.size_bytes for message in self.messages)

    def shown(self) -> list[Message]:
        """The outputs and their updates."""
        return [message for message in self.messages if message.kind in _SHOWN]

    def outputs(self) -> list[dict[str, Any]]:
        """What a front end would be left with; a long answer is several."""
        return Ran(messages=[(one.kind, one.content) for one in self.messages]).outputs

    def messages_a_second(self) -> float:
        """How fast outputs come, from the first to the last before the final one."""
        growing = self.shown()[:-1]
        seconds = growing[-1].arrived - growing[0].arrived
        return (len(growing) - 1) / seconds


class Kernel:
    """A fresh kernel that asks the given sandbox.

    Args:
        wire: The sandbox.
    """

    def __init__(self, wire: Wire) -> None:
        # A named provider: one that is only a URL is not told to leave the reasoning out.
        address = {"GLM_BASE_URL": wire.base_url, "GLM_API_KEY": wire.key}
        self._settings = {"GLM_PROVIDER": "zai", **address}
        self._manager = KernelManager(kernel_name="python3")
        self._cell = 0

    def __enter__(self) -> Self:
        # The kernel warns on its standard error that TCP is not encrypted; nobody need read that.
        environment = {**os.environ, **self._settings}
        self._manager.start_kernel(env=environment, stderr=subprocess.DEVNULL)
        try:
            self._client: BlockingKernelClient = self._manager.client()
            self._client.start_channels()
            self._client.wait_for_ready(timeout=_PATIENCE_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def begin(self, code: str, cell: str = "") -> Run:
        """Start a cell; without an id it is one of its own."""
        self._cell += 1
        content = {
            "code": code, "silent": False, "store_history": True, "user_expressions": {},
            "allow_stdin": False, "stop_on_error": False,
        }  # fmt: skip
        metadata = {"cellId": cell or f"cell-{self._cell}"}
        message = self._client.session.msg("execute_request", content, metadata=metadata)
        began = time.monotonic()
        self._client.shell_channel.send(message)
        return Run(message["header"]["msg_id"], began)

    def wait(self, run: Run, until: Callable[[Run], object] = lambda run: run.done) -> Run:
        """Collect what the cell sends until something holds.

        Raises:
            TimeoutError: It did not come to hold.
        """
        iopub, shell = self._client.iopub_channel.socket, self._client.shell_channel.socket
        poller = zmq.Poller()
        poller.register(iopub, zmq.POLLIN)
        poller.register(shell, zmq.POLLIN)
        end = time.monotonic() + _PATIENCE_SECONDS
        while not until(run):
            if time.monotonic() > end:
                message = f"Nothing like that after {_PATIENCE_SECONDS} s: {run.messages[-3:]}"
                raise TimeoutError(message)
            for ready, _ in poller.poll(100):
                self._take(run, ready, is_reply=ready is shell)
        return run

    def _take(self, run: Run, socket: Any, *, is_reply: bool) -> None:
        parts = socket.recv_multipart()
        now = time.monotonic()
        session = self._client.session
        _, signed = session.feed_identities(parts)
        message = session.deserialize(signed)
        if message["parent_header"].get("msg_id") != run.id:
            return
        if is_reply:
            run.reply, run.replied = message["content"], now
            return
        size = sum(map(len, signed[1:]))  # what a server passes on: all but address and signature
        run.messages.append(Message(message["msg_type"], size, now, message["content"]))

    def run(self, code: str, cell: str = "") -> Run:
        """Run a cell to its end, and take the kernel's CPU time for it.

        Raises:
            RuntimeError: The cell failed.
        """
        before = self._cpu()
        run = self.wait(self.begin(code, cell))
        run.cpu_seconds = self._cpu() - before
        if run.reply is None or run.reply["status"] != "ok":
            problem = run.reply and f"{run.reply.get('ename')}: {run.reply.get('evalue')}"
            message = f"This cell failed: {code[:80]!r}: {problem}"
            raise RuntimeError(message)
        return run

    def _cpu(self) -> float:
        content = {
            "code": "", "silent": True, "store_history": False, "allow_stdin": False,
            "user_expressions": {"cpu": _CPU}, "stop_on_error": False,
        }  # fmt: skip
        message = self._client.session.msg("execute_request", content)
        asked = Run(message["header"]["msg_id"], time.monotonic())
        self._client.shell_channel.send(message)
        self.wait(asked)
        assert asked.reply is not None
        return float(asked.reply["user_expressions"]["cpu"]["data"]["text/plain"])

    def interrupt(self) -> float:
        """What the front end's stop button does; when it was done."""
        now = time.monotonic()
        self._manager.interrupt_kernel()
        return now
