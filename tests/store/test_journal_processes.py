"""Real processes write, and are killed."""

import json
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from glm_magic.store.conversations import Store
from glm_magic.store.journal import read_journal

from .disk import event, files_below

# Says the number of each event when `append` has returned. Sizes differ much, so that some
# writes take long.
WRITER = """
import itertools, os, sys
from datetime import UTC, datetime
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from glm_magic.store.conversations import Store
store, most = Store(Path(sys.argv[1])), int(sys.argv[2])
os.write(1, b"ready\\n")
for number in itertools.count() if most < 0 else range(most):
    text = str(number) * (40_000 if number % 5 == 0 else 100)
    at = datetime.now(UTC).isoformat(timespec="microseconds")
    event = {"kind": "asked", "at": at, "by": os.getpid(), "number": number, "text": text}
    store.journal("a").append(event, sync=number % 50 == 0)
    os.write(1, b"%d\\n" % number)
"""


def start(root: Path, most: int = -1) -> subprocess.Popen[bytes]:
    """A writer; it has said that it is ready."""
    command = [sys.executable, "-c", WRITER, str(root), str(most)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_kill_loses_nothing_that_was_written(tmp_path: Path) -> None:
    """Killed at fifty moments, a writer leaves every event that `append` returned for."""
    moments = random.Random(25)
    store = Store(tmp_path)
    torn = 0
    for _ in range(50):
        with start(tmp_path) as process:
            time.sleep(moments.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
            assert process.stdout is not None
            said = process.stdout.read().split(b"\n")[:-1]
        mine = [one for one in store.read("a").events if one["by"] == process.pid]
        assert len(said) <= len(mine) <= len(said) + 1
        for number, one in enumerate(mine):
            assert one["number"] == number
            assert one["text"] == str(number) * (40_000 if number % 5 == 0 else 100)
    journals = [tmp_path / name for name in files_below(tmp_path) if name.endswith(".jsonl")]
    assert len(journals) <= 50
    for path in journals:
        raw = path.read_bytes()
        _, damage = read_journal(path)
        torn += not raw.endswith(b"\n")
        assert len(damage) == (not raw.endswith(b"\n"))
    print(f"{len(journals)} journals, {torn} torn")


def test_two_processes_lose_no_event(tmp_path: Path) -> None:
    """Two kernels write one conversation at once, a third reads: all events are there, by time."""
    store = Store(tmp_path)
    with start(tmp_path, 300) as one, start(tmp_path, 300) as two:
        while one.poll() is None or two.poll() is None:
            assert store.read("a").damage == ()
            for process in (one, two):  # so that the pipe never fills: 300 short lines fit
                assert process.poll() in (None, 0)
    kept = store.read("a")
    assert kept.damage == ()
    assert len(kept.events) == 600
    assert [one["at"] for one in kept.events] == sorted(one["at"] for one in kept.events)
    for process in (one, two):
        mine = [each["number"] for each in kept.events if each["by"] == process.pid]
        assert mine == list(range(300))
    assert json.dumps(kept.events)
    assert len(files_below(tmp_path)) == 2


def test_threads_share_a_journal(tmp_path: Path) -> None:
    """Answers that come in threads of one process are written whole, each once."""
    store = Store(tmp_path)

    def write(thread: int) -> None:
        for number in range(100):
            store.journal("a").append(event(number, by=thread, text="x" * 3000))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    kept = store.read("a")
    assert kept.damage == ()
    for thread in range(4):
        mine = [one for one in kept.events if one["by"] == thread]
        assert mine == [event(number, by=thread, text="x" * 3000) for number in range(100)]
