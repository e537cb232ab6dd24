"""`%glm refresh`, `%glm usage` and the tables of all commands."""

from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from markdown_it import MarkdownIt

from glm_magic.chat.conversation import Conversation
from glm_magic.chat.deltas import Delta
from glm_magic.chat.records import answered, asked, turn_from
from glm_magic.jupyter import tables
from glm_magic.render.cleaning import plain
from glm_magic.store.conversations import Store, Summary
from glm_magic.store.metadata import output_metadata, turn_from_metadata
from glm_magic.testing import scripted
from glm_magic.wiring import workbench
from tests.jupyter.conftest import Shell

Bundle = dict[str, str]
Ask = Callable[..., None]
URL = "https://example.com/one.png"


@pytest.fixture
def bundles(monkeypatch: pytest.MonkeyPatch) -> list[Bundle]:
    """What tables display."""
    found: list[Bundle] = []
    monkeypatch.setattr(tables, "display", lambda bundle, **_: found.append(bundle))
    return found


@pytest.fixture
def ask(shell: Shell) -> Ask:
    """Asks from a cell, as a notebook does; `frames` are names in the shell."""

    def ask_from(
        cell: str | None, prompt: str, frames: tuple[str, ...] = (), **options: Any
    ) -> None:
        found = {name: shell.ip.user_ns[name] for name in frames}
        question = workbench().question(prompt, found, cell=cell, **options)
        with question.ask() as asking:
            for _ in asking:
                pass

    return ask_from


def test_refresh_asks_as_it_was_asked(shell: Shell, ask: Ask) -> None:
    """A JSON answer is wanted as JSON again, with the same images."""
    with scripted("one", "{}", "changed", "{}") as client:
        ask("a", "first")
        ask("b", "second", form="json", images=[URL], model="glm-4.5v")
        ask("a", "first, changed")
        shell.run("%glm refresh")
    again = client.requests[3]
    assert again.json_object
    assert again.messages[-1].images == (URL,)
    assert again.model == "glm-4.5v"


@pytest.mark.parametrize("command", ["refresh", "retry"])
def test_a_picture_is_sent_as_a_picture_again(shell: Shell, command: str) -> None:
    """An array that was sent as a picture is no table of numbers the second time."""
    shell.ip.user_ns.update(pixels=numpy.arange(27, dtype="uint8").reshape(3, 3, 3))
    with scripted("one", "two", "again") as client:
        shell.run("%glm ask --once first")
        shell.run("%%glm -m glm-4.5v --image pixels\nWhat is it?")
        (turn,) = workbench().shelf.current
        workbench().shelf.current.put(replace(turn, earlier_digest="f" * 32))
        shell.run(f"%glm {command}")
    _, one, other = client.requests
    assert one.messages[-1].images
    assert other.messages[-1] == one.messages[-1]


def test_a_picture_that_is_gone_is_told(shell: Shell, ask: Ask) -> None:
    """Its description alone is not what was asked; from a file its own images are not known."""
    shell.ip.user_ns.update(pixels=numpy.arange(27, dtype="uint8").reshape(3, 3, 3))
    with scripted("one", "two") as client:
        shell.run("%%glm -m glm-4.5v --image pixels\nWhat is it?")
        (turn,) = workbench().shelf.current
        bare = replace(turn.attachments[0], image="")
        workbench().shelf.current.put(replace(turn, attachments=(bare,)))
        del shell.ip.user_ns["pixels"]
        assert "pixels is gone." in shell.run("%glm retry")
        ask("b", "And this?", images=[URL], model="glm-4.5v")
        turn = list(workbench().shelf.current)[-1]
        told = turn_from_metadata(output_metadata(turn))
        assert told is not None
        workbench().shelf.current.put(told)
        assert "It was asked elsewhere, with images=1." in shell.run("%glm retry")
    assert len(client.requests) == 2


