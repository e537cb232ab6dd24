"""The stored descriptions under other versions: each in an environment made for it with pip.

A Python that is not installed is passed over; the one that runs the tests, and two versions of
pandas, are always there.
"""

import sys
from pathlib import Path

import pytest

from tests.interpreters import check, newer_pythons

# As a user may have them: the oldest pandas that we promise, and what pip would choose today.
PANDAS = {"oldest": "pandas==2.2.*", "newest": "pandas>=3"}
NEEDED = """
polars pyarrow narwhals geopandas palmerpenguins scikit-learn vega_datasets hypothesis pytest
pytest-timeout httpx ipython ipywidgets nbformat platformdirs tenacity tornado
"""
TESTS = "tests/frames/test_golden.py tests/frames/test_levels.py tests/frames/test_usefulness.py"


PAIRS = [(sys.executable, "oldest"), (sys.executable, "newest")]
PAIRS += [(python, "newest") for python in newer_pythons()]


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("python", "pandas"), PAIRS, ids=[f"{Path(python).name}-{pandas}" for python, pandas in PAIRS]
)
def test_other_versions_write_the_same(python: str, pandas: str, tmp_path: Path) -> None:
    """Under another Python and another pandas each description is the stored one, to the byte."""
    check(python, tmp_path, [[PANDAS[pandas], *NEEDED.split()]], TESTS)
