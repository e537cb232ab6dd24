"""Whatever call to the disk fails: the old or the new, never half, and nothing earlier is lost."""

import contextlib
import json
from datetime import date
from pathlib import Path

import pytest

from glm_magic.errors import StoreError
from glm_magic.store.conversations import Store
from glm_magic.store.journal import Journal, read_journal
from glm_magic.store.ledger import Ledger
from glm_magic.store.writing import write_atomically

from .disk import FAULTS, FULL, Disk, Killed, each_call, event, files_below, journal_of

OLD, NEW, MORE, LATER = (
    event(number, text="é" * 50 * (number + 1), name=name)
    for number, name in enumerate(("old", "new", "more", "later"))
)
EVERY_FAULT = pytest.mark.parametrize("how", FAULTS)
DAY = date(2026, 3, 1)


@EVERY_FAULT
@pytest.mark.parametrize("on", [False, True], ids=["once", "for a while"])
@pytest.mark.parametrize("before", [(), (OLD,)], ids=["first", "second"])
def test_an_append_is_whole_or_waits(
    tmp_path: Path, how: int | str, on: bool, before: tuple[dict[str, object], ...]
) -> None:
    """What `append` could not write is told, waits, and is written with the next event."""
    for number, disk in each_call(how, on=on):
        journal = journal_of(tmp_path / str(number) / "c", *before)
        outcome = "written"
        with disk:
            try:
                journal.append(NEW, MORE, sync=True)
            except StoreError:
                outcome = "told"
            except Killed:
                outcome = "killed"
        events, _ = read_journal(journal.path) if journal.path.exists() else ([], ())
        wanted = [*before, NEW, MORE]
        assert events == wanted[: len(events)]
        assert len(events) >= len(before)
        if outcome == "written":
            assert events == wanted
        if outcome != "killed":
            journal.append(LATER)
            assert read_journal(journal.path) == ([*wanted, LATER], ())
            assert journal.pending == 0
        journal.close()


@pytest.mark.parametrize("how", ["kill", "cut"])
def test_a_killed_append_leaves_whole_lines_and_a_named_piece(
    tmp_path: Path, how: int | str
) -> None:
    """After a kill at any call, the piece of a line is set aside once, and the rest is there."""
    pieces = 0
    for number, disk in each_call(how):
        folder = tmp_path / str(number) / "c"
        killed = journal_of(folder, OLD)
        with disk, contextlib.suppress(Killed):
            killed.append(NEW, MORE)
        raw = killed.path.read_bytes()
        torn = raw[raw.rfind(b"\n") + 1 :]
        for _ in range(2):  # setting aside happens once
            events, damage = read_journal(killed.path)
            assert events == [OLD, NEW, MORE][: len(events)]
            assert len(damage) == bool(torn)
        assert killed.path.read_bytes() == raw
        aside = folder / "w.jsonl.damaged"
        assert (aside.read_bytes() if torn else b"") == (torn + b"\n" if torn else b"")
        assert files_below(folder) == ["w.jsonl", "w.jsonl.damaged"][: 1 + bool(torn)]
        if torn:
            pieces += 1
            assert "w.jsonl" in damage[0]
            # even a writer of the same name goes on behind the piece
            journal_of(folder, LATER)
            assert read_journal(killed.path)[0] == [*events, LATER]
    assert pieces == (how == "cut")


@EVERY_FAULT
def test_reading_a_journal_never_fails(tmp_path: Path, how: int | str) -> None:
    """A journal that cannot be read is named; one whose damage cannot be set aside is read."""
    for number, disk in each_call(how):
        journal = journal_of(tmp_path / str(number) / "c", OLD)
        with journal.path.open("ab") as file:
            file.write(b'{"kind":, \n' + json.dumps(NEW).encode() + b"\n")
        with disk:
            try:
                events, damage = read_journal(journal.path)
            except Killed:
                events, damage = [OLD, NEW], ("killed",)
        assert events in ([], [OLD, NEW])
        assert len(damage) == 1
        events, damage = read_journal(journal.path)
        assert events == [OLD, NEW]
        assert "Line 2" in damage[0]
        assert (journal.path.parent / "w.jsonl.damaged").read_bytes() == b'{"kind":, \n'
        if how not in ("kill", "cut"):
            assert len(files_below(tmp_path / str(number))) == 2


@EVERY_FAULT
@pytest.mark.parametrize("before", [None, b"old" * 100], ids=["new", "existing"])
def test_a_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, how: int | str, before: bytes | None
) -> None:
    """`write_atomically` leaves the old or the new file, and nothing else beside it."""
    for number, disk in each_call(how):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / "notebook.ipynb"
        if before is not None:
            path.write_bytes(before)
        outcome = "written"
        with disk:
            try:
                write_atomically(path, b"new" * 1000)
            except StoreError:
                outcome = "told"
            except Killed:
                outcome = "killed"
        after = path.read_bytes() if path.exists() else None
        assert after in (before, b"new" * 1000)
        if outcome == "written":
            assert after == b"new" * 1000
        if outcome != "killed":
            assert set(files_below(folder)) <= {"notebook.ipynb"}


