"""Copied, moved and replaced notebooks: each keeps its own conversation and hears of no other."""

import shutil
import time
from pathlib import Path

import pytest

from glm_magic.sandbox import Sandbox

from .conftest import Open
from .notebook import Notebook
from .nursery import Nursery
from .requests import asked


@pytest.fixture
def new(open_notebook: Open, nursery: Nursery, tmp_path: Path) -> Open:
    """Opens a new notebook whose file is there before its kernel, as Jupyter makes it."""

    def opened(name: str = "analysis.ipynb", *, machine: str = "here") -> Notebook:
        path = tmp_path / "files" / name
        path.unlink(missing_ok=True)
        Notebook(nursery, path, tmp_path).save()
        return open_notebook(name, machine=machine)

    return opened


def begun(new: Open, name: str = "analysis.ipynb", machine: str = "here") -> Notebook:
    """A saved notebook that was asked "one" in cell a and "two" in cell b."""
    notebook = new(name, machine=machine)
    notebook.ask("a", "one")
    notebook.ask("b", "two")
    notebook.save()
    return notebook


def copied(notebook: Notebook, name: str = "copy.ipynb") -> str:
    """Copy a notebook's file as JupyterLab does, under a name that is returned."""
    time.sleep(0.05)  # a file made later has a later time
    shutil.copyfile(notebook.path, notebook.path.with_name(name))
    return name


def test_a_copy_of_a_copy(open_notebook: Open, new: Open, sandbox: Sandbox) -> None:
    """Of three generations each holds its own turns, at once and after restarts."""
    first = begun(new)
    second = open_notebook(copied(first))
    second.ask("c", "of the second")
    second.save()
    third = open_notebook(copied(second, "third.ipynb"))
    third.ask("d", "of the third")
    third.save()
    second.ask("d", "of the second again")
    for notebook in (first, second, third):
        notebook.restart()
    assert first.prompts() == ["one", "two"]
    assert second.prompts() == ["one", "two", "of the second", "of the second again"]
    assert third.prompts() == ["one", "two", "of the second", "of the third"]
    third.ask("e", "and on")
    assert asked(sandbox) == ["one", "two", "of the second", "of the third", "and on"]
    assert len(third.chats()) == 3


def test_a_forked_copy_outlives_its_original(
    open_notebook: Open, new: Open, sandbox: Sandbox
) -> None:
    """When the original is deleted, the copy stays in the conversation it has."""
    original = begun(new)
    copy = open_notebook(copied(original))
    copy.ask("c", "of the copy")
    copy.save()
    original.ask("c", "of the original")
    original.kill()
    original.path.unlink()
    copy.restart()
    copy.ask("d", "more")
    assert asked(sandbox) == ["one", "two", "of the copy", "more"]
    assert len(copy.chats()) == 2


def test_a_forked_copy_is_renamed(open_notebook: Open, new: Open, sandbox: Sandbox) -> None:
    """A copy that forked keeps its fork under a new name, before the kernel knows and after."""
    original = begun(new)
    copy = open_notebook(copied(original))
    copy.ask("c", "of the copy")
    copy.save()
    renamed = copy.path.rename(copy.path.with_name("renamed.ipynb"))
    copy.ask("d", "more")
    copy.restart(at=renamed)
    copy.ask("e", "still more")
    assert asked(sandbox) == ["one", "two", "of the copy", "more", "still more"]
    assert len(copy.chats()) == 2


def test_an_undo_in_a_copy_stays(open_notebook: Open, new: Open, sandbox: Sandbox) -> None:
    """What the copy took back it does not send after a restart; the original keeps it."""
    original = begun(new)
    copy = open_notebook(copied(original))
    copy.glm("undo")
    copy.restart()
    copy.ask("c", "three")
    copy.restart()
    copy.glm("undo")
    copy.glm("undo")
    copy.glm("redo")
    copy.restart()
    copy.ask("d", "four")
    assert asked(sandbox, -2) == ["one", "three"]
    assert asked(sandbox) == ["one", "four"]
    original.restart()
    assert original.prompts() == ["one", "two"]


