"""A conversation that only the panel has asked in is found again, though no output tells of it."""

import time

import pytest

from .conftest import Open
from .notebook import Notebook

PANEL = "%glm panel"
ASK = (
    "panel = get_ipython()._glm_magic_panel.session; panel.handle({'kind': 'ask', 'prompt': 'hi'})"
)
TOLD = """
from glm_magic.wiring import workbench
print([turn.text != "" for turn in workbench().shelf.current])
"""


@pytest.fixture
def notebook(open_notebook: Open) -> Notebook:
    """A notebook that was saved once, with a panel in it."""
    opened = open_notebook()
    opened.run("panel-cell", PANEL)
    opened.save()
    return opened


def _asked(notebook: Notebook) -> None:
    notebook.kernel.run(ASK)
    end = time.monotonic() + 20
    while notebook.kernel.run(TOLD).printed.strip() != "[True]":
        assert time.monotonic() < end
        time.sleep(0.05)


def test_it_is_found_after_a_restart(notebook: Notebook) -> None:
    """Also when the file was written after the panel had asked."""
    _asked(notebook)
    notebook.save()
    notebook.restart()
    assert notebook.prompts() == ["hi"]


def test_another_notebook_of_the_same_name_has_none_of_it(notebook: Notebook) -> None:
    """A notebook that was made anew in its place does not have the cell that showed the panel."""
    _asked(notebook)
    notebook.path.unlink()
    notebook.document.cells.clear()
    notebook.run("fresh-cell", "1")
    notebook.save()
    notebook.restart()
    assert notebook.prompts() == []