def test_refresh_sends_a_gone_frame_as_it_was(shell: Shell, ask: Ask) -> None:
    """Where a variable is gone its own description goes along again, and that is told."""
    shell.ip.user_ns.update(one=pandas.DataFrame({"grams": range(9)}))
    shell.ip.user_ns.update(two=pandas.DataFrame({"wings": range(9)}))
    with scripted("one", "two", "changed", "again") as client:
        ask("a", "first")
        ask("b", "second", ("one", "two"))
        ask("a", "first, changed")
        reload(shell)
        del shell.ip.user_ns["one"]
        printed = shell.run("%glm refresh")
    assert client.requests[3].messages[-1] == client.requests[1].messages[-1]
    assert "one is gone; its description is sent as it was." in printed
    assert "two is gone" not in printed


def test_refresh_finds_a_description_in_an_earlier_turn(shell: Shell, ask: Ask) -> None:
    """A frame that an earlier question carried is found there, though it was sent only once."""
    shell.ip.user_ns.update(one=pandas.DataFrame({"grams": range(9)}))
    with scripted("one", "two", "three", "changed", "again", "again") as client:
        ask("a", "first")
        ask("b", "second", ("one",))
        ask("c", "third", ("one",))
        reload(shell)
        del shell.ip.user_ns["one"]
        ask("a", "first, changed")
        shell.run("%glm refresh")
    assert client.requests[5].messages == (
        *client.requests[4].messages,
        *client.requests[5].messages[-2:],
    )
    assert client.requests[5].messages[-1].content == "third"


def test_refresh_goes_on_behind_what_it_cannot_ask(shell: Shell, ask: Ask) -> None:
    """A turn whose data nobody knows any more is told in one sentence; the next one is asked."""
    shell.ip.user_ns.update(one=pandas.DataFrame({"grams": range(9)}))
    with scripted("one", "two", "three", "changed", "again") as client:
        ask("a", "first")
        ask("b", "second", ("one",))
        ask("c", "third")
        reload(shell, context=False)
        del shell.ip.user_ns["one"]
        ask("a", "first, changed")
        printed = shell.run("%glm refresh")
    assert "Not asked again: second (one is gone. Run the cell that makes it.)" in printed
    assert "Asking again: third" in printed
    assert client.requests[-1].messages[-1].content == "third"


def test_refresh_asks_turns_without_a_cell_in_their_place(shell: Shell, ask: Ask) -> None:
    """A stale turn that has no cell is replaced where it stands, not appended a second time."""
    with scripted("one", "two", "changed", "two again") as client:
        ask("a", "first")
        ask(None, "second")
        ask("a", "first, changed")
        printed = shell.run("%glm refresh")
    assert "Asking again: second" in printed
    assert len(client.requests) == 4
    assert [turn.text for turn in workbench().shelf.current] == ["changed", "two again"]


def reload(shell: Shell, *, context: bool = True) -> None:
    """Read the conversation back from what was kept, with or without what was attached."""
    shelf = workbench().shelf
    read = Conversation(shelf.current.name)
    for turn in shelf.current:
        record = asked(turn)
        if not context:
            record.pop("context", None)
        read.put(turn_from(record, answered(turn)))
    shelf._current = read


def test_a_fork_says_how_to_go_back_to_it(shell: Shell, ask: Ask) -> None:
    """Its name is quoted where it must be, and it has one."""
    with scripted("one"):
        ask("a", "first")
    own = workbench().shelf.current.name
    for nameless in ("''", "' '"):
        assert "needs a name" in shell.run(f"%glm fork {nameless}")
    assert workbench().shelf.current.name == own
    printed = shell.run("%glm fork 'my chat'")
    assert "%glm chats 'my chat'" in printed
    shell.run(f"%glm chats {own}")
    assert "Now in my chat" in shell.run(printed[printed.index("%glm chats") :])


def test_nothing_is_forgotten_twice(shell: Shell, ask: Ask) -> None:
    """Where there is nothing to bring back, none is promised."""
    assert shell.run("%glm clear").strip() == "Nothing to forget."
    with scripted("one"):
        ask("a", "first")
    assert "1 turn. %glm undo" in shell.run("%glm clear")
    assert shell.run("%glm clear").strip() == "Nothing to forget."


def test_a_name_that_no_disk_takes_is_two_lines(shell: Shell, ask: Ask) -> None:
    """`%glm export` says that the file cannot be written."""
    with scripted("one"):
        ask("a", "first")
    printed = shell.run(f"%glm export {'y' * 300}.md")
    assert "Traceback" not in printed
    assert len(printed.strip().splitlines()) == 2


