"""The first five minutes in a real JupyterLab."""

from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

from tests.lab import Lab

pytestmark = pytest.mark.browser
QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
SANDBOX = '%load_ext glm_magic\n%config GLM.provider = "sandbox"'


def errors(page: Lab) -> list[str]:
    """Names of the errors in all cells."""
    cells = [cell.get("outputs", []) for cell in page.cells()]
    return [out["ename"] for outputs in cells for out in outputs if out["output_type"] == "error"]


def test_the_quickstart_runs(lab: Callable[..., Lab]) -> None:
    """Run All answers every question; nothing is fetched from elsewhere; a picture is kept."""
    page = lab(QUICKSTART, size=(1100, 1500))
    page.run_all(timeout_seconds=120)
    assert errors(page) == []
    asked = [n for n, cell in enumerate(page.cells()) if cell["source"].startswith("%%glm -m")]
    page.js("notebook.widgets[argument].node.scrollIntoView()", asked[0])
    page.screenshot("quickstart")
    text = page.text(asked[0])
    assert "Thought for" in text
    assert "no model was called" in text
    assert "sent: penguins (344 × 8, values)" in text
    html = page.html(asked[0])
    assert "<details>" in html
    assert "cm-" in html or "highlight" in html or "<pre>" in html
    assert "1 earlier turn with penguins" in page.text(asked[1])
    assert page.foreign_requests == []
    assert page.console_errors == []


def test_the_answer_is_there_after_saving_and_reopening(lab: Callable[..., Lab]) -> None:
    """The saved file holds one output for the answer, and a fresh page shows it."""
    page = lab([SANDBOX, "%%glm\nshow markdown"])
    page.run_all()
    before = page.text(1)
    saved = page.save()
    (output,) = saved.cells[1].outputs
    assert set(output["data"]) == {"text/markdown", "text/plain"}
    assert output.metadata["glm_magic"]["cell"] == saved.cells[1].id
    page.reload()
    page.wait_for(lambda lab: lab.text(1) == before)


def test_an_answer_streams_into_the_cell(lab: Callable[..., Lab]) -> None:
    """Words are on the page while the answer still comes, and the stop button keeps them."""
    page = lab([SANDBOX, "%%glm --no-think\nsandbox: rate 100\nsandbox: 5000 tokens"])
    page.run(0)
    page.start_cell(1)
    page.wait_for(lambda lab: "Part 3" in lab.text(1))
    page.interrupt()
    page.wait_until_idle(timeout_seconds=5)
    page.screenshot("stopped")
    text = page.text(1)
    assert "Part 1" in text
    assert "Incomplete: interrupted." in text
    assert "Stopped. The " in text
    assert "Traceback" not in text


def test_errors_are_two_lines_on_the_page(lab: Callable[..., Lab]) -> None:
    """A missing key is told in two lines, without a traceback."""
    page = lab(["%load_ext glm_magic", "%%glm\nhi"])
    page.run_all()
    page.screenshot("no_key")
    lines = page.text(1).strip().splitlines()
    assert len(lines) == 2
    assert "No API key for Z.ai" in lines[0]


@pytest.mark.soak
def test_hostile_text_is_dead_on_the_page(lab: Callable[..., Lab]) -> None:
    """Markup, remote images and scripts in an answer neither run nor fetch, live or saved."""
    attack = (
        "<img src=x onerror=\"document.title='owned'\"> ![x](https://evil.example/a.png)\n\n"
        "<script>document.title='owned'</script> [x](javascript:alert(1))\n\n"
        '<meta http-equiv=refresh content="0;url=https://evil.example">'
    )
    page = lab([SANDBOX, f"%%glm --no-think\nsandbox: echo\n{attack}"])
    page.run_all()
    page.page.wait_for_timeout(500)
    assert "onerror" in unescape(page.text(1))
    assert page.page.title() != "owned"
    assert page.foreign_requests == []
    assert "javascript:" not in "".join(
        link.get_attribute("href") or "" for link in page.page.query_selector_all("a")
    )
