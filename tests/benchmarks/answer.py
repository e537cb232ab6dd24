"""What a streamed answer costs in a real kernel, beside a loop that only reads it."""

import json
from collections.abc import Iterator
from statistics import median

from glm_magic.store.metadata import turns_of

from .kernel import Kernel, Run
from .report import Figure
from .wire import Wire

TITLE = "An answer through %%glm in a real kernel"

BARE = "from tests.benchmarks.bare_loop import ask"
LOAD = "%load_ext glm_magic"
_FULL_RUNS = 9
_PACED_TOKENS = 500
_BARE_NOTE = "The baseline is a bare httpx loop in the same kernel; it shows nothing."
_CPU_NOTE = "More than an empty cell takes in the same kernel."
SIZE_NOTE = "The baseline is the answer's text, once."
RATE_NOTE = "From the first output to the last one before the final one."
_COUNT_NOTE = "Everything on iopub, the kernel's own status messages (three a cell) included."


def glm(tokens: int, rate: str) -> str:
    """A cell that has the sandbox answer with so many tokens."""
    return f"%%glm --no-think\n{_prompt(tokens, rate)}"


def bare(tokens: int, rate: str, *, show_first: bool = False) -> str:
    """A cell in which the bare loop reads the same answer."""
    return f"_ = ask({_prompt(tokens, rate)!r}, show_first={show_first})"


def _prompt(tokens: int, rate: str) -> str:
    return f"sandbox: {tokens} tokens\nsandbox: rate {rate}"


def measure() -> Iterator[Figure]:
    """First question of a kernel, full speed, and at 100 tokens a second."""
    with Wire() as wire:
        yield from _first_question(wire)
        with Kernel(wire) as kernel:
            for code in (LOAD, BARE, glm(20, "none"), bare(20, "none")):
                kernel.run(code)
            yield from _full_speed(kernel)
            yield from _paced(kernel)


def _first_question(wire: Wire) -> Iterator[Figure]:
    """What is imported at the first question must be paid then."""
    with Kernel(wire) as kernel:
        loading = kernel.run(LOAD).cpu_seconds
        first = loading + checked(kernel.run(glm(20, "none"))).cpu_seconds
    with Kernel(wire) as kernel:
        least = kernel.run(BARE).cpu_seconds + kernel.run(bare(20, "none")).cpu_seconds
    note = "%load_ext and the first answer; the baseline imports httpx and reads the same answer."
    yield Figure("fresh kernel: load and first answer, CPU", first, "s", least, note=note)


def _full_speed(kernel: Kernel) -> Iterator[Figure]:
    ours, bares, empty = [], [], []
    for _ in range(_FULL_RUNS):  # in turns, so that both meet the same load
        ours.append(checked(kernel.run(glm(2000, "none"), cell="full-speed")))
        bares.append(kernel.run(bare(2000, "none")))
        empty.append(kernel.run("pass"))
    nothing = _cpu(empty)
    name = "2,000 tokens at full speed, "
    least = _cpu(bares) - nothing
    yield Figure(name + "CPU", _cpu(ours) - nothing, "s", least, 0.1, _CPU_NOTE)
    wall = median(run.wall_seconds for run in bares)
    limit = 1.15 * wall + 0.1
    yield Figure(name + "wall", median(r.wall_seconds for r in ours), "s", wall, limit, _BARE_NOTE)
    counts = median(len(run.messages) for run in ours)
    yield Figure(name + "messages", counts, "", target=10, note=_COUNT_NOTE)
    size, sent = size_kb(ours[0]), ours[0].size_bytes / 1000
    yield Figure(name + "to the front end", sent, "kB", size, note=SIZE_NOTE)
    yield Figure(name + "saved in the notebook", saved_kb(ours[0]), "kB", size, note=SIZE_NOTE)


def _paced(kernel: Kernel) -> Iterator[Figure]:
    ours = checked(kernel.run(glm(_PACED_TOKENS, "100"), cell="paced"))
    least = kernel.run(bare(_PACED_TOKENS, "100"))
    nothing = kernel.run("pass").cpu_seconds
    name = f"{_PACED_TOKENS} tokens at 100/s, "
    cpu, bare_cpu = ours.cpu_seconds - nothing, least.cpu_seconds - nothing
    yield Figure(name + "CPU", cpu, "s", bare_cpu, note=_CPU_NOTE)
    limit = 1.15 * least.wall_seconds + 0.1
    yield Figure(name + "wall", ours.wall_seconds, "s", least.wall_seconds, limit, _BARE_NOTE)
    yield Figure(name + "messages", ours.messages_a_second(), "1/s", target=10, note=RATE_NOTE)
    yield Figure(
        name + "to the front end", ours.size_bytes / 1000, "kB", size_kb(ours), note=SIZE_NOTE
    )


def _cpu(runs: list[Run]) -> float:
    return median(run.cpu_seconds for run in runs)


def checked(run: Run) -> Run:
    """The run, if its last output is a complete answer.

    Raises:
        RuntimeError: It is none, so its figures would mean nothing.
    """
    shown = run.shown()
    turn = shown[-1].content["metadata"].get("glm_magic", {}) if shown else {}
    if turn.get("status") != "complete":
        message = f"The answer is not complete: {turn or shown[-1:]}"
        raise RuntimeError(message)
    return run


def size_kb(run: Run) -> float:
    """The answer itself, once."""
    turns = [turn for _, _, turn in turns_of(run.outputs())]
    if not turns:
        message = "The final outputs do not hold the turn."
        raise RuntimeError(message)
    return len(turns[-1].text.encode()) / 1000


def saved_kb(run: Run) -> float:
    """The outputs that are left, as a notebook file holds them."""
    kept = [{name: one[name] for name in ("data", "metadata")} for one in run.outputs()]
    return sum(len(json.dumps(one, ensure_ascii=False).encode()) for one in kept) / 1000
