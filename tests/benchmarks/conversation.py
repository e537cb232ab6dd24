"""What a conversation costs: on disk, in the notebook's file, and as input of every question."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from unittest import mock

from glm_magic.catalog import find_model, find_provider, price_of
from glm_magic.chat.conversation import Conversation
from glm_magic.chat.deltas import Delta
from glm_magic.chat.messages import Message, Usage
from glm_magic.chat.turns import Turn, TurnBuilder, begin
from glm_magic.sandbox import Sandbox
from glm_magic.shelf import Shelf
from glm_magic.store.conversations import Store
from glm_magic.store.location import folder_of, new_id
from tests.conversation.requests import bodies, stable_share
from tests.conversation.twenty import FRAMES, twenty

from .answer import LOAD, checked
from .kernel import Kernel, Run
from .long_texts import KINDS, long_text
from .report import Figure
from .wire import Wire

if TYPE_CHECKING:
    from glm_magic.chat.telling import Event

TITLE = "A conversation"

FEW, MANY = 10, 10_000
_RUNS = 100
_SHOWS = 5
_PROMPT = "Which species differ most in body mass, and how would you plot it?"
_TOKENS = 2_000
_APPEND_NOTE = f"The baseline is the same after {FEW} turns, the two in turns in one process."
_LOAD_NOTE = f"The baseline is the same with {FEW} turns."
_DISK_NOTE = "The baseline is the text of prompts and answers."
_FILE_NOTE = (
    "As Jupyter's server writes the file, with all that we add; the baseline is the answer's text."
)
_BARE_NOTE = (
    "The same text as a bare Markdown output: each line takes 11 bytes more than in the text, and "
    "each quote, backslash and line end one."
)
_PREFIX_NOTE = (
    "20 turns with two frames. Of the bytes of a request's messages, those behind the first that "
    "differs in the next request; all others are an unchanged prefix, which the provider caches."
)
_COST_NOTE = (
    "glm-4.5 at Z.ai's prices in the catalog; tokens, and how many of them are cached, as the "
    "sandbox reports them. The baseline is without the price for cached tokens."
)


def measure() -> Iterator[Figure]:
    """On disk and in memory, then in a real kernel, then in the file and on the wire."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = (_notebook(Path(folder), count) for count in (FEW, MANY))
        yield from _on_disk(few, many)
        yield from _shown(few, many)
    yield from _in_the_file()
    yield from _as_input()


# -- ten thousand turns ------------------------------------------------------------------------


def _turn(number: int) -> Turn:
    """A finished turn of a cell of its own."""
    growing = TurnBuilder(
        begin(
            cell=f"turn-{number}", provider="zai", model="glm-4.5", prompt=f"{number}: {_PROMPT}",
            attachments=(), user=Message("user", f"{number}: {_PROMPT}"),
            request_digest=f"{number:064x}",
        )
    )  # fmt: skip
    growing.add(Delta(text=long_text("English prose", 200)))
    growing.add(Delta(finish_reason="stop", usage=Usage(1234, 210, 1000), ended=True))
    return growing.finish()


def _notebook(folder: Path, count: int) -> Path:
    """The path of a notebook with so many turns in its journal; there is no file."""
    path, store, name = folder / f"{count}.ipynb", Store(folder / "data"), new_id()
    events: list[Event] = []
    conversation = Conversation(name, events.append)
    for number in range(count):
        conversation.put(_turn(number))
    opened = {"kind": "opened", "at": events[0]["at"], "notebook": str(path)}
    store.journal(name).append(opened, *events)
    store.claim(path, name)
    store.close()
    return path


def _shelf(path: Path) -> Shelf:
    return Shelf(lambda: path, print, Store(path.parent / "data"))


def _on_disk(few: Path, many: Path) -> Iterator[Figure]:
    size, text = _bytes_on_disk(many)
    shelves = [_shelf(path) for path in (few, many)]
    loads = [_milliseconds(lambda shelf=shelf: shelf.current) for shelf in shelves]
    taken: list[list[tuple[float, float]]] = [[], []]
    for number in range(_RUNS):  # in turns, so that both meet the same load
        for times, shelf in zip(taken, shelves, strict=True):
            turn = _turn(MANY + number)
            times.append(_milliseconds(lambda shelf=shelf, turn=turn: shelf.current.put(turn)))
    for shelf in shelves:
        shelf.store.close()
    name = f"a turn's begin and end on disk after {MANY:,} turns, "
    for at, clock in enumerate(("CPU", "wall")):
        least, figure = (median(one[at] for one in times) for times in taken)
        yield Figure(name + clock, figure, "ms", least, 1.2 * least, _APPEND_NOTE)
    for at, clock in enumerate(("CPU", "wall")):
        least, figure = (load[at] for load in loads)
        name = f"{MANY:,} turns found and read, {clock}"
        yield Figure(name, figure, "ms", least, note=_LOAD_NOTE)
    yield Figure(f"{MANY:,} turns on disk", size / 1e6, "MB", text / 1e6, note=_DISK_NOTE)


