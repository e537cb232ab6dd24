"""Runs the notebooks that ship, beside a copy of their recordings."""

import os
import shutil
from pathlib import Path

from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
REPLAYS = '%config GLM.replay = "auto"'


def recordings_of(path: Path) -> Path:
    """Where a notebook's recordings are, or would be."""
    return path.with_suffix(".glm.jsonl")


def replays(path: Path) -> bool:
    """Whether a notebook answers from recordings."""
    return REPLAYS in path.read_text(encoding="utf-8").replace('\\"', '"')


def asks(cell: NotebookNode) -> bool:
    """Whether a cell shows an answer when it runs."""
    if "--preview" in cell.source or "not-asked" in cell.metadata.get("tags", ()):
        return False
    return bool(cell.source.startswith("%%glm") and not cell.source.startswith("%%glm_map"))


def run(notebook: NotebookNode, folder: Path, recordings: Path | None = None) -> None:
    """Run all cells in place, in a folder with these recordings.

    Raises:
        CellExecutionError: A cell failed.
    """
    if recordings is not None and recordings.exists():
        shutil.copy(recordings, folder)
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=120, resources=resources, record_timing=False)
    client.execute()
