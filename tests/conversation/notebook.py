"""A notebook without a browser: a real kernel that knows its path, and the file a front end saves.

What a cell puts out is kept as JupyterLab keeps it, and written only by `save`.
"""

from html import unescape
from pathlib import Path
from typing import Any, Self

import nbformat

from glm_magic.chat.turns import Turn
from glm_magic.store.metadata import turn_from_metadata
from tests.kernel import Ran

from .nursery import Nursery

LOAD = "%load_ext glm_magic"


class Notebook:
    """A notebook at a path, with a kernel; use as a context manager.

    Args:
        nursery: Raises its kernels.
        path: Where the file is, or will be; one that is there is opened.
        data: The user's data folder: another one is another machine.
    """

    def __init__(self, nursery: Nursery, path: Path, data: Path) -> None:
        self.path, self.data = path, data
        self._nursery = nursery
        path.parent.mkdir(parents=True, exist_ok=True)
        v4: Any = nbformat.v4
        self.document = nbformat.read(path, as_version=4) if path.exists() else v4.new_notebook()

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kernel.__exit__()

    def _start(self) -> None:
        told = {"JPY_SESSION_NAME": str(self.path), "GLM_DATA_DIR": str(self.data)}
        self.kernel = self._nursery.kernel(**told)
        self.kernel.__enter__()
        self.kernel.run(LOAD)

    def restart(self, at: Path | None = None) -> None:
        """End the kernel as a server does and start another one, perhaps under another path."""
        self.kernel.__exit__()
        self.path = at or self.path
        self._start()

    def crash(self) -> None:
        """Kill the kernel with SIGKILL and start another one."""
        self.kill()
        self.restart()

    def kill(self) -> None:
        """Kill the kernel with SIGKILL, and see it dead."""
        self.kernel.bury()

    def ask(self, cell: str, prompt: str, options: str = "") -> str:
        """Run a `%%glm` cell; the answer as it was shown."""
        ran = self.run(cell, f"%%glm --no-think {options}\n{prompt}")
        assert ran.status == "ok", ran.error
        return shown(ran)

    def run(self, cell: str, source: str) -> Ran:
        """Run a cell, new ones at the end, and keep what it puts out."""
        ran = self.kernel.run(source, cell=cell)
        self._cell(cell).update(source=source, outputs=_outputs(ran))
        return ran

    def glm(self, command: str) -> str:
        """What a `%glm` command says, in a cell that is not kept."""
        ran = self.kernel.run(f"%glm {command}", cell="command")
        assert ran.status == "ok", ran.error
        return ran.printed + shown(ran)

    def run_all(self) -> None:
        """Run every cell from the top."""
        for cell in self.document.cells:
            ran = self.run(cell["id"], cell["source"])
            assert ran.status == "ok", ran.error

    def insert(self, cell: str, *, above: str) -> None:
        """Make an empty cell above another."""
        cells = self.document.cells
        place = [one["id"] for one in cells].index(above)
        cells.insert(place, _new(cell))

    def _cell(self, cell: str) -> Any:
        for one in self.document.cells:
            if one["id"] == cell:
                return one
        self.document.cells.append(_new(cell))
        return self.document.cells[-1]

    def save(self, at: Path | None = None) -> Path:
        """Write the file as Jupyter's server does, or a copy of it; it is valid."""
        untyped: Any = nbformat
        untyped.validate(self.document)
        path = at or self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        untyped.write(self.document, path)
        return path

    def prompts(self) -> list[str]:
        """The prompts in the conversation, in order, as `%glm show` lists them."""
        return [row[2] for row in self.rows()]

    def stale(self) -> list[str]:
        """The prompts of those marked stale."""
        return [row[2] for row in self.rows() if "stale" in row[-1]]

    def rows(self) -> list[list[str]]:
        """The table of `%glm show`: number, cell, prompt, model, tokens, cost, window, marks."""
        return table(self.kernel.run("%glm show", cell="command"))

    def chats(self) -> list[list[str]]:
        """The table of `%glm chats`: chat, notebook, questions, last used, a mark."""
        return table(self.kernel.run("%glm chats", cell="command"))


def table(ran: Ran) -> list[list[str]]:
    """The rows of the table that a command shows; none when it shows none."""
    assert ran.status == "ok", ran.error
    if not ran.outputs:
        return []
    lines = ran.outputs[0]["data"]["text/markdown"].splitlines()
    rows = [line for line in lines[2:] if line.startswith("|")]
    cells = [row.replace("<span>", "").replace("</span>", "")[1:-1].split("|") for row in rows]
    return [[unescape(cell.strip()) for cell in row] for row in cells]


def shown(ran: Ran) -> str:
    """All Markdown that an execution leaves."""
    return "\n".join(one["data"].get("text/markdown", "") for one in ran.outputs)


def turn_in(ran: Ran) -> Turn:
    """The turn that the last output carries."""
    output = ran.outputs[-1]
    record = output["metadata"]["glm_magic"]
    turn = turn_from_metadata(record, output["data"]["text/markdown"])
    assert turn is not None, record
    return turn


def _new(cell: str) -> Any:
    v4: Any = nbformat.v4
    return v4.new_code_cell("", id=cell)


def _outputs(ran: Ran) -> list[Any]:
    v4: Any = nbformat.v4
    outputs = [
        v4.new_output("stream", name=content["name"], text=content["text"])
        for kind, content in ran.messages
        if kind == "stream"
    ]
    outputs += [
        v4.new_output("display_data", data=one["data"], metadata=one["metadata"])
        for one in ran.outputs
    ]
    return outputs
