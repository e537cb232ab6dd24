"""A turn belongs to its cell: follow up, edit, run again, restart, refresh."""

from typing import Any

import nbformat

from glm_magic.sandbox import Sandbox

from .conftest import Open
from .notebook import Notebook, turn_in
from .requests import asked, bodies

FRAME = (
    "import pandas\n"
    "birds = pandas.DataFrame({'species': ['Adelie', 'Gentoo'] * 20, 'grams': range(40)})"
)


def test_a_follow_up_knows_what_was_asked(notebook: Notebook, sandbox: Sandbox) -> None:
    """Cell 5's request holds cell 3's question with its frame, the answer, and the new question."""
    notebook.run("cell-1", FRAME)
    first = notebook.run("cell-3", "%%glm --no-think --frame birds\nMean mass by species?")
    notebook.ask("cell-5", "and by island?")
    _, question, answer, follow_up = sandbox.requests[-1].json["messages"]
    assert question["content"] == sandbox.requests[0].json["messages"][1]["content"]
    assert "species" in question["content"]
    assert question["content"].endswith("Mean mass by species?")
    assert answer == {"role": "assistant", "content": turn_in(first).text}
    assert follow_up["content"] == "and by island?"


def test_an_edited_cell_replaces_its_turn(notebook: Notebook, sandbox: Sandbox) -> None:
    """Running an edited cell replaces its turn and sends only what stands before the cell."""
    for cell, prompt in (("a", "one"), ("b", "two"), ("c", "three")):
        notebook.ask(cell, prompt)
    notebook.ask("b", "two, but better")
    assert asked(sandbox) == ["one", "two, but better"]
    assert notebook.prompts() == ["one", "two, but better", "three"]
    notebook.ask("d", "four")
    assert asked(sandbox) == ["one", "two, but better", "three", "four"]


def test_restart_and_run_all_sends_the_same_bytes(notebook: Notebook, sandbox: Sandbox) -> None:
    """After a restart, Run All sends what it sent the first time, saved or not."""
    notebook.run("a", FRAME)
    notebook.ask("b", "What is in it?", "--frame birds")
    notebook.run(
        "c", "import glm_magic\nfor n in (1, 2):\n    glm_magic.ask(f'number {n}', birds).text"
    )
    notebook.ask("d", "and once more", "--frame birds -m glm-4.5-air")
    first = bodies(sandbox)
    assert len(first) == 4
    notebook.restart()
    notebook.run_all()
    assert bodies(sandbox)[4:] == first
    notebook.save()
    notebook.restart()
    notebook.run_all()
    assert bodies(sandbox)[8:] == first
    assert len(notebook.prompts()) == 4


def test_questions_that_do_not_begin_in_their_order_stay(
    notebook: Notebook, sandbox: Sandbox
) -> None:
    """Awaited or read in any order: all of a run's questions are kept, and sent alike again."""
    notebook.run(
        "a",
        "import glm_magic\none = glm_magic.ask_async('one', thinking=False)\n"
        "two = glm_magic.ask_async('two', thinking=False)\nawait two\nawait one",
    )
    notebook.ask("b", "three")
    first = bodies(sandbox)
    assert asked(sandbox) == ["one", "two", "three"]
    notebook.run_all()
    assert bodies(sandbox)[3:] == first
    notebook.restart()
    assert notebook.prompts() == ["one", "two", "three"]


def test_a_task_in_the_background_disturbs_no_cell(notebook: Notebook) -> None:
    """It asks for the cell that began it, while another one asks twice: all questions stay."""
    notebook.run(
        "a",
        "import asyncio, glm_magic\ngo = asyncio.Event()\nasync def later():\n    await go.wait()\n"
        "    await glm_magic.ask_async('from the task')\ntask = asyncio.create_task(later())",
    )
    notebook.run(
        "b",
        "await glm_magic.ask_async('one')\ngo.set()\nawait task\nawait glm_magic.ask_async('two')",
    )
    assert sorted(notebook.prompts()) == ["from the task", "one", "two"]


def test_questions_that_are_not_asked_again_leave(notebook: Notebook, sandbox: Sandbox) -> None:
    """A cell that asks less than before sends only what it asked now to the next cell."""
    loop = "import glm_magic\nfor q in {}:\n    glm_magic.ask(q)"
    notebook.run("a", loop.format(["one", "two", "three"]))
    notebook.run("a", loop.format(["four"]))
    notebook.ask("b", "next")
    assert asked(sandbox) == ["four", "next"]


