"""A growing answer is cut where it does no harm, and nothing is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_magic.render import blocks
from glm_magic.render.answer import code_blocks
from glm_magic.render.blocks import BlockSplitter
from glm_magic.render.cleaning import plain
from glm_magic.render.inert import inert

from .oracle import dangers, texts

PARAGRAPH = "Some words of an answer. " * 8 + "\n\n"
LIST = "1. one\n\n   more\n\n2. two\n\n- three\n\n" * 20
CODE = "```python\n" + "x = 1\n\n" * 500 + "```\n\n"


def split(deltas: list[str]) -> tuple[list[str], str]:
    """All blocks committed on the way, and the tail at the end."""
    splitter, blocks = BlockSplitter(), []
    for delta in deltas:
        splitter.feed(delta)
        blocks += splitter.take()[0]
    return blocks, splitter.take()[1]


def cut(text: str, size: int) -> list[str]:
    """The text in deltas of this many characters."""
    return [text[start : start + size] for start in range(0, len(text), size)]


longer = st.lists(texts | st.sampled_from([PARAGRAPH, LIST, CODE]), max_size=30).map("".join)


@settings(max_examples=150)
@given(longer, st.integers(1, 400))
def test_blocks_and_tail_are_the_text(text: str, size: int) -> None:
    """However the text is cut into deltas, blocks and tail together are what was fed."""
    blocks, tail = split(cut(text, size))
    assert "".join(blocks) + tail == text
    splitter = BlockSplitter()
    splitter.feed(text)
    assert "".join(splitter.finish()) == text
    assert splitter.take() == ([], "")


@settings(max_examples=150)
@given(longer)
def test_deltas_do_not_move_the_cuts(text: str) -> None:
    """One character at a time or all at once: the blocks are the same."""
    assert split(list(text + "\n"))[0] == split([text + "\n"])[0]


@settings(max_examples=150)
@given(longer)
def test_no_cut_inside_code(text: str) -> None:
    """The code blocks of the parts are the code blocks of the whole, and each part is inert."""
    blocks, tail = split([text])
    parts = [*blocks, tail]
    assert [code for part in parts for code in code_blocks(part)] == code_blocks(text)
    assert all(dangers(inert(part)) == [] for part in parts)


@pytest.mark.parametrize("begin", ["> ", "| ", "    ", "\u200b", "\x1b"])
def test_a_long_line_is_not_read_at_every_delta(
    begin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a line begins with is looked at once or twice, and the line when it ends."""
    read: list[int] = []

    def counted(text: str) -> str:
        read.append(len(text))
        return plain(text)

    monkeypatch.setattr(blocks, "plain", counted)
    split(["a\n\n", begin, *["引用文字"] * 500, "\n"])
    assert sum(read) < 2100


def test_long_answer_is_cut_forty_times_at_most() -> None:
    """JupyterLab hides outputs after the fiftieth; blocks grow for a while, at last the tail."""
    blocks, tail = split([PARAGRAPH] * 6000)
    assert len(blocks) == 40
    assert 1500 < len(blocks[0]) < 1800
    assert 12_000 < len(blocks[-1]) < 12_500
    assert tail


def test_short_answer_is_one_tail() -> None:
    """Below the limit there is nothing to commit."""
    assert split([PARAGRAPH] * 7)[0] == []


@pytest.mark.parametrize(
    "whole",
    [
        LIST * 3,
        CODE,
        "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 500,
        "$$\n" + "x + y\n\n" * 600 + "$$\n\n",
        "\\[\n" + "x + y\n\n" * 600 + "\\]\n\n",
        "\\begin{align}\n" + "x + y\n\n" * 600 + "\\end{align}\n\n",
        "> quoted\n\n" * 500,
        "- item\n\n      code\n\n" * 200,
    ],
    ids=["list", "code", "table", "dollars", "brackets", "environment", "quote", "list code"],
)
def test_what_belongs_together_stays_together(whole: str) -> None:
    """Lists, tables, quotes, code and display math are committed whole."""
    blocks, tail = split(cut(PARAGRAPH * 10 + whole + PARAGRAPH * 12, 7))
    assert sum(whole in part for part in [*blocks, tail]) == 1


def test_open_formula_does_not_stop_the_cutting_for_ever() -> None:
    """A lone `$$` is given up after some thousand characters."""
    assert len(split(["Costs $$ a lot.\n\n", *[PARAGRAPH] * 300])[0]) > 5


@pytest.mark.parametrize("end", ["\r", "\u2028", "\u2029", "\n\x1b[31m", "\n\u200b"])
def test_a_fence_is_one_whatever_ends_the_line(end: str) -> None:
    """What is cleaned away when it is shown does not hide a fence from the cutting."""
    whole = f"Look:{end}```python\n" + "x = 1\n\n" * 500 + "```\n\n"
    blocks, tail = split(cut(PARAGRAPH * 10 + whole + PARAGRAPH * 12, 7))
    assert sum(whole in part for part in [*blocks, tail]) == 1
