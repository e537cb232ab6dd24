"""The stop button in every state that an answer can be in, in a real kernel, new and old."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from glm_magic.errors import Stopped
from glm_magic.jupyter.show import show
from glm_magic.sandbox import Fault, Sandbox
from glm_magic.wiring import workbench
from tests.api.host import deaf_port
from tests.canary import CANARY
from tests.kernel import Kernel

SOON_SECONDS = 1.0  # on a busy machine; `make bench` tells the milliseconds
OLD = "6.29.5"
STILL_HERE = "%%glm --once\nsandbox: echo\nstill here"
# What an exchange may leave behind in the kernel: its thread, and a connection to the host.
LEFT = """
import psutil, threading, time
def left():
    mine = [one.name for one in threading.enumerate() if one.name.startswith("glm-")]
    lines = psutil.Process().net_connections("tcp")
    return mine + [one.status for one in lines if one.raddr and one.raddr.port == {port}]
end = time.monotonic() + 2
while left() and time.monotonic() < end:
    time.sleep(0.02)
print(left())
"""
LONG = "sandbox: rate 50\nsandbox: 3000 tokens"
# What is asked, what goes wrong, and what the page shows when the state is reached.
STATES: dict[str, tuple[str, Fault | None, str]] = {
    "before the headers": ("sandbox: delay 30", None, ""),
    "thinking": ("sandbox: rate 20\nsandbox: 900 reasoning tokens", None, "Thinking, "),
    "streaming": (LONG, None, "The text goes on"),
    "stalled": ("sandbox: 400 tokens", Fault.stall(300), "The text goes on"),
    "finishing": (
        "sandbox: 400 tokens",
        Fault.stall(-1),
        "The text goes on",
    ),
}


@pytest.fixture(scope="module")
def old_ipykernel(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with an ipykernel of the sixth series, to stand before the installed one."""
    folder = tmp_path_factory.mktemp("old")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(folder)]
    ran = subprocess.run(
        [*command, f"ipykernel=={OLD}", "nest-asyncio"], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        pytest.skip(f"No ipykernel {OLD} to be had: {ran.stderr.strip().splitlines()[-1]}")
    return str(folder)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox for all states."""
    with Sandbox(key=CANARY, tokens_per_second=None) as server:
        yield server


@pytest.fixture(scope="module", params=["installed", pytest.param(OLD, marks=pytest.mark.soak)])
def kernel(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Kernel]:
    """One kernel for all states: each must leave it as good as new."""
    settings = {
        "GLM_PROVIDER": "zai", "GLM_BASE_URL": sandbox.base_url, "GLM_API_KEY": CANARY,
    }  # fmt: skip
    if request.param == OLD:
        settings["PYTHONPATH"] = request.getfixturevalue("old_ipykernel")
    with Kernel(**settings) as running:
        running.run("%load_ext glm_magic")
        said = running.run("import ipykernel; print(ipykernel.__version__)").printed.strip()
        assert (said == OLD) is (request.param == OLD)
        yield running


def stopped_in(
    kernel: Kernel, prompt: str, reached: Callable[[str], object]
) -> tuple[Any, dict[str, Any], float]:
    """Ask, with a cell queued behind, and stop; the result, the queued cell's reply, seconds."""
    message = kernel.start(f"%%glm --once\n{prompt}", cell="stopped")
    queued = kernel.start("print('ran on')")
    reached(message)
    time.sleep(0.2)
    began = time.monotonic()
    kernel.interrupt()
    ran = kernel.finish(message, timeout_seconds=20)
    seconds = time.monotonic() - began
    reply = kernel.client.get_shell_msg(timeout=10)
    assert reply["parent_header"]["msg_id"] == queued
    return ran, reply["content"], seconds


def check(kernel: Kernel, port: int, ran: Any, queued: dict[str, Any], seconds: float) -> None:
    """Stopped soon, the queue too, nothing left behind, and the next question works."""
    assert ran.status == "error"
    assert ran.error.startswith("Stopped."), ran.error
    assert len(ran.error.splitlines()) == 1
    assert queued["status"] == "aborted"
    assert kernel.run(LEFT.format(port=port)).printed.strip() == "[]"
    assert kernel.run(STILL_HERE).status == "ok"
    assert seconds < SOON_SECONDS


@pytest.mark.parametrize("state", STATES)
def test_stopped_at_once_and_nothing_is_lost(kernel: Kernel, sandbox: Sandbox, state: str) -> None:
    """What came is kept, queued cells do not run, nothing is left, the next question works."""
    prompt, fault, sign = STATES[state]
    asked = len(sandbox.requests)
    sandbox.faults.extend([fault] if fault else [])

    def reached(message: str) -> None:
        while len(sandbox.requests) == asked:
            time.sleep(0.01)
        if sign:
            kernel.wait_for_display(message, sign)

    kernel.run("import glm_magic; glm_magic.wiring.workbench().close()")  # no kept connection
    ran, queued, seconds = stopped_in(kernel, prompt, reached)
    check(kernel, int(sandbox.base_url.split(":")[2].split("/")[0]), ran, queued, seconds)
    if sign:
        (output,) = ran.outputs
        turn = output["metadata"]["glm_magic"]
        shown = output["data"]["text/markdown"]
        assert (turn["status"], turn["partial_reason"]) == ("partial", "interrupted")
        assert ("<details>" if state == "thinking" else sign) in shown


def test_stopped_while_connecting(kernel: Kernel, sandbox: Sandbox) -> None:
    """A host that takes no connection is left at once, the half-made connection too."""
    with deaf_port() as port:
        deaf = f"http://127.0.0.1:{port}/api/paas/v4"
        kernel.run(f"import os; os.environ['GLM_BASE_URL'] = {deaf!r}")
        process = psutil.Process(kernel.manager.provisioner.pid)  # type: ignore[union-attr]

        def reached(_: str) -> None:
            while not any(line.status == "SYN_SENT" for line in process.net_connections("tcp")):
                time.sleep(0.01)

        ran, queued, seconds = stopped_in(kernel, "hello", reached)
        kernel.run(f"os.environ['GLM_BASE_URL'] = {sandbox.base_url!r}")
        check(kernel, port, ran, queued, seconds)


class Obstructed:
    """An output whose last moment the user chooses to press stop in."""

    def __init__(self) -> None:
        self.closed: list[str] = []

    def add(self, *_: object) -> None:
        """Nothing is shown before the end."""

    def close(self, answer: Any) -> None:
        """The signal arrives in the middle of showing."""
        signal.raise_signal(signal.SIGINT)
        time.sleep(0.01)
        self.closed.append(answer.text)


def test_the_final_output_is_never_half_shown(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt in the moment of the final output waits for it, and then stops the queue."""
    monkeypatch.setenv("GLM_PROVIDER", "zai")
    monkeypatch.setenv("GLM_BASE_URL", sandbox.base_url)
    monkeypatch.setenv("GLM_API_KEY", CANARY)
    output, kept = Obstructed(), []
    before = signal.getsignal(signal.SIGINT)
    try:
        question = workbench().question("sandbox: echo\nall of it", {}, once=True, thinking=False)
        with pytest.raises(Stopped):
            show(question, output, kept.append)
    finally:
        workbench().close()
        workbench.cache_clear()
    assert "all of it" in output.closed[0]
    assert kept[0].turn.status == "complete"
    assert signal.getsignal(signal.SIGINT) is before


# The wait behind it: an interrupt after the cell's last line is the kernel's own affair.
QUICK = """
from glm_magic.jupyter.host import Host
Host.asks_whole_cell = True  # shown as a cell of its own would be
get_ipython().run_cell_magic('glm', '--once --no-think', 'sandbox: 2000 tokens')
import time; time.sleep(0.6)
"""


@pytest.mark.soak
def test_stopped_at_any_moment_around_the_end(kernel: Kernel) -> None:
    """Wherever it strikes, the cell is left with its answer, whole or marked as it is."""
    seen = set()
    for number in range(60):
        message = kernel.start(QUICK, cell="stopped")
        came: list[Any] = []
        while "The text" not in str(came[-1:]):
            came.append(kernel.next_message(message, 20))
        time.sleep(number * 0.001)
        kernel.interrupt()
        ran = kernel.finish(message, timeout_seconds=20)
        ran.messages[:0] = came  # the final output may be among them
        turns = [one["metadata"].get("glm_magic") for one in ran.outputs]
        assert ran.status == "error"
        assert len(turns) == 1, ran.outputs
        seen.add(turns[0]["status"])
        assert kernel.run(STILL_HERE).status == "ok"
    assert seen == {"complete", "partial"}
