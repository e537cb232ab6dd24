"""The subcommands that look at the conversation and change it, in a real kernel."""

from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from glm_magic.sandbox import Sandbox

from .conftest import Open
from .notebook import Notebook, shown, table
from .requests import asked


@pytest.fixture
def three(notebook: Notebook) -> Notebook:
    """A notebook with three questions."""
    for cell, prompt in (("a", "one"), ("b", "two"), ("c", "three")):
        notebook.ask(cell, prompt)
    return notebook


def test_undo_and_redo_change_what_is_sent(three: Notebook, sandbox: Sandbox) -> None:
    """Undo takes the last change back, also a replaced turn and after a restart; redo repeats."""
    three.ask("b", "two, changed")
    three.glm("undo")
    assert three.prompts() == ["one", "two", "three"]
    three.restart()
    three.glm("undo")
    assert three.prompts() == ["one", "two"]
    assert "2 turns" in three.glm("undo") or three.prompts() == ["one"]
    three.glm("redo")
    assert three.prompts() == ["one", "two"]
    three.ask("d", "four")
    assert asked(sandbox) == ["one", "two", "four"]
    assert three.glm("redo").strip() == "Nothing to redo."


def test_clear_forgets_until_it_is_undone(three: Notebook, sandbox: Sandbox) -> None:
    """After clear nothing is sent along, also after a restart with the saved file; undo undoes."""
    three.save()
    assert three.glm("clear").strip() == "Forgotten: 3 turns. %glm undo brings them back."
    three.restart()
    three.ask("d", "four")
    assert asked(sandbox) == ["four"]
    three.glm("undo")
    three.glm("undo")
    three.ask("e", "five")
    assert asked(sandbox) == ["one", "two", "three", "five"]


def test_a_fork_leaves_the_first_as_it_is(three: Notebook, sandbox: Sandbox) -> None:
    """A fork goes on by itself under its name; chats lists both and goes back."""
    three.glm("fork try")
    three.ask("d", "in the fork")
    assert asked(sandbox) == ["one", "two", "three", "in the fork"]
    here, other = three.chats()
    assert (here[0], here[-1]) == ("try", "←")
    three.glm(f"chats {other[0]}")
    assert three.prompts() == ["one", "two", "three"]
    three.glm("chats try")
    assert three.prompts() == ["one", "two", "three", "in the fork"]
    three.glm("fork try")
    assert three.prompts() == ["one", "two", "three", "in the fork"]
    assert "%glm chats" in three.kernel.run("%glm chats nosuch").error


def test_an_exact_name_stands_above_the_beginning_of_an_id(three: Notebook) -> None:
    """A chat whose name is how another one's id begins is the one that is meant."""
    (here,) = three.chats()
    begins = here[0][:4]
    three.ask("d", "of the named one", f"--chat {begins}")
    three.glm(f"chats {begins}")
    assert three.prompts() == ["of the named one"]
    three.glm(f"chats {here[0][:6]}")
    assert three.prompts() == ["one", "two", "three"]


def test_a_named_chat_is_the_same_from_every_notebook(
    three: Notebook, open_notebook: Open, sandbox: Sandbox
) -> None:
    """`--chat NAME` is apart from the notebook's turns, and goes on in another notebook."""
    three.ask("d", "first of it", "--chat Ideas")
    assert asked(sandbox) == ["first of it"]
    assert three.prompts() == ["one", "two", "three"]
    other = open_notebook("other.ipynb")
    other.ask("a", "second of it", "--chat Ideas")
    assert asked(sandbox) == ["first of it", "second of it"]
    assert other.prompts() == []


def test_once_is_alone(three: Notebook, sandbox: Sandbox) -> None:
    """`--once` sends nothing that was said before, and is not sent later."""
    three.ask("d", "alone", "--once")
    assert asked(sandbox) == ["alone"]
    three.ask("e", "four")
    assert asked(sandbox) == ["one", "two", "three", "four"]