def test_a_copied_cell_whose_original_is_deleted_is_sent(
    open_notebook: Open, notebook: Notebook, sandbox: Sandbox
) -> None:
    """Its answer is still to be seen: the copy has its turn, here as from the file alone."""
    notebook.ask("a", "one")
    notebook.ask("b", "two")
    notebook.save()
    notebook.glm("show")
    first, second = notebook.document.cells
    first["id"] = "copy"
    notebook.document.cells = [second, first]
    notebook.save()
    notebook.ask("c", "three")
    assert asked(sandbox) == ["two", "one", "three"]
    notebook.save()
    notebook.restart()
    open_notebook(machine="elsewhere").ask("d", "four")
    notebook.ask("d", "four")
    assert asked(sandbox) == asked(sandbox, -2) == ["two", "one", "three", "four"]
    notebook.ask("copy", "one again")
    assert notebook.prompts() == ["two", "one again", "three", "four"]


def test_a_cell_that_became_text_is_not_sent(notebook: Notebook, sandbox: Sandbox) -> None:
    """As if it was deleted: no cell asks that any more; made code again, it is sent again."""
    notebook.ask("a", "SECRET")
    notebook.ask("b", "two")
    notebook.save()
    notebook.glm("show")
    code = notebook.document.cells[0]
    v4: Any = nbformat.v4
    notebook.document.cells[0] = v4.new_markdown_cell("SECRET", id="a")
    notebook.save()
    notebook.ask("c", "three")
    assert asked(sandbox) == ["two", "three"]
    notebook.document.cells[0] = code
    notebook.save()
    notebook.ask("d", "four")
    assert asked(sandbox) == ["SECRET", "two", "three", "four"]


def test_run_all_from_the_file_alone_sends_the_same_bytes(
    open_notebook: Open, sandbox: Sandbox
) -> None:
    """Run All on another machine sends what was sent on the first one."""
    here = open_notebook()
    here.run("a", FRAME)
    here.ask("b", "What is in it?", "--frame birds")
    here.ask("c", "sandbox: 400 tokens")
    here.ask("d", "And?")
    here.save()
    first = bodies(sandbox)
    there = open_notebook(machine="there")
    there.run_all()
    assert bodies(sandbox)[3:] == first


def test_run_all_with_commands_in_cells_sends_the_same_bytes(
    notebook: Notebook, sandbox: Sandbox
) -> None:
    """What was undone, cleared or summed up is asked again in its place, without a save."""
    commands = {"undo": "%glm undo", "clear": "%glm clear", "compact": "%glm compact"}
    for cell in ("a", "b", "undo", "c", "clear", "d", "e", "compact", "f"):
        if cell in commands:
            notebook.run(cell, commands[cell])
        else:
            notebook.ask(cell, f"sandbox: echo\nword {cell}")
    said = [[text.split()[-1] for text in asked(sandbox, at)] for at in range(7)]
    assert [len(one) for one in said] == [1, 2, 2, 1, 2, 3, 2]
    assert (said[2], said[6][1]) == (["a", "c"], "f")
    first = bodies(sandbox)
    notebook.run_all()
    notebook.restart()
    notebook.run_all()
    assert bodies(sandbox)[7:14] == bodies(sandbox)[14:] == first


def test_a_moved_cell_is_asked_in_its_new_place(notebook: Notebook, sandbox: Sandbox) -> None:
    """Once the notebook is saved, turns stand as its cells stand, without a restart too."""
    for cell, prompt in (("a", "one"), ("b", "two"), ("c", "three")):
        notebook.ask(cell, prompt)
    cells = notebook.document.cells
    cells[1], cells[2] = cells[2], cells[1]
    notebook.save()
    notebook.ask("c", "three")
    assert asked(sandbox) == ["one", "three"]
    notebook.restart()
    assert notebook.prompts() == ["one", "three", "two"]


