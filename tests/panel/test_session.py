"""The panel without its looks: what a page sends, and what it is told."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import glm_magic
from glm_magic.chat.deltas import Delta
from glm_magic.chat.messages import Usage
from glm_magic.errors import OverloadedError
from glm_magic.shelf import Shelf
from glm_magic.surroundings import AROUND
from glm_magic.testing import ScriptedClient, ScriptedExchange, scripted
from glm_magic.widget.answering import Answering
from glm_magic.widget.chats import Chats
from glm_magic.widget.errands import Errands
from glm_magic.wiring import workbench

from .conftest import Page

END = Delta(finish_reason="stop", usage=Usage(3, 2), ended=True)


def text_of(page: Page, at: int = -1) -> str:
    """An answer as the page has put it together from its changes."""
    begun = [n for n, event in enumerate(page.events) if event["kind"] == "begun"][at]
    blocks: list[str] = []
    for event in page.events[begun:]:
        for block, keep, add in event.get("changes", ()):
            blocks += [""] if block == len(blocks) else []
            blocks[block] = blocks[block][:keep] + add
        if event["kind"] == "ended":
            break
    return "".join(blocks)


class Slow(ScriptedClient):
    """Answers word by word, for as long as nobody stops it."""

    def __init__(self) -> None:
        super().__init__([])
        self.closed_at = 0.0

    def send(self, request: Any) -> Any:
        """Begin to answer."""
        self.requests.append(request)
        client = self

        class Exchange(ScriptedExchange):
            def _deltas(self) -> Iterator[Delta]:
                while not self.stopped:
                    yield Delta(text="word ")
                    time.sleep(0.01)

            def stop(self) -> None:
                client.closed_at = client.closed_at or time.monotonic()
                super().stop()

        return Exchange("")


@pytest.fixture
def slow(page: Page) -> Slow:
    """A model that never ends."""
    client = Slow()
    workbench().stand_in = client
    return client


def test_an_answer_comes_in_pieces(page: Page) -> None:
    """A question begins, grows and ends, and the conversation holds it."""
    with scripted([Delta(text="Hello "), Delta(text="**you**"), END]):
        page.ask("hi")
    kinds = [event["kind"] for event in page.events]
    assert kinds[:2] == ["asking", "begun"]
    assert kinds[-3:] == ["ended", "turns", "idle"]
    assert text_of(page) == "Hello **you**"
    assert [turn.text for turn in workbench().shelf.current] == ["Hello **you**"]


def test_no_text_is_sent_twice(page: Page) -> None:
    """What streamed is not told once more when it is over."""
    with scripted("A rather unusual sentence."):
        page.ask("hi")
    assert str(page.events).count("A rather unusual sentence.") == 1


def test_a_long_answer_is_sent_once(page: Page) -> None:
    """What crosses the wire grows with the answer, not with its square."""
    words = [Delta(text=f"Sentence {n} is here, and it is *about* `code`.\n\n") for n in range(900)]
    with scripted([*words, END]):
        page.ask("go on")
    size = sum(len(add) for e in page.told("delta") for _, _, add in e.get("changes", ()))
    assert len(text_of(page)) <= size < 1.2 * len(text_of(page))


def test_model_text_is_inert_on_the_way(page: Page) -> None:
    """No tag, image or script of the model's reaches the page as such."""
    with scripted('<script>alert(1)</script> ![x](http://evil.example/?q=1) <img src="x">'):
        page.ask("hi")
    assert "<script" not in text_of(page)
    assert "<img" not in text_of(page)
    assert "![" not in text_of(page)


def test_cells_and_panel_share_one_conversation(page: Page) -> None:
    """What the panel asks a cell knows, and what a cell asks the panel shows."""
    with scripted("one", "two", "three") as client:
        page.ask("from the panel")
        glm_magic.ask("from a cell")
        page.session.cell_ends()
        page.wait(lambda: len(page.told("turns")[-1]["order"]) == 2)
        page.ask("and again")
    said = [message.content for message in client.requests[-1].messages if message.role == "user"]
    assert said == ["from the panel", "from a cell", "and again"]
    assert page.prompts() == said


