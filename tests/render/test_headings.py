"""Headings of an answer are in order for who reads by them, however the answer comes."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from glm_magic.render.answer import answer_markdown
from glm_magic.render.headings import Levels, in_order

from .oracle import parse

LINES = st.sampled_from(
    [
        *("# A", "## B", "### C", "#### D", "###### F", "   ### indented", "    #### code", "#no"),
        *("words", "", "", "Title\n===", "Title\n---", "---", "- item", "- ### listed", "1. one"),
        *("> quoted", "> ##### in a quote", "```\n# a comment\n#### b\n```", "#", "\t# code"),
    ]
)
TEXTS = st.lists(LINES, max_size=14).map("\n".join)


def levels(markdown: str) -> list[int]:
    """The levels of the headings that a Markdown parser finds."""
    return [int(token.tag[1]) for token in parse(markdown) if token.type == "heading_open"]


def code(markdown: str) -> list[str]:
    """The code blocks that it finds."""
    return [token.content for token in parse(markdown) if token.type in ("fence", "code_block")]


@settings(max_examples=500)
@given(TEXTS)
def test_no_level_is_left_out(text: str) -> None:
    """A parser finds as many headings as before, the first as it was, and none that jumps."""
    before, after = levels(text), levels(in_order(text)[0])
    assert len(after) == len(before)
    assert after[:1] == before[:1]
    assert all(later <= earlier + 1 for earlier, later in pairwise(after))
    assert all(shown <= written for shown, written in zip(after, before, strict=True))


@settings(max_examples=300)
@given(TEXTS)
def test_the_rest_is_untouched(text: str) -> None:
    """Nothing but `#` is taken away, code keeps its comments, and twice is once."""
    shown, _ = in_order(text)
    assert shown.replace("#", "") == text.replace("#", "")
    code = [
        [t.content for t in parse(one) if t.type in ("fence", "code_block")]
        for one in (text, shown)
    ]
    assert code[0] == code[1]
    assert in_order(shown)[0] == shown


@given(st.lists(TEXTS, max_size=4))
def test_pieces_are_ordered_as_the_whole(pieces: list[str]) -> None:
    """Block by block, as an answer grows, its headings come out as in the end."""
    above: Levels = ()
    shown = []
    for piece in pieces:
        one, above = in_order(f"{piece}\n", above)
        shown.append(one)
    whole = "\n\n".join(f"{piece}\n" for piece in pieces)
    found = [level for one in shown for level in levels(one)]
    assert found == levels(in_order(whole)[0])


def test_siblings_stay_siblings() -> None:
    """What stood on one level still does."""
    text = "## A\n\n#### B\n\n#### C\n\n## D\n\n### E"
    assert levels(in_order(text)[0]) == [2, 3, 3, 2, 3]


def test_an_answer_is_in_order() -> None:
    """In the final output too, the reasoning by itself."""
    shown = answer_markdown("## A\n\n#### B", "# X\n\n### Y")
    assert levels(shown) == [1, 2, 2, 3]
