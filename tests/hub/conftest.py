"""One service for the tests of a file; each test asks with people of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from glm_magic.sandbox import Sandbox
from glm_magic.wiring import workbench
from tests.canary import CANARY

from .course import OPEN, Course


@pytest.fixture(scope="module")
def upstream() -> Iterator[Sandbox]:
    """The model's host, which takes the canary key."""
    with Sandbox(key=CANARY, tokens_per_second=None) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, upstream: Sandbox) -> Iterator[Course]:
    """The service, for all tests of a file."""
    with Course(tmp_path_factory.mktemp("course"), upstream) as course:
        yield course


@pytest.fixture
def course(running: Course) -> Course:
    """The service with everything open, and a host without faults."""
    running.rules(OPEN)
    running.hub.down = False
    running.upstream.faults.clear()
    running.upstream.recorded.clear()
    return running


@pytest.fixture
def at_home(course: Course, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Makes this process the kernel of a student: all that the hub gives it; returns the token."""

    def be(name: str, *groups: str, **options: Any) -> str:
        token = course.hub.person(name, *groups, **options)
        monkeypatch.setenv("GLM_PROVIDER", "classroom")
        monkeypatch.setenv("GLM_BASE_URL", course.base_url)
        monkeypatch.setenv("GLM_MODEL", "glm-4.5-air")
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", token)
        workbench.cache_clear()
        return token

    yield be
    workbench().close()
    workbench.cache_clear()
