"""What the core adds to a notebook environment; needs a package index."""

import subprocess
import tempfile
import venv
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from .report import Figure
from .surroundings import ORIGINAL, ROOT

TITLE = "What the core adds to an environment with jupyterlab and ipykernel"

_BASE = ("jupyterlab", "ipykernel")
_NOTE = "Sizes of files, compiled ones (.pyc) left out; the baseline is the environment before."
_PATIENCE_SECONDS = 600


class SkippedError(Exception):
    """This cannot be measured here; the message says why."""


def measure() -> Iterator[Figure]:
    """Packages and megabytes; where pip reaches no index, that is said instead.

    Raises:
        SkippedError: pip cannot reach an index, or cannot build this checkout.
    """
    with tempfile.TemporaryDirectory(prefix="glm_magic_bench_") as folder:
        place = Path(folder)
        venv.create(place, with_pip=True, symlinks=True)
        _install(place, *_BASE)
        names, size = _packages(place), _megabytes(place)
        # The same environment again: what is there stays, so nothing else can differ.
        _install(place, str(ROOT))
        after, size_after = _packages(place), _megabytes(place)
    new = sorted(set(after) - set(names))
    added = ", ".join(f"{name} {after[name]}" for name in new)
    yield Figure("packages", len(new), "", len(names), 12, f"Added: {added}.")
    yield Figure("size", size_after - size, "MB", size, 15, _NOTE)


def _python(place: Path) -> str:
    found = [place / "bin" / "python", place / "Scripts" / "python.exe"]
    return str(next(path for path in found if path.exists()))


def _install(place: Path, *wanted: str) -> None:
    command = [_python(place), "-m", "pip", "install", "--disable-pip-version-check"]
    # Without an index to reach, say so soon.
    command += ["--retries", "1", "--timeout", "20", *wanted]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=ORIGINAL, cwd=place,
            timeout=_PATIENCE_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        message = f"pip took more than {_PATIENCE_SECONDS} s"
        raise SkippedError(message) from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        message = f"pip install {wanted[0]}: {(lines or ['it failed'])[-1].strip()}"
        raise SkippedError(message)


def _packages(place: Path) -> dict[str, str]:
    """What is installed, by name: version and size."""
    folders = [str(path) for path in place.rglob("site-packages") if not path.is_symlink()]
    found = {each.name: each for each in metadata.distributions(path=folders)}
    return {name: f"{each.version} ({_size(each):.1f} MB)" for name, each in found.items()}


def _size(package: metadata.Distribution) -> float:
    files = (Path(str(entry.locate())) for entry in package.files or ())
    return _sum(path for path in files if path.exists())


def _megabytes(place: Path) -> float:
    return _sum(path for path in place.rglob("*") if path.is_file() and not path.is_symlink())


def _sum(paths: Iterable[Path]) -> float:
    return sum(path.stat().st_size for path in paths if path.suffix != ".pyc") / 1_000_000
