"""Whatever a user calls things, they lie in our folder, and each has its own place."""

import errno
import os
import sys
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.errors import StoreError
from glm_magic.store import files, location
from glm_magic.store.conversations import Store
from glm_magic.store.writing import write_atomically

from .disk import event, files_below

NAMES = [
    "My chat", "my chat", "MY CHAT", "../../etc/passwd", "/etc/passwd", "..", ".", "", " a/b\\c ",
    "a\0b", "x" * 300, "x" * 301, "CON", "nul.jsonl", "对话", "対話", "\ud800",
    "caf\udce9", "a:b", "~root", "-rf", "%00", "a\nb", "\u202egnp",
]  # fmt: skip


def test_each_name_has_its_own_safe_id() -> None:
    """Ids of different names differ, even where case does not count, and are short plain words."""
    ids = [location.name_id(name) for name in NAMES]
    assert len({one.lower() for one in ids}) == len(NAMES)
    for one in ids:
        assert one == one.lower()
        assert len(one) <= 60
        assert set(one) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert location.safe_id(one) == one


def test_a_name_can_be_recognized_and_is_stable() -> None:
    """The id begins with the name; space around it and how an accent was typed do not matter."""
    assert location.name_id("My chat").startswith("my-chat-")
    assert location.name_id(" My chat\n") == location.name_id("My chat")
    assert location.name_id("cafe\u0301") == location.name_id("café")


def test_new_ids_are_never_those_of_names() -> None:
    """A generated id is a plain word of its own shape, and is kept as it is."""
    ids = {location.new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(location.safe_id(one) == one and "-" not in one for one in ids)


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_no_id_leads_out_of_the_folder(conversation: str) -> None:
    """An id from anywhere, a stranger's notebook for example, stays directly in its folder."""
    root = Path("/data")
    folder = location.folder_of(root, conversation)
    assert folder.parent == root / "conversations"
    assert folder.name not in ("", ".", "..")
    assert folder.resolve().parent == folder.parent


@pytest.mark.parametrize("conversation", NAMES)
def test_any_id_can_be_written_and_read(tmp_path: Path, conversation: str) -> None:
    """A conversation under a strange id works like any other, inside of the root."""
    root = tmp_path / "root"
    store = Store(root)
    store.journal(conversation).append(event(1))
    store.claim("/x/a.ipynb", conversation)
    assert Store(root).read(conversation).events == [event(1)]
    assert Store(root).of_notebook("/x/a.ipynb") == store.list()[0].id
    assert files_below(tmp_path) == [f"root/{name}" for name in files_below(root)]
    store.close()


@pytest.mark.parametrize(
    "notebook",
    ["/x/" + "n" * 300 + ".ipynb", "/x/caf\udce9.ipynb", "/x/\ud800.ipynb", "/x/a\0.ipynb",
     "../a.ipynb", "", "对话.ipynb", "/" + "d/" * 3000 + "a.ipynb"],
)  # fmt: skip
def test_any_path_can_be_claimed(tmp_path: Path, notebook: str) -> None:
    """Long names, names that are not UTF-8 and names that no disk has are found again."""
    store = Store(tmp_path)
    store.claim(notebook, "a")
    store.claim("/x/other.ipynb", "b")
    assert Store(tmp_path).of_notebook(notebook) == "a"
    assert all(name.startswith("notebooks/") for name in files_below(tmp_path))


def test_a_link_to_a_notebook_is_that_notebook(tmp_path: Path) -> None:
    """A notebook opened through links and detours has one conversation."""
    real = tmp_path / "real"
    real.mkdir()
    (real / "a.ipynb").write_text("{}")
    (tmp_path / "link").symlink_to(real)
    (tmp_path / "b.ipynb").symlink_to(real / "a.ipynb")
    store = Store(tmp_path / "data")
    store.claim(tmp_path / "link" / "a.ipynb", "a")
    for way in (real / "a.ipynb", tmp_path / "b.ipynb", tmp_path / "link" / ".." / "b.ipynb"):
        assert store.of_notebook(way) == "a"
    assert store.of_notebook(real / "b.ipynb") is None


@pytest.mark.parametrize("error", [None, errno.EPERM, errno.EOPNOTSUPP])
def test_the_first_claim_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int | None
) -> None:
    """Whoever claims second is told who was first, also where no second name can be given."""
    if error is not None:

        def refused(*_: object) -> None:
            raise OSError(error, os.strerror(error))

        monkeypatch.setattr(os, "link", refused)
    one, other = Store(tmp_path), Store(tmp_path)
    assert one.claim_first("/x/a.ipynb", "a") == "a"
    assert other.of_notebook("/x/a.ipynb") == "a"
    if error is None:
        assert other.claim_first("/x/a.ipynb", "b") == "a"
    assert [path.suffix for path in (tmp_path / "notebooks").iterdir()] == [".json"]


