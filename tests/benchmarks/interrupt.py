"""From the stop button to the reply, in every state an answer can be in."""

import time
from collections.abc import Callable, Iterator
from statistics import median

from tests.api.host import deaf_port

from .answer import LOAD, glm
from .kernel import Kernel, Run
from .report import Figure
from .wire import Wire

TITLE = "From SIGINT to the reply"

_RUNS = 5
_TARGET_MS = 100
_SETTLE_SECONDS = 0.35
_LONG = glm(2000, "100")
_THINKING = "%%glm\nsandbox: 2000 reasoning tokens\nsandbox: rate 100"
_SHORT = glm(200, "none")
_POINT = "import os; os.environ['GLM_BASE_URL'] = {!r}"


def measure() -> Iterator[Figure]:
    """In each of the six states that an answer under way can be in."""
    with Wire() as wire, Kernel(wire) as kernel:
        for code in (LOAD, glm(20, "none")):
            kernel.run(code)
        least = _stop(kernel, "import time; time.sleep(60)", lambda: None)
        note = "The baseline is an interrupted time.sleep."

        def figure(name: str, code: str, prepare: Callable[[], object]) -> Figure:
            taken = _stop(kernel, code, prepare)
            return Figure(name, taken, "ms", least, _TARGET_MS, note)

        with deaf_port() as port:
            kernel.run(_POINT.format(f"http://127.0.0.1:{port}/api/paas/v4"))
            yield figure("while it connects", _SHORT, lambda: None)
            kernel.run(_POINT.format(wire.base_url))
        yield figure("before the headers", _SHORT, lambda: wire.fault("delay", 60))
        yield figure("while it thinks", _THINKING, lambda: None)
        yield figure("while text comes", _LONG, lambda: None)
        yield figure("while the host stalls", _SHORT, lambda: wire.fault("stall", 20))
        yield figure("when only the end is missing", _SHORT, lambda: wire.fault("stall", -1))


def _stop(kernel: Kernel, code: str, prepare: Callable[[], object]) -> float:
    """Median milliseconds."""
    return median(_stop_once(kernel, code, prepare) for _ in range(_RUNS))


def _stop_once(kernel: Kernel, code: str, prepare: Callable[[], object]) -> float:
    prepare()
    run = kernel.begin(code, cell="stopped")
    kernel.wait(run, _is_busy)
    time.sleep(_SETTLE_SECONDS)
    interrupted = kernel.interrupt()
    kernel.wait(run)
    assert run.reply is not None
    if run.reply["status"] != "error":
        message = f"The cell ended before it was stopped: {run.reply}"
        raise RuntimeError(message)
    return 1000 * (run.replied - interrupted)


def _is_busy(run: Run) -> bool:
    return any(message.kind == "execute_input" for message in run.messages)
