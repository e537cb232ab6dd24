"""The model works in cells of a real JupyterLab; each runs when the person says so."""

from collections.abc import Callable

import pytest

from tests.lab import Lab

pytestmark = pytest.mark.browser
SETUP = (
    '%load_ext glm_magic\n%config GLM.provider = "sandbox"\n'
    "import palmerpenguins\npenguins = palmerpenguins.load_penguins()"
)
ASK = "%%glm --agent --frame penguins\nHow do the species differ in body mass?"
STDIN = ".jp-Stdin-input"
# In one step: the box is put below every output that comes; an answered one stays for a moment.
SAY = """
const box = document.querySelector('.jp-Stdin-input:not([data-said])');
if (!box) return false;
box.dataset.said = box.value = argument;
box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
return true;
"""


def say(page: Lab, words: str) -> None:
    """Answer the next question."""
    page.wait_for(lambda lab: lab.js(SAY, words), timeout_seconds=60)


def test_five_approved_cells(lab: Callable[..., Lab]) -> None:
    """Each is looked at and approved, its outputs are real, and all of it is kept in a cell."""
    page = lab([SETUP, ASK], size=(1100, 1500))
    page.run(0)
    page.start_cell(1)
    page.page.wait_for_selector(STDIN, timeout=60_000)
    page.screenshot("agent_asks")
    shown = page.text(1)
    assert "print(penguins.shape)" in shown
    assert "(344, 8)" not in shown
    assert "Step 1 of 5: look at the first rows." in shown
    for _ in range(5):
        say(page, "y")
    page.wait_until_idle(timeout_seconds=30)
    page.js("notebook.widgets[argument].node.scrollIntoView()", 1)
    page.screenshot("agent")
    outputs = page.outputs(1)
    assert sum("image/png" in one.get("data", {}) for one in outputs) == 3
    text = page.text(1)
    assert "largest gap between means: 1375.35" in text
    assert "What 5 cells gave" in text
    assert "no model was called" in text
    assert "each to keep or to delete" in text
    below = page.cells()[2:]
    assert len(below) == 5
    assert "print(penguins.shape)" in below[0]["source"]
    assert all("penguins" in cell["source"] or "summary" in cell["source"] for cell in below)
    assert [cell["execution_count"] for cell in below] == [None] * 5
    assert page.foreign_requests == []
    assert page.console_errors == []


def test_a_refused_cell_is_not_run(lab: Callable[..., Lab]) -> None:
    """It stays a proposal; what ran before it stays, and reopening the notebook shows the same."""
    page = lab([SETUP, ASK, "print('axes' in globals(), 'kept' in globals())"])
    page.run(0)
    page.start_cell(1)
    for words in ("y", "y", "not a bar chart"):
        say(page, words)
    page.wait_until_idle(timeout_seconds=30)
    assert len(page.cells()) == 3 + 2
    page.run(len(page.cells()) - 1)
    assert page.text(len(page.cells()) - 1) == "False False"
    text = page.text(1)
    assert "not run" in text
    assert "not a bar chart" in text
    page.save()
    page.reload()
    page.wait_for(lambda lab: lab.text(1) == text)


@pytest.mark.soak
def test_asked_again(lab: Callable[..., Lab]) -> None:
    """What runs takes the place of what ran before; what somebody has worked on stays as it is."""
    page = lab([SETUP, ASK])
    page.run(0)
    page.start_cell(1)
    for _ in range(5):
        say(page, "y")
    page.wait_until_idle(timeout_seconds=30)
    first = [cell["source"] for cell in page.cells()[2:]]
    mine = first[2] + "  # mine"
    page.rewrite(4, mine)
    page.start_cell(1)
    for words in ("y", "y", "n"):
        say(page, words)
    page.wait_until_idle(timeout_seconds=30)
    page.wait_for(lambda _: len(page.cells()) == 2 + 3)
    assert [cell["source"] for cell in page.cells()[2:]] == [*first[:2], mine]


@pytest.mark.soak
def test_the_panel_works_in_cells_too(lab: Callable[..., Lab]) -> None:
    """Buttons decide; figures, steps and code that can be inserted stand in the panel."""
    page = lab(
        [SETUP, "%glm panel", "print(summary.shape, 'table' in globals())"], size=(1100, 1500)
    )
    page.run(0)
    page.run(1)
    page.page.wait_for_selector(".glm-totals:not(:empty)", timeout=60_000)
    page.page.click(".glm-toolbox summary")
    page.page.check(".glm-toolbox input[type=checkbox]")
    page.page.fill(".glm-panel textarea", "How do the species differ in @penguins body mass?")
    page.page.press(".glm-panel textarea", "Enter")
    for number in range(1, 6):
        waits = ".glm-approval button:text-is('Run')"
        page.page.wait_for_selector(waits, timeout=60_000)
        if number == 2:
            page.screenshot("panel_agent_asks")
        page.page.click(waits)
        page.page.wait_for_function(
            "n => document.querySelectorAll('.glm-steps details').length >= n",
            arg=number, timeout=60_000, polling=200,
        )  # fmt: skip
    answer = page.page.locator(".glm-answer")
    page.wait_for(lambda _: "What 5 cells gave" in answer.inner_text(), timeout_seconds=60)
    page.screenshot("panel_agent")
    assert page.page.locator(".glm-waiting img").count() == 3
    assert page.page.locator(".glm-steps details").count() == 5
    assert [set(one["data"]) for one in page.outputs(1)] == [
        {"text/plain", "application/vnd.jupyter.widget-view+json"}
    ]
    page.run(2)
    assert page.text(2) == "(3, 3) True"
    assert page.console_errors == []
