"""A host with a key of its own, and a workbench that knows no other."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from glm_magic.sandbox import Sandbox
from glm_magic.wiring import workbench
from tests.canary import CANARY


@pytest.fixture
def bench() -> Iterator[None]:
    """A workbench of the test's own."""
    workbench.cache_clear()
    yield
    workbench().close()
    workbench().ledger.close()
    workbench.cache_clear()


@pytest.fixture
def host(
    no_leaked_threads: None, no_leaked_sockets: None, bench: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Sandbox]]:
    """Starts a sandbox at full speed that takes the canary key, and points glm_magic to it."""
    with ExitStack() as stack:

        def start(**options: Any) -> Sandbox:
            given = {"tokens_per_second": None, "key": CANARY, **options}
            sandbox = stack.enter_context(Sandbox(**given))
            monkeypatch.setenv("GLM_BASE_URL", sandbox.base_url)
            monkeypatch.setenv("GLM_API_KEY", CANARY)
            return sandbox

        yield start
