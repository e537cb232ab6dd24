"""kill -9 at any moment: what had ended is there and equal, and nothing is corrupt."""

import json
import os
import queue
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from glm_magic.chat.conversation import Conversation
from glm_magic.chat.turns import Turn
from glm_magic.sandbox import Sandbox
from glm_magic.store.conversations import Kept, Store
from glm_magic.store.ledger import Ledger

from .notebook import Notebook, turn_in
from .nursery import digest

KILLS, KERNEL_KILLS, SEED = 200, 5, 20251124
ROOT = Path(__file__).parents[2]


def killed(notebook: Path, data: Path) -> list[list[str]]:
    """What each of the children had finished when it was killed, as "id digest"."""
    command = [sys.executable, "-m", "tests.conversation.nursery", notebook, str(KILLS), str(SEED)]
    environment = {**os.environ, "GLM_DATA_DIR": str(data), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


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


def test_200_kills_lose_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    """After 200 kills of one conversation each finished turn is equal; the others are partial."""
    data = tmp_path / "data"
    finished = killed(tmp_path / "analysis.ipynb", data)
    assert len(finished) == KILLS
    told = dict(line.split() for lines in finished for line in lines)
    store = Store(data)
    (only,) = store.list()
    turns = every_turn(store.read(only.id))
    assert {name: digest(turns[name]) for name in told} == told
    # Between the last write and the word to the parent a turn may have ended unheard.
    others = [turn for name, turn in turns.items() if name not in told]
    in_flight = [turn for turn in others if turn.status == "partial"]
    print(f"{len(told)} finished, {len(in_flight)} partial, {len(others) - len(in_flight)} unheard")
    assert {turn.partial_reason for turn in in_flight} == {"not finished"}
    assert {turn.text for turn in in_flight} == {""}
    assert len(others) <= KILLS
    assert len(told) > KILLS / 2
    assert len(in_flight) > KILLS / 10
    booked = [one for one in Ledger(data).read() if one.conversation]
    assert 0 <= len(booked) - len(told) <= KILLS


def test_a_killed_kernel_loses_nothing(notebook: Notebook, sandbox: Sandbox) -> None:
    """Real kernels killed at random moments of streaming: each ended cell's turn is equal."""
    choice = random.Random(SEED)
    ended: list[str] = []
    for round_ in range(KERNEL_KILLS):
        ran = notebook.run(f"whole-{round_}", "%%glm --no-think\nsandbox: 40 tokens")
        ended.append(digest(turn_in(ran)))
        source = "%%glm --no-think\nsandbox: rate 400\nsandbox: 200 tokens"
        message = notebook.kernel.start(source, cell=f"cut-{round_}")
        notebook.kernel.wait_for_display(message, "no model was called")
        with suppress(queue.Empty):
            notebook.kernel.finish(message, timeout_seconds=choice.uniform(0, 0.5))
        notebook.crash()
    rows = notebook.rows()
    assert [row[1] for row in rows] == [
        f"{kind}-{round_}" for round_ in range(KERNEL_KILLS) for kind in ("whole", "cut")
    ]
    assert {row[-1] for row in rows if row[1].startswith("cut")} == {"not finished"}
    store = Store(notebook.data)
    (only,) = store.list()
    kept = [digest(turn) for turn in every_turn(store.read(only.id)).values()]
    assert set(ended) <= set(kept)