def test_stop_keeps_what_came(page: Page, slow: Slow) -> None:
    """Stop ends the exchange within a second, and the partial answer stays."""
    page.send("ask", prompt="hi")
    page.wait(lambda: len(page.told("delta")) >= 3)
    pressed = time.monotonic()
    page.send("stop")
    page.wait(lambda: page.told("idle"))
    assert slow.closed_at - pressed < 1
    (turn,) = workbench().shelf.current
    assert turn.partial_reason == "stopped"
    assert turn.text.startswith("word")
    assert page.told("ended")[0]["turn"]["partial"]


def test_stop_before_it_began_sends_nothing(page: Page) -> None:
    """A question that is stopped while it is being made is never sent."""
    with scripted() as client:
        page.send("ask", prompt="hi")
        while not page.told("asking"):
            time.sleep(0.0001)
        page.send("stop")
        page.wait(lambda: page.told("idle"))
    assert len(client.requests) <= 1


@pytest.mark.parametrize("kind", ["ask", "retry"])
def test_stop_of_a_question_that_waits_sends_nothing(page: Page, kind: str) -> None:
    """A question waits while a preview is made; stopped then, it is not asked and not paid."""
    with scripted("one") as client:
        page.ask("first")
        before, made = len(page.told("idle")), threading.Event()
        page.session._errands.add(made.wait)
        page.send(kind, prompt="hi")
        page.send("stop")
        made.set()
        page.wait(lambda: len(page.told("idle")) > before)
    assert len(client.requests) == 1
    assert page.told("note")[-1]["text"] == "Stopped; nothing was sent."


def test_one_question_at_a_time(page: Page, slow: Slow) -> None:
    """A second question and changes of the conversation are refused until the first is over."""
    page.send("ask", prompt="hi")
    page.wait(lambda: page.told("delta"))
    for kind in ("ask", "retry", "clear", "undo", "new"):
        assert "under way" in page.do(kind, prompt="me too")["message"]
    page.send("stop")
    page.wait(lambda: page.told("idle"))
    assert len(slow.requests) == 1


def test_looking_is_allowed_meanwhile(page: Page, slow: Slow) -> None:
    """Frames can be listed and a request previewed while an answer streams."""
    page.names["sales"] = pd.DataFrame({"price": [1.5]})
    page.send("ask", prompt="hi")
    page.wait(lambda: page.told("delta"))
    page.send("frames")
    page.send("preview", prompt="next")
    page.wait(lambda: page.told("preview") and page.told("frame"))
    page.send("stop")
    page.wait(lambda: page.told("idle"))


def test_a_page_that_opens_meanwhile_sees_it_all(page: Page, slow: Slow) -> None:
    """A reload in the middle of an answer shows what came before it, and goes on."""
    page.send("ask", prompt="hi")
    page.wait(lambda: len(page.told("delta")) >= 3)
    page.send("hello")
    page.wait(lambda: page.told("welcome"))
    assert page.told("welcome")[0]["busy"]
    page.wait(lambda: len(page.told("begun")) == 2)
    page.wait(lambda: len(text_of(page)) > 50)
    page.send("stop")
    page.wait(lambda: page.told("idle"))
    assert text_of(page) == next(iter(workbench().shelf.current)).text


