"""The panel's page code by itself: what it does at the very moment something is told."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.lone_panel import LonePanel, begun, turn, turns, welcome
from tests.chromium import chromium

pytestmark = pytest.mark.browser

ASKING = {"kind": "asking"}


@pytest.fixture(scope="module")
def browser(_browser_is_there: None) -> Iterator[Any]:
    """One browser for all pages."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def lone(browser: Any) -> Iterator[LonePanel]:
    """A page of its own, which must not fail."""
    panel = LonePanel(browser)
    yield panel
    panel.page.close()
    assert panel.errors == []


def approve(number: int = 1) -> dict[str, object]:
    """The model wants to run a cell."""
    return {"kind": "approve", "id": number, "line": "run_cell", "text": "`x`", "each": True}


def test_a_proposal_does_not_take_the_keyboard(lone: LonePanel) -> None:
    """Who types goes on typing, and no key of theirs runs the model's code."""
    view = lone.opened()
    lone.tell(ASKING, begun())
    for number, place in enumerate(("#cell", "#one .glm-foot textarea")):
        lone.page.locator(place).focus()
        lone.tell(approve(number))
        lone.page.keyboard.type("a b")
        lone.page.keyboard.press("Shift+Enter")
        assert lone.page.input_value(place) == "a b\n"
        lone.tell({"kind": "decided", "id": number})
    assert lone.sent("decide") == []
    # Who stands on a button of ours comes to the proposal, but to none of its buttons.
    view.get_by_text("Stop").focus()
    lone.tell(approve(3))
    assert lone.focused() == "DIV glm-approval"
    lone.page.keyboard.press("Enter")
    lone.page.keyboard.press("Space")
    assert lone.sent("decide") == []
    lone.page.keyboard.press("Tab")
    lone.page.keyboard.press("Enter")
    assert [one["decision"] for one in lone.sent("decide")] == ["once"]
    lone.tell({"kind": "decided", "id": 3})
    assert lone.focused() == "DIV glm-log"  # the keyboard keeps its place in the panel
    lone.tell(approve(4))
    assert lone.focused() == "DIV glm-approval"


def test_enter_says_why_not(lone: LonePanel) -> None:
    """The words beside the buttons are sent by Enter; Enter without words decides nothing."""
    view = lone.opened()
    lone.tell(ASKING, begun(), approve())
    view.get_by_label("Why not").press("Enter")
    assert lone.sent("decide") == []
    view.get_by_label("Why not").fill("use polars")
    view.get_by_label("Why not").press("Enter")
    (said,) = lone.sent("decide")
    assert (said["decision"], said["words"], said["call"]) == ("no", "use polars", 1)


def test_a_refused_switch_shows_where_one_is(lone: LonePanel) -> None:
    """The picker goes back to the chat that the next question is asked in."""
    view = lone.opened()
    picker = view.get_by_label("Chat", exact=True)
    picker.select_option("c1")
    lone.tell({"kind": "failed", "message": "Unknown chat: c1", "remedy": "%glm chats lists them."})
    assert picker.input_value() == "own"
    picker.select_option("c1")
    lone.tell(turns(current="c1"), {"kind": "failed", "message": "Another thing.", "remedy": "."})
    assert picker.input_value() == "c1"


def test_a_level_that_was_chosen_stays(lone: LonePanel) -> None:
    """A second view or a reload elsewhere tells every page of the settings, and takes no choice."""
    view = lone.opened()
    lone.tell({"kind": "offers", "names": ["people"], "prompts": []}, welcome(detail="stats"))
    level, line = view.locator(".glm-attach select"), view.locator(".glm-attach summary")
    line.click()
    assert (level.input_value(), line.inner_text()) == ("stats", "Attach data")
    level.select_option("schema")
    assert line.inner_text() == "Attach data · schema"
    view.get_by_role("checkbox", name="people").check()
    lone.view("two")
    lone.tell(welcome(detail="stats"), turns())
    assert line.inner_text() == "Attached: people · schema"
    view.get_by_label("Prompt", exact=True).fill("look")
    view.get_by_label("Prompt", exact=True).press("Enter")
    (asked,) = lone.sent("ask")
    assert (asked["frames"], asked["level"]) == (["people"], "schema")


