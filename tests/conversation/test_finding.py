"""The conversation is found again: after a restart, a crash, a move, a copy, on another machine."""

import shutil
import time

from glm_magic.sandbox import Sandbox

from .conftest import Open
from .notebook import Notebook, turn_in
from .requests import asked


def test_a_restarted_kernel_goes_on(notebook: Notebook, sandbox: Sandbox) -> None:
    """After a restart of a notebook that was never saved, the next request holds all turns."""
    notebook.ask("a", "one")
    notebook.ask("b", "two")
    notebook.restart()
    assert notebook.prompts() == ["one", "two"]
    notebook.ask("c", "three")
    assert asked(sandbox) == ["one", "two", "three"]


def test_a_crashed_kernel_goes_on(notebook: Notebook, sandbox: Sandbox) -> None:
    """After kill -9 in the middle of an answer, finished turns are sent and the other is shown."""
    notebook.ask("a", "one")
    message = notebook.kernel.start("%%glm\nsandbox: rate 50\nsandbox: 900 tokens", cell="b")
    notebook.kernel.wait_for_display(message, "The text goes on")
    notebook.crash()
    rows = notebook.rows()
    assert [row[1] for row in rows] == ["a", "b"]
    assert rows[1][-1] == "not finished"
    notebook.ask("c", "three")
    assert asked(sandbox) == ["one", "three"]


def test_the_file_alone_is_enough(open_notebook: Open, sandbox: Sandbox) -> None:
    """On another machine a saved notebook restores prompts, answers, order and places."""
    here = open_notebook()
    here.ask("a", "one")
    long = turn_in(here.run("b", "%%glm\nsandbox: 700 tokens\nsandbox: 30 reasoning tokens"))
    here.ask("c", "three", "-m glm-4.5-air -t 0.5")
    rows = here.rows()
    here.save()
    there = open_notebook(machine="there")
    assert there.rows() == rows
    there.ask("d", "four")
    messages = [message["content"] for message in sandbox.requests[-1].json["messages"]]
    assert long.text in messages
    assert len(messages) == 1 + 3 * 2 + 1
    there.ask("b", "two, changed")
    assert asked(sandbox) == ["one", "two, changed"]


def test_a_frame_is_known_by_name_from_the_file_alone(
    open_notebook: Open, sandbox: Sandbox
) -> None:
    """What a frame looks like stays at home, and that alone makes no turn stale elsewhere."""
    here = open_notebook()
    here.run("f", "import pandas\nsales = pandas.DataFrame({'secretive': range(30)})")
    here.ask("a", "sandbox: 9 tokens", "--frame sales --schema")
    here.ask("b", "sandbox: 8 tokens")
    here.document.cells[0]["source"] = "sales = load()"
    assert "secretive" in asked(sandbox)[0]
    assert "secretive" not in here.save().read_text()
    there = open_notebook(machine="there")
    assert there.stale() == []
    there.ask("c", "more")
    assert asked(sandbox) == ["sandbox: 9 tokens", "sandbox: 8 tokens", "more"]


def test_questions_outside_the_conversation_stay_outside(
    open_notebook: Open, sandbox: Sandbox
) -> None:
    """Answers of `--once` and `--chat` in a saved notebook do not enter its conversation."""
    here = open_notebook()
    here.ask("a", "one")
    here.ask("b", "alone", "--once")
    here.ask("c", "elsewhere", "--chat side")
    here.ask("d", "elsewhere too", "--chat side")
    here.save()
    here.restart()
    assert here.prompts() == ["one"]
    here.ask("c", "elsewhere", "--chat side")
    assert asked(sandbox) == ["elsewhere"]
    there = open_notebook(machine="there")
    assert there.prompts() == ["one"]


def test_a_renamed_notebook_keeps_its_conversation(notebook: Notebook, sandbox: Sandbox) -> None:
    """A rename changes nothing, before the kernel knows of it and after."""
    notebook.ask("a", "one")
    old = notebook.save()
    new = old.rename(old.with_name("renamed.ipynb"))
    notebook.ask("b", "two")
    assert asked(sandbox) == ["one", "two"]
    notebook.restart(at=new)
    assert notebook.prompts() == ["one", "two"]
    notebook.ask("c", "three")
    notebook.restart()
    assert notebook.prompts() == ["one", "two", "three"]
    assert len(notebook.chats()) == 1


