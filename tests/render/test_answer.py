"""A whole answer in Markdown and as plain text, and the code in it."""

import pytest
from hypothesis import given, settings

from glm_magic.render.answer import CodeBlock, answer_markdown, answer_plain, code_blocks

from .attacks import ATTACKS
from .oracle import dangers, html, parse, texts


def test_parts_in_order() -> None:
    """Reasoning folded in front, then the answer, the warnings, the footer."""
    answer = answer_markdown(
        "Hi *there*", "Hm.", thought_seconds=3.21, footer="glm-4.5 · 2 s", warnings=["cut short"]
    )
    assert answer == (
        "<details><summary>Thought for 3.2 s</summary><blockquote>\n\nHm.\n\n"
        "</blockquote></details><br>\n\n"
        "Hi *there*\n\n> ⚠ *cut short*\n\n<small>glm-4.5 · 2 s</small>"
    )


def test_only_what_is_there_is_shown() -> None:
    """No empty parts."""
    assert answer_markdown("Hi") == "Hi"
    assert answer_markdown("") == answer_plain("") == ""
    assert "Thoughts" in answer_markdown("x", "y")
    assert "Thought for 2 min 5 s" in answer_markdown("x", "y", thought_seconds=125)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attack_stays_in_its_place(attack: str) -> None:
    """No text ends our details, and none swallows what comes after it."""
    check_frame(attack)


@settings(max_examples=300)
@given(texts)
def test_any_text_stays_in_its_place(text: str) -> None:
    """The frame around answer and reasoning stands, whatever they are."""
    check_frame(text)


def check_frame(text: str) -> None:
    """Our own top-level blocks are all there, once, in order."""
    answer = answer_markdown(f"A {text}", f"R {text}", footer="FOOT", warnings=["WARN"])
    assert dangers(answer) == []
    top = [token for token in parse(answer) if token.level == 0 or token.content]
    ours = [t.content.strip() for t in top if t.type == "html_block" and "details" in t.content]
    assert ours == [
        "<details><summary>Thoughts</summary><blockquote>",
        "</blockquote></details><br>",
    ]
    *_, foot, _ = [t for t in parse(answer) if t.level <= 1]
    assert foot.content == "<small>FOOT</small>"
    assert any(t.content == "⚠ *WARN*" and t.level == 2 for t in parse(answer))


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_footer_and_warnings_are_escaped(attack: str) -> None:
    """A model or variable name is text, whatever it is called."""
    answer = answer_markdown("Hi", footer=f"model {attack}", warnings=[f"name {attack}"])
    assert dangers(answer) == []
    assert html(answer).count("<blockquote>") == html(answer).count("<small>") == 1
    assert "<a " not in html(answer)


def test_plain_answer() -> None:
    """The same parts as text, without control characters."""
    answer = answer_plain(
        "A\x1b[31m!", "Hm\x07.", thought_seconds=1, footer="a\nb", warnings=["c\x00d"]
    )
    assert answer == "[Thought for 1.0 s]\nHm.\n[Answer]\n\nA!\n\n⚠ cd\n\n(a b)"


CODE = {
    "two": ("```py\na\n```\nx\n~~~\nb\n~~~", [("py", "a"), ("", "b")]),
    "longer fence": ("````md\n```\nx\n```\n````", [("md", "```\nx\n```")]),
    "list": (
        "1. a\n\n   ```python\n   if x:\n       y\n\n   z\n   ```",
        [("python", "if x:\n    y\n\nz")],
    ),
    "on the marker": ("- ```sh\n  ls\n  ```\n- b", [("sh", "ls")]),
    "quote": ("> ```\n> a\n>\n> b\n> ```\nc", [("", "a\n\nb")]),
    "unclosed": ("```py\na\n", [("py", "a")]),
    "ended by its list": ("- ```py\n  a\nb", [("py", "a")]),
    "indented fence": ("  ```py\n  a\n b\n   c\n  ```", [("py", "a\nb\n c")]),
    "tabs": ("```make\nall:\n\tcc\n```", [("make", "all:\n\tcc")]),
    "info": ('```{python} title="x"\na\n```', [("python", "a")]),
    "empty": ("```\n```", [("", "")]),
    "not code": ("``` a ``` `b`\n\n    ```\n    c", []),
    "steering": ("```py\nx = '\u202e'\n```", [("py", "x = '⟨U+202E⟩'")]),
}


@pytest.mark.parametrize(("text", "expected"), CODE.values(), ids=CODE)
def test_code_blocks(text: str, expected: list[tuple[str, str]]) -> None:
    """Each fenced block in order, without the marks of what it lies in."""
    assert code_blocks(text) == [CodeBlock(*block) for block in expected]


@settings(max_examples=600)
@given(texts)
def test_code_blocks_are_the_parsers(text: str) -> None:
    """For text without HTML, a CommonMark parser finds the same code in the same order."""
    text = "".join(c for c in text if c.isprintable() or c == "\n").replace("<", "")
    text = text.rstrip(" ")  # the parser drops a last line of spaces in a fence that is not closed
    found = [t.content.removesuffix("\n") for t in parse(text) if t.type == "fence"]
    assert [block.source for block in code_blocks(text)] == found
