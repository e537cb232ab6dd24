"""The file that answers are written to: whole or not there, and never over what is still read."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs
import pyarrow.parquet as pq
import pytest

import glm_magic as glm
from glm_magic.errors import ArgumentError
from glm_magic.sandbox import Sandbox
from glm_magic.sandbox.scripts import at_most

from .samples import LABELS, SORT, labels, records

Host = Callable[..., Sandbox]
TEXTS = 50
ROWS = TEXTS * 400  # more than are read ahead


def source(folder: Path) -> Path:
    """A Parquet file of reviews, most of them equal, in a folder of its own."""
    path = folder / "in" / "rows.parquet"
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(records(TEXTS) * 400), path, row_group_size=500)
    return path


def answer(frame: Any, to: Path, name: str | None = None) -> Any:
    """Map reviews to a file."""
    return glm.map(frame, SORT, schema=LABELS, progress=False, in_flight=8, to=to, name=name)


def linked(path: Path) -> Path:
    """Another path to a file or folder, by a symbolic link."""
    link = path.parent.parent / f"link to {path.name}"
    link.symlink_to(path, target_is_directory=path.is_dir())
    return link


def hard(path: Path) -> Path:
    """Another name of a file."""
    os.link(path, path.with_name("other.parquet"))
    return path.with_name("other.parquet")


def seen_from(folder: Path) -> ds.Dataset:
    """A dataset whose files are named from a folder on."""
    files = pyarrow.fs.SubTreeFileSystem(str(folder), pyarrow.fs.LocalFileSystem())
    return ds.dataset("rows.parquet", filesystem=files)


PLACES: dict[str, Callable[[Path], tuple[Any, Path]]] = {
    "itself": lambda path: (str(path), path),
    "by a link": lambda path: (path, linked(path)),
    "from a link": lambda path: (linked(path), path),
    "by another name": lambda path: (path, hard(path)),
    "in its folder": lambda path: (path.parent, path.parent / "out.parquet"),
    "below its folder": lambda path: (path.parent.parent, path.parent / "out.parquet"),
    "in its folder by a link": lambda path: (path.parent, linked(path.parent) / "out.parquet"),
    "by way of it": lambda path: (path.rename(f"{path}.part"), path),
    "a dataset": lambda path: (ds.dataset(path), path),
    "a dataset of a folder": lambda path: (ds.dataset(path.parent), path),
    "a dataset of datasets": lambda path: (ds.dataset([ds.dataset(path)]), path),
    "a dataset from a folder on": lambda path: (seen_from(path.parent), path),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_read_is_never_written_over(host: Host, place: str, tmp_path: Path) -> None:
    """Not even through a link; it is refused before anything is sent."""
    sandbox = host()
    frame, to = PLACES[place](source(tmp_path))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ArgumentError, match="are read from"):
        answer(frame, to)
    assert sandbox.load.asked == 0
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("before", [True, False], ids=["over a file", "to a new file"])
def test_an_early_end_leaves_the_file_alone(
    host: Host, before: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What there is stands beside it, and is told; the same again goes on and ends whole."""
    sandbox = host(script=at_most(40, 1e9, "1113"))
    path, to = source(tmp_path), tmp_path / "out.parquet"
    if before:
        pq.write_table(pa.table({"mine": [1]}), to)
    found = answer(path, to)
    assert found == tmp_path / "out.parquet.part"
    partial = pq.read_table(found)
    answered = dict(zip(partial["id"].to_pylist(), partial["answer"].to_pylist(), strict=True))
    assert sum(one is not None for one in answered.values()) == 40
    assert partial.num_rows < ROWS
    assert to.exists() == before
    assert not before or pq.read_table(to)["mine"].to_pylist() == [1]
    told = capsys.readouterr().err
    assert "rows are answered and kept" in told
    assert f"{to} {'stays as it was' if before else 'is not there yet'}" in told
    assert str(found) in told
    sandbox.script = None
    assert answer(path, to) == to
    assert pq.read_table(to)["answer"].to_pylist() == labels(TEXTS) * 400
    assert sandbox.load.asked <= TEXTS + 8 + 1, "what was answered is not asked again"
    assert not found.exists()


LAZY: dict[str, Callable[[Path], Any]] = {
    "polars": pl.scan_parquet,
    "duckdb": lambda path: duckdb.read_parquet(str(path)),
}


@pytest.mark.parametrize("kind", LAZY)
def test_a_file_that_nobody_knows_is_read_is_kept_too(
    host: Host, kind: str, tmp_path: Path
) -> None:
    """A lazy table over the very file that is written: an early end loses no row."""
    sandbox = host(script=at_most(40, 1e9, "1113"))
    path = source(tmp_path)
    answer(LAZY[kind](path), path)
    assert pq.read_table(path).num_rows == ROWS
    part = path.with_name("rows.parquet.part")
    rows = pq.read_table(part).num_rows
    answer(LAZY[kind](part), path, "second")
    assert 0 < pq.read_table(part).num_rows <= rows, "nor does one that is read from the part"
    sandbox.script = None
    answer(LAZY[kind](path), path)
    assert pq.read_table(path)["answer"].to_pylist() == labels(TEXTS) * 400
