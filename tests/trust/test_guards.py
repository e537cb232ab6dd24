"""Every guard is missed by a test: taken away, something fails."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hygiene.sources import ROOT

from .guards import GUARDS, Guard


def test_the_guards_are_where_they_are_said_to_be() -> None:
    """At least 40, each named once, each found once in the code."""
    assert len({guard.name for guard in GUARDS}) == len(GUARDS) >= 40
    for guard in GUARDS:
        source = (ROOT / "glm_magic" / guard.file).read_text(encoding="utf-8")
        assert source.count(guard.code) == 1, guard.name


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, to be changed."""
    folder = tmp_path_factory.mktemp("without")
    for name in ("glm_magic", "tests"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
    for name in ("pyproject.toml", "README.md", "notebooks", "binder", "CHANGELOG.md"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    return folder


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_is_missed(tree: Path, guard: Guard) -> None:
    """Without it, the tests named for it fail."""
    path = tree / "glm_magic" / guard.file
    original = path.read_text(encoding="utf-8")
    try:
        path.write_text(original.replace(guard.code, guard.without), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider",
             *shlex.split(guard.tests)],
            cwd=tree, env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, check=False,
        )  # fmt: skip
    finally:
        path.write_text(original, encoding="utf-8")
    assert done.returncode == 1, done.stdout.decode()[-2000:]