def test_a_copy_forks_at_its_first_new_turn(open_notebook: Open, sandbox: Sandbox) -> None:
    """A copied notebook begins with what was said, and neither hears of the other any more."""
    original = open_notebook()
    original.ask("a", "one")
    original.ask("b", "two")
    original.save()
    shutil.copy(original.path, original.path.with_name("copy.ipynb"))
    copy = open_notebook("copy.ipynb")
    assert copy.prompts() == ["one", "two"]
    copy.ask("b", "two of the copy")
    assert asked(sandbox) == ["one", "two of the copy"]
    original.ask("c", "three")
    assert asked(sandbox) == ["one", "two", "three"]
    original.restart()
    assert original.prompts() == ["one", "two", "three"]
    assert copy.prompts() == ["one", "two of the copy"]


def test_a_copy_stays_what_it_is(open_notebook: Open) -> None:
    """A copy that was asked something finds its own conversation again, saved or not."""
    original = open_notebook()
    for cell, prompt in (("a", "one"), ("b", "two"), ("c", "three")):
        original.ask(cell, prompt)
    original.save()
    shutil.copy(original.path, original.path.with_name("copy.ipynb"))
    copy = open_notebook("copy.ipynb")
    copy.ask("d", "of the copy")
    copy.restart()
    assert copy.prompts() == ["one", "two", "three", "of the copy"]
    copy.save()
    copy.restart()
    assert copy.prompts() == ["one", "two", "three", "of the copy"]
    copy.ask("e", "more")
    copy.restart()
    assert copy.prompts() == ["one", "two", "three", "of the copy", "more"]
    assert len(copy.chats()) == 2
    original.restart()
    assert original.prompts() == ["one", "two", "three"]


def test_two_kernels_on_one_notebook_lose_nothing(open_notebook: Open) -> None:
    """What two kernels of one notebook were asked in turns is all there afterwards, in order."""
    one = open_notebook()
    one.ask("a", "one")
    other = open_notebook()
    other.ask("b", "two")
    one.ask("c", "three")
    other.ask("d", "four")
    one.kill()
    other.kill()
    again = open_notebook()
    assert again.prompts() == ["one", "two", "three", "four"]


def test_two_kernels_on_one_saved_notebook_lose_nothing(open_notebook: Open) -> None:
    """Two kernels that took a conversation from the file keep it once, with the turns of both."""
    first = open_notebook(machine="elsewhere")
    first.ask("a", "one")
    first.save()
    one, other = open_notebook(), open_notebook()
    one.ask("b", "two")
    other.ask("c", "three")
    again = open_notebook()
    assert again.prompts() == ["one", "two", "three"]
    assert len(again.chats()) == 1


def test_two_kernels_that_answer_at_once_lose_nothing(open_notebook: Open) -> None:
    """Both stream into the journals of one notebook at the same time."""
    both = [open_notebook(), open_notebook()]
    for number in range(3):
        source = f"%%glm --no-think\nsandbox: rate 300\nsandbox: 60 tokens\nnumber {number}"
        cells = [f"{name}-{number}" for name in ("one", "other")]
        started = [
            one.kernel.start(source, cell=cell) for one, cell in zip(both, cells, strict=True)
        ]
        for one, message in zip(both, started, strict=True):
            assert one.kernel.finish(message).status == "ok"
    for one in both:
        one.kill()
    again = open_notebook()
    rows = again.rows()
    assert sorted(row[1] for row in rows) == sorted(
        f"{name}-{number}" for name in ("one", "other") for number in range(3)
    )
    assert {row[-1].replace("stale", "") for row in rows} == {""}


def test_two_notebooks_never_mix(open_notebook: Open, sandbox: Sandbox) -> None:
    """Notebooks with equal cell ids, asked in turns, each hold their own turns only."""
    one, other = open_notebook("one.ipynb"), open_notebook("other.ipynb")
    for number in (1, 2):
        one.ask(f"cell-{number}", f"one {number}")
        other.ask(f"cell-{number}", f"other {number}")
    assert asked(sandbox) == ["other 1", "other 2"]
    one.crash()
    other.crash()
    assert one.prompts() == ["one 1", "one 2"]
    assert other.prompts() == ["other 1", "other 2"]


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
