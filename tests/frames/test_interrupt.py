"""Describing that takes long says so, and stops where it is told to: in a real kernel."""

import time

import pytest

from ..kernel import Kernel

# Each makes a frame that takes long to describe, and says afterwards whether anything still runs.
SLOW = {
    "pandas": (
        "import numpy as np, pandas as pd\n"
        "column = np.arange(3_000_000.0)[:, None]\n"
        "frame = pd.DataFrame(np.broadcast_to(column, (3_000_000, 300)), copy=False)\n"
        "frame.columns = [f'{chr(97 + n % 26)}{chr(97 + n // 26)}x' for n in range(300)]",
        "print(len(frame))",
    ),
    "polars": (
        "import polars as pl\n"
        "one = pl.LazyFrame({'a': range(3_000_000)})\n"
        "length = pl.col('a').cast(pl.String).str.replace_all('[0-9]+$', 'x').str.len_chars()\n"
        "frame = pl.concat([one.with_columns(length.alias('a'))] * 60)",
        "print(one.collect().height)",
    ),
    "duckdb": (
        "import duckdb\nframe = duckdb.sql('select sin(range) as s from range(50_000_000_000)')",
        "print(len(frame.limit(2).fetchall()))",
    ),
    "ibis": (
        "import ibis\n"
        "backend = ibis.duckdb.connect()\n"
        "backend.con.execute('create view v as select sin(range) s from range(50_000_000_000)')\n"
        "frame = backend.table('v')",
        "print(len(frame.limit(2).execute()))",
    ),
    "dask": (
        "import time, pandas as pd, dask.dataframe as dd\n"
        "ran = []\n"
        "def part(n):\n"
        "    ran.append(n)\n"
        "    time.sleep(0.05)\n"
        "    return pd.DataFrame({'a': range(500)})\n"
        "frame = dd.from_map(part, range(5000), meta=pd.DataFrame({'a': [1]}))",
        "before = len(ran); time.sleep(0.5); print(len(ran) - before)",
    ),
}
LEFT = {"pandas": "3000000", "polars": "3000000", "duckdb": "2", "ibis": "2", "dask": "0"}

DESCRIBE = """
from glm_magic.frames import describe
describe(frame, "sales", say=lambda line: print(line, flush=True))
"""


@pytest.mark.parametrize("library", SLOW)
def test_what_takes_long_says_so_and_can_be_interrupted(library: str) -> None:
    """After a second a line says what goes on; an interrupt stops it, and all goes on working."""
    make, check = SLOW[library]
    with Kernel() as kernel:
        assert kernel.run(make).error == ""
        cell = kernel.start(DESCRIBE)
        _wait_for_line(kernel, cell)
        began = time.monotonic()
        kernel.manager.interrupt_kernel()
        ran = kernel.finish(cell, timeout_seconds=30)
        assert time.monotonic() - began < 15
        assert ran.status == "error"
        assert "KeyboardInterrupt" in ran.error
        again = kernel.run(check)
        assert again.printed.strip() == LEFT[library]


def _wait_for_line(kernel: Kernel, cell: str) -> None:
    printed = ""
    while "describing sales: " not in printed:
        kind, content = kernel.next_message(cell, 60)
        assert kind != "error", content
        printed += content.get("text", "") if kind == "stream" else ""


def test_what_is_quick_says_nothing() -> None:
    """A small frame is described without a word."""
    with Kernel() as kernel:
        assert kernel.run("import pandas as pd; frame = pd.DataFrame({'a': [1]})").error == ""
        ran = kernel.run("import narwhals\n" + DESCRIBE.strip() + ".text[:5]")
        assert ran.printed == ""
        assert ran.error == ""


ASKED = {"cell": "%%glm --frame frame\nhi", "line": "print('mine')\n%glm ask --frame frame hi"}


@pytest.mark.parametrize("where", ASKED)
def test_a_question_shows_what_takes_long_and_then_only_its_answer(where: str) -> None:
    """The line of a slow frame appears in the asking cell, and is gone when the answer stands."""
    with Kernel(GLM_PROVIDER="sandbox") as kernel:
        few = SLOW["dask"][0].replace("range(5000)", "range(40)")
        assert kernel.run(few + "\n%load_ext glm_magic").error == ""
        ran = kernel.run(ASKED[where], cell="one")
        shown = [str(content) for kind, content in ran.messages if "display_data" in kind]
        assert any("describing frame: counting" in each for each in shown)
        assert [bool(output["data"]) for output in ran.outputs] == (
            [True] if where == "cell" else [False, True]
        )
        assert "describing" not in str(ran.outputs)
        assert ran.printed.startswith("mine" if where == "line" else "")


@pytest.mark.parametrize("asked", ["%%glm --frame frame\nhi", "%glm context"])
def test_a_stopped_question_is_one_line(asked: str) -> None:
    """An interrupt while a frame is described is no traceback, and nothing was sent."""
    with Kernel(GLM_PROVIDER="sandbox") as kernel:
        assert kernel.run(SLOW["dask"][0] + "\n%load_ext glm_magic").error == ""
        cell = kernel.start(asked, cell="one")
        kernel.wait_for_display(cell, "describing frame: ")
        kernel.interrupt()
        ran = kernel.finish(cell)
        assert ran.error == "Stopped. Nothing was sent."
        assert ran.outputs == []
