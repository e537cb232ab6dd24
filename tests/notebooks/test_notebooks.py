"""Every notebook that ships runs as it stands, without a key and without a network."""

from html import unescape
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_BYTES = 200_000


def test_there_are_notebooks() -> None:
    """The quickstart is among them."""
    assert "quickstart.ipynb" in [path.name for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    """All cells run; each answer is one inert output that says where it came from."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    nbformat.validate(notebook)
    answers = 0
    for cell in notebook.cells:
        if not cell.source.startswith("%%glm") or "--preview" in cell.source:
            continue
        answers += 1
        (output,) = cell.outputs
        assert set(output["data"]) == {"text/markdown", "text/plain"}
        assert output.metadata["glm_magic"]["status"] == "complete"
        assert "no model was called" in unescape(output["data"]["text/markdown"])
    assert answers
    assert len(nbformat.writes(notebook).encode()) < MOST_BYTES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_clean(path: Path) -> None:
    """What is in the repository has no outputs, valid cell ids, and little weight."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert path.stat().st_size < MOST_BYTES
