"""A disk that fails and files that are damaged, under a real kernel: told, and nothing is lost."""

from html import unescape

from glm_magic.sandbox import Sandbox
from tests.kernel import Ran

from .notebook import Notebook, turn_in
from .requests import asked


def warned(ran: Ran) -> str:
    """What a cell has said on stderr."""
    return "".join(
        content["text"]
        for kind, content in ran.messages
        if kind == "stream" and content["name"] == "stderr"
    )


def _ends(turn: str, line: bytes) -> bool:
    """Whether a line of a journal tells how this turn ended."""
    return b'"answered"' in line and turn.encode() in line


def test_a_damaged_journal_is_named_and_set_aside(notebook: Notebook, sandbox: Sandbox) -> None:
    """Its other lines count; the answer in the damaged one comes back from the saved notebook."""
    notebook.ask("a", "one")
    answer = turn_in(notebook.run("b", "%%glm --no-think\ntwo"))
    (journal,) = notebook.data.glob("conversations/*/*.jsonl")
    notebook.kill()
    lines = journal.read_bytes().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if _ends(answer.id, line))
    lines[at] = lines[at][:50] + b"\n"
    journal.write_bytes(b"".join(lines))
    notebook.restart()
    ran = notebook.run("c", "%%glm --no-think\nthree")
    assert f"Line {at + 1} of {journal} is damaged; copied to {journal.name}.damaged" in warned(ran)
    assert journal.with_name(f"{journal.name}.damaged").read_bytes() == lines[at]
    assert asked(sandbox) == ["one", "three"]
    assert [row[-1] for row in notebook.rows()] == ["", "not finished", ""]
    notebook.save()
    notebook.restart()
    notebook.ask("c", "three")
    assert asked(sandbox) == ["one", "two", "three"]
    assert answer.text in [one["content"] for one in sandbox.requests[-1].json["messages"]]


def test_a_damaged_pointer_and_ledger_are_named(notebook: Notebook, sandbox: Sandbox) -> None:
    """The saved notebook says which conversation it is; usage tells what it leaves out."""
    notebook.ask("a", "one")
    notebook.save()
    (pointer,) = notebook.data.glob("notebooks/*.json")
    (ledger,) = notebook.data.glob("ledger/*/*.jsonl")
    notebook.kill()
    pointer.write_text("{")
    ledger.write_bytes(ledger.read_bytes() + b'{"kind": "spent", torn\n')
    notebook.restart()
    said = warned(notebook.run("b", "%%glm --no-think\ntwo"))
    assert said.startswith(f"glm: {pointer} is damaged; kept as {pointer.name}.damaged.")
    assert asked(sandbox) == ["one", "two"]
    assert f"Left out: 1 damaged line of {ledger.parents[1]}" in unescape(notebook.glm("usage"))
    assert len(notebook.chats()) == 1


def test_what_a_failing_disk_refused_is_written_later(notebook: Notebook) -> None:
    """The answer is shown and the reason told; when the disk works again all is written."""
    notebook.data.write_text("in the way of the folder")
    said = warned(notebook.run("a", "%%glm --no-think\none"))
    assert str(notebook.data) in said
    assert "Nothing is lost: it is kept in memory, and written together with the next one." in said
    notebook.data.unlink()
    assert warned(notebook.run("b", "%%glm --no-think\ntwo")) == ""
    notebook.crash()
    assert notebook.prompts() == ["one", "two"]
    assert [row[-1] for row in notebook.rows()] == ["", ""]
