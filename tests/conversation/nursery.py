"""Real kernels in a tenth of a second each: forks of one process that has imported everything.

`python -m tests.conversation.nursery` reads an order from each line of stdin, as JSON: to raise a
kernel that listens as a connection file says, or to bury one that is dead.
"""

import gc
import json
import os
import queue
import signal
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

from tests.kernel import Kernel

_ROOT = Path(__file__).parents[2]
# What a kernel imports until its first answer is there, and what takes longest later.
_IMPORTED = (
    "httpx", "nbformat", "pandas", "tenacity", "sqlite3", "tornado.platform.asyncio",
    "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect",
    "IPython.extensions.storemagic", "ipykernel.debugger", "ipykernel.ipkernel",
    "ipykernel.zmqshell", "glm_magic.calls", "glm_magic.jupyter.extension",
    "glm_magic.jupyter.live_output", "glm_magic.jupyter.magics", "glm_magic.jupyter.show",
    "glm_magic.api.client", "glm_magic.api.exchange", "glm_magic.api.worker",
)  # fmt: skip


class Nursery:
    """Raises kernels; use as a context manager.

    Args:
        sockets: A folder with a short name, of the nursery's own: a socket's path must be short.
    """

    def __init__(self, sockets: Path) -> None:
        self._sockets = sockets
        self._count = 0

    def __enter__(self) -> Self:
        quiet = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}  # the debugger's words on Python's build
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.conversation.nursery"],
            env={**os.environ, **quiet, "PYTHONPATH": str(_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if error:
            self._process.kill()  # its kernels end with it
        self._process.communicate()
        assert error or self._process.returncode == 0

    def kernel(self, **environment: str) -> "RaisedKernel":
        """A kernel that listens, in the test's own surroundings and these variables."""
        self._count += 1
        place = str(self._sockets / str(self._count))
        file, _ = write_connection_file(
            f"{place}.json", transport="ipc", ip=place, key=os.urandom(16).hex().encode()
        )
        around = {**os.environ, **environment}
        pid = self._answer(file=file, environment=around, folder=str(Path.cwd()))
        return RaisedKernel(self, file, pid)

    def bury(self, pid: int) -> None:
        """Wait until a kernel that was killed is gone; one that ended by itself is a failure."""
        assert self._answer(bury=pid) == signal.SIGKILL, "the kernel ended by itself"

    def _answer(self, **order: Any) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


class RaisedKernel(Kernel):
    """A kernel whose only end is to be killed.

    Args:
        nursery: Buries it.
        connection_file: Says where it listens.
        pid: Its process.
    """

    def __init__(self, nursery: Nursery, connection_file: str, pid: int) -> None:
        self._nursery = nursery
        self._file = connection_file
        self._pid = pid
        self._buried = False

    def __enter__(self) -> Self:
        self.client = BlockingKernelClient(connection_file=self._file)
        self.client.load_connection_file()
        self.client.start_channels(stdin=False, hb=False, control=False)
        self._see_messages()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.client.context.destroy(linger=0)
        self.bury()

    def bury(self) -> None:
        """Kill it and see it dead."""
        if not self._buried:
            self._buried = True
            self.kill()
            self._nursery.bury(self._pid)

    def _see_messages(self) -> None:
        """Until messages on iopub arrive: what is sent before we have subscribed is lost."""
        while True:
            self.client.kernel_info()
            self.client.get_shell_msg(timeout=30)
            with suppress(queue.Empty):
                self.client.get_iopub_msg(timeout=0.02)
                return

    def kill(self) -> None:
        """SIGKILL, now; again when it is dead already."""
        os.kill(self._pid, signal.SIGKILL)

    def interrupt(self) -> None:
        """What the front end's stop button does."""
        os.kill(self._pid, signal.SIGINT)

    def last_words(self) -> list[dict[str, Any]]:
        """The contents of all outputs that had been sent and were not yet read."""
        outputs = []
        with suppress(queue.Empty):
            while True:
                message = self.client.get_iopub_msg(timeout=0.03)
                assert message["msg_type"] != "error", message["content"]["traceback"]
                if message["msg_type"] in ("display_data", "update_display_data"):
                    outputs.append(message["content"])
        return outputs


def _raise(file: str, environment: dict[str, str], folder: str) -> int:
    """Fork; the child is a kernel. Returns its process id once it listens."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(ours)
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(folder)
            _be_kernel(file, theirs)
        finally:
            os._exit(1)
    os.close(theirs)
    assert os.read(ours, 1), "the kernel did not start"
    os.close(ours)
    return child


def _be_kernel(connection_file: str, pipe: int) -> None:
    from ipykernel.kernelapp import IPKernelApp

    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):  # those of the nursery
        os.dup2(nothing, descriptor)
    app = IPKernelApp.instance(parent_handle=os.getppid())  # ends when the nursery does
    app.initialize(["-f", connection_file, "--HistoryManager.hist_file=:memory:"])
    os.write(pipe, b".")
    os.close(pipe)
    app.start()


def main() -> None:
    """Do what each line orders; say the process id of who was raised, the signal of who died."""
    for name in _IMPORTED:
        import_module(name)
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        if "bury" in order:
            _, status = os.waitpid(order["bury"], 0)
            print(os.WTERMSIG(status), flush=True)
        else:
            print(_raise(**order), flush=True)


if __name__ == "__main__":
    main()