def test_usage_adds_up_by_conversation(shell: Shell, ask: Ask, bundles: list[Bundle]) -> None:
    """Each conversation has a row with its name, and estimates are counted as such."""
    with scripted("one", "two", "three", [Delta(text="cut")]):
        ask("a", "first")
        ask("b", "second", chat="Ideas")
        ask("c", "third", once=True)
        ask("d", "fourth", chat="Ideas")
    workbench().ledger.add(
        at="2026-03-01T10:00:00+00:00", conversation="0123456789abcdef", provider="zai",
        model="glm-4.5", prompt_tokens=1, completion_tokens=1, cached_tokens=0, cost_usd=None,
    )  # fmt: skip
    shell.run("%glm usage")
    lines = bundles[0]["text/plain"].splitlines()
    rows = [line.split("  ") for line in lines if line.startswith("conversation")]
    found = {row[1]: [cell for cell in row[2:] if cell.strip()] for row in rows}
    assert {name: cells[0].strip() for name, cells in found.items()} == {
        "this one": "1", "01234567": "1", "Ideas": "2", "outside (--once, Chat)": "1",
    }  # fmt: skip
    assert "1 estimated" in found["Ideas"][-1]
    assert "estimated" not in found["this one"][-1]


def test_usage_names_notebooks_by_their_file(
    shell: Shell, ask: Ask, bundles: list[Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another notebook's conversation has its file's name; two of one name are told apart."""
    known = [("a" * 32, "x/penguins.ipynb"), ("b" * 32, "y/same.ipynb"), ("c" * 32, "z/same.ipynb")]
    monkeypatch.setattr(
        Store, "list",
        lambda _: [Summary(name, None, Path(path), "", "", 1) for name, path in known],
    )  # fmt: skip
    for name, _ in known:
        workbench().ledger.add(
            at="2026-03-01T10:00:00+00:00", conversation=name, provider="zai",
            model="glm-4.5", prompt_tokens=1, completion_tokens=1, cached_tokens=0, cost_usd=0.1,
        )  # fmt: skip
    shell.run("%glm usage")
    text = bundles[0]["text/plain"]
    assert "penguins.ipynb" in text
    assert "same.ipynb (bbbbbbbb)" in text
    assert "same.ipynb (cccccccc)" in text


ATTACKS = [
    "\x1b]0;title\x07\x1b[2Jcleared",
    "line\nbreak\r\u2028more | cells",
    "turned \u202e around",
    "&lt;script&gt;&#60;b&#62;",
    "<img src=x onerror=alert(1)>",
    "![pixel](https://evil.test/x.png) https://evil.test www.evil.test",
    "$x$ \\(y\\) \\[z\\] \\$5",
    "---",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_table_shows_text_as_text(bundles: list[Bundle], attack: str) -> None:
    """No cell and no note steers a terminal, or is markup, math, a link or another row."""
    tables.show_table(["name", attack], [[attack, "b"], ["c", attack]], ["fine", attack])
    (bundle,) = bundles
    control = {chr(code) for code in (*range(32), *range(127, 160), 0x2028, 0x202E)} - {"\n"}
    assert not control & {*bundle["text/plain"], *bundle["text/markdown"]}
    assert len(bundle["text/plain"].splitlines()) == 6
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(bundle["text/markdown"])
    assert html.count("<tr>") == 3
    assert html.count("<td>") == 4
    assert not any(tag in html for tag in ("<img", "<script", "<b>", "<a "))
    shown = " ".join(plain(attack).split())
    assert unescape(html.replace("<span>", "").replace("</span>", "")).count(shown) >= 3
    source = bundle["text/markdown"].replace("<span>&#36;</span>", "")
    assert not any(mark in source for mark in ("$", "\\", "://", "www."))


def test_what_commands_print_is_cleaned(shell: Shell, ask: Ask) -> None:
    """A prompt with terminal escapes is printed without them."""
    with scripted("one", "two", "changed", "again"):
        ask("a", "first")
        ask("b", "sec\x1b]0;title\x07ond")
        ask("a", "first, changed")
        assert "\x1b]0" not in shell.run("%glm refresh")
