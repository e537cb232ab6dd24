"""A journal takes events and gives them back, whatever else stands in its file."""

import gc
import json
import os
import stat
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.errors import StoreError
from glm_magic.store import files
from glm_magic.store.journal import Journal, read_journal
from glm_magic.store.lines import parse

from .disk import Event, event, files_below, journal_of


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """A mask that is too generous, a usual one, and one that is too strict."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_nothing_is_made_before_the_first_event(tmp_path: Path) -> None:
    """A journal that nobody writes to leaves no folder and no file."""
    journal = Journal(tmp_path / "a" / "b", "w")
    journal.append()
    assert files_below(tmp_path) == []
    journal.close()
    journal.append(event(1))
    assert files_below(tmp_path) == ["a/b/w.jsonl"]


TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)  # half characters too
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(width=64).filter(isfinite) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def _joined(value: Any) -> Any:
    """Two halves of a character side by side come back as that character."""
    return json.loads(json.dumps(value))


@given(st.lists(st.dictionaries(TEXTS, VALUES, max_size=4), max_size=5))
def test_events_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, more: list[dict[str, Any]]
) -> None:
    """Any JSON value survives, in the order of writing, in one call or in several."""
    events = [one | event(number) for number, one in enumerate(more)]
    journal = Journal(tmp_path_factory.mktemp("c"), "w")
    journal.append(*events[:2])
    for one in events[2:]:
        journal.append(one, sync=True)
    journal.close()
    if events:
        assert read_journal(journal.path) == ([_joined(one) for one in events], ())


def test_several_events_are_one_write(tmp_path: Path) -> None:
    """All lines of an `append` go to the disk in one call."""
    journal = journal_of(tmp_path, event(0))
    with mock.patch.object(files, "write", wraps=files.write) as write:
        journal.append(event(1), event(2), event(3))
    assert write.call_count == 1


def test_a_piece_that_was_written_again_is_no_damage(tmp_path: Path) -> None:
    """A line that was cut and then repeated whole lost nothing, so nothing is told."""
    path = journal_of(tmp_path, event(1), event(2)).path
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:30] + b"\n" + second)
    assert read_journal(path) == ([event(1), event(2)], ())
    assert files_below(tmp_path) == ["w.jsonl"]


def test_sync_can_be_tried_again(tmp_path: Path) -> None:
    """When the disk does not confirm, the events are there; a later call asks the disk again."""
    journal = journal_of(tmp_path / "c", event(1))
    broken = OSError(5, "broken")
    with mock.patch.object(files, "fsync", side_effect=broken), pytest.raises(StoreError) as told:
        journal.append(event(2), sync=True)
    assert "could not be brought safely to the disk" in told.value.message
    assert journal.pending == 0
    with mock.patch.object(files, "fsync", wraps=files.fsync) as fsync:
        journal.append(sync=True)
        assert fsync.call_count == 3
        journal.append(sync=True)
        assert fsync.call_count == 3
    assert read_journal(journal.path) == ([event(1), event(2)], ())


def test_sync_waits_for_the_disk_and_the_folders(tmp_path: Path) -> None:
    """With `sync`, the file is brought to the disk, and at first its name too."""
    journal = Journal(tmp_path / "c", "w")
    with mock.patch.object(files, "fsync", wraps=files.fsync) as fsync:
        journal.append(event(1))
        assert fsync.call_count == 0
        journal.append(event(2), sync=True)
        assert fsync.call_count == 3
        journal.append(event(3), sync=True)
        assert fsync.call_count == 4


def test_a_journal_that_nobody_holds_is_closed(tmp_path: Path) -> None:
    """A kernel may go through any number of conversations; few files are open at once."""
    opened: list[int] = []

    def open_file(*args: Any) -> int:
        opened.append(open_really(*args))
        return opened[-1]

    open_really = files.open_file
    journal = Journal(tmp_path, "w")
    with mock.patch.object(files, "open_file", open_file):
        journal.append(event(1))
    with mock.patch.object(files, "close", wraps=files.close) as close:
        del journal
        gc.collect()  # of other tests' journals, too
    assert mock.call(*opened) in close.call_args_list


@pytest.mark.parametrize(
    "bad",
    [
        {"at": event(1)["at"]},
        {"kind": "asked"},
        {"kind": "asked", "at": "yesterday"},
        {"kind": 1, "at": event(1)["at"]},
        event(1, cost=float("nan")),
        event(1, value=object()),
        event(1, value={1, 2}),
    ],
    ids=["no kind", "no time", "a word for a time", "a number for a kind", "nan", "object", "set"],
)
def test_what_is_no_event_is_refused_alone(tmp_path: Path, bad: Event) -> None:
    """An event that JSON cannot hold is an error, and spoils no other one."""
    journal = journal_of(tmp_path, event(1))
    with pytest.raises(StoreError, match="cannot be kept"):
        journal.append(event(2), bad)
    journal.append(event(3))
    assert read_journal(journal.path) == ([event(1), event(3)], ())


def test_a_bottomless_event_is_refused(tmp_path: Path) -> None:
    """A value nested too deep, or in itself, is an error of the store, not a crash."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(StoreError):
        Journal(tmp_path, "w").append(event(1, deep=deep))
    while deep:  # Python takes it apart without recursion only piece by piece
        deep = deep.pop()