def test_an_old_cell_runs_again_in_a_forked_copy(
    open_notebook: Open, new: Open, sandbox: Sandbox
) -> None:
    """Turns that the copy took along are replaced in the copy alone."""
    original = begun(new)
    copy = open_notebook(copied(original))
    copy.ask("c", "of the copy")
    copy.ask("a", "one, changed")
    copy.save()
    copy.restart()
    assert copy.prompts() == ["one, changed", "two", "of the copy"]
    copy.ask("b", "two, changed")
    assert asked(sandbox) == ["one, changed", "two, changed"]
    original.restart()
    assert original.prompts() == ["one", "two"]
    assert len(original.chats()) == 2


def test_a_forked_copy_on_another_machine(open_notebook: Open, new: Open, sandbox: Sandbox) -> None:
    """The file of a forked copy is enough, and stays one conversation there."""
    original = begun(new)
    copy = open_notebook(copied(original))
    copy.ask("b", "two of the copy")
    copy.ask("c", "of the copy")
    copy.save()
    there = open_notebook("copy.ipynb", machine="there")
    there.ask("d", "there")
    assert asked(sandbox) == ["one", "two of the copy", "of the copy", "there"]
    there.save()
    there.restart()
    assert there.prompts() == ["one", "two of the copy", "of the copy", "there"]
    assert len(there.chats()) == 1


def test_a_copy_knows_only_what_its_file_knew(
    open_notebook: Open, new: Open, sandbox: Sandbox
) -> None:
    """What the original was asked after the copy was made is not known to the copy."""
    original = begun(new)
    name = copied(original)
    original.ask("b", "two, changed")
    original.ask("c", "a secret")
    copy = open_notebook(name)
    assert copy.prompts() == ["one", "two"]
    copy.ask("d", "of the copy")
    assert asked(sandbox) == ["one", "two", "of the copy"]


def test_a_copy_that_is_asked_before_its_original(
    open_notebook: Open, new: Open, sandbox: Sandbox
) -> None:
    """Where neither was asked before, the original does not hear of what the copy was asked."""
    elsewhere = begun(new, machine="elsewhere")
    copy = open_notebook(copied(elsewhere))
    copy.ask("c", "of the copy")
    copy.save()
    original = open_notebook()
    assert original.prompts() == ["one", "two"]
    original.ask("d", "of the original")
    assert asked(sandbox) == ["one", "two", "of the original"]
    copy.restart()
    assert copy.prompts() == ["one", "two", "of the copy"]


def test_both_looked_before_either_was_asked(open_notebook: Open, new: Open) -> None:
    """Whose notebook it is, is seen when something is said: the later one forks."""
    elsewhere = begun(new, machine="elsewhere")
    copy = open_notebook(copied(elsewhere))
    original = open_notebook()
    assert copy.prompts() == original.prompts() == ["one", "two"]
    copy.ask("c", "of the copy")
    original.ask("c", "of the original")
    copy.restart()
    original.restart()
    assert copy.prompts() == ["one", "two", "of the copy"]
    assert original.prompts() == ["one", "two", "of the original"]


def test_a_second_copy_under_the_name_of_the_first(
    open_notebook: Open, new: Open, sandbox: Sandbox
) -> None:
    """A new copy where a deleted copy was knows nothing of what that was asked."""
    original = begun(new)
    copy = open_notebook(copied(original))
    copy.ask("b", "two of the copy")
    copy.ask("c", "of the copy")
    copy.save()
    copy.kill()
    copy.path.unlink()
    again = open_notebook(copied(original))
    assert again.prompts() == ["one", "two"]
    again.ask("d", "anew")
    assert asked(sandbox) == ["one", "two", "anew"]


def test_a_forked_copy_takes_its_originals_place(open_notebook: Open, new: Open) -> None:
    """A copy that is moved over its original keeps its fork."""
    original = begun(new)
    copy = open_notebook(copied(original))
    copy.ask("c", "of the copy")
    copy.save()
    original.ask("d", "of the original")
    original.kill()
    copy.path.replace(original.path)
    copy.restart(at=original.path)
    assert copy.prompts() == ["one", "two", "of the copy"]
    copy.ask("e", "more")
    copy.restart()
    assert copy.prompts() == ["one", "two", "of the copy", "more"]
    assert len(copy.chats()) == 2


