"""Notebooks with real kernels, whose questions go to a sandbox beside the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from glm_magic.sandbox import Sandbox
from tests.canary import CANARY

from .notebook import Notebook
from .nursery import Nursery

Open = Callable[..., Notebook]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox at full speed; the environment points at it, as Z.ai with a key."""
    with Sandbox(key=CANARY, tokens_per_second=None) as server:
        monkeypatch.setenv("GLM_PROVIDER", "zai")
        monkeypatch.setenv("GLM_BASE_URL", server.base_url)
        monkeypatch.setenv("GLM_API_KEY", CANARY)
        yield server


@pytest.fixture(scope="session")
def nursery(session_home: Path) -> Iterator[Nursery]:
    """Where all kernels come from."""
    with TemporaryDirectory(prefix="glm-") as sockets, Nursery(Path(sockets)) as one:
        yield one


@pytest.fixture
def open_notebook(nursery: Nursery, sandbox: Sandbox, tmp_path: Path) -> Iterator[Open]:
    """Opens a notebook by name, with a kernel; `machine` names the user's data folder."""
    with ExitStack() as stack:

        def opened(name: str = "analysis.ipynb", *, machine: str = "here") -> Notebook:
            notebook = Notebook(nursery, tmp_path / "files" / name, tmp_path / f"data-{machine}")
            return stack.enter_context(notebook)

        yield opened


@pytest.fixture
def notebook(open_notebook: Open) -> Notebook:
    """An empty notebook, open."""
    return open_notebook()
