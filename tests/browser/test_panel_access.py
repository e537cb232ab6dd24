"""The panel without a mouse, for a screen reader, in the dark, and beside a notebook."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from glm_magic.sandbox import Sandbox
from tests.browser.panel_page import PANEL, PROMPT, PanelPage
from tests.browser.stage import says
from tests.canary import CANARY

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CODE = "```python\nx = 1\n```"


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


def _themed(panel: PanelPage, theme: str) -> None:
    change = "app.commands.execute('apputils:change-theme', {theme: argument}).then(() => null)"
    panel.lab.js(change, f"JupyterLab {theme}")
    panel.wait(lambda: panel.js("document.body.dataset.jpThemeName") == f"JupyterLab {theme}")
    panel.page.wait_for_timeout(500)


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_axe_finds_nothing(panel: PanelPage, panel_sandbox: Sandbox, theme: str) -> None:
    """The rules of axe-core hold: names, roles, contrast, order, with all parts shut and open."""
    _themed(panel, theme)
    panel_sandbox.faults.append(says(f"**Look**, [here](https://example.com):\n\n{CODE}", "Hm."))
    panel.ask("What is in @penguins?")
    parts = (".glm-attach", ".glm-settings", ".glm-export", ".glm-reasoning")
    for _ in range(2):
        found = Axe().run(panel.page, context=".glm-panel").response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
        for part in parts:
            panel.page.click(f"{part} summary")
        panel.send("sandbox: error 1113\nhello")
        panel.wait(lambda: panel.page.is_visible(".glm-trouble") and not panel.streaming())
        panel.page.fill(PROMPT, "what would leave?")
        panel.press("Preview")
        panel.wait(lambda: panel.page.is_visible(".glm-preview pre"))


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


def test_the_keyboard_does_it_all(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """From the notebook into the panel, ask, stop, take the code and go on, without a mouse."""
    panel_sandbox.faults.append(says(CODE))
    before = len(panel.lab.cells())
    panel.lab.select(PANEL)
    panel.lab.js("notebook.mode = 'command', notebook.activate()")
    _tab_to(panel, "Prompt")
    panel.lab.type("code, please")
    panel.lab.press("Enter")
    panel.wait(lambda: panel.turns() and not panel.streaming())
    assert panel.focused() == "Prompt"
    _tab_to(panel, "Insert as cell", key="Shift+Tab")
    panel.lab.press("Enter")
    panel.wait(lambda: len(panel.lab.cells()) == before + 1)
    _tab_to(panel, "Retry")
    panel.lab.press("Space")
    panel.wait(lambda: panel.streaming() or "complete" in panel.status())
    panel.wait(lambda: not panel.streaming())
    assert panel.focused() == "Prompt"  # the button was switched off meanwhile
    panel.lab.select(PANEL + 1)
    panel.lab.start("notebook:delete-cell")
    panel.wait(lambda: len(panel.lab.cells()) == before)


def _tab_to(panel: PanelPage, name: str, *, key: str = "Tab") -> None:
    passed = []
    while panel.focused() != name:
        panel.lab.press(key)
        passed.append(panel.focused())
        assert len(passed) < 40, passed


_STICK_OUT = """
all('*').filter(node => !node.closest('.glm-hidden, table') && node.checkVisibility()
    && node.getBoundingClientRect().right > root.getBoundingClientRect().right)
    .map(node => node.outerHTML.slice(0, 200))
"""


def test_it_is_narrow_enough(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """At 320 pixels nothing sticks out, with all parts shut and open."""
    panel_sandbox.faults.append(says(f"| a | b |\n|---|---|\n| {'wide ' * 9} | b |\n\n{CODE}"))
    panel.ask("What is in @penguins?")
    panel.js("one('').parentElement.style.width = '320px'")
    parts = (".glm-attach", ".glm-settings", ".glm-export")
    for _ in range(2):
        panel.page.wait_for_timeout(200)
        assert panel.js(_STICK_OUT) == []
        assert panel.js("one('').scrollWidth <= one('').clientWidth + 1")
        for part in parts:
            panel.page.click(f"{part} summary")
    panel.js("one('').parentElement.style.width = ''")


def test_beside_the_notebook(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """A new view of the cell's output shows the same, and its code goes below the active cell."""
    if not panel.lab.js("app.commands.hasCommand('notebook:create-output-view')"):
        return  # Notebook 7 has no place beside the notebook
    panel_sandbox.faults.append(says(f"{CODE}\n\n" + "Many words.\n\n" * 40))
    panel.ask("before")
    cells, active = panel.lab.cells(), len(panel.lab.cells()) - 1
    panel.lab.select(PANEL)
    notebook = panel.lab.js("panel.id")
    panel.lab.start("notebook:create-output-view")
    beside = panel.page.locator(".jp-LinkedOutputView .glm-panel")
    beside.locator(".glm-turn").wait_for()
    _go_to(panel, notebook)
    panel.lab.select(active)
    beside.get_by_text("Insert as cell").click()
    _go_to(panel, notebook)
    panel.wait(lambda: len(panel.lab.cells()) == len(cells) + 1)
    assert panel.lab.cells()[active + 1]["source"] == "x = 1"
    view = panel.page.locator(".jp-LinkedOutputView").bounding_box()
    box = beside.locator(".glm-totals").bounding_box()
    assert view is not None
    assert box is not None
    assert box["y"] + box["height"] <= view["y"] + view["height"]  # nothing is below the edge
    beside.locator("textarea").fill("from beside")
    beside.locator("textarea").press("Enter")
    panel.wait(lambda: panel.prompts() == ["before", "from beside"] and not panel.streaming())
    assert beside.locator(".glm-words").all_inner_texts() == ["before", "from beside"]
    _go_to(panel, notebook)
    panel.lab.select(active + 1)
    panel.lab.start("notebook:delete-cell")
    panel.page.click(".lm-TabBar-tab:has-text('Output View') .lm-TabBar-tabCloseIcon")


def _go_to(panel: PanelPage, notebook: str) -> None:
    """Back to the notebook, from the view beside it."""
    panel.lab.js("app.shell.activateById(argument), null", notebook)
    panel.wait(lambda: panel.lab.js("panel.id") == notebook)


def test_saved_widget_state_has_no_word_of_it(panel: PanelPage) -> None:
    """A notebook that is saved with its widgets' state holds nothing that was said, and no key."""
    panel.ask("sandbox: echo\nan unusual sentence")
    saved = panel.lab.save()
    state = json.dumps(saved["metadata"]["widgets"])
    assert "glm_magic_panel" in state
    assert "unusual sentence" not in json.dumps(saved)
    assert CANARY not in json.dumps(saved)
