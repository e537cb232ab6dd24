"""A notebook under git, and what git shows of it."""

import re
import subprocess
from pathlib import Path


class Repository:
    """A folder under git.

    Args:
        folder: Where it is.
        name: The notebook in it.
    """

    def __init__(self, folder: Path, name: str = "n.ipynb") -> None:
        self.folder = folder
        self.path = folder / name
        self.git("init", "-q")

    def git(self, *words: str) -> str:
        """Run git."""
        who = ("-c", "user.name=t", "-c", "user.email=t@localhost")
        command = ["git", *who, *words]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True)
        return done.stdout

    def commit(self) -> None:
        """Keep all files as they are."""
        self.git("add", ".")
        self.git("commit", "-qm", "x")

    def changed(self) -> tuple[list[int], str]:
        """Numbers of the old file's lines that changed, and the diff without context."""
        diff = self.git("diff", "-U0")
        lines: list[int] = []
        for start, count in re.findall(r"(?m)^@@ -(\d+)(?:,(\d+))? ", diff):
            lines += range(int(start), int(start) + int(count or 1))
        return lines, diff


def lines_of(path: Path, cell: str) -> range:
    """The numbers of the lines in which a cell stands."""
    lines = path.read_text().splitlines()
    ends = [n for n, line in enumerate(lines, 1) if line == "  },"]
    at = next(n for n, line in enumerate(lines, 1) if f'"id": "{cell}"' in line)
    return range(max(n for n in ends if n < at) + 1, min(n for n in ends if n > at) + 1)
