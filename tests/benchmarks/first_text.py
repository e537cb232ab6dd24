"""From the first piece of text on the wire to the first output on iopub."""

from collections.abc import Iterator
from statistics import median

from .answer import BARE, LOAD, bare, checked, glm
from .kernel import Kernel
from .report import Figure
from .wire import Wire

TITLE = "From the first delta on the wire to the first output at the front end"

_RUNS = 15
_TARGET_MS = 50


def measure() -> Iterator[Figure]:
    """At 100 tokens a second, so that no later delta hurries the first."""
    ours, least = [], []
    with Wire() as wire, Kernel(wire) as kernel:
        for code in (LOAD, BARE, glm(20, "none"), bare(20, "none")):
            kernel.run(code)
        for _ in range(_RUNS):
            run = checked(kernel.run(glm(30, "100"), cell="first-text"))
            ours.append(1000 * (run.shown()[0].arrived - wire.first_text_written()))
            run = kernel.run(bare(30, "100", show_first=True))
            least.append(1000 * (run.shown()[0].arrived - wire.first_text_written()))
    note = "The baseline is the bare loop, which displays the first piece as it is."
    yield Figure("median", median(ours), "ms", median(least), _TARGET_MS, note)
    yield Figure("slowest", max(ours), "ms", max(least))
