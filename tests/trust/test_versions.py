"""It works with the oldest and the newest of what it needs, each in an environment of its own."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.hygiene.sources import ROOT
from tests.interpreters import check, newer_pythons

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OLDEST = [re.sub(r">=([\d.]+).*", r"==\1", line) for line in PROJECT["dependencies"]]
RIG = (
    "hypothesis markdown-it-py nbclient nbconvert pandas papermill pillow pytest pytest-timeout "
    "trustme"
)
TESTS = """
tests/jupyter tests/settings --ignore=tests/jupyter/test_interrupt.py
tests/trust/test_environments.py tests/trust/test_run_all_twice.py
tests/trust/test_nothing_runs_by_itself.py tests/trust/test_nothing_leaves_unseen.py
"""
SETS = {
    "oldest": [*OLDEST, "ipykernel==6.29.*"],
    "IPython 8, ipykernel 6": ["ipython==8.*", "ipykernel==6.*"],
    "IPython 8, ipykernel 7": ["ipython==8.*", "ipykernel==7.*"],
    "IPython 9, ipykernel 6": ["ipython==9.*", "ipykernel==6.*"],
    "newest": ["ipython", "ipykernel"],
}


PAIRS = [(sys.executable, name) for name in SETS]
PAIRS += [(python, "newest") for python in newer_pythons()]


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("python", "name"), PAIRS, ids=[f"{Path(python).name}-{name}" for python, name in PAIRS]
)
def test_other_versions_work(python: str, name: str, tmp_path: Path) -> None:
    """Cells, settings, and three promises, with other versions of what they stand on."""
    ours = ["--editable", f"{ROOT}[tools]"]
    check(python, tmp_path, [[*SETS[name], *RIG.split()], ours], TESTS)
