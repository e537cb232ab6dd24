"""Recorded answers beside a notebook: `analysis.glm.jsonl` beside `analysis.ipynb`.

One line of JSON for each answer, in the order in which they were recorded:

    schema            1
    key               which request it answers, see `chat.recording.key_of`
    prompt            the user's own text
    provider, model   who answered
    recorded          the day, ISO 8601 in UTC
    text, reasoning, finish_reason
    tool_calls        name and arguments of each
    usage             prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens

Nothing else is written, and whatever else a file holds is passed over: it may come from anywhere.
"""

from __future__ import annotations

import json
import re
import threading
from codecs import BOM_UTF8
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from ..chat.messages import Usage
from ..chat.recording import Recording
from ..errors import StoreError
from ..keys import redact
from . import files
from .failures import store_error
from .lines import plain
from .writing import read_whole, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX = ".glm.jsonl"
SCHEMA = 1
MOST_BYTES = 32 * 2**20  # of all files together
MOST_LINE_BYTES = 4 * 2**20
_MOST_FILES = 50
_MOST_CALLS = 64
_SHORT = 200
_KEY = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TEXTS = ("prompt", "text", "reasoning")
_NAMES = ("provider", "model", "finish_reason")
_writing = threading.Lock()


class Recordings:
    """The recorded answers beside a notebook.

    Args:
        notebook: The notebook, or None where that is not known (nbclient, nbgrader, a terminal).
        folder: Where we run: without a notebook, or without a file of its own beside it, all
            recordings of the folder are looked through. The key alone decides what fits.
    """

    def __init__(self, notebook: Path | None, folder: Path) -> None:
        self._folder = notebook.parent if notebook else folder
        self.path = self._folder / ((notebook.stem if notebook else "notebook") + SUFFIX)
        self._seen: object = None
        self._by_key: dict[str, Recording] = {}
        self.unreadable = 0

    def find(self, key: str) -> Recording | None:
        """The answer to the request with this key.

        Raises:
            StoreError: The files cannot be read, or are too large to be recordings.
        """
        self._look()
        return self._by_key.get(key)

    def all(self) -> list[Recording]:
        """Every recorded answer.

        Raises:
            StoreError: The files cannot be read, or are too large to be recordings.
        """
        self._look()
        return list(self._by_key.values())

    def add(self, recording: Recording) -> None:
        """Keep an answer, in place of the one with the same key.

        Two kernels that record for one notebook at the same moment may lose one answer: the file
        is always whole, and recording again brings it back.

        Raises:
            StoreError: It could not be written; the old file stands.
        """
        with _writing:
            lines = list(_lines(self.path)) if self.path.exists() else []
            line = _line(recording)
            at = [n for n, old in enumerate(lines) if _key_of_line(old) == recording.key]
            if at:
                lines[at[0]] = line
            else:
                lines.append(line)
            kept = [old for n, old in enumerate(lines) if n not in at[1:]]
            write_atomically(self.path, b"".join(one + b"\n" for one in kept), mode=None)

    def _look(self) -> None:
        """Read the files, if they have changed."""
        found = self._files()
        seen = [(path, stamp) for path, stamp in found]
        if seen == self._seen:
            return
        if sum(stamp[0] for _, stamp in found) > MOST_BYTES:
            message = f"The recordings in {self._folder} are larger than {MOST_BYTES:,} bytes."
            raise StoreError(message, "Keep the file of this notebook only.")
        lines = [line for path, _ in found for line in _lines(path)]
        read = [recording for line in lines if (recording := _recording(line))]
        self._by_key = {one.key: one for one in read}
        self.unreadable = len(lines) - len(read)
        self._seen = seen

    def _files(self) -> list[tuple[Path, tuple[int, int]]]:
        try:
            names = [name for name in files.names_in(self._folder) if name.endswith(SUFFIX)]
            if self.path.name in names:
                names = [self.path.name]
            paths = [self._folder / name for name in names[:_MOST_FILES]]
            stats = [files.status_of(path) for path in paths]
        except OSError as error:
            raise store_error(self.path, error, deed="read") from error
        return [(p, (s.st_size, s.st_mtime_ns)) for p, s in zip(paths, stats, strict=True)]


def _lines(path: Path) -> Iterator[bytes]:
    try:
        data = read_whole(path).removeprefix(BOM_UTF8)
    except OSError as error:
        raise store_error(path, error, deed="read") from error
    return (line for line in data.split(b"\n") if line.strip())


def _line(recording: Recording) -> bytes:
    """The line of a recording; no key of an API is in it, whoever wrote it into the answer."""
    told = {"schema": SCHEMA} | {
        name: value for name, value in asdict(recording).items() if value not in ("", (), None)
    }
    for name in _TEXTS:
        if name in told:
            told[name] = redact(told[name])
    if recording.tool_calls:
        told["tool_calls"] = [
            {"name": name, "arguments": redact(text)} for name, text in recording.tool_calls
        ]
    if recording.usage:
        told["usage"] = {k: v for k, v in told["usage"].items() if v is not None}
    text = json.dumps(told, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace")  # half a character becomes "?"


def _key_of_line(line: bytes) -> str:
    recording = _recording(line)
    return recording.key if recording else ""


def _recording(line: bytes) -> Recording | None:
    """What a line says, or None for anything that is no recording."""
    if len(line) > MOST_LINE_BYTES:
        return None
    record = plain(line)
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        return None
    try:
        told = {one.name: record[one.name] for one in fields(Recording) if one.name in record}
        told["tool_calls"] = _calls(told.get("tool_calls", []))
        told["usage"] = _usage(told.get("usage"))
        found = Recording(**told)
    except (TypeError, ValueError, KeyError, AttributeError):
        return None
    return found if _is_sound(found) else None


def _is_sound(found: Recording) -> bool:
    return (
        all(_is_text(getattr(found, name)) for name in _TEXTS)
        and all(_is_name(getattr(found, name)) for name in _NAMES)
        and _is_text(found.key)
        and _KEY.fullmatch(found.key) is not None
        and _is_text(found.recorded)
        and _DAY.fullmatch(found.recorded) is not None
    )


def _calls(records: Any) -> tuple[tuple[str, str], ...]:
    calls = tuple((one["name"], one["arguments"]) for one in records[:_MOST_CALLS])
    if not all(_is_name(name) and _is_text(text) for name, text in calls):
        message = "not a tool call"
        raise ValueError(message)
    return calls


def _usage(record: Any) -> Usage | None:
    if record is None:
        return None
    counts = {one.name: record[one.name] for one in fields(Usage) if one.name in record}
    if not all(type(n) is int and 0 <= n < 2**53 for n in counts.values()):
        message = "not a count"
        raise ValueError(message)
    return Usage(**counts)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _SHORT and value.isprintable()
