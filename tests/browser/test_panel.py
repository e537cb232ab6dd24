"""The panel in a real JupyterLab: typed into, clicked, and looked at as users do."""

import time

import pytest

from glm_magic.sandbox import Sandbox
from tests.browser.panel_page import (
    ASK,
    BUSY,
    LOAD,
    PANEL,
    PROMPT,
    SHOW,
    SLOW,
    PanelPage,
)
from tests.browser.stage import says

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


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


def test_stop_in_the_middle(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """Stop ends the answer within a second, and what came stays."""
    panel.send(SLOW)
    panel.wait(lambda: panel.turns() and len(panel.turns()[0]["answer"]) > 40)
    pressed = time.monotonic()
    panel.press("Stop")
    panel.wait(lambda: panel_sandbox.requests[-1].ended == "client left")
    assert time.monotonic() - pressed < 1  # until the server saw the socket close
    panel.wait(lambda: not panel.streaming())
    assert "Incomplete: stopped" in panel.turns()[0]["below"]
    assert len(panel.turns()[0]["answer"]) > 40
    panel.wait(lambda: panel.is_at_the_end())


def test_reading_is_left_alone(panel: PanelPage) -> None:
    """Who scrolls back while it streams stays there; who does not sees the newest words."""
    panel.send(SLOW)
    panel.wait(lambda: panel.js("one('.glm-log').scrollTop") > 300, timeout_seconds=40)
    panel.wait(lambda: panel.is_at_the_end())
    panel.page.hover(".glm-log")
    panel.page.mouse.wheel(0, -2_000)
    panel.wait(lambda: panel.js("one('.glm-log').scrollTop") < 10)
    size = len(panel.turns()[0]["answer"])
    panel.wait(lambda: len(panel.turns()[0]["answer"]) > size + 50)
    assert panel.js("one('.glm-log').scrollTop") < 10
    panel.press("Stop")
    panel.wait(lambda: not panel.streaming())


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


def test_cells_run_while_it_streams(panel: PanelPage) -> None:
    """An answer of the panel's leaves the kernel to the cells."""
    panel.send(SLOW)
    panel.wait(lambda: panel.turns() and len(panel.turns()[0]["answer"]) > 40)
    panel.lab.run(LOAD)
    assert panel.streaming()
    size = len(panel.turns()[0]["answer"])
    panel.wait(lambda: len(panel.turns()[0]["answer"]) > size)
    panel.press("Stop")
    panel.wait(lambda: not panel.streaming())


def test_the_conversation_is_one(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """A cell knows what the panel said, and what a cell asks stands in the panel."""
    panel.ask("from the panel")
    panel.lab.run(ASK)
    panel.wait(lambda: panel.prompts() == ["from the panel", "from a cell"])
    assert "asked in a cell" in panel.js("all('.glm-turn')[1].innerText")
    said = [one["content"] for one in panel_sandbox.requests[-1].json["messages"]]
    assert "from the panel" in said
    panel.lab.run(SHOW)
    assert "from the panel" in panel.lab.text(SHOW)


def test_retry_undo_redo_and_clear(panel: PanelPage) -> None:
    """Each does what it says, and clearing can be undone."""
    panel.ask("first")
    panel.ask("second")
    panel.press("Retry")
    panel.wait(lambda: "3 questions" in panel.page.inner_text(".glm-totals"))
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
    """Up at the beginning goes back through the prompts, Down forth to what was being written."""
    panel.ask("one")
    panel.ask("two")
    panel.page.fill(PROMPT, "draft")
    panel.page.press(PROMPT, "Home")
    seen = []
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown"):
        panel.page.press(PROMPT, key)
        seen.append(panel.page.input_value(PROMPT))
    assert seen == ["two", "one", "one", "two", "draft"]


def test_an_error_stands_in_the_panel(panel: PanelPage) -> None:
    """What the host refuses is told with a remedy, and the next question works."""
    panel.send("sandbox: error 1113\nhello")
    panel.wait(lambda: panel.page.is_visible(".glm-trouble"))
    assert len(panel.page.inner_text(".glm-trouble").splitlines()) >= 2
    panel.wait(lambda: not panel.streaming())
    panel.ask("hello")
    assert panel.page.is_hidden(".glm-trouble")


def test_thoughts_are_folded(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """Reasoning stands folded above the answer, and a click shows it."""
    panel_sandbox.faults.append(says("The answer.", "Let me *think* first."))
    panel.ask("think")
    thoughts = panel.page.locator(".glm-reasoning .glm-thoughts")
    assert not thoughts.is_visible()
    panel.page.click(".glm-reasoning summary")
    assert thoughts.inner_text() == "Let me *think* first."
    assert "think" not in panel.turns()[0]["answer"]


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


def test_a_reopened_notebook_shows_it_from_the_store(panel: PanelPage) -> None:
    """With a new kernel the panel's cell brings back what was said in the notebook's own chat."""
    panel.page.select_option("[aria-label=Chat]", "This notebook")
    panel.wait(lambda: panel.chat() == "This notebook")
    panel.ask("before the restart")
    before = panel.prompts()
    panel.lab.save()
    panel.lab.restart()
    panel.wait(lambda: "The kernel has ended" in panel.status())
    panel.lab.reload()
    panel.lab.run(LOAD)
    panel.lab.run(PANEL)
    panel.wait(lambda: panel.prompts() == before)
    assert panel.turns()[-1]["answer"]
    assert "This notebook:" in panel.js("one('.glm-totals').textContent")


def test_nothing_was_complained_about(opened_panel: PanelPage) -> None:
    """The page reported no error, and fetched nothing from elsewhere."""
    # Notebook 7.6 itself complains of a missing schema at every start, also without us.
    assert [one for one in opened_panel.lab.console_errors if "'schema'" not in one] == []
    assert opened_panel.lab.foreign_requests == []
