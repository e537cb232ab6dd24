"""Asks in child processes, kills each at a random moment: `python -m tests.conversation.nursery`.

Everything is imported once, here; children are forks. One JSON line for each child on stdout: what
it had finished when it was killed.

Arguments: the notebook's path, the number of children, the seed.
"""

import gc
import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import glm_magic
import glm_magic.calls
from glm_magic.api import client, exchange, worker  # noqa: F401 - not in every child
from glm_magic.chat.records import answered, asked
from glm_magic.chat.turns import Turn
from glm_magic.surroundings import AROUND

# Some answers come at once, some over a while; some are long, for a journal line of many blocks.
_PROMPTS = (
    "sandbox: rate none\nsandbox: 20 tokens",
    "sandbox: rate 1500\nsandbox: 60 tokens",
    "sandbox: rate none\nsandbox: 3000 tokens",
    "sandbox: rate 4000\nsandbox: 200 tokens\nsandbox: 40 reasoning tokens",
)
_LONGEST_SECONDS = 0.16
_CELLS = 12
_READY = b"ready\n"


def digest(turn: Turn) -> str:
    """Of everything that a turn is."""
    record = json.dumps([asked(turn), answered(turn)], sort_keys=True)
    return hashlib.sha256(record.encode()).hexdigest()


def _ask_on(notebook: Path, choice: random.Random, out: int) -> None:
    AROUND.notebook = lambda: notebook
    glm_magic.ask("sandbox: 1 token", once=True)  # the connection takes longer than all the rest
    os.write(out, _READY)
    while True:
        prompt = choice.choice(_PROMPTS)
        cell = f"cell-{choice.randrange(_CELLS)}" if choice.random() < 0.5 else None
        turn = glm_magic.ask(prompt, cell=cell, thinking="reasoning" in prompt).turn
        os.write(out, f"{turn.id} {digest(turn)}\n".encode())


def _finished_by_child(notebook: Path, choice: random.Random) -> list[str]:
    """Fork, wait, kill; what the child had said until then."""
    seed, seconds = choice.random(), choice.uniform(0, _LONGEST_SECONDS)
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _ask_on(notebook, random.Random(seed), theirs)
        finally:
            os._exit(1)
    os.close(theirs)
    assert os.read(ours, len(_READY)) == _READY
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(ours) as said:
        lines = said.read().splitlines()
    assert os.WTERMSIG(status) == signal.SIGKILL, "the child ended by itself"
    return lines


def main() -> None:
    """Raise children, one after the other."""
    notebook, count, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    choice = random.Random(seed)
    gc.freeze()
    for _ in range(count):
        print(json.dumps(_finished_by_child(notebook, choice)), flush=True)


if __name__ == "__main__":
    main()
