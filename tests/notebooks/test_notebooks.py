"""Every notebook that ships runs as it stands, without a key and without a network."""

import json
from html import unescape
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from glm_magic.store.metadata import turn_from_metadata

from .running import FOLDER, NOTEBOOKS, asks, recordings_of, replays, run

MOST_BYTES = 200_000
STORIES = {
    "analysis", "classroom_instructor", "classroom_student", "conversation", "panel", "quickstart",
    "rows", "tools",
}  # fmt: skip
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
REPLAYED = pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if replays(path)], ids=lambda path: path.stem
)


def test_the_notebooks_are_there() -> None:
    """The README and the demo lead to these."""
    assert {path.stem for path in NOTEBOOKS} >= STORIES


def words(output: NotebookNode) -> str:
    """The answer that an output holds."""
    turn = turn_from_metadata(output.metadata["glm_magic"], output["data"]["text/markdown"])
    assert turn is not None
    return turn.text


@EACH
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    """All cells run; each answer is one inert output that says where it came from.

    Where there are recordings, every answer comes from them, and is what the notebook in the
    repository shows.
    """
    notebook = nbformat.read(path, as_version=4)
    stored = [cell.get("outputs", ()) for cell in notebook.cells]
    run(notebook, tmp_path, recordings_of(path))
    nbformat.validate(notebook)
    answers = 0
    for cell, before in zip(notebook.cells, stored, strict=True):
        if not asks(cell):
            continue
        answers += 1
        (output,) = cell.outputs
        assert set(output["data"]) == {"text/markdown", "text/plain"}
        assert output.metadata["glm_magic"]["status"] == "complete"
        assert "no model was called" in unescape(output["data"]["text/markdown"])
        if replays(path):
            assert output.metadata["glm_magic"].get("recorded"), f"{cell.id}: make notebooks"
            assert words(output) == words(before[0]), f"{cell.id}: make notebooks"
    if path.stem == "tools":
        _tools_show(notebook)
    if path.stem == "rows":
        _rows_are_labelled_and_plotted(notebook)
    else:
        assert answers
    assert len(nbformat.writes(notebook).encode()) < MOST_BYTES


def _rows_are_labelled_and_plotted(notebook: nbformat.NotebookNode) -> None:
    """A real set of texts is labelled whole; answers are columns, and the plot is there."""
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    shown = [out["data"] for out in outputs if "data" in out]
    assert any("<th>about</th>" in data.get("text/html", "") for data in shown)
    assert any("image/png" in data for data in shown)
    assert "283 rows, 0 without an answer" in shown[-1]["text/plain"]
    dry = next(data["text/plain"] for data in shown if "Dry run" in data["text/plain"])
    assert "283 rows, about 283 to ask" in dry


@EACH
def test_a_notebook_is_clean(path: Path) -> None:
    """What is in the repository has valid cell ids and little weight."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert path.stat().st_size < MOST_BYTES


@EACH
def test_pictures_are_seen_without_running(path: Path) -> None:
    """A notebook with recordings keeps what it showed; the two demos begin empty, to be run."""
    cells = nbformat.read(path, as_version=4).cells
    kinds = {kind for cell in cells for o in cell.get("outputs", ()) for kind in o.get("data", ())}
    if replays(path):
        assert "image/png" in kinds
    elif path.stem in ("quickstart", "panel"):
        assert not kinds


@REPLAYED
def test_recordings_are_the_sandboxs(path: Path) -> None:
    """No answer was invented or asked of a model, every one is used, and the notebook says so."""
    lines = recordings_of(path).read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["provider"] for line in lines} == {"sandbox"}
    notebook = nbformat.read(path, as_version=4)
    assert "recorded from the\nsandbox" in notebook.cells[0].source or (
        "recorded from the sandbox" in notebook.cells[0].source
    )


def test_no_recording_is_without_its_notebook() -> None:
    """A renamed notebook takes its recordings along."""
    wanted = {recordings_of(path).name for path in NOTEBOOKS if replays(path)}
    assert {path.name for path in FOLDER.glob("*.jsonl")} == wanted


def _tools_show(notebook: NotebookNode) -> None:
    """A tool's figures, a query's rows, a table of typed values, and the agent's plots are real."""
    shown = {cell.id: str(cell.get("outputs")) for cell in notebook.cells}
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert '"Biscoe": 4716.0' in str(notebook.cells[5].outputs[0]["data"]["text/markdown"])
    assert "Adelie,152,3701.0" in shown["tools-08"]
    assert "2026-04-11" in shown["tools-12"]
    assert "1500.0" in shown["tools-12"]
    assert sum("image/png" in one.get("data", {}) for one in outputs[-1]) == 3
    assert "What 5 cells gave" in shown["tools-14"]
