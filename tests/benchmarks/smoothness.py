r"""What the reader of a streamed answer feels: a real JupyterLab in a headless Chromium.

Frames are counted in the page, bytes on its socket to the kernel, with JupyterLab's own settings.
The yardstick is the loop that everybody writes first: the whole text displayed anew at each delta.

Other people's tools are measured in the same way when they are installed, each in an environment
of its own, never in this project's:

    python -m venv /tmp/chatlas && /tmp/chatlas/bin/pip install chatlas openai ipykernel
    python -m venv /tmp/jai && /tmp/jai/bin/pip install jupyter-ai-magics langchain-openai ipykernel
    BENCH_CHATLAS=/tmp/chatlas/bin/python BENCH_JUPYTER_AI=/tmp/jai/bin/python \\
        python -m tests.benchmarks smoothness

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
from .lab_page import PATIENCE_SECONDS, Reader, scripted_answer
from .long_texts import KINDS, long_text
from .report import Figure
from .surroundings import ORIGINAL

TITLE = "A streamed answer in JupyterLab, as its reader sees it"

IDLE = "The baseline is a frame of the same page while nothing happens."
_GIVEN_UP = f"What is not on the page after {PATIENCE_SECONDS} s is not waited for."
END = "This is the end."
RUNS = int(ORIGINAL.get("BENCH_RUNS", "3"))
_ASK = "sandbox: rate {rate}"
_MAGIC = "%%glm --once --no-think\n" + _ASK
_LOAD = "%load_ext glm_magic"
_LOOP = """
import json, os, httpx
from IPython.display import Markdown, display
def loop(prompt, url=os.environ["GLM_BASE_URL"] + "/chat/completions"):
    body = {"model": "glm-4.5", "stream": True, "messages": [{"role": "user", "content": prompt}]}
    headers = {"Authorization": "Bearer " + os.environ["GLM_API_KEY"]}
    text, shown = "", display(Markdown(""), display_id=True)
    with httpx.stream("POST", url, json=body, headers=headers, timeout=60) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: {"):
                text += json.loads(line[6:])["choices"][0]["delta"].get("content") or ""
                shown.update(Markdown(text))
"""
_CHATLAS = """
import os
from chatlas import ChatOpenAICompletions
url, key = os.environ["GLM_BASE_URL"], os.environ["GLM_API_KEY"]
"""
_CHATLAS_ASK = (
    'ChatOpenAICompletions(base_url=url, api_key=key, model="glm-4.5").chat("' + _ASK + '", '
    'echo="text")'
)
_JUPYTER_AI = """
import os
os.environ["OPENAI_API_KEY"] = os.environ["GLM_API_KEY"]
os.environ["OPENAI_API_BASE"] = os.environ["GLM_BASE_URL"]
get_ipython().run_line_magic("load_ext", "jupyter_ai_magics")
"""
_JUPYTER_AI_ASK = "%%ai openai-chat-custom:glm-4.5\n" + _ASK


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
_OURS = Way("%%glm", _LOAD, _MAGIC)
_YARDSTICK = Way("a full-text loop", _LOOP, f"loop({_ASK!r})")
_OTHERS = {
    "BENCH_CHATLAS": Way("chatlas", _CHATLAS, _CHATLAS_ASK),
    "BENCH_JUPYTER_AI": Way("jupyter-ai's magic", _JUPYTER_AI, _JUPYTER_AI_ASK),
}


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
    """Ours with its promises, the burst, then the same short answer shown by others.

    Raises:
        SkippedError: There is no browser.
    """
    if reason := missing():
        raise SkippedError(reason)
    with Sandbox(tokens_per_second=None) as sandbox:
        with reading(sandbox) as reader:
            yield from _ours(reader, sandbox)
            yield from _burst(reader, sandbox)
            ours = _felt(reader, sandbox, _OURS, SHORT, "mixed")
        yield from _others(sandbox, ours)


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
            felt = _felt(reader, sandbox, _OURS, case, kind)
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


def _others(sandbox: Sandbox, ours: Felt) -> Iterator[Figure]:
    """The same answer shown by others; the baseline of each row is ours in this run."""
    ways = [_YARDSTICK]
    for variable, way in _OTHERS.items():
        if python := ORIGINAL.get(variable, ""):
            ways.append(Way(way.name, way.before, way.ask, python))
    for way in ways:
        with reading(sandbox) as reader:
            felt = _felt(reader, sandbox, way, SHORT, "mixed")
        name = f"{SHORT.name} by {way.name}: "
        yield Figure(name + "to the browser", felt.kilobytes, "kB", ours.kilobytes)
        yield Figure(name + "a frame takes", 1000 / felt.fps, "ms", 1000 / ours.fps)
        yield Figure(name + "longest freeze", felt.freeze_seconds, "s", ours.freeze_seconds)
        yield Figure(name + "first words after", felt.first_seconds, "s", ours.first_seconds)
        done = Figure(
            name + "done after", felt.done_seconds, "s", ours.done_seconds, note=_GIVEN_UP
        )
        yield done


def _felt(reader: Reader, sandbox: Sandbox, way: Way, case: Case, kind: str) -> Felt:
    """The median of some runs, each in a notebook of its own."""
    text, runs = text_of(kind, case.length), []
    for _ in range(RUNS):
        reader.open(way.before, way.ask.format(rate=case.rate), way.python)
        sandbox.faults.append(scripted_answer(text, PIECE))
        runs.append(Felt(**reader.watch(END, len(text))))
    medians = {one.name: median(getattr(run, one.name) for run in runs) for one in fields(Felt)}
    return Felt(**medians)


def text_of(kind: str, length: int) -> str:
    """An answer of so many characters that ends with words of its own."""
    tokens = length // 2  # of a dense text; of any other it is more than enough
    if kind in KINDS:
        text = long_text(kind, tokens)
    else:
        parts = [long_text(one, tokens).split("\n\n") for one in KINDS if one != "Chinese"]
        text = "\n\n".join(block for blocks in zip(*parts, strict=False) for block in blocks)
    cut = text.rfind("\n\n", 0, length)
    return f"{text[:cut].rstrip()}\n\n{END}"
