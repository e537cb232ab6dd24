"""What a panel offers of the namespace: frames with their size and cost, and first questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import FrameError
from ..frames import is_frame
from ..gathering import Detail, describe, is_data
from ..questions import input_cost
from ..render.cleaning import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ..catalog import Price
    from ..gathering import Hiding

LEVELS = ("schema", "stats", "values")
_MOST_FRAMES = 40
_MOST_PROMPTS = 4


def frame_names(namespace: Mapping[str, object], hidden: Collection[str] = ()) -> list[str]:
    """The names of the user's frames, in the order they were made."""
    found = [
        name
        for name, value in list(namespace.items())  # a cell may run meanwhile
        if name not in hidden and is_data(name, value) and is_frame(value)
    ]
    return found[:_MOST_FRAMES]


def frame_view(
    name: str, value: object, level: str, hiding: Hiding, price: Price | None
) -> dict[str, Any]:
    """A frame's size, and what its description would take; or why it cannot be described."""
    try:
        found = describe(value, name, Detail(level, hiding=hiding))
    except FrameError as error:
        return {"name": name, "what": plain(error.message), "tokens": None, "cost": ""}
    rows, columns = (("?" if n is None else f"{n:,}") for n in found.shape)
    what = f"{rows} rows × {columns} columns"
    cost = input_cost(price, found.tokens)
    return {"name": name, "what": what, "tokens": found.tokens, "cost": cost}


def first_prompts(names: list[str]) -> list[str]:
    """Questions to begin with, made from the frames that are there."""
    if not names:
        return [
            "What can you help me with in this notebook?",
            "Show how to read a CSV file into a DataFrame.",
        ]
    newest = list(reversed(names))
    prompts = [f"What is in @{newest[0]}, and what looks odd?"]
    if len(newest) > 1:
        prompts.append(f"How can I join @{newest[1]} and @{newest[0]}?")
    prompts += [f"Plot what stands out in @{newest[0]}."]
    prompts += [f"Which columns of @{name} go together?" for name in newest]
    return prompts[:_MOST_PROMPTS]
