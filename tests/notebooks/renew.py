"""Makes recordings and outputs of the notebooks anew, from the sandbox: `make notebooks`.

python -m tests.notebooks.renew [STEM ...]
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat

from tests.isolation import clean_environment
from tests.notebooks.running import NOTEBOOKS, REPLAYS, recordings_of, replays, run


def renew(path: Path) -> None:
    """Record a notebook's answers, then run it from them and keep what it shows."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.source = cell.source.replace(REPLAYS, REPLAYS.replace("auto", "record"))
        run(notebook, Path(folder))
        # A runner does not say which notebook runs, so the file has the general name.
        made = Path(folder) / "notebook.glm.jsonl"
        recordings_of(path).write_bytes(made.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        notebook = nbformat.read(path, as_version=4)
        run(notebook, Path(folder), recordings_of(path))
        nbformat.write(notebook, path)


def main(stems: list[str]) -> None:
    """Renew these notebooks, or all that replay."""
    for path in NOTEBOOKS:
        if replays(path) and (not stems or path.stem in stems):
            print(path.stem, flush=True)
            renew(path)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        cleaned = clean_environment(Path(home))
        os.environ.clear()
        os.environ.update(cleaned)
        main(sys.argv[1:])
