"""One conversation per notebook in a real JupyterLab: cell ids, saving, restarts, renames, copies.

What was sent is read in the sandbox beside the test, what is remembered in `%glm show`.
"""

import json
from collections.abc import Iterator
from html import unescape

import pytest

from glm_magic.sandbox import Sandbox
from tests.canary import CANARY
from tests.conversation.requests import asked, bodies
from tests.lab import Lab, Server, document

pytestmark = pytest.mark.browser
LOAD, SHOW = "%load_ext glm_magic", "%glm show"
FIRST, NEXT = 2, 4  # the third and the fifth cell


def ask(prompt: str) -> str:
    """The source of a cell that asks."""
    return f"%%glm --no-think\n{prompt}"


CELLS = [LOAD, "islands = 3", ask("penguins?"), "more = 1", ask("and by island?"), SHOW]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox at full speed, beside the test."""
    with Sandbox(key=CANARY, tokens_per_second=None) as server:
        yield server


@pytest.fixture(scope="module")
def server(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A JupyterLab whose kernels ask the sandbox, as Z.ai with a key."""
    folder = tmp_path_factory.mktemp("lab")
    environment = {
        "GLM_PROVIDER": "zai",
        "GLM_BASE_URL": sandbox.base_url,
        "GLM_API_KEY": CANARY,
        "GLM_DATA_DIR": str(folder / "glm"),
    }
    with Server(folder, environment=environment) as one:
        yield one


@pytest.fixture(scope="module")
def browser(server: Server) -> Iterator[Lab]:
    """One browser for all tests: to open it takes longer than what most of them do."""
    with Lab(server, []) as lab:
        yield lab


