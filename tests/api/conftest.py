"""Nothing of a client stays behind, and every question is asked in both ways."""

from collections.abc import Callable, Iterator

import pytest

from glm_magic.api.client import Client

from .asking import Way, client_of


@pytest.fixture(params=["sync", "async"])
def way(request: pytest.FixtureRequest) -> Way:
    """Blocking, and in an event loop: whatever holds for one holds for the other."""
    return Way(request.param)


@pytest.fixture
def connect(no_leaked_threads: None, no_leaked_sockets: None) -> Iterator[Callable[..., Client]]:
    """Makes clients, and closes them; their threads and sockets must be gone afterwards."""
    clients: list[Client] = []

    def make(*arguments: object, **options: object) -> Client:
        clients.append(client_of(*arguments, **options))  # type: ignore[arg-type]
        return clients[-1]

    yield make
    for client in clients:
        client.close()