def test_a_copy_of_a_renamed_notebook(open_notebook: Open, new: Open, sandbox: Sandbox) -> None:
    """A copy of a notebook that was renamed while its kernel lives forks; the original goes on."""
    original = begun(new)
    renamed = original.path.rename(original.path.with_name("renamed.ipynb"))
    shutil.copyfile(renamed, renamed.with_name("copy.ipynb"))
    copy = open_notebook("copy.ipynb")
    copy.ask("c", "of the copy")
    original.ask("d", "of the original")
    assert asked(sandbox) == ["one", "two", "of the original"]
    original.restart(at=renamed)
    assert original.prompts() == ["one", "two", "of the original"]
    copy.restart()
    assert copy.prompts() == ["one", "two", "of the copy"]


def test_a_copy_that_cleared_its_memory(open_notebook: Open, new: Open, sandbox: Sandbox) -> None:
    """What a copy took back or cleared before it asked anything stays away."""
    original = begun(new)
    copy = open_notebook(copied(original))
    copy.glm("clear")
    time.sleep(0.05)
    copy.save()
    copy.restart()
    assert copy.prompts() == []
    copy.ask("c", "anew")
    assert asked(sandbox) == ["anew"]
    assert original.prompts() == ["one", "two"]


def test_another_notebook_at_the_old_path_of_a_living_kernel(new: Open, sandbox: Sandbox) -> None:
    """A kernel whose notebook was renamed is not misled by a new file under its old name."""
    old = begun(new, "Untitled.ipynb")
    renamed = old.path.rename(old.path.with_name("birds.ipynb"))
    other = new("Untitled.ipynb")
    other.ask("z", "hello")
    other.save()
    old.ask("c", "three")
    assert asked(sandbox) == ["one", "two", "three"]
    other.restart()
    assert other.prompts() == ["hello"]
    old.save(at=renamed)
    old.restart(at=renamed)
    assert old.prompts() == ["one", "two", "three"]


def test_a_renamed_notebook_does_not_join_the_next_one(new: Open, sandbox: Sandbox) -> None:
    """Of two notebooks that began as Untitled.ipynb, the first one is asked last and alone."""
    first = new("Untitled.ipynb")
    first.run("a", "1")
    renamed = first.save().rename(first.path.with_name("birds.ipynb"))
    second = new("Untitled.ipynb")
    second.run("z", "1")
    second.save()
    second.ask("z", "hello")
    second.save()
    first.ask("a", "BLUEBIRD")
    assert asked(sandbox) == ["BLUEBIRD"]
    second.restart()
    assert second.prompts() == ["hello"]
    first.save(at=renamed)
    first.restart(at=renamed)
    assert first.prompts() == ["BLUEBIRD"]


def test_a_chat_that_is_visited_stays_where_it_is(
    new: Open, open_notebook: Open, sandbox: Sandbox
) -> None:
    """A notebook that goes on in another one's conversation does not take it away from there."""
    host = begun(new)
    guest = new("guest.ipynb")
    guest.ask("z", "of the guest")
    chat = next(row[0] for row in host.chats() if row[-1])
    guest.glm(f"chats {chat}")
    guest.ask("y", "visiting")
    assert asked(sandbox) == ["one", "two", "visiting"]
    guest.save()
    host.restart()
    host.ask("c", "three")
    assert asked(sandbox) == ["one", "two", "visiting", "three"]
    assert len(host.chats()) == 2
    guest.restart()
    assert guest.prompts() == ["of the guest"]
    assert open_notebook("guest.ipynb", machine="there").prompts() == ["of the guest"]


def test_notebooks_that_share_a_chat_share_no_cells(
    new: Open, open_notebook: Open, sandbox: Sandbox
) -> None:
    """A copy's cell comes behind the original's of the same id, and runs again in its own place."""
    first = new()
    first.ask("a", "of the first", "--chat Ideas")
    first.save()
    second = open_notebook(copied(first))
    second.ask("a", "of the second", "--chat Ideas")
    assert asked(sandbox) == ["of the first", "of the second"]
    first.restart()
    first.ask("a", "again", "--chat Ideas")
    assert asked(sandbox) == ["again"]
    renamed = second.path.with_name("renamed.ipynb")
    second.path.rename(renamed)
    second.restart(at=renamed)
    second.ask("a", "renamed", "--chat Ideas")
    assert asked(sandbox) == ["again", "renamed"]
    first.restart()
    for notebook in (first, second):
        notebook.glm("chats Ideas")
        assert notebook.prompts() == ["again", "renamed"]