def test_show_brings_an_answer_back(three: Notebook) -> None:
    """`show N` and `last` show an answer again, without its turn in the notebook twice."""
    for command, prompt in (("show 2", "two"), ("last", "three")):
        (output,) = three.kernel.run(f"%glm {command}").outputs
        number = three.prompts().index(prompt)
        kept = three.document.cells[number]["outputs"][0]["data"]["text/markdown"]
        assert output["data"]["text/markdown"] == kept
        assert output["metadata"] == {"glm_magic": {"schema": 1}}
    assert "this conversation has 3" in three.kernel.run("%glm show 4").error


def test_usage_adds_up_what_was_spent(three: Notebook, open_notebook: Open) -> None:
    """Usage counts this conversation, all of them, models and days, with what the cache gave."""
    began = datetime.now(UTC).date()  # midnight may come in between
    other = open_notebook("other.ipynb")
    other.ask("a", "elsewhere", "-m glm-4.5-air")
    rows = table(three.kernel.run("%glm usage"))
    counts = {(row[0], row[1]): row[2] for row in rows}
    assert counts["all", ""] == "4"
    assert counts["conversation", "this one"] == "3"
    assert (counts["model", "glm-4.5-air"], counts["model", "glm-4.5"]) == ("1", "3")
    assert counts["conversation", "other.ipynb"] == "1"
    days = {row[1]: int(row[2]) for row in rows if row[0] == "day (UTC)"}
    assert sum(days.values()) == 4
    assert set(days) <= {day.isoformat() for day in (began, datetime.now(UTC).date())}
    cached = {row[1]: row[4] for row in rows}
    assert cached["this one"] != "0"
    three.restart()
    assert table(three.kernel.run("%glm usage")) == rows


def test_compact_goes_on_from_the_summary(
    three: Notebook, open_notebook: Open, sandbox: Sandbox
) -> None:
    """Below it the summary alone is sent: at once, after a restart, and from the file alone."""
    assert "3 turns became one" in three.run("k", "%glm compact").printed
    *before, summary = asked(sandbox)
    assert before == ["one", "two", "three"]
    three.ask("d", "four")
    assert asked(sandbox) == [summary, "four"]
    assert [row[6] for row in three.rows()] == ["out", "out", "out", "in", "in"]
    assert three.rows()[3][-1] == "summary of those above"
    three.save()
    three.restart()
    there = open_notebook(machine="there")
    for notebook in (there, three):
        assert len(notebook.rows()) == 5
        notebook.ask("d", "four again")
        assert asked(sandbox) == [summary, "four again"]
        assert notebook.stale() == []
    three.glm("undo")
    three.glm("undo")
    three.glm("undo")
    assert [row[6] for row in three.rows()] == ["in", "in", "in"]


def test_a_summary_is_a_turn_of_its_cell(three: Notebook, sandbox: Sandbox) -> None:
    """Cells above it hear what they did; an edit there makes it stale, and refresh renews it."""
    three.run("k", "%glm compact")
    summary = asked(sandbox)[-1]
    three.ask("d", "four")
    three.ask("b", "two, changed")
    assert asked(sandbox) == ["one", "two, changed"]
    assert [row[-1] for row in three.rows()] == [
        "", "", "stale", "summary of those above, stale", "stale",
    ]  # fmt: skip
    three.glm("refresh")
    assert asked(sandbox, -2) == ["one", "two, changed", "three", summary]
    assert asked(sandbox) == [summary, "four"]
    assert three.stale() == []
    three.run("k", "%glm compact")
    assert asked(sandbox) == ["one", "two, changed", "three", summary]
    assert len(three.rows()) == 5


def test_the_sandbox_sums_up_what_was_asked(three: Notebook) -> None:
    """Without a model the summary lists each question with the beginning of its answer."""
    three.ask("d", "sandbox: echo\nlast of all")
    said = three.glm("compact")
    assert "4 turns became one" in said
    lines = [line.replace("<span>", "").replace("</span>", "") for line in said.splitlines()]
    (last,) = [line for line in lines if line.startswith("4. ")]
    assert last.count("last of all") == 2
    assert [line[:12] for line in lines if line[1:3] == ". "][:3] == [
        "1. **one** T", "2. **two** T", "3. **three**",
    ]  # fmt: skip
    assert "no model was called" in said


