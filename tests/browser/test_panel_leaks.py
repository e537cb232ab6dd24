"""Fifty pages that come and go leave nothing in the kernel."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from glm_magic.sandbox import Sandbox
from tests.browser.elsewhere import NEWEST, panel_with
from tests.browser.panel_page import BUSY, PanelPage

pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(900)]
RELOADS = 50
# JupyterLab makes a subshell, which is a thread with files of its own, for each page that has
# widgets, and leaves it behind: with one slider alone and without us it is the same. So does now
# and then ipywidgets with the comm over which a page fetches all widgets.
COUNT = """
import gc, json, psutil, threading
gc.collect()
kernel, own = get_ipython().kernel, psutil.Process()
names = [one.name for one in threading.enumerate()]
ours = [name for name in names if not name.startswith("subshell")]
targets = [one.target_name for one in kernel.comm_manager.comms.values()]
counted = {"threads": len(ours), "comms": targets.count("jupyter.widget"),
           "sockets": len(own.net_connections())}
if len(ours) == len(names):
    counted["files"] = own.num_fds()
print(json.dumps(counted))
"""


@pytest.fixture(params=[("lab", "6.29.5"), ("lab", NEWEST), ("notebook7", NEWEST)], ids="-".join)
def panel(
    request: pytest.FixtureRequest, panel_sandbox: Sandbox, tmp_path: Path
) -> Iterator[PanelPage]:
    """A panel in a notebook with that kernel."""
    with panel_with(*request.param, panel_sandbox, tmp_path) as page:
        yield page


def counted(panel: PanelPage) -> dict[str, int]:
    """What the kernel holds while nothing happens."""
    panel.lab.run(BUSY)
    panel.page.wait_for_timeout(500)
    panel.lab.run(BUSY)
    return dict(json.loads(panel.lab.text(BUSY)))


def test_reloads_leave_nothing(panel: PanelPage) -> None:
    """After 50 reloads, each with a question, there is no thread, comm or socket more."""
    panel.lab.rewrite(BUSY, COUNT)
    panel.ask("hello")
    panel.lab.save()
    panel.lab.reload()
    panel.ready()
    before = counted(panel)
    panel.lab.save()
    for _ in range(RELOADS):
        panel.lab.reload()
        panel.ready()
        panel.ask("hello")
    after = counted(panel)
    print(f"before {before}, after {after}")
    assert len(panel.turns()) == 1 + RELOADS
    assert after.pop("files", 0) < before.pop("files", 0) + RELOADS // 5  # others open some too
    assert after == before
