"""Text that grows on a page, as changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.render.inert import inert
from glm_magic.widget.growing import Change, GrowingText, inert_blocks

PIECES = st.lists(
    st.sampled_from(
        ["word ", "\n", "\n\n", "```python\n", "```", "<b>", "$x$", "🐧", "𝛼 ", "- a", "![p](q)"]
    ),
    max_size=60,
)


def apply(blocks: list[bytes], changes: list[Change]) -> None:
    """What a browser does, which counts in units of UTF-16."""
    for block, keep, add in changes:
        if block == len(blocks):
            blocks.append(b"")
        blocks[block] = blocks[block][: 2 * keep] + add.encode("utf-16-le")


@given(PIECES)
def test_the_page_has_what_was_sent(pieces: list[str]) -> None:
    """After every change the page holds each block as inert text, emoji and all."""
    growing, page = GrowingText(), list[bytes]()
    for piece in pieces:
        growing.feed(piece)
        apply(page, growing.take())
        shown = [block.decode("utf-16-le") for block in page]
        assert shown == [block for block in growing.blocks if block or page][: len(shown)]
        assert shown == [] or shown[-1] == growing.blocks[len(shown) - 1]


@given(PIECES)
def test_nothing_alive_is_ever_on_the_page(pieces: list[str]) -> None:
    """What the page shows at any moment is what `inert` makes of a text."""
    growing = GrowingText()
    for piece in pieces:
        growing.feed(piece)
        growing.take()
        assert all(inert(block) for block in growing.blocks if block)
        assert not any("<b>" in block and "```" not in block for block in growing.blocks)


def test_only_what_is_new_is_sent() -> None:
    """A delta in the middle of a paragraph costs its own length."""
    growing = GrowingText()
    growing.feed("A paragraph with some length ")
    growing.take()
    growing.feed("grows")
    (change,) = growing.take()
    assert len(change.add) <= len("grows") + 1


def test_nothing_new_is_nothing() -> None:
    """Without a new delta there is no change."""
    growing = GrowingText()
    growing.feed("one")
    growing.take()
    assert growing.take() == []


@pytest.mark.parametrize("text", ["", "one", "one\n\n" * 3000])
def test_a_finished_text_has_the_same_blocks(text: str) -> None:
    """A turn that is shown again looks as it did when it streamed."""
    growing = GrowingText()
    growing.feed(text)
    growing.take()
    assert inert_blocks(text) == [block for block in growing.blocks if block]
