"""The rig itself: a test in a browser sees what a user sees, and nothing leaves the machine."""

import os
from collections.abc import Callable

import pytest

from tests.lab import Lab

pytestmark = pytest.mark.browser
MARKDOWN = "from IPython.display import Markdown\nMarkdown('**bold** and $x^2$')"
WAIT = "import time\nprint('begun', flush=True)\ntime.sleep(60)"


def test_a_notebook_runs(lab: Callable[..., Lab]) -> None:
    """Outputs are there as data, as the text a reader sees, and as the page's HTML."""
    page = lab(["print(1 + 1)", MARKDOWN, "%%markdown\n# A title"])
    page.run_all()
    page.screenshot("rig")
    assert page.outputs(0) == [{"output_type": "stream", "name": "stdout", "text": "2\n"}]
    assert page.text(0) == "2"
    assert "<strong>bold</strong>" in page.html(1)
    assert "mjx-container" in page.html(1)
    assert "A title" in page.text(2)
    assert page.console_errors == []
    assert page.foreign_requests == []


@pytest.mark.soak
def test_saved_outputs_survive_a_reload(lab: Callable[..., Lab]) -> None:
    """What was saved is in the file and is shown again by a new page."""
    page = lab([MARKDOWN])
    page.run_all()
    assert page.save()["cells"][0]["outputs"][0]["data"]["text/markdown"].startswith("**bold**")
    page.reload()
    assert "<strong>bold</strong>" in page.html(0)


@pytest.mark.soak
def test_typing_into_a_cell(lab: Callable[..., Lab]) -> None:
    """Keys go to the cell that is being edited, and Shift+Enter runs it."""
    page = lab(["a = 40", ""])
    page.run(0)
    page.edit(1)
    page.type("a + 2")
    page.press("Shift+Enter")
    page.wait_until_idle()
    assert page.cells()[1]["source"] == "a + 2"
    assert page.text(1).endswith("42")


@pytest.mark.soak
def test_stopping_and_beginning_anew(lab: Callable[..., Lab]) -> None:
    """A cell can be interrupted, and a restarted kernel has forgotten everything."""
    page = lab([WAIT, "print('begun' in dir(), 'time' in dir())"])
    page.start_cell(0)
    page.wait_for(lambda lab: "begun" in lab.text(0))
    page.interrupt()
    page.wait_until_idle()
    assert page.outputs(0)[-1]["ename"] == "KeyboardInterrupt"
    page.restart()
    page.run(1)
    assert page.text(1) == "False False"


def test_other_hosts_are_out_of_reach(lab: Callable[..., Lab]) -> None:
    """A request or a socket to another host is refused and written down."""
    page = lab(["from IPython.display import HTML\nHTML('<img src=http://example.org/a.png>')"])
    page.run_all()
    page.js("new WebSocket('ws://example.org/socket')")
    wanted = {"GET http://example.org/a.png", "SOCKET ws://example.org/socket"}
    page.wait_for(lambda lab: set(lab.foreign_requests) == wanted)


@pytest.mark.soak
def test_a_server_of_ones_own(lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel gets the environment it is given, and nothing of the test's or the user's."""
    monkeypatch.setenv("GLM_MODEL", "of the test")
    os.environ["SOME_SECRET"] = "of the user"
    names = ("GIVEN", "GLM_MODEL", "SOME_SECRET")
    page = lab([f"import os\nprint(*map(os.getenv, {names}))"], environment={"GIVEN": "yes"})
    page.run_all()
    assert page.text(0) == "yes None None"
