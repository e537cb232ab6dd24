"""What answers of each kind cost in the notebook's file, as Jupyter's server writes it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from glm_magic.answer import Answer
from tests.benchmarks.long_texts import KINDS, long_text

from .notebook_samples import code, document, save, turn

QUESTION = "Which species differ most in body mass, and how would you plot it?"


def growth(folder: Path, *texts: str) -> tuple[float, float]:
    """By how much the file grows, as a multiple of the texts: with ours, and as bare Markdown."""
    whole, bare = [], []
    for text in texts:
        answer = Answer(turn(text=text, prompt=QUESTION, options={"thinking": False}), "c" * 32)
        whole.append(_output(answer.bundle(brief=True), answer.metadata()))
        bare.append(_output({"text/markdown": text}, {}))
    empty = _saved_bytes(folder, ([] for _ in texts))
    size = sum(len(text.encode()) for text in texts)
    ours, theirs = (_saved_bytes(folder, ([one] for one in outputs)) for outputs in (whole, bare))
    return (ours - empty) / size, (theirs - empty) / size


def _output(data: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def _saved_bytes(folder: Path, outputs: Iterable[list[dict[str, Any]]]) -> int:
    cells = [
        code(f"%%glm\n{QUESTION}", *one, cell=f"c{place}") for place, one in enumerate(outputs)
    ]
    return save(folder / "n.ipynb", document(*cells)).stat().st_size


def test_a_conversation_of_all_kinds_takes_at_most_half_more_than_its_text(tmp_path: Path) -> None:
    """Four answers of 2,000 tokens, and nothing else in the notebook."""
    whole, bare = growth(tmp_path, *(long_text(kind, 2000) for kind in KINDS))
    print(f"all kinds: {whole:.2f}, as bare Markdown {bare:.2f}")
    assert whole <= 1.5


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_grows_by_little_more_than_the_answer(kind: str, tmp_path: Path) -> None:
    """2,000 tokens take at most 1.5 times their bytes; code 0.2 times more than bare Markdown does.

    Jupyter writes each line of an output on a line of its own, with 11 bytes around it: code with
    its short lines takes 1.4 times its bytes before anything of ours is added.
    """
    whole, bare = growth(tmp_path, long_text(kind, 2000))
    print(f"{kind}: {whole:.2f}, as bare Markdown {bare:.2f}")
    assert whole <= (1.5 if kind != "code" else bare + 0.2)
