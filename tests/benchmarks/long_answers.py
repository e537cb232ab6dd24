"""Long answers: bytes in proportion to the answer, and a burst that no server cuts."""

from collections.abc import Iterator

from .answer import BARE, LOAD, RATE_NOTE, SIZE_NOTE, bare, checked, glm, size_kb
from .kernel import Kernel, Run
from .report import Figure
from .wire import Wire

TITLE = "Long answers"

# Tokens, tokens a second, most kB to the front end, name. The sandbox's have 5 characters each.
_SLOW = (4_000, 400, 250, "20 kB over 10 s, ")
_FAST = (40_000, 2_000, 1_200, "200 kB over 20 s, ")
_SERVER_LIMIT = 1_000  # messages a second; a stock Jupyter server drops what is above
_MOST_OUTPUTS = 40


def measure() -> Iterator[Figure]:
    """A burst of 8,000 tokens, then 20 kB and 200 kB at an even pace."""
    with Wire() as wire, Kernel(wire) as kernel:
        for code in (LOAD, BARE, glm(20, "none"), bare(20, "none")):
            kernel.run(code)
        burst = checked(kernel.run(glm(8_000, "none")))
        least = kernel.run(bare(8_000, "none"))
        note = "In its busiest second; a stock Jupyter server drops messages above 1,000 a second."
        name = "8,000 tokens in a burst, "
        yield Figure(name + "messages", _busiest(burst), "1/s", target=_SERVER_LIMIT, note=note)
        yield Figure(name + "CPU", burst.cpu_seconds, "s", least.cpu_seconds)
        for tokens, rate, limit, name in (_SLOW, _FAST):
            run = checked(kernel.run(glm(tokens, str(rate))))
            least = kernel.run(bare(tokens, str(rate)))
            yield from _even(run, least, name, limit)


def _even(run: Run, least: Run, name: str, limit: float) -> Iterator[Figure]:
    sent, size = run.size_bytes / 1000, size_kb(run)
    yield Figure(name + "to the front end", sent, "kB", size, limit, SIZE_NOTE)
    yield Figure(name + "messages", run.messages_a_second(), "1/s", target=10, note=RATE_NOTE)
    outputs = sum(message.kind == "display_data" for message in run.messages) - 1
    yield Figure(name + "outputs on the way", outputs, "", target=_MOST_OUTPUTS)
    yield Figure(name + "CPU", run.cpu_seconds, "s", least.cpu_seconds)
    longest = 1.15 * least.wall_seconds + 0.1
    yield Figure(name + "wall", run.wall_seconds, "s", least.wall_seconds, longest)


def _busiest(run: Run) -> int:
    """The most messages in any one second."""
    times = [message.arrived for message in run.messages]
    return max(sum(0 <= later - time < 1 for later in times) for time in times)
