"""The repository reads the same everywhere, and holds nothing that belongs to one machine."""

import re
from pathlib import Path

import pytest

from glm_magic.keys import GLM_KEY

from .sources import ROOT, tracked_files

BINARY = {".gif", ".ico", ".jpg", ".parquet", ".png", ".webp", ".woff2"}
# One letter of each is in brackets, so that a pattern does not find itself.
FOREIGN = re.compile(
    r"(?<![\w.])/(?:wor[k]|roo[t]|opt/pyp[i]|opt/wheel[s]|User[s])/|/tmp/(?:bas[h]|cla[u]de)"
    r"|/home/(?!jovyan[/\b])\w+/|\b[A-Z]:\\User[s]\\"
    r"|\bpyp[i]\.org|pythonhoste[d]\.org|registry\.npmj[s]|deb\.debia[n]\.org|anacond[a]\.org"
)


def text_files() -> list[Path]:
    """The tracked files that are meant to be read."""
    return [path for path in tracked_files() if path.suffix.lower() not in BINARY]


def test_text_is_utf8_with_line_feeds() -> None:
    """Every text file is UTF-8 without a byte-order mark, with LF, and ends with one."""
    strange = []
    for path in text_files():
        raw = path.read_bytes()
        try:
            raw.decode()
        except UnicodeDecodeError:
            strange.append(f"{path.relative_to(ROOT)}: not UTF-8")
        if b"\r" in raw or raw.startswith(b"\xef\xbb\xbf"):
            strange.append(f"{path.relative_to(ROOT)}: carriage return or byte-order mark")
        if raw and not raw.endswith(b"\n"):
            strange.append(f"{path.relative_to(ROOT)}: no line feed at the end")
    assert strange == []


@pytest.mark.parametrize(
    ("net", "what"), [(FOREIGN, "a path or host of one machine"), (GLM_KEY, "an API key")]
)
def test_nothing_of_one_machine_or_person(net: re.Pattern[str], what: str) -> None:
    """No tracked file names a machine's folders, a package host, or anything shaped like a key."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {what}"
        for path in text_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if net.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    ["/" + "root/.cache", "at /" + "work/main", "/home/" + "ann/x", "C:" + "\\Users\\ann",
     "https://files.python" + "hosted.org/a"],
)  # fmt: skip
def test_foreign_places_are_recognized(text: str) -> None:
    """The net catches what it is for."""
    assert FOREIGN.search(text)
