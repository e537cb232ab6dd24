"""Loading is light: what is heavy is imported when it is first needed, in a fresh interpreter."""

import json
import os
import subprocess
import sys

from .sources import ROOT

HEAVY = {"anywidget", "httpx", "ipywidgets", "narwhals", "nbformat", "numpy", "pandas", "rich"}
HEAVY |= {"tenacity", "tornado"}

IMPORT = "import glm_magic"
LOAD = "shell.run_line_magic('load_ext', 'glm_magic')"
SHELL = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
"""


def heavy_after(deed: str, setting: str = "") -> set[str]:
    """The heavy libraries that the deed imports and the setting before it did not."""
    code = f"""
import json, sys
{setting}
before = set(sys.modules)
{deed}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return HEAVY & set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_is_light() -> None:
    """`import glm_magic` imports no heavy library."""
    assert heavy_after(IMPORT) == set()


def test_loading_the_extension_is_light() -> None:
    """`%load_ext glm_magic` imports no heavy library that IPython has not imported itself."""
    assert heavy_after(LOAD, SHELL) == set()


def test_a_heavy_import_is_noticed() -> None:
    """The check sees a heavy library that is imported, so its silence means something."""
    assert "httpx" in heavy_after("import httpx")
