"""Lines in a prompt that direct the sandbox, for tests, demos and benchmarks.

    sandbox: 2000 tokens            an answer of exactly so many deltas
    sandbox: 300 reasoning tokens   reasoning of exactly so many deltas
    sandbox: rate 100               so many tokens a second for this answer; "rate none" is full
    sandbox: delay 1.5              seconds of silence before the first delta
    sandbox: error 1302             a refusal with this business code
    sandbox: finish sensitive       another finish_reason
    sandbox: echo                   the prompt itself, character by character

Each stands on a line of its own, in the last user message. Any other line that begins with
"sandbox:" is text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .reply import NOTE

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = re.compile(
    r"^[ \t]*sandbox:[ \t]*(?:"
    r"(?P<tokens>\d{1,6}) tokens?|(?P<reasoning>\d{1,6}) reasoning tokens?|"
    r"rate (?P<rate>\d+(?:\.\d+)?|none)|delay (?P<delay>\d+(?:\.\d+)?)|"
    r"error (?P<error>\d{4}|-)|finish (?P<finish>\w+)|(?P<echo>echo)"
    r")[ \t]*(?:\n|\Z)",
    re.IGNORECASE | re.MULTILINE,
)
_PARAGRAPH = (
    "The text goes on so that rendering and speed can be tried: *emphasis*, `code`, a list and "
    "some mathematics such as $a^2 + b^2 = c^2$ appear from time to time."
)


@dataclass(frozen=True, slots=True)
class Directives:
    """What the lines ask for.

    Attributes:
        tokens: Deltas of the answer, or None.
        reasoning_tokens: Deltas of the reasoning, or None.
        tokens_per_second: Infinity is full speed; None keeps the server's.
        delay_seconds: Before the first delta.
        error: Business code to refuse with, or "".
        finish_reason: Or "" for the usual one.
        echo: Whether to answer with the prompt.
    """

    tokens: int | None = None
    reasoning_tokens: int | None = None
    tokens_per_second: float | None = None
    delay_seconds: float = 0.0
    error: str = ""
    finish_reason: str = ""
    echo: bool = False


def read_directives(text: str) -> tuple[Directives, str]:
    """The directives of a message, and the message without those lines."""
    found: dict[str, str] = {}
    for line in _LINE.finditer(text):
        found |= {name: value for name, value in line.groupdict().items() if value}
    if not found:
        return Directives(), text
    rate = found.get("rate", "").lower()
    speed = math.inf if rate == "none" else float(rate or 0) or None
    directives = Directives(
        tokens=int(found["tokens"]) if "tokens" in found else None,
        reasoning_tokens=int(found["reasoning"]) if "reasoning" in found else None,
        tokens_per_second=speed,
        delay_seconds=float(found.get("delay", 0)),
        error=found.get("error", ""),
        finish_reason=found.get("finish", "").lower(),
        echo="echo" in found,
    )
    return directives, _LINE.sub("", text)


def long_text(tokens: int) -> tuple[str, ...]:
    """Markdown in exactly so many pieces; the first says that no model was called."""
    pieces = [piece for piece, _ in zip(_endless(), range(tokens - 1), strict=False)]
    return (NOTE + "\n\n", *pieces)[:tokens]


def long_reasoning(tokens: int) -> tuple[str, ...]:
    """Plain reasoning in exactly so many pieces."""
    words = ("The", "rule", "was", "asked", "for", "this", "much", "reasoning.")
    return tuple(f"{words[n % len(words)]} " for n in range(tokens))


def _endless() -> Iterator[str]:
    section = 0
    while True:
        section += 1
        yield from _words(f"## Part {section}\n\n{_PARAGRAPH}\n\n")
        for entry in range(3):
            yield from _words(f"- entry {entry + 1} of part {section}\n")
        yield from _words(f"\n```python\ntotal = sum(range({section}))\nprint(total)\n```\n\n")


def _words(text: str) -> list[str]:
    return re.findall(r"\S+\s*", text)
