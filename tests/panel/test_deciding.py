"""Tools and typed answers from the panel: the page decides, over the same loop as cells."""

import asyncio
import json
import threading
import time
from dataclasses import dataclass
from typing import Any

import pytest

import glm_magic
from glm_magic.chat.deltas import Delta, ToolCallPiece
from glm_magic.chat.messages import Usage
from glm_magic.surroundings import AROUND
from glm_magic.testing import scripted
from glm_magic.tools.declaring import Outcome
from glm_magic.wiring import workbench

from .conftest import Page


@dataclass
class Invoice:
    """A bill."""

    number: str


def calls(*names: str, **arguments: object) -> list[Delta]:
    """An answer that calls these tools."""
    text = json.dumps(arguments)
    pieces = tuple(ToolCallPiece(n, f"c{n}", name, text) for n, name in enumerate(names))
    return [
        Delta(text="I look."), Delta(tool_calls=pieces),
        Delta(finish_reason="tool_calls", usage=Usage(1, 1), ended=True),
    ]  # fmt: skip


@pytest.fixture
def ran(page: Page) -> list[str]:
    """What ran; the tool is in the notebook."""
    found: list[str] = []

    @glm_magic.tool
    def look_up(city: str) -> str:
        """Look up a city."""
        found.append(city)
        return f"{city}: found"

    page.names["look_up"] = look_up
    page.names["Invoice"] = Invoice
    return found


def decide(page: Page, at: int, decision: str, **more: Any) -> None:
    """Wait until the page is asked for the N-th time, counted from 0, and say something."""
    page.wait(lambda: len(page.told("approve")) > at)
    page.send("decide", call=page.told("approve")[at]["id"], decision=decision, **more)


def ask(page: Page, *decisions: str, **more: Any) -> None:
    """Ask, decide, and wait for the end."""
    before, done = len(page.told("approve")), len(page.told("idle"))
    page.send("ask", **{"prompt": "Where?", "tools": "look_up"} | more)
    for n, decision in enumerate(decisions):
        decide(page, before + n, decision)
    page.wait(lambda: len(page.told("idle")) > done)


def test_a_call_is_approved_on_the_page(page: Page, ran: list[str]) -> None:
    """The page is shown the whole call; what came of it stands among the steps."""
    with scripted(calls("look_up", city="Paris"), "It is there.") as client:
        ask(page, "once")
    (asked,) = page.told("approve")
    assert asked["line"] == "look_up(city='Paris')"
    assert "```python" in asked["text"]
    assert ran == ["Paris"]
    assert client.requests[1].messages[-1].content == "Paris: found"
    assert "12 characters came back" in page.told("steps")[-1]["text"]
    assert page.told("steps")[0]["new"] is True
    (turn,) = workbench().shelf.current
    assert turn.text == "It is there."
    page.send("hello")
    page.wait(lambda: page.told("turns")[-1]["turns"])
    assert "12 characters came back" in page.told("turns")[-1]["turns"][0]["steps"]


def test_a_refused_call_does_not_run(page: Page, ran: list[str]) -> None:
    """The model is given the person's words."""
    with scripted(calls("look_up", city="Paris"), "Then not.") as client:
        before = len(page.told("idle"))
        page.send("ask", prompt="Where?", tools="look_up")
        decide(page, 0, "no", words="Rome!")
        page.wait(lambda: len(page.told("idle")) > before)
    assert ran == []
    assert client.requests[1].messages[-1].content.endswith("The user says: Rome!")
    assert page.told("decided")[-1]["decision"] == "no"


def test_always_holds_for_cells_and_panel_alike(page: Page, ran: list[str]) -> None:
    """What was approved for the notebook is approved wherever it is asked."""
    with scripted(calls("look_up", city="Paris"), "Yes.", calls("look_up", city="Rome"), "Yes."):
        ask(page, "always")
        glm_magic.ask("And Rome?", tools=[page.names["look_up"]])
    assert ran == ["Paris", "Rome"]


def test_stop_while_it_waits(page: Page, ran: list[str]) -> None:
    """Nothing runs; the turn is kept, valid, and the next question is asked as ever."""
    with scripted(calls("look_up", "look_up", city="Paris"), "Hello.") as client:
        page.send("ask", prompt="Where?", tools="look_up")
        page.wait(lambda: page.told("approve"))
        page.send("stop")
        page.wait(lambda: page.told("idle"))
        page.ask("And now?")
    assert ran == []
    assert len(page.told("approve")) == 1
    roles = [message.role for message in client.requests[1].messages]
    assert roles == ["system", "user", "assistant", "tool", "tool", "assistant", "user"]