def test_a_page_that_was_not_welcomed_says_no_level(lone: LonePanel) -> None:
    """The settings say it, which the page does not know yet: they may allow less than it shows."""
    view = lone.view()
    lone.tell({"kind": "offers", "names": ["people"], "prompts": []})
    line, prompt = view.locator(".glm-attach summary"), view.get_by_label("Prompt", exact=True)
    line.click()
    view.get_by_role("checkbox", name="people").check()
    assert line.inner_text() == "Attached: people"
    prompt.fill("look")
    prompt.press("Enter")
    assert (lone.sent("ask")[0]["level"], lone.sent("frames")[0]["level"]) == (None, None)
    lone.tell({"kind": "idle"}, welcome(detail="schema"))
    prompt.press("Enter")
    assert lone.sent("ask")[-1]["level"] == "schema"


def test_what_cannot_be_described_cannot_be_attached(lone: LonePanel) -> None:
    """What only was not measured can."""
    view = lone.opened()
    lone.tell({"kind": "offers", "names": ["people", "gone"], "prompts": []})
    view.locator(".glm-attach summary").click()
    for name, usable in (("people", True), ("gone", False)):
        size = {"name": name, "what": "not measured", "tokens": None, "cost": "", "usable": usable}
        lone.tell({"kind": "frame", **size})
        assert view.get_by_role("checkbox", name=name).is_enabled() is usable


def test_a_second_view_leaves_the_proposal_where_it_is(lone: LonePanel) -> None:
    """Both can decide, and what was being typed is still there, with the keyboard."""
    first = lone.opened()
    lone.tell(ASKING, begun(), approve())
    first.get_by_label("Why not").fill("use ")
    second = lone.view("two")
    retold = turns({**turn("t1", "go"), "blocks": []})
    lone.tell(welcome(busy=True), retold, begun(), {"kind": "delta", "changes": []}, approve())
    lone.page.keyboard.type("polars")
    assert first.get_by_label("Why not").input_value() == "use polars"
    assert second.get_by_role("button", name="Run", exact=True).is_visible()
    first.get_by_role("button", name="Run", exact=True).click()
    assert len(lone.sent("decide")) == 1
    lone.tell({"kind": "decided", "id": 1})
    assert lone.page.locator(".glm-approval").count() == 0


def test_the_model_follows_the_settings(lone: LonePanel) -> None:
    """Until another is chosen, the one that is shown is the one that is asked."""
    view = lone.opened()
    model, line = view.get_by_label("Model", exact=True), view.locator(".glm-settings summary")
    line.click()

    def asks() -> object:
        lone.page.evaluate("sent.length = 0")
        view.get_by_label("Prompt", exact=True).fill("hi")
        view.get_by_label("Prompt", exact=True).press("Enter")
        lone.tell({"kind": "idle"})
        return lone.sent("ask")[0]["options"]["model"]

    lone.tell(welcome(model="glm-4.5-air"))
    assert (line.inner_text(), asks()) == ("Model: glm-4.5-air · free", None)
    model.select_option("glm-4.5-x")
    lone.tell(welcome(model="glm-4.5"))
    assert (line.inner_text(), asks()) == ("Model: glm-4.5-x · free", "glm-4.5-x")
    other = welcome(model="mine")
    lone.tell({**other, "models": [{**other["models"][0], "id": "mine"}]})
    assert (line.inner_text(), asks()) == ("Model: mine · free", None)


