"""What a reader of an answer meets: it grows in place, survives a reload, and reads well."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from glm_magic.sandbox import Sandbox
from tests.browser.stage import Page, says
from tests.canary import CANARY
from tests.lab import Lab, Server

pytestmark = pytest.mark.browser
LOAD, ASK = "%load_ext glm_magic", "%%glm\nhow many?"
# Where the heading of a part stands on the screen, and the cell below, at every frame.
WATCH = """
const area = notebook.widgets[1].outputArea.node, below = notebook.widgets[2].node;
const marks = window.marks = [];
const look = () => {
    const headings = [...area.querySelectorAll('h2')];
    const mine = headings.find(one => one.textContent.startsWith(argument));
    marks.push([mine ? mine.getBoundingClientRect().top : null,
                below.getBoundingClientRect().top - area.getBoundingClientRect().top]);
    requestAnimationFrame(look);
};
look();
return null;
"""
SCROLL = """
const area = notebook.widgets[1].outputArea.node;
const headings = [...area.querySelectorAll('h2')];
headings.find(one => one.textContent.startsWith(argument)).scrollIntoView();
return null;
"""


def long_answer(parts: int) -> str:
    """Headings, prose and formulas; each paragraph says its number."""
    return "\n\n".join(
        f"## Part {n}\n\nIn part {n} the mean is $\\bar{{x}}_{{{n}}} = \\frac{{1}}{{n}}\\sum x_i$, "
        f"which is **{n}** of all there is to know about it.\n\n- one\n- two of {n}"
        for n in range(1, parts + 1)
    )


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox beside the test, at full speed unless an answer says otherwise."""
    with Sandbox(key=CANARY, tokens_per_second=None) as server:
        yield server


