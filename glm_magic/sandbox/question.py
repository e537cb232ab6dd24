"""What was asked, and about which columns: words of the prompt matched to column names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .counting import text_of
from .directives import Directives, read_directives
from .frame_reading import Column, FrameSummary, read_frames, without_frames

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Words of a column's name that nobody says: units and the like.
_UNITS = frozenset(
    (
        "g",
        "kg",
        "mg",
        "mm",
        "cm",
        "m",
        "km",
        "s",
        "ms",
        "h",
        "usd",
        "eur",
        "pct",
        "percent",
        "id",
        "n",
    )
)
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Question:
    """The last prompt, and what it is about.

    Attributes:
        text: The last user message as it was sent, without directives.
        prompt: The same without frame summaries.
        directives: Lines that began with `sandbox:`.
        frame: The most recent summary in the conversation, or None.
        columns: Those the prompt names, in the order it names them.
        earlier: Those earlier prompts named, latest first.
        told: What was said before: each prompt, without frames, with its answer.
    """

    text: str
    prompt: str
    directives: Directives
    frame: FrameSummary | None = None
    columns: tuple[Column, ...] = ()
    earlier: tuple[Column, ...] = field(default=())
    told: tuple[tuple[str, str], ...] = ()

    def numbers(self) -> tuple[Column, ...]:
        """Number columns: the prompt's, else those named last before."""
        named = tuple(column for column in self.columns if column.kind == "number")
        return named or tuple(column for column in self.earlier if column.kind == "number")

    def groups(self) -> tuple[Column, ...]:
        """Columns to group by: the prompt's, else those named last before."""
        named = tuple(column for column in self.columns if column.splits)
        return named or tuple(column for column in self.earlier if column.splits)


def read_question(messages: Sequence[Mapping[str, Any]]) -> Question:
    """The question a conversation ends with."""
    texts = [text_of(message) for message in _asking(messages)]
    last = texts[-1] if texts else ""
    directives, text = read_directives(last)
    summaries = [summary for sent in texts for summary in read_frames(sent)]
    prompt = without_frames(text)
    frame = _frame(prompt, summaries)
    told = _told(messages)
    if frame is None:
        return Question(text, prompt, directives, told=told)
    earlier: dict[str, Column] = {}
    for sent in reversed(texts[:-1]):
        for column in named_columns(without_frames(sent), frame.columns):
            earlier.setdefault(column.name, column)
    columns = named_columns(prompt, frame.columns)
    return Question(text, prompt, directives, frame, columns, tuple(earlier.values()), told)


def _asking(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What the user asked: not what brings the figures of a tool's result."""
    before = [{"role": ""}, *messages]
    return [
        message
        for earlier, message in zip(before, messages, strict=False)
        if message["role"] == "user" and earlier["role"] != "tool"
    ]


def _told(messages: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """The prompts that were answered, each with its answer."""
    told: list[tuple[str, str]] = []
    prompt = ""
    for message in messages:
        if message["role"] == "user":
            prompt = without_frames(read_directives(text_of(message))[1])
        elif message["role"] == "assistant" and text_of(message):
            told.append((prompt, text_of(message)))
    return tuple(told)


def _frame(prompt: str, summaries: Sequence[FrameSummary]) -> FrameSummary | None:
    """The latest summary; of several, one that the prompt names."""
    said = set(re.findall(r"\w+", prompt.lower()))
    named = [summary for summary in summaries if summary.name.lower() in said]
    found = named or list(summaries)
    return found[-1] if found else None


def named_columns(prompt: str, columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns a prompt names, exactly or in its own words, in the prompt's order."""
    said = [_stem(word.lower()) for word in _WORD.findall(_CAMEL.sub(" ", prompt))]
    whole: list[tuple[int, Column]] = []
    partly: list[tuple[int, Column]] = []
    taken: set[str] = set()
    for column in columns:
        words = _name_words(column.name)
        places = [said.index(word) for word in words if word in said]
        if column.name in prompt.split() or (words and len(places) == len(words)):
            whole.append((min(places, default=0), column))
            taken.update(words)
        elif any(len(said[place]) > 3 for place in places):
            partly.append((min(places), column))
    for place, column in partly:
        # "bill" names both bill columns, but "bill length" only one of them.
        if not taken & {said[place]}:
            whole.append((place, column))
    return tuple(column for _, column in sorted(whole, key=lambda found: found[0]))


def _name_words(name: str) -> list[str]:
    words = [word.lower() for word in _WORD.findall(_CAMEL.sub(" ", name))]
    spoken = [_stem(word) for word in words if word not in _UNITS]
    return spoken or [_stem(word) for word in words]


def _stem(word: str) -> str:
    """Singular and plural alike: "islands" and "island", "categories" and "category"."""
    if word.endswith("ies") and len(word) > 5 and word != "species":
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
