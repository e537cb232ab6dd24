"""Promise 5: loading imports nothing heavy; bytes to the front end grow with the answer."""

import json
import subprocess
import sys
from pathlib import Path

from tests.api.host import DONE, Host, delta, last, stream
from tests.kernel import Kernel, Ran

HEAVY = [
    "anywidget", "httpx", "httpcore", "ipywidgets", "keyring", "narwhals", "nbformat", "numpy",
    "pandas", "pydantic", "rich", "ssl", "tenacity", "asyncio.base_events",
]  # fmt: skip


def test_loading_imports_nothing_heavy(tmp_path: Path) -> None:
    """A shell that loads the extension has no library in memory that it did not have before."""
    script = tmp_path / "load.py"
    script.write_text(
        "import sys\nfrom IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\nbefore = set(sys.modules)\n"
        "shell.run_line_magic('load_ext', 'glm_magic')\n"
        "new = set(sys.modules) - before\n"
        "print('NEW', *sorted(new))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, check=True, text=True)
    new = done.stdout.split("NEW ")[1].split()
    assert [one for one in HEAVY if one in new] == []
    known = {*sys.stdlib_module_names, "glm_magic", "IPython", "traitlets"}
    assert [one for one in new if one.partition(".")[0] not in known] == []
    # Turns, texts and files are read when something is asked; a cell that asks pays for it.
    parts = ("api", "frames", "render.", "rows", "store.metadata", "tools", "variables", "widget")
    later = tuple(f"glm_magic.{part}" for part in parts)
    assert [one for one in new if one.startswith(later)] == []


def _bytes(ran: Ran) -> int:
    return sum(len(json.dumps(content)) for _, content in ran.messages)


def test_bytes_grow_with_the_answer(host: Host) -> None:
    """Twice the answer costs about twice the bytes, not four times, and few of them per byte."""
    costs = []
    with Kernel(GLM_BASE_URL=host.base_url, GLM_PROVIDER="custom") as kernel:
        kernel.run("%load_ext glm_magic")
        for size in (100, 200):
            words = [delta(f"Words of line {n}, no more and no less.\n\n") for n in range(size)]
            paced = [step for word in words for step in (word, 0.01)]
            host.scripts[0] = stream(*paced, last(), DONE)
            costs.append(_bytes(kernel.run("%%glm --once\nTell.")))
    assert costs[1] < 2.6 * costs[0], costs
    assert costs[1] < 12 * 200 * 40, costs
