"""Other versions of what is around us, beside those of the test environment."""

import json
import os
import subprocess
import sys
from pathlib import Path


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
