"""Many rows in a real JupyterLab: the bar moves, Stop stops, answers are columns."""

import re
import time
from collections.abc import Callable

import pytest

from tests.lab import Lab

pytestmark = pytest.mark.browser
BEGIN = """\
%load_ext glm_magic
%config GLM.provider = "sandbox"
import glm_magic as glm, pandas as pd
slow = pd.DataFrame({"text": [f"joke {n}\\nsandbox: delay 0.3\\nyes" for n in range(300)]})
quick = pd.DataFrame({"text": [f"joke {n}: yes" for n in range(40)]})"""
ASK = 'found = glm.map(slow, "Is {text} funny?", schema=["no", "yes"], in_flight=4)'
CELL = "%%glm_map quick --labels no,yes --out more\nIs {text} funny?"


def done(page: Lab) -> int:
    """The number of rows that the bar of the second cell shows."""
    hit = re.search(r"(\d+)/300", page.text(1))
    return int(hit[1]) if hit else 0


def test_a_run_is_watched_and_stopped(lab: Callable[..., Lab]) -> None:
    """The bar counts up; an interrupt ends the cell at once, with what is there."""
    page = lab([BEGIN, ASK, "found[found['answer'].notna()].head(2)", CELL, "more.head(2)"])
    page.run(0)
    page.start_cell(1)
    page.wait_for(lambda page: done(page) >= 8, timeout_seconds=60)
    first = done(page)
    page.wait_for(lambda page: done(page) > first, timeout_seconds=20)
    page.screenshot("rows_running")
    assert "in\u2007flight" in page.text(1)
    stopped = time.monotonic()
    page.interrupt()
    page.wait_until_idle(settle_seconds=0)
    assert time.monotonic() - stopped < 5, "generous: make bench measures it"
    assert "Run the same again to go on" in page.text(1)
    assert not any(out["output_type"] == "error" for out in page.outputs(1))
    page.run(2)
    html = page.html(2)
    for column in ("answer", "_error", "_prompt_tokens"):
        assert f"<th>{column}</th>" in html
    page.run(3)
    assert "40/40" in page.text(3)
    page.run(4)
    page.screenshot("rows_done")
    assert "<td>yes</td>" in page.html(4)
    assert page.foreign_requests == []
