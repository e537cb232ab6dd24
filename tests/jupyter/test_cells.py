"""Which cell failed last and which stand before a question, whatever they hold."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from glm_magic.surroundings import AROUND
from glm_magic.testing import scripted
from tests.jupyter.conftest import Shell

Save = Callable[[str], None]


def run(shell: Shell, *cells: str, **options: str) -> None:
    """Run cells as a front end does, which counts them."""
    for cell in cells:
        shell.ip.run_cell(cell, store_history=True, **options)


def sent(shell: Shell, cell: str, **options: str) -> str:
    """Run an asking cell: the user message that was sent."""
    with scripted("yes") as client:
        run(shell, cell, **options)
    return client.requests[0].messages[-1].content


@pytest.mark.parametrize(
    "cell",
    [
        "%load_ext glm_magic\nimport no_such_package",
        "%glm hide a.b\nimport no_such_package",
        "%reload_ext glm_magic\n\nimport no_such_package",
    ],
)
@pytest.mark.parametrize("after", ["good = 1 + 1", "%glm code 7"])
def test_a_cell_that_begins_with_us_can_fail(bare_shell: Shell, cell: str, after: str) -> None:
    """The README's first cell does; what is explained is its failure, and no error of ours."""
    bare_shell.ip.run_line_magic("load_ext", "glm_magic")
    run(bare_shell, cell, after)
    told = sent(bare_shell, "%glm fix")
    assert "No module named 'no_such_package'" in told
    assert cell in told
    assert after not in told


def test_the_cell_that_loads_us_can_fail(bare_shell: Shell) -> None:
    """Its failure is known, though we were not there when it began."""
    run(bare_shell, "before = 1", "%load_ext glm_magic\nimport no_such_package", "%glm models")
    told = sent(bare_shell, "%glm fix")
    assert "%load_ext glm_magic\nimport no_such_package" in told
    assert "No module named 'no_such_package'" in told


@pytest.mark.parametrize("failing", ["here = 1/0", "here = 1 +", "def f():\n    1/0\nf()"])
def test_what_failed_before_loading_keeps_its_cell(bare_shell: Shell, failing: str) -> None:
    """The last exception is told with the cell that it came from, whatever ran since."""
    run(bare_shell, failing, "good = 1", "%load_ext glm_magic", "better = 2")
    told = sent(bare_shell, "%glm fix")
    assert failing in told
    assert "good = 1" not in told
    assert "better = 2" not in told


def test_our_own_errors_are_not_the_last_exception(bare_shell: Shell) -> None:
    """A misspelt command is no failure of a cell; nothing is sent."""
    run(bare_shell, "%load_ext glm_magic", "fine = 1", "%glm code 7", "fine = 2\n%glm modles")
    with scripted() as client:
        assert "No cell has failed" in bare_shell.run("%glm fix")
    assert not client.requests


def test_cells_with_a_command_among_code_are_code(shell: Shell) -> None:
    """`--cells` leaves out what holds commands alone."""
    run(shell, "%glm hide a.b\nfirst = 1", "%load_ext glm_magic\n\n%glm hide a.c", "second = 2")
    told = sent(shell, "%%glm --once --cells 9\nhi")
    assert "%glm hide a.b\nfirst = 1" in told
    assert "second = 2" in told
    assert "a.c" not in told


@pytest.fixture
def save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Save:
    """Saves a notebook with cells of these ids, one letter each; "q" is the asking one."""
    path = tmp_path / "analysis.ipynb"
    monkeypatch.setattr(AROUND, "notebook", lambda: path)
    monkeypatch.setattr("glm_magic.jupyter.host.Host.cell", "q")

    def write(ids: str) -> None:
        nbformat.write(new_notebook(cells=[new_code_cell("", id=one) for one in ids]), path)

    return write


def test_a_cell_that_is_not_saved_yet_is_the_nearest(shell: Shell, save: Save) -> None:
    """What just ran is explained; what was saved once and is gone now, is not."""
    save("abq")
    run(shell, "alpha = 1", cell_id="a")
    run(shell, "fresh = 3", cell_id="n")
    run(shell, "beta = 2", cell_id="b")
    assert "fresh = 3" in sent(shell, "%glm explain", cell_id="q")
    told = sent(shell, "%%glm --once --cells 9\nhi", cell_id="q")
    assert told.index("alpha") < told.index("beta") < told.index("fresh")
    save("anbq")
    assert "beta = 2" in sent(shell, "%glm explain", cell_id="q")
    save("abq")
    assert "fresh" not in sent(shell, "%%glm --once --cells 9\nhi", cell_id="q")
