"""The stop button: at once, with what is there, and with a word on how to go on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from glm_magic.sandbox import Sandbox

Host = Callable[..., Sandbox]
ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, sys, time
import glm_magic as glm
rows = [{"id": n, "t": f"row {n}"} for n in range(%d)]
print("begun", flush=True)
found = glm.map(rows, "{t}", progress=False, in_flight=%d)
asked = [row["id"] for row in found if row["_error"] is None]
print(json.dumps([len(found), asked, found[-1]["_error"], time.time()]))
"""


def begin(rows: int, in_flight: int) -> subprocess.Popen[str]:
    """A process that asks rows, from its first word on."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM % (rows, in_flight)], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def wait_for(sandbox: Sandbox, asked: int) -> None:
    """Until so many were asked."""
    end = time.monotonic() + 60
    while sandbox.load.asked < asked and time.monotonic() < end:
        time.sleep(0.01)
    assert sandbox.load.asked >= asked


@pytest.mark.parametrize("latency", [0.02, 30.0], ids=["flowing", "stalled"])
def test_an_interrupt_returns_what_is_there(host: Host, latency: float) -> None:
    """Within half a second, with every row in its place and the way to go on."""
    sandbox = host(latency_seconds=latency)
    process = begin(5_000, 8)
    wait_for(sandbox, 200 if latency < 1 else 8)
    stopped = time.time()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    count, asked, error, ended = json.loads(out)
    assert count == 5_000
    assert error == "not asked: stopped"
    assert len(asked) >= (100 if latency < 1 else 0)
    assert "Run the same again to go on" in err
    assert f"{len(asked):,} rows are answered and kept" in err
    assert ended - stopped < 3.0, "generous: the machine may be busy; make bench measures it"


@pytest.mark.parametrize(
    "kills", [3, pytest.param(20, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
)
def test_a_killed_run_goes_on(host: Host, kills: int) -> None:
    """After kill -9 at many points nothing that was recorded is asked again."""
    rows, flying = 50 * kills * (5 if kills == 20 else 1), 8
    sandbox = host(latency_seconds=0.02)
    for kill in range(kills):
        process = begin(rows, flying)
        wait_for(sandbox, (kill + 1) * rows // (kills + 2) + kill * flying)
        process.kill()
        process.communicate()
    out, err = begin(rows, flying).communicate(timeout=300)
    count, asked, error, _ = json.loads(out)
    assert (count, asked, error) == (rows, list(range(rows)), None), err
    assert rows <= sandbox.load.asked <= rows + kills * flying
    again, _ = begin(rows, flying).communicate(timeout=300)
    assert json.loads(again)[:3] == [count, asked, error]
    assert sandbox.load.asked <= rows + kills * flying, "a finished run asks nothing"


def test_a_torn_line_is_passed_over(host: Host, home: Path) -> None:
    """A journal that a crash cut in the middle of a line loses that line only."""
    sandbox = host()
    begin(20, 4).communicate(timeout=60)
    (journal,) = (home / "data").rglob("rows/*/*.jsonl")
    data = journal.read_bytes()
    lines = data.splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:10]) + b"\xff\x00{]\n" + b"".join(lines[10:])[:-30])
    out, err = begin(20, 4).communicate(timeout=60)
    assert json.loads(out)[1] == list(range(20)), err
    assert sandbox.load.asked == 21