@pytest.fixture(scope="module")
def server(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A JupyterLab whose kernels ask the sandbox, as Z.ai with a key."""
    environment = {
        "GLM_PROVIDER": "zai",
        "GLM_BASE_URL": sandbox.base_url,
        "GLM_API_KEY": CANARY,
    }
    with Server(tmp_path_factory.mktemp("front_end") / "own", environment=environment) as one:
        yield one


@pytest.fixture(scope="module")
def browser(server: Server) -> Iterator[Page]:
    """One browser for all tests."""
    with Page(server, []) as page:
        yield page


@pytest.fixture
def page(browser: Page, server: Server, request: pytest.FixtureRequest) -> Page:
    """A notebook that asks one question, with a long cell below, the extension loaded."""
    below = "\n".join(f"# line {n}" for n in range(60))
    path = server.files / re.sub(r"\W+", "-", request.node.name) / "test.ipynb"
    browser.show(path, [LOAD, ASK, below, "%glm last"])
    browser.run(0)
    return browser


def test_a_reload_in_mid_stream_loses_nothing(page: Page, sandbox: Sandbox) -> None:
    """The page is opened anew while the answer comes; `%glm last` shows all of it."""
    text = long_answer(40)
    sandbox.faults.append(says(text, "Let me think.", seconds=4))
    page.start_cell(1)
    page.wait_for(lambda lab: "Part 3" in lab.text(1))
    page.reload()
    page.run(3)
    shown = page.text(3)
    assert all(f"Part {n}\n" in shown for n in range(1, 41))
    assert "Thought for" in shown or "Thoughts" in shown
    assert "Incomplete" not in shown


@pytest.mark.parametrize(
    ("part", "reasoning"), [("Part 1", ""), ("Part 1", "I think. " * 30), ("Part 6", "")]
)
def test_what_is_being_read_stays_where_it_is(
    page: Page, sandbox: Sandbox, part: str, reasoning: str
) -> None:
    """From the beginning or from the middle of it: neither growing nor the end moves the text."""
    sandbox.faults.append(says(long_answer(30), reasoning, seconds=6))
    page.start_cell(1)
    page.wait_for(lambda lab: "Part 14" in lab.text(1))
    page.js(SCROLL, part)
    page.js(WATCH, part)
    page.wait_until_idle()
    tops = [top for top, _ in page.page.evaluate("window.marks") if top is not None]
    assert len(tops) > 20
    # Between the folded line and a heading an output has another margin than one text: 8 pixels.
    assert max(tops) - min(tops) <= (10 if reasoning else 3), sorted({round(top) for top in tops})


def test_the_answer_never_shrinks_by_much(page: Page, sandbox: Sandbox) -> None:
    """No flicker: no repaint, nor the final one, takes away what was shown and brings it again."""
    sandbox.faults.append(says(long_answer(30), seconds=5))
    page.js(WATCH, "Part 1")
    page.start_cell(1)
    page.wait_until_idle()
    heights = [height for _, height in page.page.evaluate("window.marks")]
    shrunk = [round(one - next_) for one, next_ in pairwise(heights) if next_ < one - 2]
    assert max(shrunk, default=0) <= 160, shrunk
    assert len(shrunk) <= 3, shrunk


def test_the_first_words_come_at_once(page: Page, sandbox: Sandbox) -> None:
    """The first word is on the page long before the second one is written."""
    sandbox.faults.append(says("Penguins " + "swim. " * 20, piece=9, seconds=7))
    page.start_cell(1)
    page.wait_for(lambda lab: "Penguins" in lab.text(1), timeout_seconds=5)
    assert page.text(1).count("swim.") < 15
    page.wait_until_idle()


def seconds_of(text: str) -> int:
    """How long the model has thought, as the page says while it thinks; else 0."""
    found = re.search(r"Thinking, (\d+) s", text)
    return int(found[1]) if found else 0


def thinking(page: Page, seconds: int) -> str:
    """What the page shows as soon as the model has thought longer than so many seconds."""
    texts = [""]

    def longer(lab: Lab) -> bool:
        texts.append(lab.text(1))
        return seconds_of(texts[-1]) > seconds

    page.wait_for(longer)
    return texts[-1]


def test_the_reasoning_is_live(page: Page, sandbox: Sandbox) -> None:
    """While the model thinks, its latest words and the seconds are shown; then they fold."""
    thought = " ".join(f"thought-{n}." for n in range(60))
    sandbox.faults.append(says("Three.", thought, seconds=6))
    page.start_cell(1)
    early = thinking(page, 0)
    late = thinking(page, seconds_of(early))
    # Of 60 thoughts a line holds a dozen: the newest come, and the oldest go.
    shown = [[int(n) for n in re.findall(r"\bthought-(\d+)\.", text)] for text in (early, late)]
    assert max(shown[1]) > max(shown[0])
    assert min(shown[1]) > min(shown[0])
    page.wait_until_idle()
    assert "Thinking" not in page.text(1)
    assert page.page.locator(".jp-RenderedMarkdown summary").inner_text().startswith("Thought for")


def test_the_reasoning_opens_by_keyboard(page: Page, sandbox: Sandbox) -> None:
    """Tab reaches the line that says how long was thought, and Enter unfolds it."""
    sandbox.faults.append(says("Three.", "One, two, three.", seconds=0.5))
    page.run(1)
    details = page.page.locator(".jp-RenderedMarkdown details").first
    assert details.get_attribute("open") is None
    details.locator("summary").focus()
    assert page.page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.press("Enter")
    assert details.get_attribute("open") is not None
    assert "One, two, three." in page.text(1)


def test_the_answer_keeps_its_distance(page: Page, sandbox: Sandbox) -> None:
    """Between the folded line and the first words of the answer there is room to breathe."""
    sandbox.faults.append(says("Three.", "One, two, three.", seconds=0.5))
    page.run(1)
    shown = page.page.locator(".jp-RenderedMarkdown").first
    folded = shown.locator("summary").bounding_box()
    words = shown.locator("p").filter(has_text="Three.").last.bounding_box()
    assert folded
    assert words
    assert 8 <= words["y"] - (folded["y"] + folded["height"]) <= 30
