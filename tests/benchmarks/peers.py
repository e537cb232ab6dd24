r"""The same answers as in `smoothness`, shown by other means: what the reader feels beside ours.

The full-text loop is what everybody writes first: the whole text displayed anew at each delta.
Other people's tools are measured when they are installed, each in an environment of its own,
never in this project's:

    python -m venv /tmp/chatlas && /tmp/chatlas/bin/pip install chatlas openai ipykernel
    python -m venv /tmp/jai && /tmp/jai/bin/pip install jupyter-ai-magics langchain-openai ipykernel
    BENCH_CHATLAS=/tmp/chatlas/bin/python BENCH_JUPYTER_AI=/tmp/jai/bin/python \\
        python -m tests.benchmarks full-text chatlas jupyter-ai
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from glm_magic.sandbox import Sandbox
from tests.lab import missing

from .install import SkippedError
from .lab_page import PATIENCE_SECONDS
from .report import Figure
from .smoothness import ASK, LONG, OURS, SHORT, Case, Felt, Way, felt_by, reading
from .surroundings import ORIGINAL

_CASES = ((SHORT, "mixed"), (SHORT, "dense mathematics"), (LONG, "dense mathematics"))
_NOTE = (
    "One run; the baseline is ours in the same minutes. What is not on the page after "
    f"{PATIENCE_SECONDS} s is not waited for."
)
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
    'ChatOpenAICompletions(base_url=url, api_key=key, model="glm-4.5").chat("' + ASK + '", '
    'echo="text")'
)
_JUPYTER_AI = """
import os
os.environ["OPENAI_API_KEY"] = os.environ["GLM_API_KEY"]
os.environ["OPENAI_API_BASE"] = os.environ["GLM_BASE_URL"]
get_ipython().run_line_magic("load_ext", "jupyter_ai_magics")
"""
_JUPYTER_AI_ASK = "%%ai openai-chat-custom:glm-4.5\n" + ASK


@dataclass(frozen=True, slots=True)
class Peer:
    """Another way of showing an answer.

    Attributes:
        TITLE: Of its section in the report.
        way: What is run.
        variable: Names the Python of its environment; "" needs none of its own.
    """

    TITLE: str
    way: Way
    variable: str = ""

    def measure(self) -> Iterator[Figure]:
        """What its reader feels, beside ours.

        Raises:
            SkippedError: There is no browser, or no environment with this tool.
        """
        if reason := missing():
            raise SkippedError(reason)
        python = ORIGINAL.get(self.variable, "")
        if self.variable and not python:
            message = f"{self.variable} names no Python that has it; see tests/benchmarks/peers.py"
            raise SkippedError(message)
        way = Way(self.way.name, self.way.before, self.way.ask, python)
        for case, kind in _CASES:
            yield from _beside(_felt(way, case, kind), _felt(OURS, case, kind), case, kind)


@cache
def _felt(way: Way, case: Case, kind: str) -> Felt:
    """A page of its own: the one before may still be busy with what it was given."""
    with Sandbox(tokens_per_second=None) as sandbox, reading(sandbox) as reader:
        return felt_by(reader, sandbox, way, case, kind, times=1)


def _beside(felt: Felt, ours: Felt, case: Case, kind: str) -> Iterator[Figure]:
    name = f"{case.name}, {kind}: "
    yield Figure(name + "to the browser", felt.kilobytes, "kB", ours.kilobytes, note=_NOTE)
    yield Figure(name + "a frame takes", 1000 / felt.fps, "ms", 1000 / ours.fps)
    yield Figure(name + "longest freeze", felt.freeze_seconds, "s", ours.freeze_seconds)
    yield Figure(name + "first words after", felt.first_seconds, "s", ours.first_seconds)
    yield Figure(name + "done after", felt.done_seconds, "s", ours.done_seconds)


FULL_TEXT = Peer("The same by a full-text loop", Way("full text", _LOOP, f"loop({ASK!r})"))
CHATLAS = Peer("The same by chatlas", Way("chatlas", _CHATLAS, _CHATLAS_ASK), "BENCH_CHATLAS")
JUPYTER_AI = Peer(
    "The same by jupyter-ai's magic",
    Way("jupyter-ai", _JUPYTER_AI, _JUPYTER_AI_ASK),
    "BENCH_JUPYTER_AI",
)
