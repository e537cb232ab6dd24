"""An empty house for what is measured: no key, no settings of the user, no network but loopback."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from tests.isolation import clean_environment

ROOT = Path(__file__).parents[2]
# As it was, for pip: it may need a proxy and the user's own index.
ORIGINAL = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@contextmanager
def empty_house() -> Iterator[Path]:
    """Run in a temporary home; every process that is started inherits it."""
    with tempfile.TemporaryDirectory(prefix="glm_magic_bench_") as folder:
        home = Path(folder)
        environment = clean_environment(home)
        # Users have compiled files; compiling at each start is not what they wait for.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPATH"] = str(ROOT)
        with mock.patch.dict(os.environ, environment, clear=True):
            yield home
