"""A notebook in which everything was used, stripped before it is published."""

import json
from typing import Any

import pytest

from glm_magic.cli import main
from glm_magic.sandbox import Sandbox
from glm_magic.store.cleaning import scan, strip_notebook

from .notebook import Notebook
from .requests import asked

FRAME = "import pandas\nsales = pandas.DataFrame({'colour': ['zebra'] * 30})"
TOOL = "def count(x: int) -> int:\n    'Count.'\n    return 41 + x"
OURS = {
    "ask": "%%glm --frame sales --no-think\nWhat is in it?",
    "tool": "%%glm --tools count\ncall a tool: count",
    "code": "%%glm --as code\nplot the colour of @sales",
    "line": "%glm ask --frame sales And now?",
    "python": "import glm_magic\nanswer = glm_magic.ask('Hello', sales)\nanswer",
    "loop": "for n in (1, 2):\n    print('mine', n)\n    display(glm_magic.ask(f'number {n}'))",
    "preview": "%%glm --preview --frame sales\nWhat?",
    "line preview": "mine = 1\n%glm ask --preview --frame sales What?",
    "again": "%glm show 1",
    "newest": "shown = 1\n%glm last",
    **{
        command: f"%glm {command}"
        for command in (
            "show", "usage", "chats", "undo", "redo", "refresh", "compact", "retry", "explain",
            "context --frame sales", "config", "models", "help", "panel", "panel --plain",
            "fork try", "clear",
        )
    },
}  # fmt: skip


def test_strip_leaves_no_trace(notebook: Notebook, sandbox: Sandbox) -> None:
    """Of all commands only the sources of the cells are left, and what the user printed."""
    notebook.run("frame", FRAME)
    notebook.run("def", TOOL)
    for number, source in enumerate(OURS.values()):
        notebook.run(f"cell-{number}", source)
    path = notebook.save()
    assert all(word in path.read_text() for word in ("zebra", "no model was called", "sandbox"))
    assert strip_notebook(path) > len(OURS)
    left: list[Any] = json.loads(path.read_text())["cells"]
    outputs = [output for cell in left for output in cell["outputs"]]
    assert [output["text"] for output in outputs] == [["mine 1\n"], ["mine 2\n"]]
    assert [cell["source"] for cell in left] == [
        cell["source"].splitlines(keepends=True) for cell in notebook.document.cells
    ]
    assert scan([path, notebook.data]) == []


def test_a_stripped_notebook_goes_on(
    notebook: Notebook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journals on this machine know what it said, though a new file stands in its place."""
    notebook.ask("a", "one")
    notebook.save()
    notebook.restart()
    notebook.ask("b", "two")
    notebook.save()
    monkeypatch.setenv("GLM_DATA_DIR", str(notebook.data))
    assert main(["strip", str(notebook.path)]) == 1
    notebook.restart()
    notebook.ask("c", "three")
    assert asked(sandbox) == ["one", "two", "three"]
