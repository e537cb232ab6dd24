"""A notebook that is sent, cloned, changed elsewhere and sent back; batch runs of it."""

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from glm_magic.sandbox import Sandbox
from tests.store.repository import Repository, lines_of

from .conftest import Open
from .notebook import LOAD, Notebook, turn_in
from .requests import asked, bodies


def test_a_clone_is_enough(notebook: Notebook, open_notebook: Open, sandbox: Sandbox) -> None:
    """A clone made with git has the conversation on another machine; on this one it is a copy."""
    notebook.ask("a", "one")
    notebook.ask("b", "two")
    notebook.save()
    repository = Repository(notebook.path.parent, notebook.path.name)
    repository.commit()
    repository.git("clone", "-q", ".", "clone")
    there = open_notebook("clone/analysis.ipynb", machine="there")
    assert (there.prompts(), there.stale()) == (["one", "two"], [])
    there.ask("c", "three")
    assert asked(sandbox) == ["one", "two", "three"]
    clone = open_notebook("clone/analysis.ipynb")
    clone.ask("c", "of the clone")
    assert asked(sandbox) == ["one", "two", "of the clone"]
    notebook.ask("c", "of the original")
    assert asked(sandbox) == ["one", "two", "of the original"]


def test_what_a_colleague_sends_back_is_taken_in(open_notebook: Open, sandbox: Sandbox) -> None:
    """Their new turns and their edits are there, the rest as it was, in one conversation."""
    here = open_notebook()
    here.ask("a", "one")
    here.ask("b", "two")
    here.save()
    there = open_notebook(machine="there")
    there.ask("c", "of the colleague")
    there.ask("a", "one, by the colleague")
    there.save()
    here.kill()
    sent = there.path.read_bytes()
    there.path.unlink()  # as git does: another file takes its place
    there.path.write_bytes(sent)
    back = open_notebook()
    assert back.prompts() == ["one, by the colleague", "two", "of the colleague"]
    assert back.stale() == ["two", "of the colleague"]
    assert len(back.chats()) == 1
    back.ask("d", "more")
    assert asked(sandbox) == ["one, by the colleague", "two", "of the colleague", "more"]


def test_a_cell_run_again_changes_only_its_own_lines(notebook: Notebook) -> None:
    """What git shows of a saved notebook in which one cell was edited and run again."""
    for cell, prompt in (("a", "one"), ("b", "two"), ("c", "three")):
        notebook.ask(cell, prompt)
    path = notebook.save()
    repository = Repository(path.parent, path.name)
    repository.commit()
    own = lines_of(path, "b")
    notebook.run("b", "%%glm --think\nsandbox: 200 tokens")
    notebook.save()
    lines, _ = repository.changed()
    assert lines
    assert set(lines) <= set(own)


def test_turns_with_tools_are_in_the_file(open_notebook: Open, sandbox: Sandbox) -> None:
    """Calls and what came of them are sent from another machine as they were from this one."""
    here = open_notebook()
    here.run("t", "def count(x: int) -> int:\n    'Count.'\n    return 41 + x")
    called = turn_in(here.run("b", "%%glm --no-think --tools count\ncall a tool: count"))
    assert called.steps
    here.ask("c", "more")
    here.save()
    there = open_notebook(machine="there")
    assert there.stale() == []
    there.ask("c", "more")
    first, again = bodies(sandbox)[-2:]
    assert b"tool_calls" in first
    assert again == first


def test_a_batch_run_twice_sends_the_same_bytes(sandbox: Sandbox, tmp_path: Path) -> None:
    """A kernel of nbclient knows neither path nor cells: each run is a conversation of its own."""
    v4: Any = nbformat.v4
    sources = (LOAD, "%%glm --no-think\none", "%glm ask two", "%%glm --no-think\nthree")
    for _ in range(2):
        notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])
        NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert asked(sandbox) == ["one", "two", "three"]
    assert bodies(sandbox)[3:] == bodies(sandbox)[:3]
