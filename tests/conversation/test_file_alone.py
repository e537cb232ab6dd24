"""What a notebook's file tells on another machine is what was alive when it was saved."""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_magic.answer import Answer
from glm_magic.chat.chat import Chat
from glm_magic.chat.deltas import Delta
from glm_magic.chat.messages import Usage
from glm_magic.sandbox import Sandbox
from glm_magic.shelf import Shelf
from glm_magic.store.conversations import Store
from tests.chat.samples import attachment, client, follow

from .conftest import Open
from .notebook import Notebook
from .requests import asked

v4: Any = nbformat.v4
NAMES = st.sampled_from("abcde")
WORDS = ("yes", "no", "x" * 1500, "a <b> $5 ![i](http://x)\n" * 30, "é" * 2000, "\ud83d\ude00")
TEXTS = st.sampled_from([*WORDS, "", " ", "\n\nindented\n", "\ud83d", "\r\n\x00\x1b"])
ENDS = st.sampled_from(["stop", "stop", "length", "sensitive", ""])
STEPS = st.one_of(
    st.tuples(st.just("ask"), NAMES, TEXTS, st.sampled_from(WORDS), ENDS, st.booleans()),
    st.tuples(st.just("ask"), NAMES, TEXTS, st.sampled_from(WORDS), ENDS, st.booleans()),
    st.tuples(st.just("delete"), NAMES),
    st.tuples(st.just("move"), NAMES, st.integers(0, 4)),
    st.tuples(st.sampled_from(["save", "restart"])),
)


