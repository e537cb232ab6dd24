"""Tests under other Pythons and other versions, each in an environment of its own."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.hygiene.sources import ROOT

_NEWER = ("python3.12", "python3.13", "python3.14")


def newer_pythons() -> list[str]:
    """Those that can be run; a launcher that only says how to install one is none."""
    return [python for python in _NEWER if _runs(python)]


def environment(python: str, folder: Path, installs: Sequence[Sequence[str]]) -> str:
    """The Python of a new environment with what pip is given, one call after the other."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    inside = str(folder / "bin" / "python")
    for packages in installs:
        subprocess.run([inside, "-m", "pip", "install", "--quiet", *packages], check=True)
    return inside


def check(python: str, folder: Path, installs: Sequence[Sequence[str]], tests: str) -> None:
    """The tests pass in an environment of their own.

    Other versions have other warnings, which are no failures.
    """
    inside = environment(python, folder, installs)
    command = f"-m pytest -q -p no:cacheprovider -W default {tests}".split()
    done = subprocess.run(
        [inside, *command], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]


def _runs(python: str) -> bool:
    found = shutil.which(python)
    done = subprocess.run([found, "-c", ""], capture_output=True, check=False) if found else None
    return done is not None and not done.returncode
