"""Conversations that must not meet, and one that must: what a fresh reader found."""

import time

from glm_magic.sandbox import Sandbox

from .conftest import Open
from .notebook import Notebook
from .requests import asked


def test_a_new_notebook_at_an_old_path_knows_nothing(open_notebook: Open, sandbox: Sandbox) -> None:
    """Untitled.ipynb after another Untitled.ipynb was deleted sends nothing of the old one."""
    old = open_notebook("Untitled.ipynb")
    old.ask("a", "BLUEBIRD")
    old.save()
    old.kill()
    old.path.unlink()
    time.sleep(0.05)  # a file made later has a later time
    new = open_notebook("Untitled.ipynb")
    new.run("z", "1")
    new.save()
    new.ask("z", "hello")
    assert asked(sandbox) == ["hello"]


def test_a_new_notebook_at_the_path_of_a_renamed_one_knows_nothing(
    open_notebook: Open, sandbox: Sandbox
) -> None:
    """A renamed notebook keeps its conversation, and the next Untitled.ipynb begins its own."""
    old = open_notebook("Untitled.ipynb")
    old.ask("a", "BLUEBIRD")
    old.save()
    renamed = old.path.rename(old.path.with_name("birds.ipynb"))
    time.sleep(0.05)
    new = open_notebook("Untitled.ipynb")
    new.run("z", "1")
    new.save()
    new.ask("z", "hello")
    assert asked(sandbox) == ["hello"]
    old.restart(at=renamed)
    old.ask("b", "and then?")
    assert asked(sandbox) == ["BLUEBIRD", "and then?"]


def test_two_kernels_that_both_looked_first_lose_no_turn(
    open_notebook: Open, sandbox: Sandbox
) -> None:
    """Two kernels on one new notebook end up in one conversation."""
    one, two = open_notebook(), open_notebook()
    one.kernel.run("%glm show")
    two.kernel.run("%glm show")
    one.ask("a", "ALPHA")
    two.ask("b", "BETA")
    later = open_notebook()
    assert sorted(later.prompts()) == ["ALPHA", "BETA"]


def test_questions_that_are_not_asked_again_leave(notebook: Notebook, sandbox: Sandbox) -> None:
    """A cell that asks less than before sends only what it asked now to the next cell."""
    loop = "import glm_magic\nfor q in {}:\n    glm_magic.ask(q)"
    notebook.run("a", loop.format(["one", "two", "three"]))
    notebook.run("a", loop.format(["four"]))
    notebook.ask("b", "next")
    assert asked(sandbox) == ["four", "next"]
