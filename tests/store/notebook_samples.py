"""Turns, notebooks and a key of our own for the tests of notebooks."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from hypothesis import strategies as st

from glm_magic.answer import Answer
from glm_magic.chat.attachments import Attachment
from glm_magic.chat.messages import Message, ToolCall, Usage
from glm_magic.chat.turns import Turn
from glm_magic.store.metadata import output_metadata

# Shaped like a key and worth nothing; in pieces, so that no scanner finds it in this file.
KEY = "0123abcd" * 4 + "." + "Planted9" * 2
OWN = "c0" * 16  # a conversation without a name
SUMMARY = "sales: 3 columns\nregion: north, south\n\n"


def turn(number: int = 1, text: str = "", **fields: Any) -> Turn:
    """A finished turn about a frame; anything in it can be said otherwise."""
    prompt = fields.pop("prompt", f"Question {number}?")
    known = Turn(
        id=f"{number:032x}",
        cell=f"cell-{number}",
        created=f"2026-11-24T00:00:{number:02}.000+00:00",
        provider="zai",
        model="glm-4.5",
        prompt=prompt,
        attachments=(
            Attachment("sales", "pandas DataFrame", "values", "", "d" * 64, 12, shape=(9, 3)),
        ),
        user=Message("user", SUMMARY + prompt),
        request_digest=f"{number:064x}",
        text=text or f"Answer {number}.",
        usage=Usage(120, 45, cached_tokens=20),
        cost_usd=0.00021,
        finish_reason="stop",
        seconds=1.25,
    )
    return replace(known, **fields)


def without_context(one: Turn) -> Turn:
    """What a notebook can tell of a turn when nothing is embedded."""
    bare = tuple(replace(attached, text="") for attached in one.attachments)
    count = len(one.user.images) - sum(1 for each in bare if each.image_digest)
    options = one.options | ({"images": count} if count > 0 else {})
    return replace(one, attachments=bare, user=Message("user", one.prompt), options=options)


def output(one: Turn, conversation: str = OWN, **options: Any) -> dict[str, Any]:
    """The output that shows a turn, as a notebook holds it."""
    markdown = Answer(one).markdown()
    return {
        "output_type": "display_data",
        "data": {"text/markdown": markdown, "text/plain": f"[{one.model}]"},
        "metadata": {"glm_magic": output_metadata(one, conversation, shown=markdown, **options)},
    }


def code(
    source: str, *outputs: dict[str, Any], cell: str = "cell-1", **metadata: Any
) -> dict[str, Any]:
    """A code cell."""
    return {
        "cell_type": "code", "execution_count": 1, "id": cell, "metadata": metadata,
        "outputs": list(outputs), "source": source,
    }  # fmt: skip


def asked(one: Turn, *outputs: dict[str, Any], cell: str = "") -> dict[str, Any]:
    """A `%%glm` cell with the answer as its output, or with other outputs."""
    return code(f"%%glm\n{one.prompt}", *(outputs or [output(one)]), cell=cell or one.cell or "c")


def document(*cells: dict[str, Any], minor: int = 5, **metadata: Any) -> dict[str, Any]:
    """A notebook."""
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}


def save(path: Path, content: dict[str, Any]) -> Path:
    """Write a notebook as Jupyter does."""
    text = nbformat.writes(nbformat.from_dict(content)) + "\n"
    path.write_text(text, encoding="utf-8")
    return path


def load(path: Path) -> dict[str, Any]:
    """Read a notebook, and let nbformat check it."""
    text = path.read_text(encoding="utf-8")
    nbformat.validate(nbformat.reads(text, as_version=4))
    content: dict[str, Any] = json.loads(text)
    return content


_WORDS = {
    "english": [
        "the",
        "of",
        "and",
        "to",
        "in",
        "is",
        "that",
        "for",
        "model",
        "column",
        "mass",
        "species",
        "differs",
        "median",
        "between",
        "flipper",
        "length",
        "however",
        "group",
        "values",
        "table",
        "shows",
        "compare",
        "because",
        "plot",
        "each",
        "island",
        "bill",
        "depth",
        "correlation",
        "distribution",
        "suggests",
        "larger",
        "smaller",
        "average",
        "sample",
        "missing",
        "outliers",
        "consider",
        "robust",
        "estimate",
        "interval",
        "across",
        "years",
        "penguin",
        "female",
        "male",
        "adult",
        "weigh",
        "roughly",
    ],
    "chinese": [chr(code) for code in range(0x4E00, 0x4E00 + 600)],
}


def long_answer(tokens: int, *, language: str = "english", math: bool = False) -> str:
    """An answer as models write them: headings, prose, lists, a table, code; about so long."""
    chance = random.Random(7)
    words, space = _WORDS[language], "" if language == "chinese" else " "
    size = tokens * (4 if language == "english" else 1)  # characters

    def prose(count: int) -> str:
        said = space.join(chance.choice(words) for _ in range(count))
        return said + (r" where \(x_i < \alpha\) and $5." if math else ".")

    parts: list[str] = []
    while sum(map(len, parts)) < size:
        parts.append(f"## {prose(4)}\n\n{prose(60)}\n\n")
        parts.append("".join(f"- **{prose(2)}** {prose(14)}\n" for _ in range(4)) + "\n")
        rows = "".join(f"| {prose(1)} | {chance.random():.3f} |\n" for _ in range(3))
        parts.append(f"| name | value |\n|---|---|\n{rows}\n")
        parts.append(
            f"```python\nmeans = penguins.groupby({words[chance.randrange(40)]!r})"
            f"['body_mass_g'].mean()\nprint(means.round({chance.randrange(9)}))\n```\n\n"
        )
    return "".join(parts)[:size]


# Anything but half surrogate pairs; those have tests of their own.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
counts = st.integers(0, 10**9)
numbers = st.floats(0, 1e6, allow_nan=False).map(abs)
attachments = st.builds(
    Attachment, name=names, kind=texts, level=st.sampled_from(["schema", "values", "rows"]),
    text=st.just(""), digest=texts, tokens=counts, rows_sent=counts,
    shape=st.tuples(st.none() | counts, st.none() | counts),
    notes=st.lists(texts, max_size=2).map(tuple),
)  # fmt: skip


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    """Any finished turn."""
    long = st.builds(lambda text, times: text * times, st.text(max_size=40), st.integers(0, 300))
    prompt = draw(long)
    return Turn(
        id=draw(names),
        cell=draw(st.none() | names),
        created=draw(names),
        provider=draw(names),
        model=draw(names),
        prompt=prompt,
        attachments=draw(st.lists(attachments, max_size=2).map(tuple)),
        user=Message("user", draw(texts) + prompt, images=draw(st.lists(texts).map(tuple))),
        request_digest=draw(texts),
        options=draw(st.dictionaries(names, st.none() | st.booleans() | numbers | texts)),
        earlier_turns=draw(counts),
        earlier_names=draw(st.lists(texts, max_size=2).map(tuple)),
        earlier_digest=draw(texts),
        left_out=draw(counts),
        text=draw(long),
        reasoning=draw(long),
        tool_calls=draw(st.lists(st.builds(ToolCall, texts, texts, texts), max_size=2).map(tuple)),
        usage=draw(
            st.none() | st.builds(Usage, counts, counts, st.none() | counts, st.none() | counts)
        ),
        cost_usd=draw(st.none() | numbers),
        finish_reason=draw(texts),
        partial_reason=draw(texts),
        warnings=draw(st.lists(texts, max_size=2).map(tuple)),
        seconds=draw(numbers),
        thought_seconds=draw(numbers),
    )
