"""The panel in Voila, which shows a notebook's outputs without its cells."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest

from glm_magic.sandbox import Sandbox
from tests.browser.elsewhere import packages, pythonpath
from tests.browser.panel_page import CELLS, PROMPT, SLOW, environment
from tests.browser.stage import says
from tests.chromium import chromium

pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(400)]
ANSWER = "Some **bold** words and $x^2$.\n\n```python\nx = 1\n```"


@contextmanager
def _voila(folder: Path, sandbox: Sandbox) -> Iterator[str]:
    """Voila serving the panel's cells; its address."""
    installed = packages(folder / "packages", "voila", "websockets")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS[:2]]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "panel.ipynb")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "voila", "panel.ipynb", "--no-browser", f"--port={port}"]
    around = {"PYTHONPATH": pythonpath(installed), **environment(sandbox)}
    around["JUPYTER_PATH"] = str(installed / "share" / "jupyter")
    process = subprocess.Popen(
        [*command, "--Voila.ip=127.0.0.1"], cwd=folder, env={**os.environ, **around}
    )
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def page(panel_sandbox: Sandbox, tmp_path: Path) -> Iterator[Any]:
    """The served page, which reaches nobody but its server."""
    with _voila(tmp_path, panel_sandbox) as address, chromium() as browser:
        opened = browser.new_page()
        opened.route(lambda url: not url.startswith(address), lambda route: route.abort())
        opened.goto(address, timeout=120_000)
        opened.wait_for_selector(".glm-totals:not(:empty)", timeout=60_000)
        yield opened


def test_it_asks_and_stops(page: Any, panel_sandbox: Sandbox) -> None:
    """It answers as Markdown, says that there is no cell for code, and Stop closes the socket."""
    panel_sandbox.faults.append(says(ANSWER))
    page.fill(PROMPT, "What is in @penguins?")
    page.press(PROMPT, "Enter")
    page.wait_for_selector(".glm-answer strong:text-is('bold')")
    page.wait_for_selector(".glm-code:has-text('%glm code puts it into a cell')")
    page.wait_for_selector(".glm-panel:not(.glm-streaming)")
    assert "penguins (40 × 2, values)" in page.inner_text(".glm-footer")
    page.fill(PROMPT, SLOW)
    page.press(PROMPT, "Enter")
    page.wait_for_selector(".glm-turn:nth-child(2) .glm-answer em", timeout=20_000)
    pressed = time.monotonic()
    page.click(".glm-panel button:text-is('Stop')")
    while panel_sandbox.requests[-1].ended != "client left":
        assert time.monotonic() - pressed < 1
        page.wait_for_timeout(20)
    page.wait_for_selector(".glm-warning:has-text('stopped')")