@pytest.mark.parametrize("command", ["compact", "fork try"])
def test_turns_of_deleted_cells_stay_out(three: Notebook, sandbox: Sandbox, command: str) -> None:
    """A summary and a fork take what the next question would send, and say what they left out."""
    three.save()
    del three.document.cells[1]
    three.save()
    said = three.glm(command)
    assert "1 turn of deleted cells stayed" in said
    assert "2 turns" in said
    if command == "compact":
        assert asked(sandbox)[:-1] == ["one", "three"]
        three.glm("undo")
    assert [row[2] for row in three.rows() if row[6] == "in"] == ["one", "three"]
    three.ask("d", "four")
    assert asked(sandbox) == ["one", "three", "four"]


def test_nothing_is_summed_up_of_one_turn(notebook: Notebook) -> None:
    """A summary of a single turn is refused, with what it takes."""
    notebook.ask("a", "one")
    assert "Two turns are the least" in notebook.kernel.run("%glm compact").error


def test_a_long_conversation_is_shown_by_its_end(notebook: Notebook) -> None:
    """The table has the last 50 turns and says how to see all; no cell's id makes it wide."""
    notebook.run("short", "import glm_magic\nfor n in range(57):\n    glm_magic.ask(f'no {n}')")
    notebook.ask("4c7a1b9e-8f3d-4d62-9b0a-5d2f7e6a1c3b", "the last")
    ran = notebook.kernel.run("%glm show", cell="command")
    rows = table(ran)
    assert [row[0] for row in rows] == [str(number) for number in range(9, 59)]
    assert [row[1] for row in rows[-2:]] == ["short/57", "4c7a1b9e-8f…"]
    assert (
        "The last 50 of 58 turns; %glm show all lists all." in ran.outputs[0]["data"]["text/plain"]
    )
    assert len(table(notebook.kernel.run("%glm show all"))) == 58
    heads = ran.outputs[0]["data"]["text/plain"].splitlines()[0].split()
    assert heads == ["place", "cell", "prompt", "model", "tokens", "cost", "window"]
    assert "no 8" in unescape(shown(notebook.kernel.run("%glm show 9"))).replace("\n> ", "")


@pytest.mark.parametrize("suffix", ["ipynb", "md", "json"])
def test_an_export_is_whole(
    three: Notebook, open_notebook: Open, sandbox: Sandbox, tmp_path: Path, suffix: str
) -> None:
    """All prompts and answers are in the file; a notebook or JSON file gives them back."""
    three.ask("d", "sandbox: 500 tokens")
    file = tmp_path / f"talk.{suffix}"
    assert "4 turns" in three.glm(f"export {file}")
    text = file.read_text()
    assert all(prompt in text for prompt in ("one", "two", "three", "500 tokens"))
    assert "Part 9" in text
    assert "exists already" in three.kernel.run(f"%glm export {file}").error
    other = open_notebook("other.ipynb")
    if suffix == "md":
        assert "Markdown" in other.kernel.run(f"%glm import {file}").error
        return
    other.ask("z", "before")
    assert "Taken over: 4 turns; 5 turns" in other.glm(f"import {file}")
    three.ask("e", "five")
    other.ask("e", "five")
    mine, theirs = (request.json["messages"] for request in sandbox.requests[-2:])
    assert theirs[3:] == mine[1:]
    other.glm("undo")
    other.glm("undo")
    assert other.prompts() == ["before"]


def test_an_exported_notebook_is_a_conversation(
    three: Notebook, open_notebook: Open, sandbox: Sandbox
) -> None:
    """Opened elsewhere, an exported notebook goes on with what was said in it."""
    three.glm(f"export {three.path.with_name('talk.ipynb')}")
    there = open_notebook("talk.ipynb", machine="there")
    assert there.prompts() == ["one", "two", "three"]
    there.ask("new", "four")
    assert asked(sandbox) == ["one", "two", "three", "four"]
