"""A folder with a notebook's recordings, and a process whose workbench begins empty."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from glm_magic.surroundings import AROUND
from glm_magic.wiring import workbench


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Where the notebook `analysis.ipynb` runs, with a new workbench."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(AROUND, "notebook", lambda: tmp_path / "analysis.ipynb")
    workbench.cache_clear()
    yield tmp_path
    workbench().close()
    workbench.cache_clear()
