"""Stop in every state, on kernels that hand widget messages to different threads."""

import time
from collections.abc import Iterator

import pytest

from glm_magic.sandbox import Sandbox
from tests.browser.elsewhere import FRONT_ENDS, KERNELS, NEWEST, panel_with
from tests.browser.panel_page import BUSY, SLOW, PanelPage

pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(400)]
PAIRS = [(front, kernel) for front in FRONT_ENDS for kernel in (*KERNELS, NEWEST)]


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def panel(
    request: pytest.FixtureRequest,
    panel_sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[PanelPage]:
    """A panel in a notebook with that kernel."""
    folder = tmp_path_factory.mktemp("kernel")
    with panel_with(*request.param, panel_sandbox, folder) as page:
        yield page


def _stream(panel: PanelPage) -> None:
    panel.fresh()
    panel.send(SLOW)
    panel.wait(lambda: panel.turns() and len(panel.turns()[0]["answer"]) > 40)


def _stop(panel: PanelPage, sandbox: Sandbox) -> None:
    """Press Stop; the server sees the socket close within a second, and what came is kept."""
    pressed = time.monotonic()
    panel.press("Stop")
    panel.wait(lambda: sandbox.requests[-1].ended == "client left")
    seconds = time.monotonic() - pressed
    print(f"from click to closed socket: {seconds:.2f} s")
    assert seconds < 1
    panel.wait(lambda: not panel.streaming())
    assert "Incomplete: stopped" in panel.turns()[0]["below"]
    assert len(panel.turns()[0]["answer"]) > 40


def _start_busy(panel: PanelPage) -> None:
    panel.lab.start_cell(BUSY)
    panel.wait(lambda: _prompt(panel) == "[*]:")


def _prompt(panel: PanelPage) -> str:
    return str(panel.lab.js(f"notebook.widgets[{BUSY}].promptNode.textContent"))


def test_stop_while_the_kernel_is_idle(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """The panel streams, no cell runs."""
    _stream(panel)
    _stop(panel, panel_sandbox)


def test_stop_while_a_cell_runs(panel: PanelPage, panel_sandbox: Sandbox) -> None:
    """The panel streams, a cell runs: the answer ends, the cell goes on."""
    _stream(panel)
    _start_busy(panel)
    _stop(panel, panel_sandbox)
    panel.page.wait_for_timeout(500)
    assert _prompt(panel) == "[*]:"
    panel.lab.interrupt()
    panel.lab.wait_until_idle()


def test_it_answers_while_a_cell_runs(panel: PanelPage) -> None:
    """A question asked while a cell runs is answered before that cell ends."""
    panel.fresh()
    _start_busy(panel)
    panel.ask("hello")
    assert _prompt(panel) == "[*]:"
    panel.lab.interrupt()
    panel.lab.wait_until_idle()


def test_stop_of_a_running_cell(panel: PanelPage) -> None:
    """The panel rests, a cell runs: Stop interrupts the cell, and says so."""
    panel.fresh()
    _start_busy(panel)
    panel.press("Stop")
    panel.wait(lambda: "KeyboardInterrupt" in panel.lab.text(BUSY), timeout_seconds=3)
    assert panel.status() == "The running cell was interrupted."
    panel.lab.wait_until_idle()