def test_a_deleted_file_is_begun_anew(tmp_path: Path) -> None:
    """When somebody deletes the folder, later events are not written into nothing."""
    journal = journal_of(tmp_path / "c", event(1))
    journal.path.unlink()
    journal.path.parent.rmdir()
    journal.append(event(2))
    assert read_journal(journal.path)[0] == [event(2)]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_interrupt_neither_loses_nor_repeats_an_event(tmp_path: Path, moment: str) -> None:
    """A write that the user interrupts is finished by the next one, and not done twice."""
    journal = journal_of(tmp_path, event(1))
    write = files.write

    def interrupted(descriptor: int, data: bytes) -> int:
        if moment == "after":
            write(descriptor, data)
        raise KeyboardInterrupt

    with mock.patch.object(files, "write", interrupted), pytest.raises(KeyboardInterrupt):
        journal.append(event(2), event(3))
    journal.append(event(4))
    assert read_journal(journal.path) == ([event(n) for n in (1, 2, 3, 4)], ())


@pytest.mark.parametrize("count", range(0, 200, 3))
def test_a_write_cut_anywhere_is_completed(tmp_path: Path, count: int) -> None:
    """However many bytes arrived before the disk was full, each event is there once."""
    journal = journal_of(tmp_path, event(1))
    write = files.write

    def cut(descriptor: int, data: bytes) -> int:
        write(descriptor, data[:count])
        raise OSError(28, "full")

    with mock.patch.object(files, "write", cut), pytest.raises(StoreError):
        journal.append(event(2), event(3))
    journal.append(event(4))
    assert read_journal(journal.path) == ([event(n) for n in (1, 2, 3, 4)], ())


@pytest.mark.usefixtures("umask")
def test_only_the_owner_can_read(tmp_path: Path) -> None:
    """Folders are 0700 and files 0600 under every umask, what is set aside too."""
    journal = Journal(tmp_path / "a" / "b" / "c", "w")
    journal.append(event(1), sync=True)
    journal.close()
    with journal.path.open("ab") as file:
        file.write(b"torn")
    assert len(read_journal(journal.path)[1]) == 1
    modes = {
        path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in tmp_path.rglob("*")
    }
    folders = dict.fromkeys(("a", "a/b", "a/b/c"), 0o700)
    assert modes == folders | {"a/b/c/w.jsonl": 0o600, "a/b/c/w.jsonl.damaged": 0o600}


def test_a_file_that_was_opened_to_others_is_closed_again(tmp_path: Path) -> None:
    """A journal that somebody made readable for all is its owner's alone when it is written."""
    journal = journal_of(tmp_path, event(1))
    journal.close()
    journal.path.chmod(0o644)
    journal.append(event(2))
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


