"""The panel's page code by itself: what it does at the very moment something is told."""

from collections.abc import Iterator

import pytest

from tests.browser.lone_panel import Chromium, LonePanel, begun, turn, turns, welcome

pytestmark = pytest.mark.browser

ASKING = {"kind": "asking"}


@pytest.fixture(scope="module")
def browser(_browser_is_there: None) -> Iterator[Chromium]:
    """One browser for all pages."""
    with Chromium() as opened:
        yield opened


@pytest.fixture
def lone(browser: Chromium) -> Iterator[LonePanel]:
    """A page of its own, which must not fail."""
    panel = browser.panel()
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
