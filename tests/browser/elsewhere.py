"""Other versions of what is around us, beside those of the test environment."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from glm_magic.sandbox import Sandbox
from tests.browser.panel_page import CELLS, PanelPage, environment
from tests.browser.stage import Notebook7
from tests.lab import Lab, Server

FRONT_ENDS = {"lab": Server, "notebook7": Notebook7}
# What an older kernel needs that the newest does not is beside it.
KERNELS = {"6.29.5": ["ipykernel==6.29.5", "comm", "nest-asyncio"], "7.3.0": ["ipykernel==7.3.0"]}
NEWEST = "newest"  # the one of the test environment


def packages(folder: Path, *names: str) -> Path:
    """Install packages, without what they need, into a folder that can stand on PYTHONPATH."""
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*install, "--target", folder, *names], check=True, timeout=300)
    return folder


def pythonpath(folder: Path) -> str:
    """Python finds what is in the folder first, then this project."""
    return os.pathsep.join((str(folder), str(Path(__file__).parents[2])))


def kernel_with(folder: Path) -> dict[str, str]:
    """The environment of a server whose notebooks get a kernel with the packages of a folder."""
    place = folder / "kernels" / "python3"
    place.mkdir(parents=True)
    specification = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "env": {"PYTHONPATH": pythonpath(folder)},
    }
    (place / "kernel.json").write_text(json.dumps(specification), encoding="utf-8")
    return {"JUPYTER_PATH": str(folder)}


@contextmanager
def panel_with(front: str, kernel: str, sandbox: Sandbox, folder: Path) -> Iterator[PanelPage]:
    """A panel in a notebook of that front end with that version of ipykernel."""
    around = environment(sandbox)
    if kernel in KERNELS:
        around |= kernel_with(packages(folder / "packages", *KERNELS[kernel]))
    with ExitStack() as stack:
        server = stack.enter_context(FRONT_ENDS[front](folder / "lab", environment=around))
        told = "import ipykernel; print(ipykernel.__version__)"
        page = PanelPage(stack.enter_context(Lab(server, [*CELLS, told])))
        page.open()
        page.lab.run(len(CELLS))
        assert page.lab.text(len(CELLS)).startswith(kernel) or kernel == NEWEST
        yield page
