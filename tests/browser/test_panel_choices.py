"""What can be chosen in the panel: the model, what goes along, the chat, where code goes."""

import pytest

from glm_magic.sandbox import Sandbox
from tests.browser.panel_page import BUSY, PANEL, PROMPT, PanelPage
from tests.browser.stage import says

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_switch_the_model(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """The picker shows price and context, and the next question goes to the chosen model."""
    panel.page.click(".glm-settings summary")
    panel.page.select_option(".glm-settings select >> nth=0", "glm-4.5-air")
    assert "131k context" in panel.page.inner_text(".glm-settings")
    panel.page.select_option(".glm-settings select >> nth=1", "off")
    panel.page.fill(".glm-settings input >> nth=0", "0.2")
    panel.ask("hello")
    request = panel_sandbox.requests[-1].json
    assert (request["model"], request["temperature"]) == ("glm-4.5-air", 0.2)
    assert request["thinking"] == {"type": "disabled"}
    panel.page.select_option(".glm-settings select >> nth=0", "glm-5.3")
    assert panel.page.is_disabled(".glm-settings select >> nth=1")
    assert panel.page.is_visible(".glm-settings select >> nth=2")
    panel.page.select_option(".glm-settings select >> nth=0", "glm-4.5")
    panel.page.fill(".glm-settings input >> nth=0", "")
    panel.page.click(".glm-settings summary")


def test_attach_a_frame_and_preview(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """The picker shows size and cost; the preview shows what would leave and sends nothing."""
    panel.page.click(".glm-attach summary")
    panel.wait(lambda: "40 rows × 2 columns" in panel.page.inner_text(".glm-frames"))
    panel.page.check(".glm-frames input >> nth=0")
    before = len(panel_sandbox.requests)
    panel.page.fill(PROMPT, "which are heavier?")
    panel.press("Preview")
    panel.wait(lambda: panel.page.is_visible(".glm-preview pre"))
    assert "species" in panel.page.inner_text(".glm-preview pre")
    assert len(panel_sandbox.requests) == before
    panel.press("Close")
    panel.page.press(PROMPT, "Enter")
    panel.wait(lambda: panel.turns() and not panel.streaming())
    assert "penguins (40 × 2" in panel.turns()[0]["below"]
    panel.page.uncheck(".glm-frames input >> nth=0")
    panel.page.click(".glm-attach summary")


def test_insert_code_as_a_cell(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """The code becomes a cell below the panel, as it was shown, and is not run."""
    panel_sandbox.faults.append(
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


CODE = "```python\nx = 1\n```"


def test_how_long_and_how_hard(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """Effort is offered where the model has it, and travels with the longest answer."""
    panel.page.click(".glm-settings summary")
    assert not panel.page.is_visible(".glm-settings select >> nth=2")
    panel.page.select_option(".glm-settings select >> nth=0", "glm-5.3")
    panel.page.select_option(".glm-settings select >> nth=2", "low")
    panel.page.fill(".glm-settings input >> nth=1", "77")
    panel.ask("hello")
    request = panel_sandbox.requests[-1].json
    assert (request["model"], request["max_tokens"]) == ("glm-5.3", 77)
    assert request["reasoning_effort"] == "low"
    panel.page.select_option(".glm-settings select >> nth=0", "glm-4.5")
    panel.page.fill(".glm-settings input >> nth=1", "")
    panel.page.click(".glm-settings summary")


def test_how_much_of_a_frame(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """The level chosen changes what it takes, and raw rows go along only when asked for."""
    panel.page.click(".glm-attach summary")
    panel.page.check(".glm-frames input >> nth=0")
    panel.wait(lambda: "tokens" in panel.page.inner_text(".glm-frames"))
    before = panel.page.inner_text(".glm-frames")
    panel.page.select_option(".glm-attach select", "schema")
    panel.wait(lambda: "tokens" in panel.page.inner_text(".glm-frames"))
    panel.wait(lambda: panel.page.inner_text(".glm-frames") != before)
    panel.ask("look")
    assert "penguins (40 × 2, schema)" in panel.turns()[0]["below"]
    panel.page.fill(".glm-attach input[type=number]", "3")
    panel.ask("look again")
    assert "3 raw rows" in panel.turns()[1]["below"]
    panel.page.fill(".glm-attach input[type=number]", "0")
    panel.page.select_option(".glm-attach select", "values")
    panel.page.uncheck(".glm-frames input >> nth=0")
    panel.page.click(".glm-attach summary")


def test_what_a_cell_makes_is_offered(panel: PanelPage) -> None:
    """First questions are made from the frames; a click puts one into the prompt."""
    assert "@penguins" in panel.page.inner_text(".glm-ideas")
    panel.lab.rewrite(BUSY, "orders = penguins.head(3)")
    panel.lab.run(BUSY)
    panel.wait(lambda: "@orders" in panel.page.inner_text(".glm-ideas"))
    panel.page.click(".glm-ideas button >> nth=0")
    assert "@orders" in panel.page.input_value(PROMPT)
    panel.page.press(PROMPT, "Enter")
    panel.wait(lambda: panel.turns() and not panel.streaming())
    assert "orders (3 × 2" in panel.turns()[0]["below"]
    assert panel.page.is_hidden(".glm-ideas")
    panel.lab.rewrite(BUSY, "del orders")
    panel.lab.run(BUSY)


def test_chats_are_picked(panel: PanelPage) -> None:
    """New chat begins an empty one, and the picker leads back to each."""
    first = panel.chat()
    panel.ask("in the first")
    panel.press("New chat")
    panel.wait(lambda: panel.chat() != first and not panel.turns())
    panel.ask("in the second")
    panel.page.select_option("[aria-label=Chat]", first)
    panel.wait(lambda: panel.prompts() == ["in the first"])
    assert "This notebook:" in panel.js("one('.glm-totals').textContent")


def test_a_chat_is_written_to_files(panel: PanelPage) -> None:
    """Export writes it beside the notebook, in each form, and says where."""
    panel.ask("sandbox: echo\nan unusual sentence")
    panel.page.click(".glm-export summary")
    for label, form in (("Markdown", "md"), ("Notebook", "ipynb"), ("JSON", "json")):
        panel.press(label)
        panel.wait(lambda form=form: panel.status().endswith(f".{form}"))
        written = panel.lab.path.parent / panel.status().rpartition("/")[2]
        assert "an unusual sentence" in written.read_text()
    panel.page.click(".glm-export summary")


def test_code_is_copied(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """Copy puts the code into the clipboard, also where a page has only the older way."""
    context = panel.page.context
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel_sandbox.faults.append(says(CODE))
    panel.ask("code")
    for way in ("null", "navigator.clipboard.writeText = () => Promise.reject()"):
        panel.js(way)
        panel.js("navigator.clipboard.write([]).catch(() => null)")
        panel.press("Copy")
        panel.wait(lambda: panel.status() == "Copied.")
        assert panel.js("await navigator.clipboard.readText()") == "x = 1"
        panel.page.click(PROMPT)


def test_where_no_cell_can_be_inserted(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """A front end without a document that we can reach gets a line that says what to do."""
    panel.lab.js("panel.context.model.sharedModel.insertCell = null")
    panel_sandbox.faults.append(says(CODE))
    panel.ask("code")
    panel.wait(lambda: "%glm code puts it into a cell" in panel.page.inner_text(".glm-code"))
    assert panel.js("all('.glm-code button').length") == 1
    panel.lab.js("delete panel.context.model.sharedModel.insertCell")


def test_it_says_that_it_waits(panel: PanelPage) -> None:
    """Where the kernel cannot be reached while a cell runs, the panel says so."""
    panel.lab.rewrite(BUSY, "time.sleep(5)")
    panel.lab.js("kernel.sendControlMessage = null, kernel.supportsSubshells")
    panel.lab.start_cell(BUSY)
    panel.wait(lambda: panel.lab.js("notebook.widgets[3].promptNode.textContent") == "[*]:")
    panel.press("Undo")
    panel.wait(lambda: panel.status().startswith("Waiting for the running cell"))
    panel.lab.wait_until_idle()
    panel.wait(lambda: panel.status() == "There is nothing to undo.")
    panel.lab.js("delete kernel.sendControlMessage")