def test_a_renamed_notebook_is_another_path(tmp_path: Path) -> None:
    """A path has what it claimed; after renaming, old and new path can have their own."""
    store = Store(tmp_path)
    store.claim("/x/old.ipynb", "a")
    store.claim("/x/new.ipynb", "a")
    store.claim("/x/old.ipynb", "b")
    assert store.of_notebook("/x/new.ipynb") == "a"
    assert store.of_notebook("/x/old.ipynb") == "b"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff" * 10, b'{"conversation": 3}', b"[" * 100_000,
     b'{"conversation": "../x"}', b'{"conversation": ""}'],
)  # fmt: skip
def test_a_damaged_pointer_is_none_and_is_set_aside(tmp_path: Path, content: bytes) -> None:
    """What is no pointer counts as none, keeps its bytes under another name, and can be renewed."""
    store = Store(tmp_path)
    store.claim("/x/a.ipynb", "a")
    pointer = location.pointer_of(store.root, "/x/a.ipynb")
    pointer.write_bytes(content)
    told: list[str] = []
    store.tell = told.append
    assert store.of_notebook("/x/a.ipynb") is None
    (sentence,) = told
    assert sentence.startswith(f"{pointer} is damaged; kept as {pointer.name}.damaged.")
    assert pointer.with_name(pointer.name + ".damaged").read_bytes() == content
    store.claim("/x/a.ipynb", "b")
    assert store.of_notebook("/x/a.ipynb") == "b"


def test_the_root_is_what_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`GLM_DATA_DIR` wins, is made absolute at once, and knows the home folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLM_DATA_DIR", "data")
    store = Store()
    assert store.root == tmp_path / "data"
    monkeypatch.chdir("/")
    assert store.root == tmp_path / "data"
    monkeypatch.setenv("GLM_DATA_DIR", "~/data")
    assert location.root() == Path.home() / "data"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other folders")
@pytest.mark.parametrize("given", [None, "", "  "])
def test_the_root_is_else_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    """Without the variable, or with an empty one, data lies where the system keeps it."""
    if given is not None:
        monkeypatch.setenv("GLM_DATA_DIR", given)
    assert location.root() == Path(os.environ["XDG_DATA_HOME"]) / "glm_magic"


@pytest.mark.parametrize(("mode", "made"), [(0o600, 0o600), (0o640, 0o640), (None, 0o644)])
def test_a_file_keeps_its_mode(tmp_path: Path, mode: int | None, made: int) -> None:
    """A new file gets the mode that is asked for; one that exists keeps its own."""
    path = tmp_path / "a"
    umask = os.umask(0o022)
    try:
        write_atomically(path, b"1", mode)
        assert path.stat().st_mode & 0o777 == made
        path.chmod(0o664)
        write_atomically(path, b"2", mode)
        assert path.stat().st_mode & 0o777 == 0o664
    finally:
        os.umask(umask)
    assert path.read_bytes() == b"2"


def test_a_link_is_written_through(tmp_path: Path) -> None:
    """Writing to a link changes the real file, and the link stays one."""
    (tmp_path / "folder").mkdir()
    real, link = tmp_path / "folder" / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_name_as_long_as_names_can_be_is_written(tmp_path: Path) -> None:
    """The temporary file's name does not grow with the file's."""
    path = tmp_path / ("n" * 255)
    write_atomically(path, b"x")
    assert path.read_bytes() == b"x"


@pytest.mark.parametrize("kind", ["folder", "pipe", "circle", "no folder", "NUL", "too long"])
def test_what_is_no_file_is_not_replaced(tmp_path: Path, kind: str) -> None:
    """A folder, a pipe, a device or an impossible name stays, and the error names it."""
    path = tmp_path / "x"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "circle":
        path.symlink_to(path)
    elif kind == "no folder":
        path = tmp_path / "no" / "x"
    else:
        path = tmp_path / ("a\0b" if kind == "NUL" else "n" * 300)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StoreError, match="could not be written: "):
        write_atomically(path, b"x")
    assert sorted(tmp_path.iterdir()) == before


def test_a_protected_file_is_not_replaced(tmp_path: Path) -> None:
    """A file that its owner made read-only is not got round by replacing it."""
    path = tmp_path / "x"
    path.write_bytes(b"old")
    path.chmod(0o444)
    # Tests may run as the administrator, who may write everything.
    with (
        mock.patch.object(files, "may_write", return_value=False),
        pytest.raises(StoreError, match="no permission"),
    ):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
