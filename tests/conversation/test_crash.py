"""kill -9 at any moment: what had ended is there and equal, and nothing is corrupt."""

import hashlib
import json
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from glm_magic.chat.conversation import Conversation
from glm_magic.chat.records import answered, asked
from glm_magic.chat.turns import Turn
from glm_magic.sandbox import Sandbox
from glm_magic.store.conversations import Kept, Store
from glm_magic.store.export import import_turns
from glm_magic.store.ledger import Ledger
from glm_magic.store.lines import parse
from glm_magic.store.location import JOURNAL, folder_of
from glm_magic.store.metadata import turn_from_metadata
from tests.kernel import Ran

from .notebook import LOAD, Notebook, turn_in
from .nursery import Nursery, RaisedKernel

LANES, SEED = 2, 20251124
# Some answers come at once, some over a while; some are long, for a journal line of many blocks.
PROMPTS = (
    "sandbox: rate none\nsandbox: 20 tokens",
    "sandbox: rate 1500\nsandbox: 60 tokens",
    "sandbox: rate none\nsandbox: 3000 tokens",
    "sandbox: rate 4000\nsandbox: 200 tokens\nsandbox: 40 reasoning tokens",
)
LONGEST_SECONDS = 0.2
CELLS, MOST_CELLS = 12, 4


def digest(turn: Turn) -> str:
    """Of everything that a turn is, wherever it was read."""
    turn = replace(turn, elsewhere=False)
    record = json.dumps([asked(turn), answered(turn)], sort_keys=True)
    return hashlib.sha256(record.encode()).hexdigest()


def cells(choice: random.Random) -> Iterator[tuple[str, str]]:
    """Cells to run, by id: some asked before, in this kernel or in an earlier one, some new."""
    for _ in range(choice.randint(1, MOST_CELLS)):
        prompt = choice.choice(PROMPTS)
        new = f"new-{choice.getrandbits(64):x}"
        thinking = "--think" if "reasoning" in prompt else "--no-think"
        cell = f"cell-{choice.randrange(CELLS)}" if choice.random() < 0.5 else new
        yield cell, f"%%glm {thinking}\n{prompt}"


def answers_before_kills(
    nursery: Nursery, paths: Sequence[Path], data: Path, kills: int
) -> list[dict[str, str]]:
    """Kill the kernels of each notebook one after the other; digests of what was shown, by turn."""
    choice = random.Random(SEED)
    told: list[dict[str, str]] = [{} for _ in paths]
    for _ in range(kills):
        with ExitStack() as stack:
            kernels = [
                stack.enter_context(
                    nursery.kernel(JPY_SESSION_NAME=str(path), GLM_DATA_DIR=str(data))
                )
                for path in paths
            ]
            for known, turns in zip(told, kill_each(kernels, choice), strict=True):
                known |= {turn.id: digest(turn) for turn in turns}
    return told


def kill_each(kernels: Sequence[RaisedKernel], choice: random.Random) -> list[list[Turn]]:
    """Let kernels answer one cell after the other, kill each; the answers that had been shown."""
    finish_all(kernels, [kernel.start(LOAD) for kernel in kernels])
    shown: list[list[Turn]] = [[] for _ in kernels]
    if choice.random() < 0.7:  # else they may die while the conversation is found and read
        first = f"first-{choice.getrandbits(64):x}"
        started = [
            kernel.start(f"%%glm --no-think\n{PROMPTS[0]}", cell=first) for kernel in kernels
        ]
        shown = [[turn_in(ran)] for ran in finish_all(kernels, started)]
    for kernel in kernels:
        for cell, source in cells(choice):
            kernel.start(source, cell=cell)
    began = time.monotonic()
    moments = sorted(choice.uniform(0, LONGEST_SECONDS) for _ in kernels)
    for moment, kernel in zip(moments, choice.sample(kernels, len(kernels)), strict=True):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        kernel.kill()
    return [turns + shown_by(kernel) for turns, kernel in zip(shown, kernels, strict=True)]


def finish_all(kernels: Sequence[RaisedKernel], started: Sequence[str]) -> list[Ran]:
    """What each kernel's execution sent, when all are over."""
    return [kernel.finish(message) for kernel, message in zip(kernels, started, strict=True)]


def shown_by(kernel: RaisedKernel) -> list[Turn]:
    """The turns in the final outputs that a dead kernel has sent."""
    turns = []
    for output in kernel.last_words():
        if "turn" in output["metadata"].get("glm_magic", ()):  # else it was still growing
            record, shown = output["metadata"]["glm_magic"], output["data"]["text/markdown"]
            turn = turn_from_metadata(record, shown)
            assert turn is not None
            turns.append(turn)
    return turns


def every_turn(kept: Kept) -> dict[str, Turn]:
    """Each turn that was ever told, as it was last told."""
    turns: dict[str, Turn] = {}
    conversation = Conversation()
    for event in kept.events:
        assert conversation.replay([event]) == 0, event
        if event["kind"] in ("asked", "answered"):
            name = event["turn"]["id"]
            turns[name] = next(turn for turn in conversation if turn.id == name)
    return turns


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kills", [30, pytest.param(200, marks=pytest.mark.soak)])
def test_killed_kernels_lose_nothing(
    nursery: Nursery, sandbox: Sandbox, tmp_path: Path, kills: int
) -> None:
    """Every answer that was shown before a kill is kept and equal; the others are partial."""
    data = tmp_path / "data"
    paths = [tmp_path / f"{lane}.ipynb" for lane in range(LANES)]
    lanes = answers_before_kills(nursery, paths, data, kills // LANES)
    for path, told in zip(paths, lanes, strict=True):
        name = Store(data).of_notebook(path)
        assert name is not None
        check_kept(name, data, told, kills // LANES)
        with Notebook(nursery, path, data) as notebook:
            check_next_kernel(notebook, name)


def check_kept(name: str, data: Path, told: dict[str, str], kills: int) -> None:
    """What was shown is on disk, and next to it only what was under way."""
    turns = every_turn(Store(data).read(name))
    assert {one: digest(turns[one]) for one in told} == told
    others = [turn for one, turn in turns.items() if one not in told]
    in_flight = [turn for turn in others if turn.status == "partial"]
    # Between the last write and the display a turn may have ended unseen.
    unseen = len(others) - len(in_flight)
    # A long line may be cut within its write: nothing that anybody has seen, and always the last.
    torn = 0
    for journal in folder_of(data, name).glob(f"*{JOURNAL}"):
        written = journal.read_bytes()
        for damaged in parse(written)[1]:
            assert written.endswith(damaged.line)
            torn += 1
    print(f"{len(told)} shown, {len(in_flight)} partial, {unseen} ended unseen, {torn} torn")
    assert {(turn.partial_reason, turn.text) for turn in in_flight} == {("not finished", "")}
    assert len(others) <= kills
    assert len(told) > kills / 2
    assert len(in_flight) > kills / 10
    booked = [one for one in Ledger(data).read() if one.conversation == name]
    assert 0 <= len(booked) - len(told) <= kills


def check_next_kernel(notebook: Notebook, name: str) -> None:
    """The next kernel has the newest turn of each cell, as it was, and goes on."""
    conversation = Conversation()
    conversation.replay(Store(notebook.data).read(name).events)
    export = notebook.path.with_suffix(".json")
    notebook.glm(f"export {export}")
    found = import_turns(export)
    assert [digest(turn) for turn in found] == [digest(turn) for turn in conversation]
    notebook.ask("after", "And now?")
    assert notebook.prompts()[-1] == "And now?"
