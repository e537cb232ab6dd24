"""What an answer costs in the notebook's file."""

from pathlib import Path

import pytest

from glm_magic.chat.tokens import estimate_tokens

from .notebook_samples import code, document, long_answer, output, save, turn

QUESTION = "Which species differ most in body mass, and how would you plot it?"


def growth(folder: Path, text: str, reasoning: str = "") -> float:
    """How much the file grows by an answer, as a multiple of the answer's own text."""
    one = turn(text=text, reasoning=reasoning, prompt=QUESTION)
    source = f"%%glm --frame sales\n{QUESTION}"
    shown = output(one, "c" * 32)
    sizes = [
        save(folder / "n.ipynb", document(code(source, *outputs))).stat().st_size
        for outputs in ((), (shown,))
    ]
    return (sizes[1] - sizes[0]) / len((text + reasoning).encode())


@pytest.mark.parametrize("reasoning", ["", long_answer(1000)], ids=["answer", "with reasoning"])
def test_the_file_grows_by_little_more_than_the_answer(reasoning: str, tmp_path: Path) -> None:
    """A 2,000-token answer with its frame and usage: at most 1.5 times its text, all told."""
    text = long_answer(2000)
    assert 1900 <= estimate_tokens(text) <= 2100
    ratio = growth(tmp_path, text, reasoning)
    print(f"{len(text):,} characters, {text.count(chr(10))} lines: {ratio:.2f}")
    assert ratio <= 1.5
