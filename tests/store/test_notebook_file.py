"""A notebook file gives its conversation back, whatever shape it is in."""

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from glm_magic.chat.turns import Turn
from glm_magic.store.notebook_file import NotebookTurns, read_notebook

from .notebook_samples import (
    OWN,
    asked,
    code,
    document,
    long_answer,
    output,
    save,
    turn,
    turns,
    without_context,
)

EMPTY = NotebookTurns()


def read(path: Path, *cells: dict[str, Any], **options: Any) -> NotebookTurns:
    """What a notebook of these cells says."""
    found = read_notebook(save(path / "n.ipynb", document(*cells, **options)))
    assert found is not None
    return found


def test_turns_come_in_the_order_of_their_cells(tmp_path: Path) -> None:
    """The cells' order in the file counts, not when they were asked, and answers come back."""
    first, second = turn(1, text=long_answer(2000)), turn(2, reasoning=long_answer(500))
    plain = code("1 + 1", cell="plain")
    found = read(tmp_path, asked(second), plain, asked(first))
    assert found.turns == (without_context(second), without_context(first))
    assert found.cells == ("cell-2", "plain", "cell-1")
    assert found.conversations == (OWN,)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=turns())
def test_any_turn_comes_back_from_a_file(one: Turn, tmp_path: Path) -> None:
    """A turn survives nbformat's writing, Jupyter's line lists and reading with `json`."""
    found = read(tmp_path, code("%%glm\nx", output(one), cell="here"))
    expected = without_context(one)
    assert [(t.text, t.prompt, t.user, t.attachments) for t in found.turns] == [
        (one.text, one.prompt, expected.user, expected.attachments)
    ]
    assert found.turns[0].cell == "here"


def test_the_files_cell_id_counts(tmp_path: Path) -> None:
    """The file's own cell id replaces the recorded one; a second turn in a cell is "id/2"."""
    vscode = turn(1, cell="vscode-notebook-cell:/home/jovyan/n.ipynb#W0")
    found = read(tmp_path, code("%glm ask a", output(vscode), output(turn(2)), cell="real"))
    assert [one.cell for one in found.turns] == ["real", "real/2"]


def test_a_turn_shown_twice_is_one(tmp_path: Path) -> None:
    """An answer shown again elsewhere, before or after, stays in the cell it was asked in."""
    one = turn(1)
    again = code("%glm last", output(one), cell="again")
    for cells in ((again, asked(one)), (asked(one), again)):
        assert [t.cell for t in read(tmp_path, *cells).turns] == ["cell-1"]
    assert [t.cell for t in read(tmp_path, again).turns] == ["again"]


def test_the_most_frequent_conversation_is_first(tmp_path: Path) -> None:
    """Pasted answers of another conversation do not take a notebook over."""
    cells = [asked(turn(n), output(turn(n), name)) for n, name in enumerate("abb", 1)]
    assert read(tmp_path, *cells).conversations == ("b", "a")


def test_a_notebook_before_cell_ids(tmp_path: Path) -> None:
    """In nbformat 4.4 cells have no ids: turns keep what was recorded."""
    cell = asked(turn(1))
    del cell["id"]
    found = read(tmp_path, cell, minor=4)
    assert [one.cell for one in found.turns] == ["cell-1"]
    assert found.cells == ()


def test_a_notebook_of_version_3(tmp_path: Path) -> None:
    """Its cells lie in worksheets; there are no turns, and that is no mistake."""
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": "1", "outputs": []}]}]}
    (tmp_path / "n.ipynb").write_text(json.dumps(old))
    assert read_notebook(tmp_path / "n.ipynb") == EMPTY


STRANGE: dict[str, bytes] = {
    "empty": b"",
    "cut": b'{"cells": [',
    "a list": b"[]",
    "a number": b"1",
    "another object": b'{"a": 1}',
    "deep": b"[" * 200_000,
    "deep within": b'{"cells": ' + b"[" * 200_000,
    "not UTF-8": b'{"cells": ["\xff"]}',
    "a huge number": b'{"cells": ' + b"9" * 10_000 + b"}",
}


@pytest.mark.parametrize("raw", STRANGE.values(), ids=STRANGE)
def test_what_is_no_notebook_is_none(raw: bytes, tmp_path: Path) -> None:
    """Damage gives None and no exception."""
    path = tmp_path / "n.ipynb"
    path.write_bytes(raw)
    assert read_notebook(path) is None


@pytest.mark.parametrize(
    "cells",
    [
        None, 1, "cells", {}, [None], [1], [[]], [{}], [{"outputs": {}}], [{"outputs": [1]}],
        [{"id": 1, "outputs": [{"metadata": []}]}], [{"id": "", "source": 7}],
        [{"outputs": [{"metadata": {"glm_magic": 1}}, {"data": {"text/markdown": [1]}}]}],
    ],
)  # fmt: skip
def test_wrong_shapes_are_empty(cells: object, tmp_path: Path) -> None:
    """JSON of another shape holds no turns."""
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": 1}))
    assert read_notebook(path) == EMPTY


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    """Missing files, folders, pipes, circles of links and odd names give None at once."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")
    for name in ("missing.ipynb", "loop", "folder.ipynb", "pipe.ipynb", "a\0b", "x" * 5000):
        assert read_notebook(tmp_path / name) is None
    real = save(tmp_path / "real.ipynb", document(asked(turn(1))))
    (tmp_path / "link.ipynb").symlink_to(real)
    assert read_notebook(tmp_path / "link.ipynb") == read_notebook(str(real)) != EMPTY


def test_a_giant_is_not_read(tmp_path: Path) -> None:
    """A file of 300 MB is left alone."""
    path = tmp_path / "n.ipynb"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    began = time.monotonic()
    assert read_notebook(path) is None
    assert time.monotonic() - began < 0.1


def test_a_notebook_of_images_is_read_quickly(tmp_path: Path) -> None:
    """20 MB of images take less than half a second."""
    chance = random.Random(1)
    image = {"image/png": chance.randbytes(500_000).hex()}
    shown = {"output_type": "display_data", "data": image, "metadata": {}}
    cells = [code("plot()", shown, cell=f"plot-{n}") for n in range(20)] + [asked(turn(1))]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(document(*cells)))
    assert path.stat().st_size > 20_000_000
    times = []
    for _ in range(3):
        began = time.perf_counter()
        found = read_notebook(path)
        times.append(time.perf_counter() - began)
    assert found is not None
    assert len(found.turns) == 1
    print(f"20 MB in {min(times):.3f} s")
    assert min(times) < 0.5
