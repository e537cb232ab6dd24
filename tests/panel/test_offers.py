"""What a panel offers: models and frames with their price, first questions, chats, files."""

import threading
from typing import Any

import duckdb
import pandas as pd
import pytest

import glm_magic
from glm_magic.surroundings import AROUND
from glm_magic.testing import scripted

from .conftest import Page
from .test_deciding import calls


def test_options_hold_for_the_question(page: Page) -> None:
    """Model, thinking, temperature and length go into the request; empty ones do not."""
    options = {"model": "glm-4.5-air", "thinking": False, "temperature": "0.5", "max_tokens": "99"}
    with scripted("ok", "ok") as client:
        page.ask("hi", options=options)
        page.ask("hi", options={"model": None, "thinking": None, "temperature": ""})
    first, second = client.requests
    assert (first.model, first.thinking) == ("glm-4.5-air", False)
    assert (first.temperature, first.max_tokens) == (0.5, 99)
    assert (second.model, second.temperature) == ("glm-4.5", None)


def test_frames_go_along_when_chosen_or_mentioned(page: Page) -> None:
    """A ticked frame and an @name are described once each, and rows only on request."""
    page.names |= {"sales": pd.DataFrame({"price": [1.5, 2.5]}), "other": pd.DataFrame({"x": [7]})}
    with scripted("ok", "ok") as client:
        page.ask("look at @other", frames=["sales"], level="schema")
        assert [one.split(" ")[0] for one in page.told("begun")[0]["turn"]["attached"]] == [
            "sales",
            "other",
        ]
        assert "2.5" not in client.requests[0].messages[-1].content
        page.ask("rows", frames=["sales"], rows="2")
    assert "2.5" in client.requests[1].messages[-1].content


@pytest.mark.parametrize("rows", ["2.5", "many"])
def test_rows_are_a_whole_number(page: Page, rows: str) -> None:
    """Another number of raw rows is an error with a remedy, and nothing is sent."""
    with scripted() as client:
        page.ask("rows", rows=rows)
    assert page.told("failed")[0]["message"] == f"{rows} is no number of rows."
    assert client.requests == []


