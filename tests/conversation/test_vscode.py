"""Notebooks in VS Code: its cell ids hold the path, and are its own."""

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest

from glm_magic.sandbox import Sandbox
from tests.kernel import Kernel, Ran

from .notebook import table
from .nursery import Nursery
from .requests import asked


class Editor:
    """A notebook in VS Code: a kernel that is told nothing by a server.

    Args:
        nursery: Raises its kernels.
        path: Where the notebook is.
        data: The user's data folder.
    """

    def __init__(self, nursery: Nursery, path: Path, data: Path) -> None:
        self.path, self.data = path, data
        self._nursery = nursery

    def start(self) -> Kernel:
        """A kernel with the variable that VS Code sets in it, and the extension."""
        self.kernel = self._nursery.kernel(GLM_DATA_DIR=str(self.data))
        self.kernel.__enter__()
        self.kernel.run(f"__vsc_ipynb_file__ = {str(self.path)!r}")
        self.run(0, "%load_ext glm_magic")
        return self.kernel

    def restart(self) -> None:
        """Another kernel, while the notebook stays open."""
        self.kernel.__exit__()
        self.start()

    def run(self, handle: int, source: str) -> Ran:
        """Run a cell; VS Code numbers cells as they come into being."""
        ending = base64.b64encode(b"file").decode()
        cell = f"vscode-notebook-cell:{quote(str(self.path))}#W{handle}s{quote(ending)}"
        return self.kernel.run(source, cell=cell)

    def ask(self, handle: int, prompt: str, options: str = "") -> None:
        """Run a `%%glm` cell."""
        ran = self.run(handle, f"%%glm --no-think {options}\n{prompt}")
        assert ran.status == "ok", ran.error

    def rows(self) -> list[list[str]]:
        """The table of `%glm show`."""
        return table(self.run(99, "%glm show"))


@pytest.fixture
def open_editor(
    nursery: Nursery, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Editor]]:
    """Opens a notebook by name, in folders whose names must be quoted in an address."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    with ExitStack() as stack:

        def opened(name: str) -> Editor:
            path = tmp_path / "päth with space" / name
            path.parent.mkdir(exist_ok=True)
            editor = Editor(nursery, path, tmp_path / "data")
            editor.start()
            stack.callback(lambda: editor.kernel.__exit__())
            return editor

        yield opened


@pytest.fixture
def editor(open_editor: Callable[[str], Editor]) -> Editor:
    """A notebook that was asked two things."""
    editor = open_editor("analysis.ipynb")
    editor.ask(1, "one")
    editor.ask(2, "two")
    return editor


def test_a_cell_has_one_place(editor: Editor, sandbox: Sandbox) -> None:
    """An edited cell replaces its turn; a cell that asks twice has two places."""
    editor.ask(1, "one, changed")
    assert asked(sandbox) == ["one, changed"]
    editor.run(3, "import glm_magic\nfor n in (1, 2):\n    glm_magic.ask(f'loop {n}')")
    assert asked(sandbox) == ["one, changed", "two", "loop 1", "loop 2"]
    cells = [row[1] for row in editor.rows()]
    assert len(set(cells)) == 4
    assert cells[3] == f"{cells[2]}/2"
    editor.run(3, "glm_magic.ask('loop 3')")
    assert [row[2] for row in editor.rows()] == ["one, changed", "two", "loop 3"]


def test_no_path_is_in_a_place(editor: Editor) -> None:
    """A place is the part of the id that a rename leaves alone."""
    (journal,) = editor.data.glob("conversations/*/*.jsonl")
    assert '"cell":"W1sZmlsZQ%3D%3D"' in journal.read_text()


def test_the_conversation_is_found_by_the_path_in_the_id(
    editor: Editor, open_editor: Callable[[str], Editor], sandbox: Sandbox
) -> None:
    """After a restart of the kernel; another notebook with equal handles has its own."""
    editor.restart()
    other = open_editor("other.ipynb")
    other.ask(1, "elsewhere")
    assert asked(sandbox) == ["elsewhere"]
    editor.ask(3, "three")
    assert asked(sandbox) == ["one", "two", "three"]
    editor.ask(2, "two, changed")
    assert asked(sandbox) == ["one", "two, changed"]


def test_notebooks_that_were_never_saved_do_not_meet(
    open_editor: Callable[[str], Editor], sandbox: Sandbox
) -> None:
    """Untitled-1.ipynb has no path; the next one of that name knows nothing of it."""
    first = open_editor("Untitled-1.ipynb")
    first.path = Path("Untitled-1.ipynb")
    first.ask(1, "secret")
    first.restart()
    first.ask(2, "hello")
    assert asked(sandbox) == ["hello"]


def test_a_rename_is_seen_at_once(editor: Editor, sandbox: Sandbox) -> None:
    """VS Code's ids have the new path at once; the conversation goes on, in order."""
    editor.path = editor.path.with_name("renamed.ipynb")
    editor.ask(1, "one, changed")
    editor.ask(3, "three")
    assert asked(sandbox) == ["one, changed", "two", "three"]
