"""Other Pythons of this machine."""

import shutil
import subprocess

_NEWER = ("python3.12", "python3.13", "python3.14")


def newer_pythons() -> list[str]:
    """Those that can be run; a launcher that only says how to install one is none."""
    return [python for python in _NEWER if _runs(python)]


def _runs(python: str) -> bool:
    found = shutil.which(python)
    done = subprocess.run([found, "-c", ""], capture_output=True, check=False) if found else None
    return done is not None and not done.returncode
