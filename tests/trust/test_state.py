"""Files that a stranger edited, clocks that go back, paths that nobody expected: nothing is lost.

Kill -9 and disks that fail at each call are tried in `test_nothing_is_lost`.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Self

import pytest

from glm_magic.chat import telling, turns
from glm_magic.continuing import at
from glm_magic.wiring import workbench
from tests.api.host import Host
from tests.jupyter.conftest import Shell

At = Callable[[str], Shell]
Open = Callable[[Path], Shell]


@pytest.fixture
def opened(at: At, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Begins anew, as a kernel does that is started for this notebook."""
    monkeypatch.setenv("GLM_DATA_DIR", str(tmp_path / "data"))

    def begin(notebook: Path) -> Shell:
        workbench().close()
        workbench.cache_clear()
        monkeypatch.setenv("JPY_SESSION_NAME", str(notebook))
        shell = at(host.base_url)
        shell.run("%unload_ext glm_magic")
        shell.run("%load_ext glm_magic")
        return shell

    return begin


PATHS = {
    "300 characters": "n" * 150 + "/" + "m" * 140 + ".ipynb",
    "spaces and emoji": "my notebooks 📓/a b 漢字.ipynb",
    "up and down": "a/../a/./../b/x.ipynb",
    "quotes and controls": 'it\'s "q"\n\t\x07.ipynb',
    "only dots": "..ipynb",
    "a hash and a percent": "#1%20?x=y.ipynb",
    "a leading dash": "-rf.ipynb",
    "not UTF-8": os.fsdecode(b"\xff\xfe.ipynb"),
}