@EVERY_FAULT
def test_a_notebook_points_to_its_old_or_its_new_conversation(
    tmp_path: Path, how: int | str
) -> None:
    """`claim` that fails leaves the earlier claim; one that returns is there."""
    for number, disk in each_call(how):
        store = Store(tmp_path / str(number))
        store.claim("/x/a.ipynb", "old")
        outcome = "written"
        with disk:
            try:
                store.claim("/x/a.ipynb", "new")
            except StoreError:
                outcome = "told"
            except Killed:
                outcome = "killed"
        found = Store(store.root).of_notebook("/x/a.ipynb")
        assert found == "new" if outcome == "written" else found in ("old", "new")
        if outcome != "killed":
            assert len(files_below(store.root)) == 1
        store.claim("/x/a.ipynb", "newest")
        assert store.of_notebook("/x/a.ipynb") == "newest"


@EVERY_FAULT
def test_a_first_claim_is_whole_or_not_there(tmp_path: Path, how: int | str) -> None:
    """`claim_first` that returns has made the pointer; one that fails has perhaps, but whole."""
    for number, disk in each_call(how):
        store = Store(tmp_path / str(number))
        returned = None
        with disk, contextlib.suppress(StoreError, Killed):
            returned = store.claim_first("/x/a.ipynb", "new")
        found = Store(store.root).of_notebook("/x/a.ipynb")
        assert found == "new" if returned else found in (None, "new")
        assert store.claim_first("/x/a.ipynb", "new") == "new"


@EVERY_FAULT
def test_finding_a_conversation_never_fails(tmp_path: Path, how: int | str) -> None:
    """With a failing disk, lists and pointers may be empty, and that is all."""
    for _, disk in each_call(how):
        store = Store(tmp_path)
        if not store.list():
            store.journal("a").append(event(1, "opened", notebook="/x/a.ipynb"), event(2))
            store.claim("/x/a.ipynb", "a")
        with disk:
            try:
                summaries, found = store.list(), store.of_notebook("/x/a.ipynb")
                place, kept = store.notebook_of("a"), store.read("a")
            except Killed:
                continue
        assert len(summaries) <= 1
        assert found in (None, "a")
        assert place in (None, Path("/x/a.ipynb"))
        assert len(kept.events) == 2 or kept.damage
        assert Store(tmp_path).of_notebook("/x/a.ipynb") == "a"


def _spend(ledger: Ledger, tokens: int) -> None:
    ledger.add(
        at=f"2026-03-01T10:00:00.{tokens:06}+00:00", conversation="c", provider="zai",
        model="glm-4.5", prompt_tokens=tokens, completion_tokens=0, cached_tokens=0, cost_usd=0.5,
    )  # fmt: skip


@EVERY_FAULT
@pytest.mark.parametrize("on", [False, True], ids=["once", "for a while"])
def test_what_was_spent_counts_though_the_disk_fails(
    tmp_path: Path, how: int | str, on: bool
) -> None:
    """A sum holds what could not be written too, and each question once."""
    for number, disk in each_call(how, on=on):
        ledger = Ledger(tmp_path / str(number))
        _spend(ledger, 1)
        killed = False
        with disk:
            for tokens in (10, 100):
                try:
                    _spend(ledger, tokens)
                except StoreError:
                    pass
                except Killed:
                    killed = True
        on_disk = Ledger(tmp_path / str(number)).totals(day=DAY).tokens
        assert on_disk in (1, 11, 111)
        if not killed:
            assert ledger.totals(day=DAY).tokens == 111
            assert ledger.totals().questions == 3
            _spend(ledger, 1000)
            assert Ledger(tmp_path / str(number)).totals(day=DAY).tokens == 1111
            assert ledger.totals(conversation="c").tokens == 1111
        ledger.close()


@EVERY_FAULT
def test_adding_up_never_fails(tmp_path: Path, how: int | str) -> None:
    """What cannot be read now is missing from the sum, and is in it when it can."""
    _spend(Ledger(tmp_path), 1)
    for _, disk in each_call(how):
        ledger = Ledger(tmp_path)
        with disk:
            try:
                assert ledger.totals().tokens in (0, 1)
            except Killed:
                continue
        assert ledger.totals().tokens == 1


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (FAULTS[0], "the disk is full"),
        (FAULTS[1], "the disk is read-only"),
        (FAULTS[2], "input/output error"),
        (FAULTS[3], "there is no permission"),
    ],
)
def test_the_error_names_file_reason_and_remedy(tmp_path: Path, how: int | str, words: str) -> None:
    """Two lines: which file and why, and what to do; with the promise that nothing is lost."""
    journal = Journal(tmp_path / "c", "w")
    with Disk(1, how), pytest.raises(StoreError) as raised:
        journal.append(NEW)
    first, second = str(raised.value).split("\n")
    assert first == f"{journal.path} could not be written: {words}."
    assert second.endswith("it is kept in memory, and written together with the next one.")
    assert journal.pending == 1


def test_closing_writes_what_waits_or_says_that_it_waits(tmp_path: Path) -> None:
    """`close` tries once more; a second one, on a healthy disk, succeeds."""
    store = Store(tmp_path)
    with Disk(1, FULL, on=True):
        for do in (lambda: store.journal("c").append(NEW), store.close):
            with pytest.raises(StoreError):
                do()
    store.close()
    assert Store(tmp_path).read("c").events == [NEW]
