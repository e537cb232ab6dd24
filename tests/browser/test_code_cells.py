"""Code of an answer as a cell, in a real JupyterLab and a real Notebook 7: offered, never run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from glm_magic.sandbox import Sandbox
from tests.browser.stage import FRONT_ENDS, Page, says
from tests.canary import CANARY
from tests.lab import Server

pytestmark = pytest.mark.browser
LOAD, ASK = "%load_ext glm_magic", "%%glm --as code\ncount the penguins"
COUNT = "n = 1\nprint(n)"
DANGER = "%%bash\ntouch ran\n"


def answer(code: str) -> str:
    """An answer with this code."""
    return f"Here it is:\n\n```python\n{code}\n```\n\nRun it when you like."


@dataclass
class Desk:
    """One browser on one front end; each test opens a notebook of its own."""

    page: Page
    sandbox: Sandbox
    server: Server

    def open(self, name: str, cells: list[str]) -> Page:
        """Show a new notebook with these cells, the extension loaded."""
        page = self.page
        page.show(self.server.files / name / "test.ipynb", [LOAD, *cells])
        page.run(0)
        return page

    def answers(self, *codes: str) -> None:
        """What the next questions get."""
        self.sandbox.faults.extend(says(answer(code)) for code in codes)


@pytest.fixture(scope="module", params=FRONT_ENDS)
def desk(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A front end whose kernels ask a sandbox beside the test."""
    folder = tmp_path_factory.mktemp("front_end")
    with Sandbox(key=CANARY, tokens_per_second=None) as sandbox:
        settings = {
            "GLM_PROVIDER": "zai",
            "GLM_BASE_URL": sandbox.base_url,
            "GLM_API_KEY": CANARY,
        }
        own = request.param(folder / "own", environment=settings)
        with own as server, Page(server, []) as page:
            yield Desk(page, sandbox, server)


def sources(page: Page) -> list[str]:
    """The cells after the first, as they stand on the page."""
    return [cell["source"] for cell in page.cells()[1:]]


def ran(page: Page) -> list[bool]:
    """Which of the cells after the first were executed."""
    return [cell["execution_count"] is not None for cell in page.cells()[1:]]


def test_one_cell_is_offered_and_not_run(desk: Desk) -> None:
    """The code stands in one new cell right below, without an execution count or output."""
    page = desk.open("offered", [ASK, "after = 1"])
    desk.answers(COUNT)
    page.run(1)
    page.wait_for(lambda _: len(page.cells()) == 4)
    assert sources(page) == [ASK, COUNT, "after = 1"]
    assert ran(page) == [True, False, False]
    assert page.outputs(2) == []
    assert "in a new cell below; it was not run" in page.text(1)


def test_other_code_takes_the_place_of_the_first(desk: Desk) -> None:
    """Asked again with the same code nothing changes; other code replaces it, and its outputs."""
    page = desk.open("again", [ASK, "after = 1"])
    desk.answers(COUNT, COUNT, "n = 2", "n = 3")
    page.run(1)
    page.run(1)
    assert sources(page) == [ASK, COUNT, "after = 1"]
    assert "already" in page.text(1)
    page.run(2)
    assert page.text(2) == "1"
    page.run(1)
    page.wait_for(lambda _: sources(page) == [ASK, "n = 2", "after = 1"])
    assert "The cell below has the new code" in page.text(1)
    assert page.outputs(2) == []
    assert ran(page) == [True, False, False]
    page.rewrite(2, "n = 22  # mine")
    page.run(1)
    page.wait_for(lambda _: len(page.cells()) == 5)
    assert sources(page) == [ASK, "n = 3", "n = 22  # mine", "after = 1"]
    assert ran(page) == [True, False, False, False]


def test_a_page_opened_anew_replaces_too(desk: Desk) -> None:
    """After a reload the cell that was made before is still known."""
    page = desk.open("anew", [ASK])
    desk.answers(COUNT, "n = 2")
    page.run(1)
    page.wait_for(lambda _: len(page.cells()) == 3)
    page.save()
    page.reload()
    page.page.wait_for_timeout(1_000)  # the page takes up the kernel's widgets
    page.run(1)
    page.wait_for(lambda _: sources(page) == [ASK, "n = 2"])
    assert "widgets" not in page.save()["metadata"]


def test_run_all_twice(desk: Desk) -> None:
    """Run All leaves the new cell unexecuted; the second one runs it, and inserts no further."""
    page = desk.open("twice", [ASK, "after = 1"])
    desk.answers(COUNT, COUNT)
    page.run_all()
    page.wait_for(lambda _: len(page.cells()) == 4)
    assert ran(page) == [True, False, True]
    page.run_all()
    page.wait_until_idle(settle_seconds=1)
    assert sources(page) == [ASK, COUNT, "after = 1"]
    assert page.text(2) == "1"


def test_it_is_known_after_a_restart(desk: Desk) -> None:
    """In a new kernel the saved notebook tells which code is there already."""
    page = desk.open("restart", [ASK])
    desk.answers(COUNT, COUNT)
    page.run(1)
    page.wait_for(lambda _: len(page.cells()) == 3)
    page.save()
    page.restart()
    page.run_all()
    page.wait_until_idle(settle_seconds=1)
    assert sources(page) == [ASK, COUNT]


def test_commands_in_the_code_do_not_run(desk: Desk) -> None:
    """Lines for the shell and magics are offered like any other, and nothing of them happens."""
    page = desk.open("commands", [ASK])
    code = f"{DANGER}!touch ran\n%run ran\nopen('ran', 'w')"
    desk.answers(code)
    page.run(1)
    page.wait_for(lambda _: len(page.cells()) == 3)
    assert sources(page) == [ASK, code]
    assert ran(page) == [True, False]
    assert not list(page.path.parent.glob("ran"))


def test_fix_offers_the_repaired_cell(desk: Desk) -> None:
    """After a failure `%glm fix` explains it, and the repaired cell stands below, not run."""
    page = desk.open("fix", ["penguins = 3\npengiuns + 1", "%glm fix"])
    desk.answers("penguins = 3\npenguins + 1")
    page.run(1)
    page.run(2)
    page.wait_for(lambda _: len(page.cells()) == 4)
    sent = desk.sandbox.requests[-1].json["messages"][-1]["content"]
    assert "pengiuns + 1" in sent
    assert "NameError" in sent
    assert sources(page)[-1] == "penguins = 3\npenguins + 1"
    assert ran(page) == [True, True, False]
    assert "Run it when you like." in page.text(2)
    page.screenshot(f"fix_{type(desk.server).__name__.lower()}")


def test_code_after_the_fact(desk: Desk) -> None:
    """`%glm code 2` puts the second block of the last answer below the cell that says so."""
    page = desk.open("later", ["%%glm\ncount the penguins", "%glm code 2"])
    two = "One:\n\n```python\na = 1\n```\n\nTwo:\n\n```python\nb = 2\n```\n"
    desk.sandbox.faults.append(says(two))
    page.run(1)
    assert len(page.cells()) == 3
    page.run(2)
    page.wait_for(lambda _: len(page.cells()) == 4)
    assert sources(page)[-1] == "b = 2"
    assert ran(page) == [True, True, False]
