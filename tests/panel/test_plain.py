"""The panel without page code: what its form keeps, and what it says."""

import html
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import glm_magic
from glm_magic.chat.deltas import Delta
from glm_magic.jupyter import panel_command, plain_panel
from glm_magic.testing import scripted
from glm_magic.wiring import workbench

from .conftest import Page
from .test_deciding import calls
from .test_session import Slow


class Plain:
    """A plain panel over a page's session, without a kernel.

    Attributes:
        shown: The words in its output, each time it was painted.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.shown: list[str] = []
        told = page.session.tell
        panel = plain_panel.PlainPanel(
            page.session, SimpleNamespace(user_ns=page.names, user_ns_hidden=())
        )
        heard, panel._handle = page.session.tell, self

        def hear(event: Any) -> None:
            heard(event)
            told(event)

        page.session.tell = hear
        self.prompt, _, buttons, _ = panel.form.children
        self.buttons = {one.description: one for one in buttons.children}

    def update(self, bundle: dict[str, str], **_: object) -> None:
        """As a display handle does."""
        self.shown.append(bundle["text/markdown"])

    def send(self, words: str) -> None:
        """Type a question and press Send."""
        self.prompt.value = words
        self.buttons["Send"].click()


@pytest.fixture
def plain(page: Page) -> Plain:
    """A plain panel."""
    return Plain(page)


def test_what_is_refused_stays_in_the_box(page: Page, plain: Plain) -> None:
    """The box is emptied when a question has begun, not before, and never of other words."""
    workbench().stand_in = Slow()
    plain.send("un\u00adseen")
    page.wait(lambda: page.told("begun"))
    page.wait(lambda: plain.prompt.value == "")
    plain.send("second, which took five minutes")
    page.wait(lambda: page.told("failed"))
    page.send("stop")
    page.wait(lambda: page.told("idle"))
    assert plain.prompt.value == "second, which took five minutes"
    plain.buttons["Retry"].click()
    page.wait(lambda: len(page.told("begun")) == 2)
    page.send("stop")
    page.wait(lambda: len(page.told("idle")) == 2)
    assert plain.prompt.value == "second, which took five minutes"


def test_only_the_last_round_is_the_answer(page: Page, plain: Plain) -> None:
    """What the model said before its calls is no part of it, however long it was."""

    @glm_magic.tool(auto=True)
    def look_up() -> str:
        """Look something up."""
        return "here"

    page.names["look_up"] = look_up
    said = Delta(text="\n\n".join(f"Paragraph {n} of before. " * 20 for n in range(20)))
    with scripted([said, *calls("look_up")], "The answer."):
        page.ask("Where?", tools="look_up")
    assert "The answer." in plain.shown[-1]
    assert "Paragraph" not in plain.shown[-1]


def test_the_cell_that_runs_again_shows_the_same_panel(
    page: Page, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer under way can be stopped there, and frames made meanwhile can be attached."""
    monkeypatch.setattr(panel_command, "make_session", lambda _: page.session)
    shell = SimpleNamespace(user_ns=page.names, user_ns_hidden=())
    page.names["sales"] = pd.DataFrame({"n": [1]})
    panel = panel_command.open_plain(shell)
    panel.show()
    panel._frames.value = ["sales"]
    page.names["people"] = pd.DataFrame({"n": [1]})
    again = panel_command.open_plain(shell)
    again.show()
    assert again is panel
    assert panel._frames.options == ("sales", "people")
    assert panel._frames.value == ("sales",)
    panel.form.close()
    assert panel_command.open_plain(shell) is not panel
    panel_command.close_panel(shell)
    assert not hasattr(shell, panel_command._PLAIN)


def test_a_panel_that_is_opened_anew_leaves_the_one_without_page_code(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever closed the one wants an answer in the other to go on."""
    closed = SimpleNamespace(comm=None, session=page.session, close=lambda: None)
    monkeypatch.setattr(panel_command, "make_session", lambda _: page.session)
    monkeypatch.setattr("glm_magic.widget.view.PanelWidget", lambda *_: closed)
    events = SimpleNamespace(register=lambda *_: None, unregister=lambda *_: None)
    shell = SimpleNamespace(user_ns={}, user_ns_hidden=(), kernel=None, events=events)
    plain = panel_command.open_plain(shell)
    panel_command.open_panel(shell)
    panel_command.open_panel(shell)
    assert panel_command.open_plain(shell) is plain
    panel_command.close_panel(shell)
    assert not hasattr(shell, panel_command._KEEP)


def test_a_call_that_waits_is_refused(page: Page, plain: Plain) -> None:
    """Nobody can be asked here, so a retry with tools goes on at once, and the panel says so."""
    ran: list[str] = []

    @glm_magic.tool
    def look_up(city: str) -> str:
        """Look up a city."""
        ran.append(city)
        return "found"

    page.names["look_up"] = look_up
    with scripted("One.", calls("look_up", city="Rome"), "Then not.") as client:
        page.ask("Where?", tools="look_up")
        plain.buttons["Retry"].click()
        page.wait(lambda: len(page.told("idle")) == 2)
    assert ran == []
    assert "auto=True" in client.requests[-1].messages[-1].content
    shown = html.unescape(plain.shown[-1])
    assert "Not run: look_up(city='Rome')." in shown
    assert "Or ask in a cell." in shown