def test_a_page_that_opens_at_the_end_sees_it_all(
    page: Page, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that has just ended is not begun again on any page, and is told whole."""
    tell_again = Answering.tell_again

    def late(answering: Answering) -> object:
        page.session.stop()
        page.wait(lambda: page.told("ended"))
        return tell_again(answering)

    monkeypatch.setattr(Answering, "tell_again", late)
    page.send("ask", prompt="hi")
    page.wait(lambda: page.told("delta"))
    page.send("hello")
    page.wait(lambda: page.told("idle"))
    kinds = [event["kind"] for event in page.events]
    assert {*kinds[kinds.index("ended") + 1 :]} <= {"turns", "idle"}
    assert kinds[-1] == "idle"
    (turn,) = workbench().shelf.current
    assert "".join(page.told("turns")[-1]["turns"][-1]["blocks"]) == turn.text


def test_undo_redo_and_clear(page: Page) -> None:
    """Clear forgets everything and undo brings it back; redo makes it again."""
    with scripted("one", "two") as client:
        page.ask("first")
        assert "Undo" in page.do("clear")["text"]
        assert page.told("turns")[-1]["order"] == []
        page.do("undo")
        assert page.prompts() == ["first"]
        page.do("redo")
        page.ask("second")
    assert len([m for m in client.requests[1].messages if m.role == "user"]) == 1


def test_undo_with_nothing_to_undo(page: Page) -> None:
    """It says so."""
    assert page.do("undo")["text"] == "There is nothing to undo."


def test_retry_replaces_the_newest_turn(page: Page) -> None:
    """The same question is asked again in its place, with its frames as they are now."""
    page.names["sales"] = pd.DataFrame({"price": [1.5]})
    with scripted("one", "two") as client:
        page.ask("about @sales")
        page.names["sales"] = pd.DataFrame({"cost": [1.5]})
        page.send("retry")
        page.wait(lambda: len(page.told("idle")) == 2)
    assert page.told("begun")[1]["instead"] == page.told("begun")[0]["turn"]["id"]
    assert [turn.text for turn in workbench().shelf.current] == ["two"]
    assert "cost" in client.requests[1].messages[-1].content


def test_a_new_chat_and_back(page: Page) -> None:
    """A new chat knows nothing of the notebook's, and one can go back and forth."""
    with scripted("one", "two", "three") as client:
        page.ask("at home")
        page.do("new")
        page.ask("abroad")
        chats = page.told("turns")[-1]["chats"]
        assert [one["title"] for one in chats][:1] == ["This notebook"]
        assert [one["title"][:6] for one in chats if one["current"]] == ["Chat 1"]
        page.send("switch", chat=chats[0]["id"])
        page.wait(lambda: page.prompts() == ["at home"])
        page.ask("home again")
    said = [m.content for m in client.requests[-1].messages if m.role == "user"]
    assert said == ["at home", "home again"]


def test_back_home_before_anything_was_said(page: Page) -> None:
    """Also an empty chat can be left."""
    page.do("new")
    home = page.told("turns")[-1]["chats"][0]["id"]
    page.send("switch", chat=home)
    page.wait(lambda: page.told("turns")[-1]["chats"][0]["current"])
    assert not page.told("failed")


def test_a_chat_in_which_nothing_was_said_is_there_again(page: Page) -> None:
    """It is listed and can be picked; what is asked then is asked there, not in the notebook's."""
    with scripted("one", "two") as client:
        page.ask("at home")
        page.do("new")
        home, abroad = page.told("turns")[-1]["chats"]
        for chat in (home, abroad):
            page.send("switch", chat=chat["id"])
        page.ask("abroad")
    assert not page.told("failed")
    assert [m.content for m in client.requests[-1].messages if m.role == "user"] == ["abroad"]
    assert [turn.prompt for turn in workbench().shelf.current] == ["abroad"]


def test_new_chats_of_two_notebooks_are_two() -> None:
    """Also when nothing was said yet in either: one would be sent what was said in the other."""
    chats = [Chats(SimpleNamespace(shelf=Shelf(lambda: None, print))) for _ in range(2)]
    titles = [one.begin() for one in chats]
    assert [title[:7] for title in titles] == ["Chat 1-", "Chat 1-"]
    assert chats[0].current.name != chats[1].current.name
    assert chats[0].begin().startswith("Chat 2-")


def test_errors_come_with_a_remedy(page: Page) -> None:
    """What fails is told in the panel, and the next question works."""
    with scripted(OverloadedError("The platform is busy.", "Try again later."), "ok"):
        page.ask("hi")
        failed = page.told("failed")[0]
        assert (failed["message"], failed["remedy"]) == (
            "The platform is busy.",
            "Try again later.",
        )
        page.wait(lambda: page.told("idle"))
        page.ask("again")
    assert text_of(page) == "ok"


def test_a_missing_key_is_an_error_in_the_panel(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key the panel says how to get one, and never asks for it."""
    monkeypatch.setenv("GLM_PROVIDER", "zai")
    page.send("hello")
    page.wait(lambda: page.told("welcome"))
    assert page.told("welcome")[0]["key"] is False
    page.ask("hi")
    assert "%glm login" in page.told("failed")[0]["message"]


def test_bugs_are_told_too(page: Page) -> None:
    """Even an error that nobody foresaw ends in the panel, without its values."""
    with scripted(RuntimeError("secret words")):
        page.ask("hi")
    assert page.told("failed")[0]["message"] == "The panel failed: RuntimeError."


class PanicException(BaseException):
    """As polars raises it."""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PanicException(), "The panel failed: PanicException."),
        (KeyboardInterrupt(), "Stopped."),  # what raises it is DuckDB's `con.interrupt()`
    ],
)
@pytest.mark.parametrize("kind", ["preview", "ask"])
def test_the_panel_outlives_all_that_libraries_raise(
    page: Page, monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str, kind: str
) -> None:
    """It says what happened, and the next question is asked as ever."""

    def fails(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(page.session._offers, "question", fails)
        told = page.do(kind, prompt="hi")
        page.wait(lambda: kind == "preview" or page.told("idle"))
    assert said in (told.get("text"), told.get("message"))
    with scripted("ok"):
        page.ask("again")
    assert text_of(page) == "ok"


def test_a_deed_that_raises_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that wait are done all the same; the error is not lost."""
    wait, done, told = threading.Event(), threading.Event(), threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: told.set())
    errands = Errands()

    def fails() -> None:
        wait.wait()
        raise PanicException

    errands.add(fails)
    errands.add(done.set)
    wait.set()
    assert done.wait(5)
    assert told.wait(5)


def test_advice_is_said_in_the_panel(page: Page) -> None:
    """What the user should know of a question is told before its answer."""
    with scripted("ok"):
        page.ask("hi", options={"model": "glm-4.5-aire"})
    assert "not in the catalog" in page.told("note")[0]["text"]


def test_warnings_are_said_in_the_panel(
    page: Page, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What a background thread would print does not stray into whichever cell runs."""
    (tmp_path / "no folder").write_text("")
    monkeypatch.setenv("GLM_DATA_DIR", str(tmp_path / "no folder"))
    monkeypatch.setattr(AROUND, "warn", print)
    with scripted("ok"):
        page.ask("hi")
    assert "could not be" in page.told("note")[0]["text"]
    assert capsys.readouterr() == ("", "")


def test_nothing_is_left_behind(page: Page) -> None:
    """Fifty pages that open, ask and look leave no thread."""
    before = threading.active_count()
    with scripted(*["ok"] * 50):
        for _ in range(50):
            page.send("hello")
            page.ask("hi")
    page.calm()
    assert threading.active_count() <= before


def test_unknown_commands_are_passed_over(page: Page) -> None:
    """A page of another version cannot break it."""
    page.send("dance")
    page.send("undo")
    page.wait(lambda: page.told("note"))
    assert not page.told("failed")


def test_each_command_is_told_to_be_heard(page: Page, slow: Slow) -> None:
    """Also a Stop, by its own number: that an answer goes on says nothing of it."""
    page.send("ask", prompt="hi", id="a-1")
    page.wait(lambda: page.told("delta"))
    page.send("stop", id="a-2")
    page.wait(lambda: page.told("idle"))
    assert [event["id"] for event in page.told("heard")] == ["a-1", "a-2"]


def test_what_came_both_ways_is_done_once(page: Page) -> None:
    """A page that was not heard sends a command on its other way too; it is one command."""
    with scripted("ok") as client:
        page.ask("hi", id="a-1")
        page.send("ask", prompt="hi", id="a-1")
        page.calm()
    assert len(client.requests) == 1
    assert len(page.told("heard")) == 2
