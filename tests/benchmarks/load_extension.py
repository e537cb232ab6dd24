"""What `%load_ext glm_magic` costs in a fresh process."""

import json
import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from typing import Any

from .report import Figure
from .surroundings import ROOT

TITLE = "%load_ext glm_magic in bare IPython, fresh processes"

HEAVY = frozenset((
    "anywidget", "httpx", "ipywidgets", "narwhals", "nbformat", "numpy", "pandas", "rich",
    "tenacity", "tornado",
))  # fmt: skip
_RUNS = 11
_TARGET_MS = 30
_CODE = """
import json, sys, time
began = time.process_time()
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
ready, wall, before = time.process_time(), time.perf_counter(), set(sys.modules)
shell.run_line_magic("load_ext", "glm_magic")
cpu, wall = time.process_time() - ready, time.perf_counter() - wall
new = sorted(set(sys.modules) - before)
print(json.dumps({"bare": ready - began, "cpu": cpu, "wall": wall, "new": new}))
"""


def measure() -> Iterator[Figure]:
    """CPU and wall over bare IPython, and what was imported."""
    _once()  # compiles the files
    runs = [_once() for _ in range(_RUNS)]
    bare = 1000 * median(run["bare"] for run in runs)
    note = "The baseline is what it takes to start IPython itself."
    cpu, wall = (1000 * median(run[name] for run in runs) for name in ("cpu", "wall"))
    yield Figure("CPU", cpu, "ms", bare, _TARGET_MS, note)
    yield Figure("wall", wall, "ms")
    new = runs[0]["new"]
    heavy = sorted(HEAVY.intersection(new))
    yield Figure("heavy libraries imported", len(heavy), "", target=0, note=", ".join(heavy))
    yield Figure("modules imported", len(new), "")


def _once() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", _CODE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