def _milliseconds(deed: Callable[[], object]) -> tuple[float, float]:
    """CPU of all threads, and wall."""
    cpu, wall = time.process_time(), time.perf_counter()
    deed()
    return 1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - wall)


def _bytes_on_disk(path: Path) -> tuple[int, int]:
    store = Store(path.parent / "data")
    name = store.of_notebook(path)
    assert name is not None
    conversation = Conversation()
    conversation.replay(store.read(name).events)
    text = sum(len((turn.prompt + turn.text).encode()) for turn in conversation)
    return sum(file.stat().st_size for file in folder_of(store.root, name).iterdir()), text


def _shown(few: Path, many: Path) -> Iterator[Figure]:
    """`%glm show`, and a whole question, in a real kernel."""
    shows, asks = zip(*map(_in_kernel, (few, many)), strict=True)
    note = "CPU in a real kernel. " + _LOAD_NOTE
    yield Figure(f"%glm show of {MANY:,} turns", shows[1], "ms", shows[0], note=note)
    note = "Sent along is what the window holds: all turns of the baseline. " + note
    yield Figure(f"a short question after {MANY:,} turns", asks[1], "ms", asks[0], note=note)


def _in_kernel(path: Path) -> tuple[float, float]:
    with Wire() as wire, _told(path), Kernel(wire) as kernel:
        for code in (LOAD, "%glm show"):
            kernel.run(code)
        shows = [kernel.run("%glm show") for _ in range(_SHOWS)]
        asking = "%%glm --no-think\nsandbox: 20 tokens"
        checked(kernel.run(asking))
        asks = [checked(kernel.run(asking)) for _ in range(_SHOWS)]
    return _cpu(shows), _cpu(asks)


def _cpu(runs: list[Run]) -> float:
    return 1000 * median(run.cpu_seconds for run in runs)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What Jupyter's server tells a kernel of its notebook, and where the conversations are."""
    told = {"JPY_SESSION_NAME": str(path), "GLM_DATA_DIR": str(path.parent / "data")}
    with mock.patch.dict(os.environ, told):
        yield


# -- the notebook's file -----------------------------------------------------------------------


def replies() -> Iterator[tuple[Delta, ...]]:
    """A long answer of each kind, for the kernel."""
    for kind in KINDS:
        usage = Usage(1234, _TOKENS, cached_tokens=1100)
        last = Delta(finish_reason="stop", usage=usage, ended=True)
        yield Delta(text=long_text(kind, _TOKENS)), last


_SCRIPT = f"""\
{FRAMES}
from glm_magic.testing import ScriptedClient
from glm_magic.wiring import workbench
from tests.benchmarks.conversation import replies
workbench().stand_in = ScriptedClient(replies())
"""


def _in_the_file() -> Iterator[Figure]:
    source = f"%%glm --no-think --frame birds\n{_PROMPT}"
    with Wire() as wire, Kernel(wire) as kernel:
        for code in (LOAD, _SCRIPT):
            kernel.run(code)
        runs = [checked(kernel.run(source)) for _ in KINDS]
    for kind, run in zip(KINDS, runs, strict=True):
        text = long_text(kind, _TOKENS)
        whole = _growth_kb(source, run.outputs())
        bare = _growth_kb(source, [{"data": {"text/markdown": text}, "metadata": {}}])
        size = len(text.encode()) / 1000
        name = f"the .ipynb grows by {_TOKENS:,} tokens of {kind}"
        yield Figure(name, whole, "kB", size, 1.5 * size, _FILE_NOTE)
        yield Figure(f"  without anything of ours, {kind}", bare, "kB", size, note=_BARE_NOTE)


def _growth_kb(source: str, outputs: list[dict[str, Any]]) -> float:
    import nbformat

    v4: Any = nbformat.v4
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source, id="cell-1")])
    before = len(nbformat.writes(notebook).encode())
    notebook.cells[0].outputs = [
        v4.new_output("display_data", one["data"], metadata=one["metadata"]) for one in outputs
    ]
    return (len(nbformat.writes(notebook).encode()) - before) / 1000


# -- twenty questions --------------------------------------------------------------------------


def _as_input() -> Iterator[Figure]:
    usages: list[dict[str, int]] = []
    with Sandbox(tokens_per_second=None) as sandbox, Kernel(sandbox) as kernel:
        for code in (LOAD, FRAMES):
            kernel.run(code)
        for options, prompt in twenty():
            final = checked(kernel.run(f"%%glm --no-think {options}\n{prompt}")).shown()[-1]
            usages.append(final.content["metadata"]["glm_magic"]["usage"])
        changed = [1 - stable_share(*pair) for pair in pairwise(bodies(sandbox))]
    name = "of a request changed in the next, at most"
    yield Figure(name, 100 * max(changed), "%", target=5, note=_PREFIX_NOTE)
    price = price_of(find_model("glm-4.5"), find_provider("zai"))
    assert price is not None
    fresh = sum(price.cost(one["prompt_tokens"], 0) for one in usages)
    paid = sum(price.cost(one["prompt_tokens"], 0, one.get("cached_tokens", 0)) for one in usages)
    yield Figure("input of 20 turns", 100 * paid, "cents", 100 * fresh, note=_COST_NOTE)