HOSTILE = {
    "torn": b'{"kind":"asked","at":"2025',
    "deep": b'{"kind":"asked","at":"2026-01-01T00:00:00","deep":' + b"[" * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "not a number": b'{"kind":"asked","at":"2026-01-01T00:00:00","cost":NaN}',
    "infinite": b'{"kind":"asked","at":"2026-01-01T00:00:00","cost":-Infinity}',
    "too large": b'{"kind":"asked","at":"2026-01-01T00:00:00","cost":1e999}',
    "too many digits": b'{"kind":"asked","at":"2026-01-01T00:00:00","cost":' + b"9" * 9999 + b"}",
    "repeated": b'{"kind":"asked","at":"2026-01-01T00:00:00","kind":"cleared"}',
    "repeated inside": b'{"kind":"asked","at":"2026-01-01T00:00:00","a":{"b":1,"b":2}}',
    "list": b'["kind","asked"]',
    "word": b'"asked"',
    "no kind": b'{"at":"2026-01-01T00:00:00"}',
    "no time": b'{"kind":"asked"}',
    "odd time": b'{"kind":"asked","at":"now"}',
    "not UTF-8": b'{"kind":"asked","at":"2026-01-01T00:00:00","text":"\xff\xfe"}',
    "byte-order mark": b'\xef\xbb\xbf{"kind":"asked","at":"2026-01-01T00:00:00"}',
    "UTF-16": '{"kind":"asked"}'.encode("utf-16"),
    "zeros": b"\0" * 4096,
    "pickle": b"\x80\x04\x95\x1f\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix",
    "two on a line": b'{"kind":"asked","at":"2026-01-01T00:00:00"}' * 2,
    "page": b"<html><script>alert(1)</script>",
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_damaged_line_hides_no_other(tmp_path: Path, line: bytes) -> None:
    """Each line that is no event is named and copied, once; the journal stays as it was."""
    journal = journal_of(tmp_path, event(1))
    with journal.path.open("ab") as file:
        file.write(line + b"\n")
    journal.append(event(2))
    raw = journal.path.read_bytes()
    for _ in range(3):
        events, damage = read_journal(journal.path)
        assert events == [event(1), event(2)]
        assert damage == (
            f"Line 2 of {journal.path} is damaged; copied to w.jsonl.damaged."
            " All other lines were read.",
        )
    assert journal.path.read_bytes() == raw
    assert (tmp_path / "w.jsonl.damaged").read_bytes() == line + b"\n"


def test_many_damaged_lines_are_one_sentence(tmp_path: Path) -> None:
    """Damage is counted, not listed; a line that comes up later joins those set aside."""
    journal = journal_of(tmp_path, event(1))
    for content in (b"a\nb\na\n", b"c"):
        with journal.path.open("ab") as file:
            file.write(content)
        _, damage = read_journal(journal.path)
    assert damage == (
        f"4 lines of {journal.path} are damaged, the first of them line 2;"
        " copied to w.jsonl.damaged. All other lines were read.",
    )
    assert (tmp_path / "w.jsonl.damaged").read_bytes() == b"a\nb\nc\n"


@pytest.mark.parametrize("kind", ["folder", "pipe", "missing", "circle"])
def test_what_is_no_file_is_named(tmp_path: Path, kind: str) -> None:
    """A folder, a pipe or a broken link in place of a journal is told, and nobody waits for it."""
    path = tmp_path / "w.jsonl"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "circle":
        path.symlink_to(path)
    events, damage = read_journal(path)
    assert events == []
    assert damage[0].startswith(f"{path} could not be read: ")


def test_a_line_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    """A reader that comes in the middle of a write does not take it for damage."""
    path = journal_of(tmp_path, event(1)).path
    whole = path.read_bytes()
    path.write_bytes(whole[:20])
    with mock.patch("time.sleep", side_effect=lambda seconds: path.write_bytes(whole)):
        assert read_journal(path) == ([event(1)], ())


INTACT = [event(number, "answered", text="x" * number) for number in range(4)]


@given(st.lists(st.sampled_from(INTACT) | st.binary(max_size=60), max_size=12))
def test_arbitrary_bytes_never_crash(pieces: list[Event | bytes]) -> None:
    """Between any bytes, every intact line is read, in order, and nothing else is an event."""
    lines = [json.dumps(one).encode() if isinstance(one, dict) else one for one in pieces]
    events, damaged = parse(b"\n".join(lines))
    assert events == [one for one in pieces if isinstance(one, dict)]
    assert all(line in b"\n".join(lines) for _, line in damaged)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_file_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cut: int
) -> None:
    """Whatever the file holds and wherever it is cut, its intact lines are there."""
    path = tmp_path_factory.mktemp("c") / "w.jsonl"
    line = json.dumps(event(1)).encode()
    path.write_bytes(content[:cut] + b"\n" + line + b"\n" + content[cut:])
    with mock.patch("time.sleep"):
        assert event(1) in read_journal(path)[0]
