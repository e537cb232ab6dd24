"""The shell and the front end around us: which one it is, which cell asks, what names exist."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

from ..chat.places import Place, place_of
from ..store.file_numbers import file_number
from ..store.marking import MARK

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# JupyterLab and Notebook 7 send it with every notebook cell, and not with a console's.
_DELETED = "deletedCells"
_VSCODE = "vscode-notebook-cell:"
_DRIVE = re.compile("/[A-Za-z]:/")
_MOST_RUNS = 100  # a run may ask when the next one has begun, as a task in the background does

FrontEnd = Literal["lab", "vscode", "colab", "console", "batch", "terminal", "pipe"]


class Host:
    """What a magic needs to know of the shell it runs in.

    Args:
        shell: The running IPython shell.

    Attributes:
        shown_last: What `show` was given last.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self._runs: dict[str, tuple[int, int]] = {}  # of cells: questions so far, and when begun
        self._counting = threading.Lock()
        self.shown_last = ""
        self._lab = _DELETED in self._metadata()
        self._file = file_number(_session_name())

    @property
    def namespace(self) -> dict[str, Any]:
        """The user's variables by name."""
        namespace: dict[str, Any] = self.shell.user_ns
        return namespace

    def _parent(self) -> dict[str, Any]:
        """The message that started the running cell; {} in a terminal."""
        kernel = getattr(self.shell, "kernel", None)
        parent = kernel.get_parent("shell") if kernel else None
        return parent or {}

    def _metadata(self) -> dict[str, Any]:
        """What the front end says of the running cell."""
        found = self._parent().get("metadata")
        return found if isinstance(found, dict) else {}

    def _execution(self) -> str:
        """The id of that message: another one for each run of a cell."""
        return str((self._parent().get("header") or {}).get("msg_id"))

    @property
    def in_kernel(self) -> bool:
        """Whether a front end shows our output, and no terminal or pipe."""
        return getattr(self.shell, "kernel", None) is not None

    @property
    def asks_whole_cell(self) -> bool:
        """Whether the running cell is one of `%%glm`, so that all of its output is ours."""
        code = (self._parent().get("content") or {}).get("code")
        return isinstance(code, str) and code.lstrip().startswith("%%glm")

    @property
    def captured(self) -> bool:
        """Whether an Output widget takes what is shown now: it hears of no update of a display."""
        here = self._execution()
        # The one list of them there is; nobody has a widget who did not import it.
        known = getattr(sys.modules.get("ipywidgets.widgets.widget"), "_instances", {})
        return any(getattr(one, "msg_id", "") == here for one in list(known.values()))

    @property
    def cell(self) -> str | None:
        """The running cell's id, or None where the front end sends none."""
        found = self._metadata().get("cellId")
        return found if isinstance(found, str) else None

    def tags(self) -> tuple[str, ...]:
        """The running cell's tags; JupyterLab and Notebook 7 send its metadata along."""
        found = self._metadata().get("tags")
        return tuple(map(str, found)) if isinstance(found, list) else ()

    def place(self, *, counted: bool = True) -> str | None:
        """The next question's place in the conversation: its cell, numbered from the second on.

        A console beside the notebook has no places: its cells are never in the file. VS Code
        makes its ids anew whenever the notebook is opened, so there places hold for a session;
        they do not hold the notebook's path, which may change.
        """
        cell = self.cell
        self._lab = self._lab or _DELETED in self._metadata()
        if cell is None or (self._lab and _DELETED not in self._metadata()):
            return None
        if cell.startswith(_VSCODE):
            cell = cell.partition("#")[2] or cell
        execution = self._execution()
        with self._counting:  # a cell's own threads may ask
            asked, run = self._runs.get(execution) or (0, time.perf_counter_ns())
            if counted:
                self._runs[execution] = asked + 1, run
                if len(self._runs) > _MOST_RUNS:
                    del self._runs[next(iter(self._runs))]
        return Place(place_of(cell, asked + 1), run)

    def notebook(self) -> Path | None:
        """The running notebook's file, or None where the front end does not tell.

        VS Code tells in its cell ids, Jupyter's server in the kernel's environment; the latter
        is stale after a rename until the kernel restarts. A file that has come to its path since,
        and does not have the running cell, is another notebook.
        """
        cell = self.cell or ""
        if cell.startswith(_VSCODE):
            found = unquote(urlsplit(cell).path)
            if not found.startswith("/") or not found.endswith(".ipynb"):
                return None  # not saved yet: the next such notebook has the same name
            return Path(found[1:] if _DRIVE.match(found) else found)
        path = Path(_session_name())
        if path.suffix != ".ipynb":
            return None
        if self._file in (None, file_number(path)) or not path.exists():
            return path
        from ..store.notebook_file import read_notebook

        saved = read_notebook(path)
        return path if saved and cell in saved.cells else None

    def show(self, markdown: str) -> None:
        """Show inert Markdown now, among the output of the running cell."""
        from ..render.cleaning import plain

        self.shown_last = markdown
        if self.front_end in ("terminal", "pipe"):
            sys.stdout.write(f"\n{plain(markdown)}\n")
            return
        from IPython.display import display

        display({"text/markdown": markdown, "text/plain": plain(markdown)}, raw=True, metadata=MARK)

    def person(self) -> bool:
        """Whether somebody is there who can be asked by `input`."""
        if not self.in_kernel:
            return sys.stdin is not None and sys.stdin.isatty()
        return bool((self._parent().get("content") or {}).get("allow_stdin"))

    @property
    def front_end(self) -> FrontEnd:
        """Who shows our output."""
        if not self.in_kernel:
            return "terminal" if sys.stdout.isatty() else "pipe"
        if type(self.shell).__module__.startswith("google.colab"):
            return "colab"
        cell = self.cell
        if cell:
            return "vscode" if cell.startswith(_VSCODE) else "lab"
        return "console" if (self._parent().get("content") or {}).get("allow_stdin") else "batch"


def _session_name() -> str:
    """What Jupyter calls the kernel's session: a notebook's path, or a console's name."""
    return os.environ.get("JPY_SESSION_NAME", "")