def test_stop_cancels_an_async_tool(page: Page) -> None:
    """It does not go on in the background."""
    began, cancelled = threading.Event(), threading.Event()

    @glm_magic.tool(auto=True)
    async def send_all() -> str:
        """Send all."""
        began.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return "sent"

    page.names["send_all"] = send_all
    with scripted(calls("send_all")):
        page.send("ask", prompt="Go.", tools="send_all")
        assert began.wait(5)
        page.send("stop")
        assert cancelled.wait(5)
        page.wait(lambda: page.told("idle"))


def test_stop_waits_for_no_plain_tool(page: Page) -> None:
    """It cannot be ended: the reader is told, and the next question is asked without it."""
    began, goes_on, done = threading.Event(), threading.Event(), threading.Event()

    @glm_magic.tool(auto=True)
    def send_all() -> str:
        """Send all."""
        began.set()
        goes_on.wait(30)
        done.set()
        return "all were sent"

    page.names["send_all"] = send_all
    with scripted(calls("send_all"), "Hello.") as client:
        page.send("ask", prompt="Go.", tools="send_all")
        assert began.wait(5)
        page.send("stop")
        page.wait(lambda: page.told("idle"))
        assert "send_all cannot be stopped" in str(page.told("ended")[-1]["turn"]["warnings"])
        goes_on.set()
        assert done.wait(5)
        page.ask("And now?")
    assert "all were sent" not in str(client.requests[1]) + str(page.events)
    assert "Not finished" in client.requests[1].messages[-3].content


def test_wrong_answers_decide_nothing(page: Page, ran: list[str]) -> None:
    """Neither an old question's number nor a word that is none."""
    with scripted(calls("look_up", city="Paris"), "No."):
        page.send("ask", prompt="Where?", tools="look_up")
        page.wait(lambda: page.told("approve"))
        page.send("decide", call=99, decision="once")
        assert (
            page.do("decide", call=page.told("approve")[0]["id"], decision="rm")["kind"] == "failed"
        )
        time.sleep(0.05)
        assert ran == []
        decide(page, 0, "no")
        page.wait(lambda: page.told("idle"))
    assert ran == []


def test_a_page_that_opens_late_is_asked_too(page: Page, ran: list[str]) -> None:
    """What waits is told again."""
    with scripted(calls("look_up", city="Paris"), "No."):
        page.send("ask", prompt="Where?", tools="look_up")
        page.wait(lambda: page.told("approve"))
        page.send("hello")
        page.wait(lambda: len(page.told("approve")) == 2)
        decide(page, 1, "no")
        page.wait(lambda: page.told("idle"))


def test_a_typed_answer(page: Page, ran: list[str]) -> None:
    """It is repaired as in a cell, and a name that is no type is told."""
    with scripted("Sorry?", '{"number": "A"}') as client:
        ask(page, schema="Invoice", tools="")
    assert len(client.requests) == 2
    assert "Repaired" in page.told("steps")[-1]["text"]
    assert page.told("ended")[-1]["turn"]["blocks"] == ['```json\n{"number": "A"}\n```']
    with scripted():
        ask(page, schema="Invoise", tools="")
    assert "Invoise" in page.told("failed")[-1]["message"]


def test_cells_run_and_show_their_figures(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proposed cell has two choices, runs in the notebook, and its figures are told."""
    cells: list[str] = []

    def run_cell(code: str, *, shown: bool) -> Outcome:
        assert not shown
        cells.append(code)
        return Outcome("[figure]", ("data:image/png;base64,AAAA",))

    monkeypatch.setattr(AROUND, "run_cell", run_cell)
    with scripted(calls("run_cell", code="plot()"), calls("run_cell", code="drop()"), "Done."):
        ask(page, "once", "no", tools="", agent=True)
    assert cells == ["plot()"]
    assert [one["each"] for one in page.told("approve")] == [True, True]
    assert page.told("figures")[0]["images"] == ["data:image/png;base64,AAAA"]


def test_retry_asks_on_the_page_again(page: Page, ran: list[str]) -> None:
    """The same tools are offered, and the page decides."""
    with scripted(calls("look_up", city="Paris"), "Yes.", calls("look_up", city="Oslo"), "Yes."):
        ask(page, "once")
        before = len(page.told("idle"))
        page.send("retry")
        decide(page, 1, "once")
        page.wait(lambda: len(page.told("idle")) > before)
    assert ran == ["Paris", "Oslo"]
