"""What holds for every test: an empty house, no network, and a key that nobody ever sees."""

import signal

import hypothesis
import pytest
from hypothesis.internal.conjecture import providers

from glm_magic.keys import APIKey

from .canary import CANARY

pytest_plugins = ["tests.isolation", "tests.leaks"]

# The same examples on every run and every machine: a failure can be repeated by anybody.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("same")
# It would mix in constants of the modules that happen to be loaded: of the tests that ran before.
assert hasattr(providers, "_get_local_constants")
providers._get_local_constants = lambda: providers._local_constants

# A shell starts what runs in its background without an answer to Ctrl-C, which tests press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def canary_key() -> APIKey:
    """An API key that fails the test wherever it shows up: output, logs, files, warnings."""
    return APIKey(CANARY)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long runs only when it is asked for by its mark."""
    if "soak" in config.option.markexpr:
        return
    soak = [item for item in items if item.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=soak)
    items[:] = [item for item in items if item not in soak]
