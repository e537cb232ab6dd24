"""A sandbox at full speed, and the promise that nothing of it stays behind."""

from collections.abc import Iterator

import pytest

from glm_magic.sandbox import Sandbox


@pytest.fixture
def sandbox(no_leaked_threads: None, no_leaked_sockets: None) -> Iterator[Sandbox]:
    """A running sandbox; its port, sockets and thread must be gone afterwards."""
    with Sandbox(tokens_per_second=None) as running:
        yield running