def test_welcome_tells_models_with_price_and_context(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model picker shows what each model costs and holds, and how it thinks."""
    monkeypatch.setenv("GLM_PROVIDER", "zai")
    page.send("hello")
    page.wait(lambda: page.told("welcome"))
    models = {one["id"]: one for one in page.told("welcome")[0]["models"]}
    assert models["glm-4.5-air"]["context"] == "131k context"
    assert models["glm-5.3"]["efforts"] == ["low", "high", "max"]
    assert models["glm-4.5-air"]["cost"].startswith("$")
    monkeypatch.setenv("GLM_PROVIDER", "sandbox")
    page.send("hello")
    page.wait(lambda: len(page.told("welcome")) == 2)
    welcome = page.told("welcome")[1]
    assert welcome["sandbox"]
    assert {one["cost"] for one in welcome["models"]} == {"free"}


def test_what_a_cell_configures_is_told(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """After `%config GLM.model` the panel shows who would answer now; settings that hold, once."""
    page.session.cell_ends()  # no page is open yet
    page.send("hello")
    page.wait(lambda: page.told("turns"))
    for model in ("glm-4.5", "glm-4.5-air", "glm-4.5-air"):
        monkeypatch.setattr(AROUND, "configured", lambda model=model: {"model": model})
        page.session.cell_ends()
        page.calm()
    assert [event["model"] for event in page.told("welcome")] == ["glm-4.5", "glm-4.5-air"]
    monkeypatch.setattr(AROUND, "configured", lambda: {"provider": "nobody"})
    page.session.cell_ends()
    page.calm()
    assert not page.told("failed")  # the next question will say it


def test_a_page_is_welcomed_when_the_settings_are_mended(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It opened while they were wrong, and learns then what they are: without it, no level."""
    monkeypatch.setattr(AROUND, "configured", lambda: {"provider": "nobody"})
    page.do("hello")
    monkeypatch.setattr(AROUND, "configured", lambda: {"frame_detail": "schema"})
    page.session.cell_ends()
    page.wait(lambda: page.told("welcome"))
    assert page.told("welcome")[0]["detail"] == "schema"


def test_without_a_level_of_the_page_the_settings_hold(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that was not welcomed yet has none."""
    monkeypatch.setattr(AROUND, "configured", lambda: {"frame_detail": "schema"})
    page.names["df"] = pd.DataFrame({"city": ["Paris"] * 20})
    with scripted("ok") as client:
        page.ask("hi", frames=["df"], level=None)
    assert "Paris" not in client.requests[0].messages[-1].content


def test_frames_are_listed_with_size_and_tokens(page: Page) -> None:
    """The picker shows frames only, with rows, columns and what a description takes."""
    page.names |= {"sales": pd.DataFrame({"price": range(1000)}), "number": 3, "_x": pd.DataFrame()}
    page.send("hello")
    page.send("frames", level="schema")
    page.wait(lambda: page.told("frame"))
    assert page.told("offers")[0]["names"] == ["sales"]
    (found,) = page.told("frame")
    assert found["what"] == "1,000 rows × 1 columns"
    assert 5 < found["tokens"] < 200
    assert found["usable"]


@glm_magic.tool
def look_up() -> str:
    """Look something up."""
    return "here"


def test_nothing_waits_while_frames_are_measured(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large one takes long: meanwhile calls are approved, and all else is done."""
    read = threading.Event()

    def view(*_: object) -> dict[str, Any]:
        read.wait(5)
        return {}

    monkeypatch.setattr("glm_magic.widget.offers.frame_view", view)
    page.names |= {"large": pd.DataFrame({"n": [1]}), "look_up": look_up}
    with scripted(calls("look_up"), "Found.") as client:
        page.send("frames")
        page.send("ask", prompt="Where?", tools="look_up")
        page.wait(lambda: page.told("approve"))
        page.send("decide", call=page.told("approve")[0]["id"], decision="once")
        page.wait(lambda: page.told("idle"))
    assert client.requests[-1].messages[-1].content == "here"
    assert not page.told("frame")
    read.set()


def test_who_looks_again_is_told_once(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older look is given up after the frame that is being measured."""
    begun, read, measured = threading.Event(), threading.Event(), []

    def view(name: str, _: object, level: str, *__: object) -> dict[str, Any]:
        measured.append((name, level))
        begun.set()
        read.wait(5)
        return {"name": name}

    monkeypatch.setattr("glm_magic.widget.offers.frame_view", view)
    page.names |= {name: pd.DataFrame({"n": [1]}) for name in ("one", "two")}
    page.send("frames", level="values")
    assert begun.wait(5)
    page.send("frames", level="stats")
    page.send("frames", level="schema")
    read.set()
    page.calm()
    assert measured == [("one", "values"), ("one", "schema"), ("two", "schema")]


def test_the_picker_leaves_the_users_connection_alone(page: Page) -> None:
    """DuckDB refuses a cell whose connection is measuring; the relation can be attached as ever."""
    asked = threading.Event()
    connection = duckdb.connect()
    connection.create_function("look", lambda n: (asked.set(), n)[1], ["BIGINT"], "BIGINT")
    page.names["r"] = connection.sql("select look(range) as n from range(3)")
    page.send("frames")
    page.wait(lambda: page.told("frame"))
    (found,) = page.told("frame")
    assert (found["usable"], found["tokens"], asked.is_set()) == (True, None, False)
    with scripted("ok") as client:
        page.ask("hi", frames=["r"])
    assert "3 rows" in client.requests[0].messages[-1].content


def test_preview_sends_nothing(page: Page) -> None:
    """The exact request with what each part takes, and no request."""
    with scripted() as client:
        page.send("preview", prompt="what would leave?")
        page.wait(lambda: page.told("preview"))
    assert client.requests == []
    assert "what would leave?" in page.told("preview")[0]["text"]
    assert page.told("preview")[0]["parts"][-1][0] == "together"


@pytest.mark.parametrize("form", ["md", "ipynb", "json"])
def test_export(page: Page, form: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversation is written to a new file each time, and where is said."""
    monkeypatch.chdir(tmp_path)
    with scripted("An answer."):
        page.ask("a question")
    assert "Written" in page.do("export", form=form)["text"]
    page.do("export", form=form)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == [f"conversation-2.{form}", f"conversation.{form}"]
    assert "An answer." in (tmp_path / files[0]).read_text()


def test_a_frame_that_is_gone_is_not_left_out_silently(page: Page) -> None:
    """What was ticked and deleted since is an error with a remedy; nothing is sent."""
    with scripted() as client:
        page.ask("look", frames=["sales"])
    failed = page.told("failed")[0]
    assert failed["message"] == "sales is gone."
    assert failed["remedy"]
    assert client.requests == []


def test_what_a_cell_makes_is_offered(page: Page) -> None:
    """When a cell has made a frame, the panel offers it and a question on it; once."""
    page.send("hello")
    page.wait(lambda: page.told("turns"))
    assert page.told("offers")[-1]["names"] == []
    page.names["sales"] = pd.DataFrame({"price": [1.5]})
    for _ in range(2):
        page.session.cell_ends()
    page.calm()
    assert [event["names"] for event in page.told("offers")] == [[], ["sales"]]
    assert "@sales" in page.told("offers")[-1]["prompts"][0]


def test_totals_are_the_notebooks(page: Page) -> None:
    """Cells and panel count alike; in another chat both totals are told."""
    with scripted("one", "two", "three"):
        glm_magic.ask("from a cell")
        page.ask("from the panel")
        assert page.told("turns")[-1]["totals"].startswith("This notebook: 2 questions")
        page.do("new")
        page.ask("abroad")
    here, there = page.told("turns")[-1]["totals"].split(" — ")
    assert here.startswith("This chat: 1 question ·")
    assert there.startswith("This notebook: 2 questions ·")
