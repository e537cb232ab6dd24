"""The stored descriptions under other versions: each in an environment made for it with pip.

A Python that is not installed is passed over; the one that runs the tests, and two versions of
pandas, are always there.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interpreters import newer_pythons

# As a user may have them: the oldest pandas that we promise, and what pip would choose today.
PANDAS = {"oldest": "pandas==2.2.*", "newest": "pandas>=3"}
NEEDED = """
polars pyarrow narwhals geopandas palmerpenguins scikit-learn vega_datasets hypothesis pytest
pytest-timeout httpx ipython ipywidgets nbformat platformdirs tenacity tornado
"""
TESTS = ("test_golden.py", "test_levels.py", "test_usefulness.py")
HERE = Path(__file__).parent


PAIRS = [(sys.executable, "oldest"), (sys.executable, "newest")]
PAIRS += [(python, "newest") for python in newer_pythons()]


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("python", "pandas"), PAIRS, ids=[f"{Path(python).name}-{pandas}" for python, pandas in PAIRS]
)
def test_other_versions_write_the_same(python: str, pandas: str, tmp_path: Path) -> None:
    """Under another Python and another pandas each description is the stored one, to the byte."""
    subprocess.run([python, "-m", "venv", tmp_path], check=True)
    inside = tmp_path / "bin" / "python"
    install = [inside, "-m", "pip", "install", "--quiet", PANDAS[pandas], *NEEDED.split()]
    subprocess.run(install, check=True)
    root = HERE.parent.parent
    # Other versions have other warnings; the text is what counts here.
    tests = [str(HERE / name) for name in TESTS]
    command = [inside, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "default", *tests]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]
