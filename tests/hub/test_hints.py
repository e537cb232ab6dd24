"""The second pass of hints mode: code goes, words stay, however the text is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.hub.hints import LEFT_OUT, WithoutCode
from glm_magic.terms import our_prompt

PROSE = (
    "Think of splitting the rows by `species` first.\n\nWhat did you try?\n\n"
    "1. Look at `DataFrame.groupby`.\n2. Which summary is asked for?\n\n> Group, then sum up.\n"
    "Next: the plot. If you like, read on: it is $a^2 + b^2$.\n"
)
SOLUTIONS = [
    "```python\ndf.groupby('s').mean()\n```",
    "```\ndf.groupby('s').mean()\n```",
    "~~~text\ndf.groupby('s').mean()\n~~~",
    "````markdown\n```python\ndf.groupby('s').mean()\n```\n````",
    "- so:\n  ```python\n  df.groupby('s').mean()\n  ```",
    "> ```\n> df.groupby('s').mean()\n> ```",
    "Then:\n\n    df.groupby('s').mean()",
    "df.groupby('s').mean()",
    "- df.groupby('s').mean()",
    "1. result = df.groupby('s').mean()",
    ">>> df.groupby('s').mean()",
    "`df.groupby('s').mean()`",
    "Use `df.groupby('s')['mass'].mean().sort_values()`.",
    "Use ``df.groupby('s')['mass'].mean().sort_values()`` here.",
    "import pandas as pd; df.groupby('s').mean()",
    "for s in df.groupby('s').groups:",
    "```python\ndf.groupby('s').mean()",
]


def without_code(text: str, cuts: list[int] | None = None) -> str:
    """What a student gets of a text that comes in pieces."""
    reader, begin, shown = WithoutCode(), 0, ""
    for end in [*sorted(set(cuts or [])), len(text)]:
        if begin < end <= len(text):
            shown += reader.feed(text[begin:end])
            begin = end
    return shown + reader.finish()


@pytest.mark.parametrize("solution", SOLUTIONS)
def test_solutions_do_not_arrive(solution: str) -> None:
    """In every dress that Markdown has for it, the code is gone and the words around it stay."""
    shown = without_code(f"First words.\n\n{solution}\n\nLast words.")
    assert "mean()" not in shown
    assert shown.startswith("First words.\n")
    if "```python\ndf" not in solution or solution.endswith(("```", "````")):
        assert shown.endswith("Last words.")


def test_words_stay_as_they_are() -> None:
    """Hints, names, short calls, lists, quotes and formulas are passed on unchanged."""
    assert without_code(PROSE) == PROSE


def test_the_gap_is_told_once() -> None:
    """One note stands for one block, however long it was."""
    shown = without_code("A\n```python\nx = 1\n\ny = 2\n```\nB\n")
    assert shown == f"A\n{LEFT_OUT}\nB\n"


@given(
    st.lists(st.sampled_from([*SOLUTIONS, PROSE, "\n", "\r\n", "`", "text"]), max_size=5),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_cuts_change_nothing(parts: list[str], cuts: list[int]) -> None:
    """However the text is cut on its way, the student gets the same."""
    text = "\n\n".join(parts)
    assert without_code(text, cuts) == without_code(text)


@given(st.text(max_size=300))
def test_any_text_passes(text: str) -> None:
    """Nothing that a model may say breaks the pass."""
    without_code(text)


def test_the_tutor_is_told_to_give_no_solution() -> None:
    """The prompt is there and says what hints mode is."""
    assert "Never write the solution" in our_prompt("hints")
