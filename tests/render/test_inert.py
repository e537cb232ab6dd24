"""Model text is shown, and nothing of it runs, fetches or leaves."""

import time

import pytest
from hypothesis import given, settings

from glm_magic.render.inert import inert

from .attacks import ATTACKS
from .oracle import dangers, html, parse, texts
from .ordinary import ORDINARY


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attack_does_nothing(attack: str) -> None:
    """Each attack of the corpus leaves nothing that a Markdown parser would act on."""
    assert dangers(inert(attack)) == []


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attack_does_nothing_in_company(attack: str) -> None:
    """An attack is as harmless after an ordinary answer, before another attack, and twice over."""
    for other in ("1. a\n   - b", "$x$ and `y`", "```python\nx < y\n```", "[a", '"q', "\\begin{x}"):
        assert dangers(inert(f"{other}\n{attack}\n\n{other}\n\n```html\n<b>\n```")) == []
    assert dangers(inert(inert(attack))) == []


def test_the_judge_can_say_no() -> None:
    """Without `inert` most of the corpus is found dangerous: the judge is not asleep."""
    found = [name for name, attack in ATTACKS.items() if dangers(attack)]
    assert len(found) > 60


@settings(max_examples=800)
@given(texts)
def test_any_text_is_inert(text: str) -> None:
    """Whatever scraps meet, nothing dangerous comes out, also when applied twice."""
    once = inert(text)
    assert dangers(once) == []
    assert dangers(inert(once)) == []


@settings(max_examples=400)
@given(texts)
def test_everything_opened_is_closed(text: str) -> None:
    """What follows an inert text after a blank line is a paragraph of its own."""
    *_, inline, close = parse(inert(text) + "\n\nOurs.")
    assert (inline.content, close.type, close.level) == ("Ours.", "paragraph_close", 0)


@pytest.mark.parametrize(("text", "expected"), ORDINARY.values(), ids=ORDINARY)
def test_ordinary_answer_survives(text: str, expected: list[str]) -> None:
    """An ordinary answer still renders as what it is."""
    assert dangers(inert(text)) == []
    rendered = html(inert(text))
    for part in expected:
        assert part in rendered


@pytest.mark.parametrize(
    "text",
    ["Plain words, 中文.", "- a\n- b\n\n1. c", "# T\n\n**b** `c` _d_", "$x^2$", "a\n\n---\n\nb"],
)
def test_harmless_text_is_untouched(text: str) -> None:
    """Text with nothing to fear in it comes through byte for byte."""
    assert inert(text) == text


def test_fence_without_language_has_an_info_word() -> None:
    """An opening fence can never be taken for a closing one."""
    assert inert("```\nx\n```") == "```text\nx\n```"


def test_unclosed_fence_is_closed() -> None:
    """The tail of a stream is whole Markdown."""
    assert inert("a\n```py\nx = 1\n") == "a\n\n```py\nx = 1\n```"


def test_address_of_a_link_that_goes_nowhere_stays_readable() -> None:
    """A refused link is still there to read."""
    assert html(inert("[x](javascript:alert(1))")) == "<p>[x](javascript:alert(1))</p>\n"


HOSTILE = {
    "openers": "[`\\(${<" * 30_000,
    "runs of backticks": " ".join("`" * length for length in range(1, 600)),
    "deep containers": "- " * 50_000 + "\n" * 100_000,
    "quotes": ">" * 100_000 + "\n> a" * 20_000,
    "links": "[x](https://(" * 15_000,
    "environments": "\\begin{align}{" * 14_000,
    "terminal strings": "\x1b]" * 100_000,
    "fences": "```\n" * 50_000,
    "long fences": "```\n" + "`" * 100_000 + "\n```\n" * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_cost_is_linear(text: str) -> None:
    """No text of 200 kB takes seconds, and none swells beyond a constant factor."""
    begin = time.process_time()
    assert len(inert(text)) < 20 * len(text)
    assert time.process_time() - begin < 3