@pytest.fixture
def page(browser: Lab, server: Server, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A notebook that was asked in its third cell and followed up in its fifth, then saved."""
    path = server.files / request.node.name / "analysis.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps(document(CELLS)), encoding="utf-8")
    browser.open(path)
    browser.run_all()
    browser.save()
    yield browser
    browser.leave()


def rows(page: Lab) -> list[list[str]]:
    """The table of `%glm show`, which the last cell runs: cell, prompt, marks."""
    show = len(page.cells()) - 1
    page.run(show)
    (output,) = page.outputs(show)
    lines = [line for line in output["data"]["text/markdown"].splitlines() if line[:1] == "|"]
    table = [line.replace("<span>", "").replace("</span>", "").split("|") for line in lines[2:]]
    return [[unescape(row[at].strip()) for at in (2, 3, 8)] for row in table]


def prompts(page: Lab) -> list[str]:
    """What is remembered."""
    return [prompt for _, prompt, _ in rows(page)]


def ask_in_a_new_cell(page: Lab, prompt: str) -> int:
    """Make a cell above the last one, ask in it; its place."""
    page.select(len(page.cells()) - 2)
    page.start("notebook:insert-cell-below")
    new = len(page.cells()) - 2
    page.rewrite(new, ask(prompt))
    page.run(new)
    return new


def test_a_cell_that_runs_again_replaces_its_turn(page: Lab, sandbox: Sandbox) -> None:
    """An edited cell's request holds what stands before it; its turn is replaced, not added."""
    assert asked(sandbox) == ["penguins?", "and by island?"]
    page.rewrite(FIRST, ask("seals?"))
    page.press("Shift+Enter")
    page.wait_until_idle()
    assert asked(sandbox) == ["seals?"]
    ids = [page.cells()[cell]["id"] for cell in (FIRST, NEXT)]
    assert rows(page) == [[ids[0], "seals?", ""], [ids[1], "and by island?", "stale"]]
    page.run(NEXT)
    assert asked(sandbox) == ["seals?", "and by island?"]
    assert rows(page) == [[ids[0], "seals?", ""], [ids[1], "and by island?", ""]]
    page.js("notebook.widgets[argument].node.scrollIntoView()", FIRST)
    page.screenshot("conversation")


def test_a_reopened_page_still_has_it(page: Lab, sandbox: Sandbox) -> None:
    """After saving, closing and opening again the answers are shown and the next one follows."""
    before = [page.text(cell) for cell in (FIRST, NEXT)]
    page.reload()
    assert [page.text(cell) for cell in (FIRST, NEXT)] == before
    assert prompts(page) == ["penguins?", "and by island?"]
    ask_in_a_new_cell(page, "and by year?")
    assert asked(sandbox) == ["penguins?", "and by island?", "and by year?"]


def test_a_kernel_restarted_from_the_menu_goes_on(page: Lab, sandbox: Sandbox) -> None:
    """After Restart and the extension loaded again all turns are there and sent."""
    page.restart_from_menu()
    page.run(0)
    assert prompts(page) == ["penguins?", "and by island?"]
    new = ask_in_a_new_cell(page, "and by year?")
    assert asked(sandbox) == ["penguins?", "and by island?", "and by year?"]
    page.restart_from_menu()
    page.run(0)
    page.run(new)
    assert asked(sandbox) == ["penguins?", "and by island?", "and by year?"]
    assert prompts(page) == ["penguins?", "and by island?", "and by year?"]


def test_a_renamed_notebook_keeps_it(page: Lab, sandbox: Sandbox) -> None:
    """Renamed in JupyterLab, it goes on while the kernel lives, and after a restart."""
    page.rename("renamed.ipynb")
    new = ask_in_a_new_cell(page, "and by year?")
    assert asked(sandbox) == ["penguins?", "and by island?", "and by year?"]
    (mine,) = told_in(page, new)
    assert told_in(page, FIRST) == [mine]
    page.save()
    page.restart_from_menu()
    page.run(0)
    assert prompts(page) == ["penguins?", "and by island?", "and by year?"]
    ask_in_a_new_cell(page, "and now?")
    assert asked(sandbox) == ["penguins?", "and by island?", "and by year?", "and now?"]
    assert told_in(page, new + 1) == [mine]


def test_a_copy_forks_once(page: Lab, sandbox: Sandbox) -> None:
    """A duplicate begins with what was said, and keeps its own fork from its first new turn on."""
    original, before = page.path, page.path.read_bytes()
    (ancestor,) = told_in(page, FIRST)
    copy = page.duplicate()
    page.open(copy)
    page.run(0)
    assert prompts(page) == ["penguins?", "and by island?"]
    new = ask_in_a_new_cell(page, "of the copy")
    (fork,) = told_in(page, new)
    assert fork != ancestor
    new = ask_in_a_new_cell(page, "again")
    page.restart_from_menu()
    page.save()
    page.reload()
    page.run(0)
    said = ["penguins?", "and by island?", "of the copy", "again"]
    assert prompts(page) == said
    last = ask_in_a_new_cell(page, "once more")
    assert asked(sandbox) == [*said, "once more"]
    assert told_in(page, new) == told_in(page, last) == [fork]
    page.screenshot("copy")
    assert original.read_bytes() == before
    page.open(original)
    assert prompts(page) == ["penguins?", "and by island?"]
    ask_in_a_new_cell(page, "of the original")
    assert asked(sandbox) == ["penguins?", "and by island?", "of the original"]
    page.restart_from_menu()
    page.run(0)
    assert prompts(page) == ["penguins?", "and by island?", "of the original"]


def test_run_all_twice_sends_the_same_bytes(page: Lab, sandbox: Sandbox) -> None:
    """Restart and Run All makes the same requests, byte for byte, and no turn more."""
    first = bodies(sandbox)[-2:]
    page.run_all()
    assert bodies(sandbox)[-2:] == first
    sent = len(bodies(sandbox))
    page.restart_from_menu()
    page.run_all()
    assert bodies(sandbox)[sent:] == first
    assert prompts(page) == ["penguins?", "and by island?"]


def told_in(page: Lab, cell: int) -> list[str]:
    """The ids of the conversations that a cell's answers belong to."""
    records = [output["metadata"].get("glm_magic") for output in page.outputs(cell)]
    return [record["conversation"] for record in records if record]
