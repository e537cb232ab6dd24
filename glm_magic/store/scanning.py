"""Where keys lie in files: notebooks, journals, cassettes, anything else that can be read."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from .key_net import KeyNet, environment_keys
from .metadata import turns_of
from .notebook_json import cells_of, entry, outputs_of, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SKIPPED = (".git", ".venv", "node_modules")
_LIMIT_BYTES = 256_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where a key lies; nothing in it shows the key, or a part of it.

    Attributes:
        path: The file.
        where: The place in it, for example "cell 3, output 1, metadata" or "line 12".
        kind: What lies there: a key of GLM's shape, or the value of an environment variable. Or
            why the file could not be looked at, which is no better.
    """

    path: Path
    where: str
    kind: str

    def __str__(self) -> str:
        return f"{self.path}: {self.where}: {self.kind}"


def scan(paths: Iterable[str | Path]) -> list[Finding]:
    """Every place in these files and folders where an API key lies.

    Looked for are keys of GLM's shape and the exact values of the key variables that are set now,
    also where they are escaped, in base64, compressed in our metadata, or cut over lines.

    Args:
        paths: Files, and folders with all that is in them but `.git`, `.venv`, `node_modules`.

    Raises:
        ArgumentError: One of the paths does not exist.
    """
    net = KeyNet(environment_keys())
    found: list[Finding] = []
    for path in paths:
        missed: list[tuple[Path, str]] = []
        for file in _files(Path(path), net, missed):
            name = Path(net.redacted(str(file)))
            if kind := net.plain_kind(str(file)):
                found.append(Finding(name, "the file's name", kind))
            found += [Finding(name, where, kind) for where, kind in _in_file(file, net)]
        for folder, why in missed:
            name = Path(net.redacted(str(folder)))
            found.append(Finding(name, "the whole folder", f"not looked at: {why}"))
    return list(dict.fromkeys(found))


def _files(path: Path, net: KeyNet, missed: list[tuple[Path, str]]) -> Iterator[Path]:
    """The files below a path; folders that cannot be looked into are added to `missed`."""
    if not path.exists() and not path.is_symlink():
        raise ArgumentError(f"{net.redacted(str(path))} does not exist.", "Check the path.")
    if not path.is_dir():
        yield path
        return

    def tell(error: OSError) -> None:
        missed.append((Path(error.filename or path), "it cannot be read"))

    here = path.resolve()
    for folder, names, files in os.walk(path, onerror=tell):
        names[:] = sorted(name for name in names if name not in SKIPPED)
        for link in (Path(folder, name) for name in names if Path(folder, name).is_symlink()):
            if not link.resolve().is_relative_to(here):  # what is in here is looked at anyway
                missed.append((link, "a link to a folder elsewhere; name that folder too"))
        yield from (Path(folder, name) for name in sorted(files))


def _in_file(path: Path, net: KeyNet) -> Iterator[tuple[str, str]]:
    try:
        if not path.is_file():  # a pipe or a device would be waited for; a dead link is nothing
            return
        if path.stat().st_size > _LIMIT_BYTES:
            yield "the whole file", "not looked at: larger than 256 MB"
            return
        raw = path.read_bytes()
    except OSError:
        yield "the whole file", "not looked at: it cannot be read"
        return
    parsed = parse(path) if path.suffix == ".ipynb" else None
    text = _text(raw)
    found = list(_in_notebook(parsed[0], net)) if parsed else []
    # An entry that stands twice in the file is there although JSON has only the second one.
    if not found and (parsed is None or net.plain_kind(text)):
        found = list(_in_text(text, net))
    yield from found


def _text(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")  # letters and digits are themselves in every such encoding


def _in_text(text: str, net: KeyNet) -> Iterator[tuple[str, str]]:
    """Lines with a key, and keys that are cut over lines."""
    kind = net.kind(text)
    if not kind:
        return
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if one := net.kind(line):
            yield f"line {number}", one
            lines[number - 1] = ""
    if rest := net.kind("\n".join(lines)):
        yield "over several lines", rest


def _in_notebook(document: dict[str, Any], net: KeyNet) -> Iterator[tuple[str, str]]:
    for where, value in _places(document):
        kind = next(filter(None, map(net.kind, _texts(value))), "")
        if kind:
            yield where, kind


def _places(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every part of a notebook with the words for it."""
    for number, cell in enumerate(cells_of(document), 1):
        for name, value in cell.items():
            if name != "outputs":
                yield f"cell {number}, {_word(name)}", value
        outputs = outputs_of(cell)
        for place, output in enumerate(outputs, 1):
            yield from _output_places(f"cell {number}, output {place}", output)
        # Texts in our own metadata may be packed as a difference to what is shown.
        for place, _, turn in turns_of(outputs):
            told = [turn.user.content, turn.text, turn.reasoning, *map(asdict, turn.steps)]
            yield f"cell {number}, output {place + 1}, metadata", told
    for name, value in entry(document, "metadata").items():
        yield "widget state" if name == "widgets" else "notebook metadata", value
    rest = {k: v for k, v in document.items() if k not in ("cells", "worksheets", "metadata")}
    yield "the notebook's head", rest


def _output_places(where: str, output: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(output, dict):
        yield where, output
        return
    yield where, {name: value for name, value in output.items() if name != "metadata"}
    yield f"{where}, metadata", output.get("metadata")


def _word(name: str) -> str:
    # A name in the file is not ours: it might be the key.
    known = ("source", "metadata", "attachments", "input")
    return name if name in known else "another entry"


def _texts(value: Any) -> Iterator[str]:
    """Every text within a JSON value, names of entries too; lines of a list also as one text."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            stack += [*one, *one.values()]
        elif isinstance(one, list | tuple) and one and all(isinstance(line, str) for line in one):
            yield "\n".join(one)
        elif isinstance(one, list | tuple):
            stack += one
