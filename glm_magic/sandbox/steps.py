"""An answer as a list of steps, and what faults do to such lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .wire import dumps


@dataclass(frozen=True, slots=True)
class Pause:
    """Write nothing for some seconds; None is until the client leaves or the sandbox stops."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Cut:
    """End the connection here, with a reset or as if the server had died politely."""

    reset: bool = False


Step = bytes | Pause | Cut
Edit = Callable[[list[Step]], list[Step]]


NEWLINE = [{"index": 0, "delta": {"role": "assistant", "content": "\n"}}]


def each(steps: list[Step], change: Callable[[bytes], bytes]) -> list[Step]:
    """Every record changed."""
    return [change(step) if isinstance(step, bytes) else step for step in steps]


def change_one(steps: list[Step], at: int, change: Callable[[bytes], bytes]) -> list[Step]:
    """One step changed, by its place."""
    return [
        change(step) if n == at and isinstance(step, bytes) else step
        for n, step in enumerate(steps)
    ]


def byte_by_byte(steps: list[Step], seconds: float) -> list[Step]:
    """Each byte on its own, with a pause after it."""
    small: list[Step] = []
    for step in steps:
        if isinstance(step, bytes):
            for value in step:
                small += [bytes([value]), Pause(seconds)]
        else:
            small.append(step)
    return small


def chunk_of(step: Step) -> dict[str, Any]:
    """The JSON object of a record, or of a whole body."""
    if not isinstance(step, bytes):
        raise TypeError("This step is not a record.")
    record: dict[str, Any] = json.loads(step.removeprefix(b"data: "))
    return record


def record_of(chunk: object) -> bytes:
    """A JSON object as a record."""
    return b"data: " + dumps(chunk) + b"\n\n"


def with_choices(steps: list[Step], choices: list[Any]) -> bytes:
    """A further record like the first one, with other choices."""
    chunk = {key: value for key, value in chunk_of(steps[0]).items() if key != "usage"}
    return record_of({**chunk, "choices": choices})