class Book:
    """A notebook, its file and the conversation of a kernel without the kernel."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "analysis.ipynb"
        self.document = v4.new_notebook()
        self.warned: list[str] = []
        self.restart()

    def shelf(self, machine: str) -> Shelf:
        """What a kernel on this machine finds."""
        store = Store(self.folder / machine)
        return Shelf(lambda: self.path, self.warned.append, store)

    def restart(self) -> None:
        """Another kernel on this machine."""
        self.here = self.shelf("here")

    def save(self) -> None:
        """Write the file; times of turns are told in milliseconds."""
        nbformat.write(self.document, self.path)  # type: ignore[no-untyped-call]
        time.sleep(0.002)

    def cells(self) -> list[str]:
        """Ids of the cells."""
        return [cell.id for cell in self.document.cells]

    def ask(self, cell: str, text: str, prompt: str, end: str, framed: bool) -> None:
        """Ask in a cell, new ones at the end, and keep its output as a front end does."""
        if cell not in self.cells():
            self.document.cells.append(v4.new_code_cell("", id=cell))
        home = self.document.cells[self.cells().index(cell)]
        conversation = self.here.current
        self.here.heed_order()
        last = Delta(finish_reason=end, usage=Usage(1, 2), ended=bool(end))
        chat = Chat(client([Delta(text=text, reasoning="Hm."), last]), "zai", conversation)
        attached = [attachment(prompt)] if framed else []
        asking = chat.ask(prompt, attached, cell=cell, model="glm-4.5")
        follow(asking)
        answer = Answer(asking.turn, asking.conversation)
        shown = {"data": answer.bundle(), "metadata": answer.metadata()}
        home.outputs = [v4.new_output("display_data", **shown)]

    def delete(self, cell: str) -> None:
        """Take a cell out."""
        self.document.cells = [one for one in self.document.cells if one.id != cell]

    def move(self, cell: str, place: int) -> None:
        """Put a cell elsewhere."""
        found = [one for one in self.document.cells if one.id == cell]
        self.delete(cell)
        self.document.cells[place:place] = found

    def told(self, shelf: Shelf) -> Any:
        """What the next question would send, what is stale, and the digest before each cell."""
        conversation = shelf.current
        shelf.heed_order()
        sent = [(_joined(one.prompt), _joined(one.text)) for one in conversation.before(None)]
        stale = conversation.stale()
        # A turn without a word is not in the file, and nobody asks it again there.
        cells = {one.cell for one in conversation if one.id in stale and one.text}
        return sent, cells, [conversation.digest_before(cell) for cell in self.cells()]


def _joined(text: str) -> bytes:
    """The text with halves of a character joined, as JSON joins them."""
    return text.encode("utf-16-le", "surrogatepass")


@given(st.lists(STEPS, max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_restart_and_the_file_alone_tell_the_same(steps: list[tuple[Any, ...]]) -> None:
    """Whatever was asked, edited, moved, deleted and saved: turns, digests and stale marks."""
    folder = Path(tempfile.mkdtemp())
    try:
        book = Book(folder)
        for kind, *how in steps:
            getattr(book, kind)(*how)
        book.save()
        alive = book.told(book.here)
        if book.cells():  # a file without cells says nothing of them
            assert book.told(book.shelf("here")) == alive
            assert book.told(book.shelf("there")) == alive
        assert book.warned == []
    finally:
        shutil.rmtree(folder)


def test_the_turn_of_a_deleted_cell_is_not_sent(
    notebook: Notebook, open_notebook: Open, sandbox: Sandbox
) -> None:
    """After a save at once, after a restart of the kernel, and from the file alone."""
    for cell in "abc":
        notebook.ask(cell, f"word {cell}")
    notebook.save()
    del notebook.document.cells[1]
    notebook.save()
    notebook.ask("d", "word d")
    assert asked(sandbox) == ["word a", "word c", "word d"]
    assert [row[6] for row in notebook.rows()] == ["in", "out", "in", "in"]
    assert notebook.stale() == ["word c"]
    notebook.restart()
    notebook.ask("d", "word d")
    assert asked(sandbox) == ["word a", "word c", "word d"]
    notebook.save()
    there = open_notebook(machine="there")
    there.ask("e", "word e")
    assert asked(sandbox) == ["word a", "word c", "word d", "word e"]
    assert there.stale() == ["word c"]


def test_a_cell_deleted_while_the_kernel_was_down_is_not_sent(
    notebook: Notebook, sandbox: Sandbox
) -> None:
    """A cell that asked, was saved and is not in the file any more when the next kernel starts."""
    for cell in "abc":
        notebook.ask(cell, f"word {cell}")
    notebook.save()
    notebook.kill()
    del notebook.document.cells[1]
    notebook.save()
    notebook.restart()
    notebook.ask("d", "word d")
    assert asked(sandbox) == ["word a", "word c", "word d"]


def test_a_refreshed_turn_stands_in_its_cell(open_notebook: Open, sandbox: Sandbox) -> None:
    """What `%glm refresh` asked again for other cells replaces their turns in the file too."""
    here = open_notebook()
    for cell in "abc":
        here.ask(cell, f"sandbox: echo\nword {cell}")
    here.ask("a", "sandbox: echo\nanother word")
    here.run("r", "%glm refresh")
    here.ask("a", "sandbox: echo\nyet another word")
    here.run("again", "%glm refresh")
    here.save()
    there = open_notebook(machine="there")
    assert there.rows() == here.rows()
    assert there.stale() == []
    there.ask("z", "last")
    assert len(asked(sandbox)) == 4


def test_a_fork_is_there_from_the_file_alone(open_notebook: Open, sandbox: Sandbox) -> None:
    """On another machine the fork has the turns that it began with, and goes on from them."""
    here = open_notebook()
    for cell in "abc":
        here.ask(cell, f"word {cell}")
    here.run("f", "%glm fork try")
    here.ask("d", "in the fork")
    here.ask("e", "more")
    here.save()
    first = sandbox.requests[-1].body
    there = open_notebook(machine="there")
    assert there.prompts() == ["word a", "word b", "word c"]
    there.glm("chats try")
    assert there.prompts() == ["word a", "word b", "word c", "in the fork", "more"]
    assert there.stale() == []
    there.ask("e", "more")
    assert sandbox.requests[-1].body == first


def test_run_all_forks_again_from_the_file_alone(open_notebook: Open, sandbox: Sandbox) -> None:
    """On another machine Run All sends the bytes of the first time, in the fork too."""
    here = open_notebook()
    for cell in "abc":
        here.ask(cell, f"word {cell}")
    here.run("f", "%glm fork try")
    here.ask("d", "in the fork")
    here.save()
    first = [request.body for request in sandbox.requests]
    there = open_notebook(machine="there")
    there.run_all()
    assert [request.body for request in sandbox.requests[len(first) :]] == first
    assert there.prompts() == ["word a", "word b", "word c", "in the fork"]
    there.run_all()
    assert [request.body for request in sandbox.requests[2 * len(first) :]] == first
