"""The panel in a real JupyterLab: typed into, clicked, and looked at as users do."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from glm_magic.sandbox import Sandbox
from tests.browser.panel_page import (
    ASK,
    BUSY,
    CELLS,
    PROMPT,
    SHOW,
    SLOW,
    PanelPage,
    environment,
)
from tests.browser.stage import Notebook7, says
from tests.canary import CANARY
from tests.lab import Lab, Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
PANEL = 1


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """What the panel's questions go to."""
    with Sandbox(key=CANARY, tokens_per_second=None) as server:
        yield server


@pytest.fixture(scope="module", params=[Server, Notebook7], ids=["lab", "notebook7"])
def opened(request: Any, sandbox: Sandbox, tmp_path_factory: Any) -> Iterator[PanelPage]:
    """One page for all tests, each of which begins a chat of its own."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("panel") / "lab"
        server = stack.enter_context(request.param(folder, environment=environment(sandbox)))
        page = PanelPage(stack.enter_context(Lab(server, CELLS)))
        page.open()
        yield page


@pytest.fixture
def panel(opened: PanelPage) -> PanelPage:
    """The panel with an empty chat."""
    opened.fresh()
    return opened


def test_type_and_read(panel: PanelPage) -> None:
    """Enter sends, Shift+Enter is a new line, and the answer is rendered with its footer."""
    panel.page.click(PROMPT)
    panel.lab.type("sandbox: echo")
    panel.lab.press("Shift+Enter")
    panel.lab.type("some **bold** words")
    panel.lab.press("Enter")
    panel.wait(lambda: panel.turns() and not panel.streaming())
    (turn,) = panel.turns()
    assert turn["prompt"] == "sandbox: echo\nsome **bold** words"
    # The page renders Markdown in its own time.
    panel.wait(lambda: panel.js("one('.glm-answer strong')?.textContent") == "bold")
    assert "tokens in" in turn["below"]
    assert panel.page.input_value(PROMPT) == ""
    panel.wait(lambda: "1 question" in panel.js("one('.glm-totals').textContent"))


def test_it_streams(panel: PanelPage) -> None:
    """The answer grows on the page while it comes."""
    panel.send("sandbox: 300 tokens\nsandbox: rate 150\ngo on")
    panel.wait(lambda: panel.turns() and panel.turns()[0]["answer"].strip("… \n"))
    sizes = set()
    while panel.streaming():
        sizes.add(len(panel.turns()[0]["answer"]))
        panel.page.wait_for_timeout(50)
    assert len(sizes) > 5


def test_stop_in_the_middle(panel: PanelPage, sandbox: Sandbox) -> None:
    """Stop ends the answer within a second, and what came stays."""
    panel.send(SLOW)
    panel.wait(lambda: panel.turns() and len(panel.turns()[0]["answer"]) > 40)
    pressed = time.monotonic()
    panel.press("Stop")
    panel.wait(lambda: not panel.streaming())
    assert time.monotonic() - pressed < 1.5
    assert "Incomplete: stopped" in panel.turns()[0]["below"]
    assert len(panel.turns()[0]["answer"]) > 40


def test_escape_stops_too(panel: PanelPage) -> None:
    """The keyboard alone can stop an answer, from the prompt."""
    panel.send(SLOW)
    panel.wait(lambda: panel.turns() and len(panel.turns()[0]["answer"]) > 40)
    panel.page.press(PROMPT, "Escape")
    panel.wait(lambda: not panel.streaming(), timeout_seconds=3)


def test_a_busy_kernel_hears_it(panel: PanelPage) -> None:
    """While a cell runs the panel answers, its Stop stops it, and then the cell."""
    panel.lab.start_cell(BUSY)
    panel.wait(lambda: panel.lab.js("notebook.widgets[3].promptNode.textContent") == "[*]:")
    panel.ask("hello")
    panel.send(SLOW)
    panel.wait(lambda: len(panel.turns()) == 2 and len(panel.turns()[1]["answer"]) > 40)
    panel.press("Stop")
    panel.wait(lambda: not panel.streaming(), timeout_seconds=3)
    assert panel.lab.js("notebook.widgets[3].promptNode.textContent") == "[*]:"
    panel.press("Stop")
    panel.wait(lambda: "KeyboardInterrupt" in panel.lab.text(BUSY), timeout_seconds=5)
    panel.lab.wait_until_idle()


def test_the_conversation_is_one(panel: PanelPage, sandbox: Sandbox) -> None:
    """A cell knows what the panel said, and what a cell asks stands in the panel."""
    panel.ask("from the panel")
    panel.lab.run(ASK)
    panel.wait(lambda: panel.prompts() == ["from the panel", "from a cell"])
    assert "asked in a cell" in panel.js("all('.glm-turn')[1].innerText")
    said = [one["content"] for one in sandbox.requests[-1].json["messages"]]
    assert "from the panel" in said
    panel.lab.run(SHOW)
    assert "from the panel" in panel.lab.text(SHOW)


def test_retry_undo_redo_and_clear(panel: PanelPage) -> None:
    """Each does what it says, and clearing can be undone."""
    panel.ask("first")
    panel.ask("second")
    panel.press("Retry")
    panel.wait(lambda: panel.streaming() or "complete" in panel.status())
    panel.wait(lambda: not panel.streaming())
    assert panel.prompts() == ["first", "second"]
    panel.press("Clear")
    panel.wait(lambda: panel.prompts() == [])
    assert panel.page.is_visible(".glm-ideas")
    panel.press("Undo")
    panel.wait(lambda: panel.prompts() == ["first", "second"])
    panel.press("Redo")
    panel.wait(lambda: panel.prompts() == [])


def test_up_recalls_prompts(panel: PanelPage) -> None:
    """Up goes back through the prompts, Down forth to what was being written."""
    panel.ask("one")
    panel.ask("two")
    panel.page.fill(PROMPT, "draft")
    seen = []
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown"):
        panel.page.press(PROMPT, key)
        seen.append(panel.page.input_value(PROMPT))
    assert seen == ["two", "one", "one", "two", "draft"]


def test_switch_the_model(panel: PanelPage, sandbox: Sandbox) -> None:
    """The picker shows price and context, and the next question goes to the chosen model."""
    panel.page.click(".glm-settings summary")
    panel.page.select_option(".glm-settings select >> nth=0", "glm-4.5-air")
    assert "131k context" in panel.page.inner_text(".glm-settings")
    panel.page.select_option(".glm-settings select >> nth=1", "off")
    panel.page.fill(".glm-settings input >> nth=0", "0.2")
    panel.ask("hello")
    request = sandbox.requests[-1].json
    assert (request["model"], request["temperature"]) == ("glm-4.5-air", 0.2)
    assert request["thinking"] == {"type": "disabled"}
    panel.page.select_option(".glm-settings select >> nth=0", "glm-5.3")
    assert panel.page.is_disabled(".glm-settings select >> nth=1")
    assert panel.page.is_visible(".glm-settings select >> nth=2")
    panel.page.select_option(".glm-settings select >> nth=0", "glm-4.5")
    panel.page.fill(".glm-settings input >> nth=0", "")
    panel.page.click(".glm-settings summary")


def test_attach_a_frame_and_preview(panel: PanelPage, sandbox: Sandbox) -> None:
    """The picker shows size and cost; the preview shows what would leave and sends nothing."""
    panel.page.click(".glm-attach summary")
    panel.wait(lambda: "40 rows × 2 columns" in panel.page.inner_text(".glm-frames"))
    panel.page.check(".glm-frames input >> nth=0")
    before = len(sandbox.requests)
    panel.page.fill(PROMPT, "which are heavier?")
    panel.press("Preview")
    panel.wait(lambda: panel.page.is_visible(".glm-preview pre"))
    assert "species" in panel.page.inner_text(".glm-preview pre")
    assert len(sandbox.requests) == before
    panel.press("Close")
    panel.page.press(PROMPT, "Enter")
    panel.wait(lambda: panel.turns() and not panel.streaming())
    assert "penguins (40 × 2" in panel.turns()[0]["below"]
    panel.page.uncheck(".glm-frames input >> nth=0")
    panel.page.click(".glm-attach summary")


def test_insert_code_as_a_cell(panel: PanelPage, sandbox: Sandbox) -> None:
    """The code becomes a cell below the panel, as it was shown, and is not run."""
    sandbox.faults.append(
        says("Look:\n\n```python\nx = 1 < 2\nprint('<b>')\n```\n\nand\n\n```\ny\n```")
    )
    panel.ask("code, please")
    before = len(panel.lab.cells())
    for number in (0, 1):
        panel.page.click(f".glm-panel button:text-is('Insert as cell') >> nth={number}")
    cells = panel.lab.cells()
    assert len(cells) == before + 2
    assert [one["source"] for one in cells[PANEL + 1 : PANEL + 3]] == [
        "x = 1 < 2\nprint('<b>')",
        "y",
    ]
    assert cells[PANEL + 1]["execution_count"] is None
    panel.lab.select(PANEL + 1)
    for _ in range(2):
        panel.lab.start("notebook:delete-cell")
    panel.wait(lambda: len(panel.lab.cells()) == before)


def test_an_error_stands_in_the_panel(panel: PanelPage) -> None:
    """What the host refuses is told with a remedy, and the next question works."""
    panel.send("sandbox: error 1113\nhello")
    panel.wait(lambda: panel.page.is_visible(".glm-trouble"))
    assert len(panel.page.inner_text(".glm-trouble").splitlines()) >= 2
    panel.wait(lambda: not panel.streaming())
    panel.ask("hello")
    assert panel.page.is_hidden(".glm-trouble")


def test_a_reload_shows_the_same(panel: PanelPage) -> None:
    """After the page was loaded anew the panel shows the conversation, from the kernel."""
    panel.ask("before the reload")
    panel.lab.save()
    panel.lab.reload()
    panel.ready()
    panel.wait(lambda: panel.prompts() == ["before the reload"])
    panel.ask("after it")
    assert panel.prompts() == ["before the reload", "after it"]


def test_a_reload_in_the_middle_goes_on(panel: PanelPage) -> None:
    """An answer under way is on the reloaded page too, and grows there."""
    panel.send(SLOW)
    panel.wait(lambda: panel.turns() and len(panel.turns()[0]["answer"]) > 40)
    panel.lab.save()
    panel.lab.reload()
    panel.ready()
    panel.wait(lambda: panel.turns() and len(panel.turns()[0]["answer"]) > 40)
    size = len(panel.turns()[0]["answer"])
    panel.wait(lambda: len(panel.turns()[0]["answer"]) > size)
    panel.press("Stop")
    panel.wait(lambda: not panel.streaming())


def test_every_control_has_a_name(panel: PanelPage) -> None:
    """A screen reader says what each button, field, list and box is for."""
    for part in (".glm-attach summary", ".glm-settings summary"):
        panel.page.click(part)
    panel.wait(lambda: panel.page.is_visible(".glm-frames input"))
    tree = panel.page.locator(".glm-panel").aria_snapshot()
    controls = re.findall(r"- (button|combobox|textbox|checkbox|spinbutton)(.*)", tree)
    assert len(controls) > 12
    assert [one for one in controls if not one[1].startswith(' "')] == []
    for part in (".glm-attach summary", ".glm-settings summary"):
        panel.page.click(part)


def test_axe_finds_nothing(panel: PanelPage) -> None:
    """The rules of axe-core hold: names, roles, contrast, order, in both states of the panel."""
    panel.ask("What is in @penguins?")
    for _ in range(2):
        found = Axe().run(panel.page, context=".glm-panel").response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
        panel.page.click(".glm-attach summary")
        panel.page.click(".glm-settings summary")


def test_the_keyboard_is_enough(panel: PanelPage) -> None:
    """Tab goes from the prompt through all buttons in the order they stand, and keys are ours."""
    cells = [cell["id"] for cell in panel.lab.cells()]
    panel.page.focus(PROMPT)
    labels = []
    for _ in range(7):
        panel.lab.press("Tab")
        labels.append(panel.page.evaluate("document.activeElement.textContent"))
    assert labels == ["Send", "Stop", "Preview", "Retry", "Undo", "Redo", "Clear"]
    for key in "dda":  # commands of the notebook: delete the cell, insert one
        panel.lab.press(key)
    assert [cell["id"] for cell in panel.lab.cells()] == cells


def test_it_is_narrow_enough(panel: PanelPage) -> None:
    """At 320 pixels nothing sticks out."""
    panel.ask("What is in @penguins?")
    panel.js("one('').parentElement.style.width = '320px'")
    panel.page.wait_for_timeout(200)
    assert panel.js("one('').scrollWidth <= one('').clientWidth + 1")
    panel.js("one('').parentElement.style.width = ''")


def test_nothing_was_complained_about(opened: PanelPage) -> None:
    """The page reported no error, and fetched nothing from elsewhere."""
    # Notebook 7.6 itself complains of a missing schema at every start, also without us.
    assert [one for one in opened.lab.console_errors if "'schema'" not in one] == []
    assert opened.lab.foreign_requests == []
