"""The real JupyterLab of the browser tests."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from glm_magic.sandbox import Sandbox
from tests.browser.panel_page import CELLS, PanelPage, environment
from tests.browser.stage import FRONT_ENDS
from tests.canary import CANARY
from tests.lab import Lab, Notebook, Server, missing


@pytest.fixture(scope="session", autouse=True)
def _browser_is_there() -> None:
    """On CI a missing browser is a failure; a test that did not run proves nothing."""
    if reason := missing():
        if os.environ.get("CI", "").lower() in ("", "0", "false"):
            pytest.skip(reason)
        pytest.fail(reason, pytrace=False)


@pytest.fixture(scope="session")
def lab_server(
    _browser_is_there: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One JupyterLab for all tests that do not need their own."""
    with Server(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture
def lab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Lab]]:
    """Opens a notebook, given as a file or as a list of cell sources, in JupyterLab.

    With `environment`, `settings` or `arguments` the notebook gets a server of its own; see
    `tests.lab.Server`. `size` is that of the page. When the test ends, all is closed.
    """
    with ExitStack() as stack:

        def open_lab(notebook: Notebook, *, size: tuple[int, int] = (1200, 900), **own: Any) -> Lab:
            if own:
                server = stack.enter_context(Server(_folder(tmp_path_factory), **own))
            else:
                server = request.getfixturevalue("lab_server")
            return stack.enter_context(Lab(server, notebook, size=size))

        yield open_lab


def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own_lab")


@pytest.fixture(scope="module")
def panel_sandbox(_browser_is_there: None) -> Iterator[Sandbox]:
    """What the panel's questions go to."""
    with Sandbox(key=CANARY, tokens_per_second=None) as server:
        yield server


@pytest.fixture(scope="module", params=FRONT_ENDS)
def opened_panel(
    request: Any, panel_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PanelPage]:
    """One page for the tests of a file, each of which begins a chat of its own."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("panel") / "lab"
        own = {"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True}}
        started = request.param(folder, environment=environment(panel_sandbox), settings=own)
        server = stack.enter_context(started)
        page = PanelPage(stack.enter_context(Lab(server, CELLS)))
        page.open()
        yield page


@pytest.fixture
def panel(opened_panel: PanelPage) -> PanelPage:
    """The panel with an empty chat."""
    opened_panel.fresh()
    return opened_panel
