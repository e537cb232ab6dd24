"""Shells and kernels for the faces: a real IPython shell here, a real kernel beside it."""

import atexit
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell

from glm_magic.sandbox import Sandbox
from glm_magic.wiring import workbench
from tests.canary import CANARY
from tests.kernel import Kernel


class Shell:
    """A real IPython shell whose printed text can be read."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.ip = shell

    def run(self, cell: str) -> str:
        """Run a cell; what it printed, errors included."""
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            self.ip.run_cell(cell)
        return printed.getvalue()

    def complete(self, line: str) -> list[str]:
        """What Tab offers at the end of the line."""
        with provisionalcompleter():
            return [found.text for found in self.ip.Completer.completions(line, len(line))]


@pytest.fixture
def bare_shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A shell without the extension; the process's workbench begins empty."""
    monkeypatch.setattr(HistoryManager, "enabled", False)  # no database thread outlives the test
    workbench.cache_clear()
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(colors="nocolor")
    # Each would be kept to the end, and then collect all garbage, one after the other.
    atexit.unregister(shell.atexit_operations)
    yield Shell(shell)
    shell.run_line_magic("unload_ext", "glm_magic")
    workbench().close()
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(bare_shell: Shell) -> Shell:
    """A shell with the extension loaded."""
    bare_shell.ip.run_line_magic("load_ext", "glm_magic")
    return bare_shell


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox at full speed that accepts the canary key."""
    with Sandbox(key=CANARY, tokens_per_second=None) as server:
        yield server


@pytest.fixture
def settings_for(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sandbox], None]:
    """Points the environment at a sandbox, as Z.ai with a key."""

    def point(server: Sandbox) -> None:
        monkeypatch.setenv("GLM_PROVIDER", "zai")
        monkeypatch.setenv("GLM_BASE_URL", server.base_url)
        monkeypatch.setenv("GLM_API_KEY", CANARY)

    return point


@pytest.fixture
def kernel(sandbox: Sandbox, settings_for: Callable[[Sandbox], None]) -> Iterator[Kernel]:
    """A real kernel with the extension loaded, whose questions go to `sandbox`."""
    settings_for(sandbox)
    with Kernel() as running:
        running.run("%load_ext glm_magic")
        yield running


@pytest.fixture
def kernels() -> Iterator[Callable[..., Any]]:
    """Starts kernels, and ends them when the test ends."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(Kernel(**options))
