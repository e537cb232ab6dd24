"""A stranger's desk: a shell with the extension, a host that says what a test tells it, no more."""

from collections.abc import Callable, Iterator

import pytest

from tests.api.host import Host, said
from tests.canary import CANARY
from tests.jupyter.conftest import Shell, bare_shell, shell  # noqa: F401 - fixtures

pytestmark = pytest.mark.usefixtures("no_leaked_threads", "no_leaked_sockets")


@pytest.fixture
def at(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Shell]:  # noqa: F811
    """Points the shell at a base URL, with the canary as the key for it and short patience."""

    def point(base_url: str) -> Shell:
        monkeypatch.setenv("GLM_PROVIDER", "zai")
        monkeypatch.setenv("GLM_BASE_URL", base_url)
        monkeypatch.setenv("GLM_API_KEY", CANARY)
        for line in ("retries = 0", "idle_timeout_seconds = 10", "total_timeout_seconds = 30"):
            shell.run(f"%config GLM.{line}")
        return shell

    return point


@pytest.fixture
def host() -> Iterator[Host]:
    """A host that answers; its scripts can be replaced."""
    with Host(said("All is well.")) as running:
        yield running