def test_an_inserted_cell_hears_only_what_stands_above(
    notebook: Notebook, sandbox: Sandbox
) -> None:
    """A cell between two others, saved before it is run, sends only what stands above it."""
    notebook.ask("a", "one")
    notebook.ask("c", "three")
    notebook.insert("b", above="c")
    notebook.save()
    notebook.ask("b", "two")
    assert asked(sandbox) == ["one", "two"]
    assert notebook.prompts() == ["one", "two", "three"]
    assert notebook.stale() == ["three"]
    notebook.save()
    notebook.run_all()
    requests = bodies(sandbox)[-3:]
    notebook.restart()
    notebook.run_all()
    assert bodies(sandbox)[-3:] == requests


def test_stale_turns_are_told_and_asked_again(notebook: Notebook, sandbox: Sandbox) -> None:
    """An edit marks what was answered after it as stale; refresh asks that again, in order."""
    for cell in "abcd":
        notebook.ask(cell, f"sandbox: echo\nword {cell}")
    assert notebook.stale() == []
    notebook.ask("b", "sandbox: echo\nanother word")
    assert notebook.stale() == ["sandbox: echo word c", "sandbox: echo word d"]
    before = len(sandbox.requests)
    said = notebook.glm("refresh")
    assert said.index("word c") < said.index("word d")
    third, fourth = (asked(sandbox, at) for at in range(before, len(sandbox.requests)))
    assert [text.split()[-1] for text in third] == ["a", "word", "c"]
    assert [text.split()[-1] for text in fourth] == ["a", "word", "c", "d"]
    assert notebook.stale() == []
    assert len(notebook.rows()) == 4
    assert notebook.glm("refresh").strip() == "No turn is stale."


def test_a_question_without_a_cell_is_asked_again(notebook: Notebook, sandbox: Sandbox) -> None:
    """Refresh asks what a panel or a console asked in its place too, with what stands before it."""
    ask = "import glm_magic\nglm_magic.ask('sandbox: echo\\nfrom the panel', cell=None).text"
    notebook.ask("a", "sandbox: echo\nword a")
    notebook.run("p", ask)
    notebook.ask("b", "sandbox: echo\nword b")
    notebook.ask("a", "sandbox: echo\nanother word")
    assert notebook.stale() == ["sandbox: echo from the panel", "sandbox: echo word b"]
    before = len(sandbox.requests)
    notebook.glm("refresh")
    panel, last = (asked(sandbox, at) for at in range(before, len(sandbox.requests)))
    assert [text.split()[-1] for text in panel] == ["word", "panel"]
    assert [text.split()[-1] for text in last] == ["word", "panel", "b"]
    assert notebook.stale() == []
    prompts = [f"sandbox: echo {said}" for said in ("another word", "from the panel", "word b")]
    assert notebook.prompts() == prompts
    notebook.restart()
    assert (notebook.prompts(), notebook.stale()) == (prompts, [])


def test_what_cannot_be_asked_again_is_told(open_notebook: Open, sandbox: Sandbox) -> None:
    """Refresh says which turns it passes over and why, counts them, and goes on with the next."""
    here = open_notebook()
    here.run("f", FRAME)
    here.ask("a", "one")
    here.ask("b", "two", "--frame birds")
    here.ask("c", "three")
    here.save()
    there = open_notebook(machine="there")
    there.ask("a", "one, changed")
    before = len(sandbox.requests)
    said = there.glm("refresh")
    assert "Not asked again: two (It was asked elsewhere, with birds" in said
    assert "1 stale turn was not asked again" in said
    assert len(sandbox.requests) == before + 1
    assert there.stale() == ["two"]


def test_running_a_cell_unchanged_makes_nothing_stale(notebook: Notebook) -> None:
    """The same question with the same answer leaves the turns behind it as they are."""
    for cell in "abc":
        notebook.ask(cell, f"sandbox: echo\nword {cell}")
    notebook.ask("a", "sandbox: echo\nword a")
    assert notebook.stale() == []


def test_refresh_asks_with_the_same_frame_and_options(notebook: Notebook, sandbox: Sandbox) -> None:
    """A turn that is asked again has its model, its temperature and its frame again."""
    notebook.run("a", FRAME)
    notebook.ask("b", "one")
    notebook.ask("c", "two", "--frame birds --schema -m glm-4.5-air -t 0.25")
    notebook.ask("b", "one, changed")
    notebook.glm("refresh")
    first, again = sandbox.requests[1].json, sandbox.requests[-1].json
    assert (again["model"], again["temperature"]) == ("glm-4.5-air", 0.25)
    assert again["messages"][-1] == first["messages"][-1]
