"""Conversations are read from all their journals, found again, and listed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glm_magic.store.conversations import Kept, Store
from glm_magic.store.location import name_id

from .disk import event, files_below


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with nothing in it."""
    return Store(tmp_path)


def test_a_new_conversation_is_empty(store: Store, tmp_path: Path) -> None:
    """Reading what was never written gives nothing, and makes nothing."""
    assert store.read("a") == Kept([], ())
    assert store.list() == []
    assert store.notebook_of("a") is None
    assert store.of_notebook("/x/a.ipynb") is None
    assert list(tmp_path.iterdir()) == []


def test_two_writers_are_merged_in_the_order_of_time(tmp_path: Path, store: Store) -> None:
    """Two kernels on one conversation write two files; whoever reads finds all, by time."""
    other = Store(tmp_path)
    for number in range(6):
        (store if number % 2 else other).journal("a").append(event(number))
    assert len(files_below(tmp_path)) == 2
    for reader in (store, other, Store(tmp_path)):
        assert reader.read("a") == Kept([event(number) for number in range(6)], ())


def test_at_the_same_time_the_order_is_always_the_same(tmp_path: Path) -> None:
    """Events of the same time are read by writer, then by line."""
    stores = [Store(tmp_path) for _ in range(3)]
    for store in stores:
        path = store.journal("a").path
        store.journal("a").append(event(1, by=path.name), event(1, "undone", by=path.name))
    found = [(one["by"], one["kind"]) for one in Store(tmp_path).read("a").events]
    names = sorted({by for by, _ in found})
    assert found == [(name, kind) for name in names for kind in ("asked", "undone")]


def test_a_clock_that_is_set_back_changes_no_order_within_a_writer(tmp_path: Path) -> None:
    """What one kernel wrote later stays later; its answers do not come before its questions."""
    one, two = Store(tmp_path), Store(tmp_path)
    two.journal("a").append(event(50))
    one.journal("a").append(event(100, n=1), event(10, n=2), event(200, n=3))
    found = [event.get("n", 0) for event in one.read("a").events]
    assert found == [0, 1, 2, 3]


def test_damage_in_one_journal_leaves_the_others(tmp_path: Path, store: Store) -> None:
    """A journal that is no file is named, and the rest of the conversation is read."""
    store.journal("a").append(event(1))
    (tmp_path / "conversations" / "a" / "0.jsonl").mkdir()
    kept = store.read("a")
    assert kept.events == [event(1)]
    assert len(kept.damage) == 1
    assert store.list()[0].turns == 1


def test_conversations_do_not_mix(store: Store) -> None:
    """An event of one conversation is in no other."""
    store.journal("a").append(event(1))
    store.journal("b").append(event(2))
    assert store.read("a").events == [event(1)]
    assert store.read("b").events == [event(2)]


def test_the_list_shows_the_newest_first(store: Store) -> None:
    """Each conversation is listed with name, notebook, times and how often a question was asked."""
    store.journal("a").append(event(1, "opened", notebook="/x/old.ipynb"), event(2), event(3))
    store.journal("a").append(event(4, "answered", text='{"kind":"asked",'))
    store.journal("a").append(event(5, "opened", notebook="/x/new.ipynb"))
    named = name_id("My chat")
    store.journal(named).append(event(9, "opened", name="My chat"), event(10))
    first, second = Store(store.root).list()
    assert (first.id, first.name, first.notebook, first.turns) == (named, "My chat", None, 1)
    assert (second.id, second.name, second.turns) == ("a", None, 2)
    assert second.notebook == Path("/x/new.ipynb") == store.notebook_of("a")
    assert (second.first, second.last) == (event(1)["at"], event(5)["at"])


def test_the_list_copes_with_anything(store: Store, tmp_path: Path) -> None:
    """Strange names and broken journals in the folder stop no list."""
    folder = tmp_path / "conversations"
    (folder / "broken").mkdir(parents=True)
    (folder / "broken" / "w.jsonl").write_bytes(b'\xff\n{"kind":"opened",\n{"kind":"opened"')
    (folder / "NOT OURS").mkdir()
    (folder / "file").write_text("")
    assert [(one.id, one.turns, one.first) for one in store.list()] == [
        ("broken", 0, ""),
        ("file", 0, ""),
    ]


def test_a_forked_process_writes_its_own_file(store: Store, tmp_path: Path) -> None:
    """After a fork, parent and child do not share a journal."""
    store.journal("a").append(event(1))
    child = os.fork()
    if not child:
        store.journal("a").append(event(2))
        os._exit(0)
    os.waitpid(child, 0)
    store.journal("a").append(event(3))
    assert len(files_below(tmp_path)) == 2
    assert store.read("a").events == [event(1), event(2), event(3)]


def test_ten_thousand_turns_are_read_at_once(store: Store, tmp_path: Path) -> None:
    """Reading grows with the conversation and no faster: 20,000 lines in about a third second."""
    for number in range(10_000):
        lines = event(number, turn={"prompt": "p" * 300}), event(number, "answered", text="t" * 700)
        store.journal("a").append(*lines)
    began = time.perf_counter()
    assert len(store.read("a").events) == 20_000
    assert time.perf_counter() - began < 2  # a busy machine is no failure; the figure is measured
    began = time.perf_counter()
    assert store.list()[0].turns == 10_000
    assert time.perf_counter() - began < 0.5


def test_importing_the_store_is_light() -> None:
    """The store imports no platformdirs, no nbformat and nothing else from outside."""
    code = "import sys, glm_magic.store.conversations, glm_magic.store.ledger; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    tops = {name.partition(".")[0] for name in done.stdout.split()}
    assert not tops & {"platformdirs", "nbformat", "jupyter_core", "IPython"}