def test_recalling_keeps_what_was_typed(lone: LonePanel) -> None:
    """The arrows move in what is being written; earlier prompts come only at its very beginning."""
    view = lone.view()
    lone.tell(welcome(), turns(turn("t1", "one"), turn("t2", "two")))
    prompt = view.get_by_label("Prompt", exact=True)

    def after(*keys: str) -> str:
        for key in keys:
            prompt.press(key)
        return str(prompt.input_value())

    prompt.fill("a draft")
    assert after("ArrowLeft", "ArrowUp") == "a draft"
    for key in ("Shift", "Control", "Alt", "Meta"):
        assert after("Home", f"{key}+ArrowUp") == "a draft"
    assert after("Home", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown") == "a draft"
    assert after("Home", "ArrowUp", "ArrowUp") == "one"
    prompt.press_sequentially(", edited")
    assert after("ArrowDown", "ArrowUp") == "one, edited"
    assert after("Home", "ArrowUp", "ArrowDown") == "one, edited"
    prompt.fill("")
    assert after("ArrowUp") == "two"


def test_a_suggestion_spares_the_prompt(lone: LonePanel) -> None:
    """It fills an empty prompt, or takes the place of another suggestion."""
    view = lone.opened()
    lone.tell({"kind": "offers", "names": [], "prompts": ["Show how", "Plot it"]})
    prompt = view.get_by_label("Prompt", exact=True)
    for idea in ("Show how", "Plot it"):
        view.get_by_role("button", name=idea).click()
        assert prompt.input_value() == idea
    prompt.fill("my own words")
    view.get_by_role("button", name="Show how").click()
    assert prompt.input_value() == "my own words"
    assert "Empty the prompt" in view.locator(".glm-status").inner_text()


def test_what_was_sent_leaves_the_prompt(lone: LonePanel) -> None:
    """Also when it has invisible characters; not what somebody else asked, nor what was refused."""
    view = lone.opened()
    prompt = view.get_by_label("Prompt", exact=True)
    prompt.fill("un\u00adseen")
    lone.tell(ASKING, begun(prompt="un\u00adseen"), {"kind": "idle"})  # by another view
    assert prompt.input_value() == "un\u00adseen"
    prompt.press("Enter")
    lone.tell({**ASKING, "id": "of another view"}, begun(), {"kind": "failed", "message": "Busy."})
    lone.tell({"kind": "idle"})
    assert prompt.input_value() == "un\u00adseen"
    prompt.press("Enter")
    lone.tell({**ASKING, "id": lone.sent("ask")[-1]["id"]}, begun(prompt="unseen"))
    assert prompt.input_value() == ""
    prompt.fill("unseen")
    lone.tell(begun(prompt="unseen"))  # told again, for a page that has just opened
    assert prompt.input_value() == "unseen"


@pytest.mark.parametrize("trouble", ["deaf", "dead"])
def test_a_kernel_that_does_not_answer(lone: LonePanel, trouble: str) -> None:
    """After a restart the panel says what to do, and can be used again; nothing is sent later."""
    lone.page.clock.install()
    view = lone.opened()
    lone.set(trouble, to=True)
    view.get_by_label("Prompt", exact=True).fill("hi")
    view.get_by_role("button", name="Send").click()
    lone.page.clock.run_for(1_000)
    assert view.locator(".glm-status").inner_text() == "Sending …"  # perhaps it is only slow
    lone.page.clock.run_for(1_200)
    assert "If it was restarted, run this cell again" in view.locator(".glm-status").inner_text()
    assert view.get_by_role("button", name="Send").is_enabled()
    assert view.get_by_label("Prompt", exact=True).input_value() == "hi"
    lone.set(trouble, to=False)
    before = len(lone.sent("ask"))
    view.get_by_role("button", name="Undo").click()
    assert "does not answer" not in view.locator(".glm-status").inner_text()
    lone.page.clock.run_for(60_000)
    assert len(lone.sent("ask")) == before


@pytest.mark.parametrize("status", ["restarting", "autorestarting", "dead"])
def test_a_kernel_that_ends_in_mid_answer(lone: LonePanel, status: str) -> None:
    """The panel does not wait for the rest for ever; the next words are kept, and it says why."""
    view = lone.opened()
    lone.tell(ASKING, begun())
    view.get_by_label("Prompt", exact=True).fill("and then?")
    lone.become("busy")
    assert view.locator(".glm-status").inner_text() == "Asking …"
    lone.become(status)
    assert "The kernel has ended" in view.locator(".glm-status").inner_text()
    assert view.get_by_role("button", name="Send").is_enabled()
    assert view.get_by_label("Prompt", exact=True).input_value() == "and then?"


def test_one_formula_that_fails_stops_nothing(lone: LonePanel) -> None:
    """A renderer or typesetter of the page that throws once leaves the words, and what comes."""
    lone.page.evaluate(
        """() => {
            let calls = 0;
            const fails = () => { if (++calls < 3) throw new Error('not now'); };
            model.widget_manager.rendermime = {
                createModel: one => one,
                createRenderer: () => {
                    const node = document.createElement('i');
                    return { node, async renderModel({ data }) {
                        node.textContent = data['text/markdown'];
                        if (calls === 1) fails();
                    } };
                },
                latexTypesetter: { async typeset() { fails(); } },
            };
        }"""
    )
    view = lone.opened()
    lone.tell(ASKING, begun())
    told = ""
    for words in ("first ", "second ", "third "):
        lone.tell({"kind": "delta", "changes": [[0, len(told), words]]})
        told += words
        view.locator(".glm-answer").get_by_text(told.strip(), exact=True).wait_for()
