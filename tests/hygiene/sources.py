"""The project's files as the checks see them: the package's modules, and what git tracks."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "glm_magic"
TESTS = ROOT / "tests"


@dataclass(frozen=True)
class Module:
    """One Python file, read once."""

    path: Path

    @property
    def name(self) -> str:
        """Where it lies, as a person would say it."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """Its source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text, self.name)


Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules(folder: Path = PACKAGE) -> list[Module]:
    """Every Python file below a folder, in the order of names."""
    return [Module(path) for path in sorted(folder.rglob("*.py"))]


@cache
def tracked_files() -> list[Path]:
    """What git tracks, and what it would track after `git add`."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("This is no git checkout, so nothing is tracked.")
    paths = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    return sorted({path for path in paths if path.is_file()})
