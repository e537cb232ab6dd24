"""`glm.map` beside a bare loop and other libraries: rate, CPU, memory, and limits that move."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from glm_magic.sandbox.scripts import Script, at_most, storm

from . import rows_run
from .fast_host import FastHost
from .report import Figure
from .surroundings import ORIGINAL, ROOT
from .wire import Wire

TITLE = "One prompt over many rows"

_SHARE = 0.95  # of the ideal rate
_LATENCY = 0.2
_LIMIT = 16
# Other libraries are measured where somebody has made an environment of their name.
_PEERS = Path(ORIGINAL.get("BENCH_ROWS_PEERS", str(ROOT / ".venv-peers")))
_FEW, _MANY = 10_000, 1_000_000
_BARE_NOTE = "Baseline: a loop of aiohttp and a semaphore, in the same run."


def measure() -> Iterator[Figure]:
    """Everything but the run over a million rows, which takes ten minutes: GLM_BENCH_LONG=1."""
    with Wire(latency_seconds=_LATENCY) as wire:
        yield from _throughput(wire)
    with FastHost(latency_seconds=1.0) as host:
        bare, took = (_run(host, kind, 5_000, 1_024)["seconds"] for kind in ("bare", "ours"))
        name = "5,000 rows, 1 s, 1,024 in flight"
        yield Figure(name, took, "s", bare, 5_000 / 850, _BARE_NOTE)
    with Wire(latency_seconds=_LATENCY, max_in_flight=_LIMIT) as wire:
        yield from _fixed_limit(wire)
        yield from _moving_limit(wire)
        yield from _two_runs(wire)
    for name, script, ideal in _SCRIPTS:
        with Wire(latency_seconds=_LATENCY, scripted=script) as wire:
            took = _run(wire, "ours", 1_000, 0)
            note = "Baseline: the least that the host's limit allows; rows that were lost: 0."
            yield Figure(f"1,000 rows, {name}", took["seconds"], "s", ideal, None, note)
            yield Figure(f"  refusals, {name}", wire.load().asked - 1_000, "")
    yield from _memory()


def _throughput(wire: Wire) -> Iterator[Figure]:
    bare = _run(wire, "bare", 2_000, 64)
    took = _run(wire, "ours", 2_000, 64)
    note = _BARE_NOTE
    most = bare["seconds"] / _SHARE
    name = "2,000 rows, 200 ms, 64 in flight"
    yield Figure(name, took["seconds"], "s", bare["seconds"], most, note)
    yield Figure("  CPU", took["cpu"], "s", bare["cpu"], 2, note)
    yield Figure("  peak memory", took["mb"], "MB", bare["mb"], 80, note)
    found = _run(wire, "ours", 2_000, 0)
    yield Figure("  the limit not said", found["seconds"], "s", bare["seconds"], None, note)
    for peer in ("openai", "curator", "fenic", "lotus", "openaivec"):
        python = sys.executable if peer == "openai" else str(_PEERS / peer / "bin" / "python")
        if Path(python).exists():
            took = _run(wire, peer, 2_000, 64, python=python)
            yield Figure(f"  {peer}", took["seconds"], "s", bare["seconds"], None, note)
            yield Figure(f"  {peer}, CPU", took["cpu"], "s", bare["cpu"], None, note)
            yield Figure(f"  {peer}, peak memory", took["mb"], "MB", bare["mb"], None, note)


def _fixed_limit(wire: Wire) -> Iterator[Figure]:
    ideal = 1_000 * _LATENCY / _LIMIT
    note = "Baseline: 16 at once without a pause. A row that was lost fails the measurement."
    took = _run(wire, "ours", 1_000, 0)
    yield Figure("1,000 rows, 16 allowed", took["seconds"], "s", ideal, ideal / _SHARE, note)
    yield Figure("  refusals", wire.load().refused, "", None, 20, note)
    wire.limit(_LIMIT)
    took = _run(wire, "openai", 1_000, 64, lossy=True)
    yield Figure("  openai SDK, 64 wanted", took["seconds"], "s", ideal, None, note)
    yield Figure("  openai SDK, rows lost", 1_000 - took["answered"], "", None, None, note)


def _moving_limit(wire: Wire) -> Iterator[Figure]:
    wire.limit(8)
    process = _start(wire, "ours", 2_000, 0)
    began, limit = time.monotonic(), 8
    places = 0.0  # times seconds
    while process.poll() is None:
        time.sleep(5)
        limit = 40 - limit  # 32, 8, 32, …
        wire.limit(limit, keep=True)
    took = _result(process, 2_000)
    for second in range(int(time.monotonic() - began)):
        places += 8 if second // 5 % 2 == 0 else 32
        if places / _LATENCY >= 2_000:
            break
    note = "Baseline: all places used at every moment; the limit is 8 and 32 in turns of 5 s."
    yield Figure("2,000 rows, the limit moves", took["seconds"], "s", second + 1, None, note)
    yield Figure("  refusals", wire.load().refused, "", None, None, note)


def _two_runs(wire: Wire) -> Iterator[Figure]:
    wire.limit(_LIMIT)
    began = time.monotonic()
    both = [_start(wire, "ours", 500, 0) for _ in range(2)]
    for process in both:
        _result(process, 500)
    ideal = 1_000 * _LATENCY / _LIMIT
    note = "Baseline: 16 at once without a pause, start of Python not counted."
    yield Figure("two runs of 500 rows share 16", time.monotonic() - began, "s", ideal, None, note)
    yield Figure("  refusals", wire.load().refused, "", None, None, note)


# Name, what the host does, and the least that it could take, in seconds.
_SCRIPTS: tuple[tuple[str, Callable[[], Script], float], ...] = (
    ("300 allowed in 6 s", partial(at_most, 300, 6.0), 18.0),
    ("the same with Retry-After 2", partial(at_most, 300, 6.0, "1303", 2.0), 18.0),
    ("busy (1305) for 5 s", partial(storm, 5.0), 5 + 1_000 * _LATENCY / 64),
)


def _memory() -> Iterator[Figure]:
    rows = [_FEW, _MANY] if ORIGINAL.get("GLM_BENCH_LONG") else [_FEW, 10 * _FEW]
    with FastHost() as host, tempfile.TemporaryDirectory() as folder:
        for count in rows:
            _write_rows(Path(folder) / f"{count}.parquet", count)
        few, many = (_run(host, "ours_file", one, 64, ROWS_FOLDER=folder) for one in rows)
    note = "From a Parquet file to another, a host that answers at once. Baseline: 10,000 rows."
    name = f"{rows[1]:,} different rows"
    yield Figure(f"{name}, peak memory", many["mb"], "MB", few["mb"], 1.3 * few["mb"], note)
    yield Figure(f"{name}, rows per second", rows[1] / many["seconds"], "", None, None, note)


def _write_rows(path: Path, count: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"text": [f"A text of some length, number {row}" for row in range(count)]})
    pq.write_table(table, path, row_group_size=10_000)


def _start(
    host: Any, kind: str, rows: int, flying: int, python: str = sys.executable, **more: str
) -> subprocess.Popen[str]:
    own = {"GLM_BASE_URL": host.base_url, "GLM_API_KEY": host.key}
    own |= {"TELEMETRY_ENABLED": "0", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}  # of peers
    own |= {name: value for name, value in more.items() if name.isupper()}
    folder = tempfile.mkdtemp(prefix="journal_", dir=os.environ["HOME"])
    environment: Mapping[str, str] = {**os.environ, **own, "GLM_DATA_DIR": folder}
    command = [python, rows_run.__file__, kind, str(rows), str(flying)]
    # Some peers keep files where they run.
    return subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.PIPE, text=True)


def _run(
    host: Any, kind: str, rows: int, flying: int, *, lossy: bool = False, **more: str
) -> dict[str, Any]:
    return _result(_start(host, kind, rows, flying, **more), rows, lossy=lossy)


def _result(process: subprocess.Popen[str], rows: int, *, lossy: bool = False) -> dict[str, Any]:
    out, _ = process.communicate(timeout=3_600)
    took: dict[str, Any] = json.loads(out.splitlines()[-1])
    if not lossy and took["answered"] != rows:
        message = f"{rows - took['answered']} of {rows} rows were lost: {process.args}"
        raise RuntimeError(message)
    return took
