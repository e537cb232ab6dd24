"""The descriptions of the tables, kept to the byte: any Python and any pandas must write them.

After a wanted change, `python -m tests.frames.test_golden` writes them again.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glm_magic.chat.attachments import Attachment
from glm_magic.chat.tokens import estimate_tokens
from glm_magic.frames import describe

from .tables import TABLES

FOLDER = Path(__file__).parent / "golden"
BUDGET = 1500
LEVELS = ("schema", "stats", "values")


def described(name: str, level: str = "values") -> Attachment:
    """A table of the set as a model would read it."""
    return describe(TABLES[name](), name, level=level, rows=3 if level == "rows" else 0)


def written(name: str) -> str:
    """All levels of one table, with what the user is told."""
    parts = []
    for level in (*LEVELS, "rows"):
        attachment = described(name, level)
        parts.append("\n".join([attachment.text, *attachment.notes]))
    return "\n\n".join(parts) + "\n"


@pytest.mark.parametrize("name", TABLES)
def test_the_text_is_the_stored_one(name: str) -> None:
    """Neither the version of Python nor that of a library is in a description."""
    assert written(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", TABLES)
def test_every_table_fits_its_budget(name: str, level: str) -> None:
    """The estimate of the whole text, fence included, stays within 1,500 tokens."""
    attachment = described(name, level)
    assert attachment.tokens == estimate_tokens(attachment.text) <= BUDGET
    # What the model was not shown, the user is told too.
    for line in attachment.text.split("\n"):
        if line.startswith("left out: "):
            assert f"Left out: {line.removeprefix('left out: ')}." in attachment.notes


def test_a_table_that_does_not_fit_says_so() -> None:
    """Of 5,000 columns the folded ones and as many others as fit are named, the rest counted."""
    text = described("wide").text
    assert "sensor_0000..sensor_3497 f64 (3,498 columns)" in text
    assert "left out: " in text
    assert " more columns: " in text


@pytest.mark.timeout(300)  # two interpreters import all libraries, on a machine that may be busy
def test_no_hash_order_is_in_the_text() -> None:
    """Two interpreters with different hash seeds write the same."""
    code = "from tests.frames.test_golden import *\nprint([described(n).digest for n in TABLES])"
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def main() -> None:
    """Write the stored texts again."""
    FOLDER.mkdir(exist_ok=True)
    for name in TABLES:
        (FOLDER / f"{name}.txt").write_text(written(name), encoding="utf-8")


if __name__ == "__main__":
    main()