@pytest.mark.parametrize("path", PATHS)
def test_any_path_has_its_own_conversation(opened: Open, tmp_path: Path, path: str) -> None:
    """Asked, begun anew, still there; nothing is written outside of the data folder."""
    notebook = tmp_path / "home" / PATHS[path]
    opened(notebook).run("%%glm --no-think\nWhere am I?")
    shell = opened(notebook)
    assert "Where am I?" in shell.run("%glm show")
    assert "1 earlier turn" in shell.run("%%glm --no-think\nAnd now?")
    other = opened(tmp_path / "other.ipynb")
    assert "Where am I?" not in other.run("%glm show")
    assert [one.name for one in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize("how", ["link to the file", "link to the folder", "dots"])
def test_two_names_of_one_file_are_one_notebook(opened: Open, tmp_path: Path, how: str) -> None:
    """A symbolic link, or a path with dots in it, leads to the same conversation."""
    folder = tmp_path / "real"
    folder.mkdir()
    notebook = folder / "a.ipynb"
    notebook.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    (tmp_path / "link.ipynb").symlink_to(notebook)
    (tmp_path / "linked").symlink_to(folder)
    other = {
        "link to the file": tmp_path / "link.ipynb",
        "link to the folder": tmp_path / "linked" / "a.ipynb",
        "dots": Path(f"{folder}/../real/./a.ipynb"),
    }[how]
    opened(notebook).run("%%glm --no-think\nWhere am I?")
    assert "Where am I?" in opened(other).run("%glm show")


def test_a_read_only_notebook_is_left_alone(opened: Open, tmp_path: Path) -> None:
    """A notebook that cannot be written has its conversation in the journals; it is not touched."""
    notebook = tmp_path / "a.ipynb"
    notebook.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    notebook.chmod(0o444)
    before = notebook.read_bytes()
    opened(notebook).run("%%glm --no-think\nWhere am I?")
    assert "Where am I?" in opened(notebook).run("%glm show")
    assert notebook.read_bytes() == before


def test_two_machines_share_a_folder(opened: Open, tmp_path: Path) -> None:
    """What one of two that were opened at once asks, the other has too when it is begun anew."""
    notebook = tmp_path / "a.ipynb"
    opened(notebook).run("%%glm --no-think\nFrom the first.")
    opened(notebook).run("%%glm --no-think\nFrom the second.")
    rows = opened(notebook).run("%glm show")
    assert "From the first." in rows
    assert "From the second." in rows


def test_a_clock_that_goes_back_loses_nothing(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turns asked after the clock was set back by years stand behind those asked before."""
    notebook = tmp_path / "a.ipynb"
    shell = opened(notebook)
    shell.run("%%glm --no-think\nBefore.")
    for module in (telling, turns):
        monkeypatch.setattr(module, "datetime", _Earlier)
    shell.run("%%glm --no-think\nAfter.")
    (path,) = journals(tmp_path)
    assert '"created":"2001-' in path.read_text(encoding="utf-8")
    for rows in (shell.run("%glm show"), opened(notebook).run("%glm show")):
        assert 0 < rows.index("Before.") < rows.index("After.")


class _Earlier(datetime):
    """A clock that was set back."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """Long ago."""
        return cls(2001, 1, 1, tzinfo=tz)


def test_a_clock_that_was_ahead_loses_nothing(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a new kernel changes, its clock put right, comes after all that was told before."""
    notebook = tmp_path / "a.ipynb"
    with monkeypatch.context() as patched:
        patched.setattr(telling, "datetime", _Later)
        opened(notebook).run("%%glm --no-think\nBefore.")
    shell = opened(notebook)
    shell.run("%glm clear")
    shell.run("%%glm --no-think\nAfter.")
    opened(notebook).run("%glm undo")
    for rows in (shell.run("%glm show"), opened(notebook).run("%glm show")):
        assert "Before." not in rows
    assert "After." not in rows


class _Later(datetime):
    """A clock that is ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """Far from now."""
        return cls(2201, 1, 1, tzinfo=tz)


DEEP = "[" * 100_000 + "]" * 100_000
LINES = {
    "huge": b'{"kind": "asked", "x": "' + b"x" * 5_000_000 + b'"}',
    "deep": DEEP.encode(),
    "a list": b"[1, 2, 3]",
    "a number": b"17",
    "not JSON": b"{'kind': 'asked'}",
    "not UTF-8": b'{"kind": "\xff\xfe"}',
    "nan": b'{"kind": "asked", "at": NaN, "turn": {"seconds": Infinity}}',
    "wrong types": b'{"kind": ["asked"], "at": 5, "turn": "x"}',
    "a turn of nothing": b'{"kind": "asked", "at": "2026-01-01T00:00:00+00:00", "turn": {}}',
    "an unknown kind": b'{"kind": "delete everything", "at": "2026-01-01T00:00:00+00:00"}',
    "null": b"null",
    "zeros": bytes(1000),
    "pickle": b"cos\nsystem\n(S'touch touched'\ntR.",
    "half a line": b'{"kind": "ask',
}


def journals(folder: Path) -> Iterator[Path]:
    """The files that hold a conversation."""
    for path in folder.rglob("*.jsonl"):
        if "conversations" in path.parts:
            yield path


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_line_of_a_stranger_hides_nothing(
    opened: Open, tmp_path: Path, line: str, where: str
) -> None:
    """A journal with a line that makes no sense: all turns are there, and asking goes on."""
    notebook = tmp_path / "a.ipynb"
    opened(notebook).run("%%glm --no-think\nStill here?")
    (path,) = journals(tmp_path)
    good = path.read_bytes()
    bad = LINES[line]
    path.write_bytes(bad + b"\n" + good if where == "before" else good + bad)
    shell = opened(notebook)
    shown = shell.run("%glm show")
    assert "Still here?" in shown
    assert "Traceback" not in shown
    assert "1 earlier turn" in shell.run("%%glm --no-think\nAnd now?")
    assert "And now?" in opened(notebook).run("%glm show")


def test_doubled_turns_are_one(opened: Open, tmp_path: Path) -> None:
    """A journal that holds everything twice, or stands there twice, tells each turn once."""
    notebook = tmp_path / "a.ipynb"
    opened(notebook).run("%%glm --no-think\nOnce?")
    (path,) = journals(tmp_path)
    path.write_bytes(path.read_bytes() * 2)
    shutil.copy(path, path.with_name(f"{'0' * 16}.jsonl"))
    assert opened(notebook).run("%glm show").count("Once?") == 1


NOTEBOOKS: dict[str, Any] = {
    "a list": [], "no cells": {}, "cells of text": {"cells": "x"},
    "a cell of null": {"cells": [None]},
    "outputs of text": {"cells": [{"outputs": "x", "metadata": 5}]},
    "metadata of a stranger": {"cells": [{"id": "a", "cell_type": "code", "source": 5, "outputs": [
        {"output_type": "display_data", "data": {"text/markdown": ["x"]},
         "metadata": {"glm_magic": {"schema": 1, "turn": {"id": 5}, "conversation": "../../etc"}}},
        {"output_type": "display_data", "data": 5, "metadata": {"glm_magic": [1]}},
        {"output_type": "display_data", "data": {}, "metadata": {"glm_magic": {"schema": 99}}},
    ]}]},
}  # fmt: skip


@pytest.mark.parametrize("content", NOTEBOOKS)
def test_a_notebook_of_a_stranger(opened: Open, tmp_path: Path, content: str) -> None:
    """A file that is no notebook, or whose metadata lies, is asked in like any other."""
    notebook = tmp_path / "a.ipynb"
    notebook.write_text(json.dumps(NOTEBOOKS[content]))
    shell = opened(notebook)
    shown = shell.run("%%glm --no-think\nWhere am I?")
    assert "All is well." in shown
    assert "Traceback" not in shown
    assert "Where am I?" in shell.run("%glm show")
    assert {one.name for one in tmp_path.iterdir()} == {"a.ipynb", "data"}


CASSETTES = {**LINES, "empty": b"", "a page": b"<html></html>"}


@pytest.mark.parametrize("line", CASSETTES)
def test_a_cassette_of_a_stranger(opened: Open, host: Host, tmp_path: Path, line: str) -> None:
    """Whatever stands in it: replaying never asks the network, and says in two lines what to do."""
    notebook = tmp_path / "a.ipynb"
    (tmp_path / "a.glm.jsonl").write_bytes(CASSETTES[line])
    shell = opened(notebook)
    shell.run("%config GLM.replay = 'replay'")
    shown = shell.run("%%glm --no-think\nWhere am I?")
    assert "Traceback" not in shown
    assert len(shown.strip().splitlines()) <= 4, shown
    assert host.connections == 0
    shell.run("%config GLM.replay = 'live'")
    assert "All is well." in shell.run("%%glm --no-think\nWhere am I?")


@pytest.mark.parametrize("seconds", [1e12, 1e300, -1e12, 253402300799.9])
def test_a_file_from_another_age_has_a_time(seconds: float) -> None:
    """Some disks keep any number of seconds, and Python's years end with 9999."""
    assert at(seconds)[:4] in ("1970", "9999")
