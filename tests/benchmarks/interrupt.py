"""From the stop button to the reply, in every state an answer can be in."""

import time
from collections.abc import Callable, Iterator
from statistics import median

from .answer import LOAD, glm
from .kernel import Kernel, Run
from .report import Figure
from .wire import Wire

TITLE = "From SIGINT to the reply"

_RUNS = 5
_TARGET_MS = 100
_SETTLE_SECONDS = 0.35
_LONG = glm(2000, "100")


def measure() -> Iterator[Figure]:
    """While text comes, while the host stalls, and before it sends its headers."""
    with Wire() as wire, Kernel(wire) as kernel:
        for code in (LOAD, glm(20, "none")):
            kernel.run(code)
        least = _stop(kernel, "import time; time.sleep(60)", lambda: None)
        note = "The baseline is an interrupted time.sleep."
        for name, prepare in (
            ("while text comes", lambda: None),
            ("while the host stalls", lambda: wire.fault("stall", 20)),
            ("before the headers", lambda: wire.fault("delay", 60)),
        ):
            yield Figure(name, _stop(kernel, _LONG, prepare), "ms", least, _TARGET_MS, note)


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
