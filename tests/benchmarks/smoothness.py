"""What the reader of a streamed answer feels: a real JupyterLab in a headless Chromium.

Frames are counted in the page, bytes on its socket to the kernel, with JupyterLab's own settings.

`BENCH_RUNS` says how often each is measured; the median is reported.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median

from glm_magic.sandbox import Sandbox
from tests.lab import Server, missing

from .install import SkippedError
from .lab_page import Reader, scripted_answer
from .long_texts import KINDS, long_text, mixed_text
from .report import Figure
from .surroundings import ORIGINAL

TITLE = "A streamed answer in JupyterLab, as its reader sees it"

IDLE = "The baseline is a frame of the same page while nothing happens."
END = "This is the end."
RUNS = int(ORIGINAL.get("BENCH_RUNS", "3"))
ASK = "sandbox: rate {rate}"
_MAGIC = "%%glm --once --no-think\n" + ASK
_LOAD = "%load_ext glm_magic"


@dataclass(frozen=True, slots=True)
class Case:
    """An answer of so many characters at an even pace, and what was promised for it."""

    name: str
    length: int
    seconds: float
    most_kb: float
    least_fps: float

    @property
    def rate(self) -> float:
        """Deltas a second."""
        return self.length / PIECE / self.seconds


@dataclass(frozen=True, slots=True)
class Way:
    """One way of showing it: what is run first, the cell that asks, and the kernel's Python."""

    name: str
    before: str
    ask: str
    python: str = ""


PIECE = 5  # characters in a delta
SHORT = Case("20 kB over 10 s", 20_000, 10, 250, 55)
LONG = Case("200 kB over 20 s", 200_000, 20, 1_200, 45)
OURS = Way("%%glm", _LOAD, _MAGIC)


@dataclass(frozen=True, slots=True)
class Felt:
    """What one run was like: page and wire."""

    fps: float
    freeze_seconds: float
    done_seconds: float
    first_seconds: float
    kilobytes: float
    moved: float
    lost: float


def measure() -> Iterator[Figure]:
    """Both answers with what was promised for them, then the burst.

    Raises:
        SkippedError: There is no browser.
    """
    if reason := missing():
        raise SkippedError(reason)
    with Sandbox(tokens_per_second=None) as sandbox, reading(sandbox) as reader:
        yield from _ours(reader, sandbox)
        yield from _burst(reader, sandbox)


@contextmanager
def reading(sandbox: Sandbox) -> Iterator[Reader]:
    """A page of its own, with JupyterLab as it comes."""
    environment = {
        "GLM_PROVIDER": "zai",
        "GLM_BASE_URL": sandbox.base_url,
        "GLM_API_KEY": sandbox.key,
    }
    stock = {"@jupyterlab/notebook-extension:tracker": {}}
    with tempfile.TemporaryDirectory(prefix="glm_magic_bench_") as folder:
        server = Server(Path(folder) / "lab", environment=environment, settings=stock)
        with server, Reader(server) as reader:
            yield reader


def _ours(reader: Reader, sandbox: Sandbox) -> Iterator[Figure]:
    for case in (SHORT, LONG):
        for kind in ("mixed", "dense mathematics"):
            idle = reader.idle_frame_ms()
            felt = felt_by(reader, sandbox, OURS, case, kind)
            name = f"{case.name}, {kind}: "
            yield Figure(name + "to the browser", felt.kilobytes, "kB", None, case.most_kb)
            frame = 1000 / felt.fps
            yield Figure(name + "a frame takes", frame, "ms", idle, 1000 / case.least_fps, IDLE)
            yield Figure(name + "longest freeze", felt.freeze_seconds, "s")
            yield Figure(name + "done after", felt.done_seconds, "s", None, 1.5 + case.seconds)
            yield Figure(name + "the text moved by", felt.moved, "px")
            yield Figure(name + "characters lost", felt.lost, "", None, 0)


def _burst(reader: Reader, sandbox: Sandbox) -> Iterator[Figure]:
    text = text_of("mixed", 8_000 * PIECE)
    reader.open(_LOAD, "%%glm --once --no-think\nhello")
    sandbox.faults.append(scripted_answer(text, PIECE))
    felt = Felt(**reader.watch(END, len(text)))
    yield Figure("8,000 tokens in a burst: done after", felt.done_seconds, "s")
    yield Figure("8,000 tokens in a burst: characters lost", felt.lost, "", None, 0)


def felt_by(
    reader: Reader, sandbox: Sandbox, way: Way, case: Case, kind: str, times: int = RUNS
) -> Felt:
    """The median of some runs, each in a notebook of its own."""
    text, runs = text_of(kind, case.length), []
    for _ in range(times):
        reader.open(way.before, way.ask.format(rate=case.rate), way.python)
        sandbox.faults.append(scripted_answer(text, PIECE))
        runs.append(Felt(**reader.watch(END, len(text))))
    medians = {one.name: median(getattr(run, one.name) for run in runs) for one in fields(Felt)}
    return Felt(**medians)


def text_of(kind: str, length: int) -> str:
    """An answer of so many characters that ends with words of its own."""
    tokens = length // 2  # of a dense text; of any other it is more than enough
    text = long_text(kind, tokens) if kind in KINDS else mixed_text(tokens)
    cut = text.rfind("\n\n", 0, length)
    return f"{text[:cut].rstrip()}\n\n{END}"
