"""How often a growing answer is painted: what costs the page more is painted less often."""

from typing import Any

import pytest

from glm_magic.chat.deltas import Delta
from glm_magic.jupyter import live_output
from glm_magic.render.effort import seconds_to_show

PROSE = "Gentoo penguins are clearly the heaviest of the three species on the islands. "
MATH = "Let $x_1, \\dots, x_n$ be such that $\\bar{x} = \\frac{1}{n}\\sum_{i=1}^n x_i$ holds. "


def test_formulas_and_code_cost_more_than_words() -> None:
    """As measured in JupyterLab: a formula is like a page of prose, code like some of it."""
    words = seconds_to_show(PROSE * 20)
    assert seconds_to_show("```python\n" + "a = 1\n" * 260 + "```") > 3 * words
    assert seconds_to_show(MATH * 20) > 10 * words
    assert seconds_to_show("It costs <span>&#36;</span>5. " * 40) < 2 * words


class Page:
    """A page that takes as long to show an output as is estimated, and a clock for it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = self.busy_seconds = 0.0
        self.paints = self.size = 0
        page = self

        class Handle:
            def display(self, bundle: dict[str, str], **_: Any) -> None:
                page.paints += 1
                page.size += len(bundle["text/markdown"])
                page.busy_seconds += seconds_to_show(bundle["text/markdown"])

            update = display

        monkeypatch.setattr(live_output, "DisplayHandle", Handle)
        monkeypatch.setattr(live_output.time, "monotonic", lambda: self.now)

    def stream(self, paragraph: str, length: int, seconds: float) -> None:
        """Let an answer of so many characters come in so many seconds, five at a time."""
        output = live_output.NotebookOutput(markdown=True)
        text = (paragraph * 4 + "\n\n") * (length // (4 * len(paragraph)) + 1)
        for at in range(0, length, 5):
            self.now = seconds * at / length
            output.add(Delta(text=text[at : at + 5]), Growing())
        self.once_seconds = seconds_to_show(text[:length])


class Growing:
    """A turn without reasoning."""

    growing: Any = type("Turn", (), {"reasoning": "", "text": ""})
    thought_seconds = seconds = 0.0


@pytest.mark.parametrize("paragraph", [PROSE, MATH], ids=["prose", "formulas"])
@pytest.mark.parametrize(("length", "seconds"), [(20_000, 10), (200_000, 20)])
def test_the_page_is_left_to_its_reader(
    paragraph: str, length: int, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond showing everything once, an answer keeps the page busy for a tenth of the time."""
    page = Page(monkeypatch)
    page.stream(paragraph, length, seconds)
    assert page.busy_seconds - page.once_seconds < 0.1 * seconds
    assert page.paints > 20
    assert page.size < 180_000 + 4 * length


def painted(monkeypatch: pytest.MonkeyPatch, reasoning: str) -> list[str]:
    """The regions on the page, in order, after two seconds of waiting and some text."""
    page, shown = Page(monkeypatch), dict[int, str]()

    class Handle:
        def display(self, bundle: dict[str, str], **_: Any) -> None:
            shown[id(self)] = bundle["text/markdown"]
            kept.append(self)

        update = display

    kept: list[Handle] = []
    monkeypatch.setattr(live_output, "DisplayHandle", Handle)
    output, turn = live_output.NotebookOutput(markdown=True), Growing()
    for page.now in (0.0, 1.1, 2.2):
        turn.seconds = turn.thought_seconds = page.now
        turn.growing = type("Turn", (), {"reasoning": reasoning, "text": ""})
        output.add(Delta(reasoning=reasoning), turn)
    output.add(Delta(text="Three."), turn)
    return list(shown.values())


def test_nothing_is_waited_for_once_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that says we wait becomes the answer, and does not stand above it."""
    assert painted(monkeypatch, "") == ["Three."]


def test_what_was_thought_is_folded_as_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the answer begins, the reasoning folds to the line that the final output has."""
    assert painted(monkeypatch, "One, two, three.") == [
        "<details><summary>Thought for 2.2 s</summary><blockquote>\n\nOne, two, three.\n\n"
        "</blockquote></details><br>",
        "Three.",
    ]


def test_headings_are_in_order_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heading far below the one above it is put in order while it grows, as in the end."""
    page = Page(monkeypatch)
    text = f"## First\n\n{(PROSE * 4 + chr(10) * 2) * 12}#### Second\n\nwords"
    shown: list[str] = []

    class Handle:
        def display(self, bundle: dict[str, str], **_: Any) -> None:
            shown.append(bundle["text/markdown"])

        update = display

    monkeypatch.setattr(live_output, "DisplayHandle", Handle)
    output = live_output.NotebookOutput(markdown=True)
    for at in range(0, len(text), 5):
        page.now = at / 100
        output.add(Delta(text=text[at : at + 5]), Growing())
    assert sum("## First" in one for one in shown) > 1
    assert "## First" not in shown[-1]
    assert "\n### Second" in f"\n{shown[-1]}"
