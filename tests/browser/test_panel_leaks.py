"""Fifty pages that come and go leave nothing in the kernel."""

import json

import pytest

from tests.browser.panel_page import BUSY, PanelPage

pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(900)]
RELOADS = 50
COUNT = """
import gc, json, psutil, threading
def count():
    gc.collect()
    own, kernel = psutil.Process(), get_ipython().kernel
    return {"threads": threading.active_count(), "comms": len(kernel.comm_manager.comms),
            "sockets": len(own.net_connections()), "files": own.num_fds()}
print(json.dumps(count()))
"""


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
    grown = {name: after[name] - before[name] for name in before if after[name] > before[name]}
    assert grown == {}
