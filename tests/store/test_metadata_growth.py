"""What an answer of each kind costs in the notebook's file, as Jupyter's server writes it."""

from pathlib import Path

import pytest

from glm_magic.answer import Answer
from tests.benchmarks.long_texts import KINDS, long_text

from .notebook_samples import code, document, save, turn

QUESTION = "Which species differ most in body mass, and how would you plot it?"


def growth(folder: Path, text: str) -> tuple[float, float]:
    """By how much the file grows, as a multiple of the text: with all that is ours, and without."""
    answer = Answer(turn(text=text, prompt=QUESTION, options={"thinking": False}), "c" * 32)
    bare = {"output_type": "display_data", "data": {"text/markdown": text}, "metadata": {}}
    whole = {**bare, "data": answer.bundle(brief=True), "metadata": answer.metadata()}
    empty, ours, theirs = (
        save(folder / "n.ipynb", document(code(f"%%glm\n{QUESTION}", *outputs))).stat().st_size
        for outputs in ((), (whole,), (bare,))
    )
    size = len(text.encode())
    return (ours - empty) / size, (theirs - empty) / size


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_grows_by_little_more_than_the_answer(kind: str, tmp_path: Path) -> None:
    """2,000 tokens take at most 1.5 times their bytes; code 0.2 times more than bare Markdown does.

    Jupyter writes each line of an output on a line of its own, with 11 bytes around it: code with
    its short lines takes 1.4 times its bytes before anything of ours is added.
    """
    whole, bare = growth(tmp_path, long_text(kind, 2000))
    print(f"{kind}: {whole:.2f}, as bare Markdown {bare:.2f}")
    assert whole <= (1.5 if kind != "code" else bare + 0.2)
