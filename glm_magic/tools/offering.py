"""Which tools a question offers, from what the user named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ArgumentError
from .declaring import Tool, tool_of
from .frame_tools import NAMES, frame_tools
from .searching import NAME as SEARCH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..gathering import Detail

BUILT_IN = (*NAMES, SEARCH)
MOST_TOOLS = 128  # docs.z.ai chat completion reference


def tools_for(
    named: Sequence[object], frames: Mapping[str, object], detail: Detail
) -> tuple[Tool, ...]:
    """The tools, each once.

    Args:
        named: Functions, tools, and names of built-in ones.
        frames: What goes along, for the built-in ones.
        detail: How much is told of it.

    Raises:
        ArgumentError: Something is no tool, or two have one name.
    """
    found: dict[str, Tool] = {}
    built_in: Mapping[str, Tool] = {}
    for one in named:
        if isinstance(one, str):
            built_in = built_in or frame_tools(frames, detail)
            if one not in built_in:
                raise ArgumentError.unknown(
                    "tool", one, BUILT_IN, f"Built in: {', '.join(BUILT_IN)}."
                )
            made = built_in[one]
        elif callable(one):
            made = tool_of(one)
        else:
            message = f"{one!r} is no tool: {type(one).__name__}."
            raise ArgumentError(message, "Pass typed functions with a docstring.")
        if found.setdefault(made.name, made) is not made:
            raise ArgumentError(f"Two tools are called {made.name}.", "Rename one: tool(name=…).")
    if len(found) > MOST_TOOLS:
        raise ArgumentError(f"{len(found)} tools are too many.", f"Offer {MOST_TOOLS} at most.")
    return tuple(found.values())
