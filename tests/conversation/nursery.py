"""Real kernels in a tenth of a second each: forks of one process that has imported everything.

`python -m tests.conversation.nursery` reads the name of a connection file from each line of stdin,
raises a kernel that listens there, and says its process id on stdout.
"""

import gc
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
# What a kernel imports until its first answer is there.
_IMPORTED = (
    "httpx", "tenacity", "sqlite3", "tornado.platform.asyncio",
    "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect",
    "IPython.extensions.storemagic", "ipykernel.debugger", "ipykernel.ipkernel",
    "ipykernel.zmqshell", "glm_magic.calls", "glm_magic.jupyter.extension",
    "glm_magic.jupyter.live_output", "glm_magic.jupyter.magics", "glm_magic.jupyter.show",
    "glm_magic.api.client", "glm_magic.api.exchange", "glm_magic.api.worker",
)  # fmt: skip


class Nursery:
    """Raises kernels of one notebook, one after the other; use as a context manager.

    Args:
        notebook: The path that the kernels are told.
        data: The user's data folder.
        sockets: A folder with a short name, of the nursery's own: a socket's path must be short.
    """

    def __init__(self, notebook: Path, data: Path, sockets: Path) -> None:
        self._environment = {
            "JPY_SESSION_NAME": str(notebook),
            "GLM_DATA_DIR": str(data),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # the debugger's words on how Python is built
        }
        self._sockets = sockets
        self._count = 0

    def __enter__(self) -> Self:
        self._sockets.mkdir()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.conversation.nursery"],
            env={**os.environ, **self._environment, "PYTHONPATH": str(_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._next = self._ordered()
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if error:
            self._process.kill()  # its kernels end with it
        else:
            self._finished(self._next).kill()
        self._process.communicate()
        assert error or self._process.returncode == 0

    def kernel(self) -> "RaisedKernel":
        """A kernel that listens; while it is used, the next one is raised."""
        kernel, self._next = self._finished(self._next), self._ordered()
        return kernel

    def _ordered(self) -> str:
        self._count += 1
        place = str(self._sockets / str(self._count))
        file, _ = write_connection_file(
            f"{place}.json", transport="ipc", ip=place, key=os.urandom(16).hex().encode()
        )
        assert self._process.stdin
        self._process.stdin.write(f"{file}\n")
        self._process.stdin.flush()
        return file

    def _finished(self, file: str) -> "RaisedKernel":
        assert self._process.stdout
        return RaisedKernel(file, int(self._process.stdout.readline()))


class RaisedKernel(Kernel):
    """A kernel whose only end is to be killed.

    Args:
        connection_file: Says where it listens.
        pid: Its process.
    """

    def __init__(self, connection_file: str, pid: int) -> None:
        self.pid = pid
        self._file = connection_file

    def __enter__(self) -> Self:
        self.client = BlockingKernelClient(connection_file=self._file)
        self.client.load_connection_file()
        self.client.start_channels(stdin=False, hb=False, control=False)
        self._see_messages()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            self.kill()
        self.client.stop_channels()
        self.client.context.destroy(linger=0)

    def _see_messages(self) -> None:
        """Until messages on iopub arrive: what is sent before we have subscribed is lost."""
        while True:
            self.client.kernel_info()
            self.client.get_shell_msg(timeout=30)
            with suppress(queue.Empty):
                self.client.get_iopub_msg(timeout=0.02)
                return

    def kill(self) -> None:
        """SIGKILL, now."""
        os.kill(self.pid, signal.SIGKILL)

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


def _raise(connection_file: str) -> int:
    """Fork; the child is a kernel. Returns its process id once it listens."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(ours)
            _be_kernel(connection_file, theirs)
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
    """Raise a kernel for each line, and bury those that are dead."""
    for name in _IMPORTED:
        import_module(name)
    gc.freeze()
    raised = []
    for line in sys.stdin:
        raised.append(_raise(line.strip()))
        print(raised[-1], flush=True)
    for child in raised:
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL, "the kernel ended by itself"


if __name__ == "__main__":
    main()
