"""What a panel offers of the namespace: frames with their size and cost, and questions on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, FrameError
from ..frames import is_frame
from ..frames.libraries import find_owner
from ..gathering import Detail, describe, is_data, mentioned
from ..questions import input_cost
from ..render.cleaning import plain
from ..terms import price_for
from ..tools.naming import tools_named, type_named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from ..catalog import Price
    from ..gathering import Hiding
    from ..questions import Question
    from ..wiring import Workbench

    Event = Mapping[str, Any]

_LEVELS = ("schema", "stats", "values")
_OPTIONS = ("model", "thinking", "effort", "temperature", "max_tokens")
# These ask a connection of the user's, which must stay free for cells: DuckDB takes one call.
_CONNECTED = ("duckdb", "ibis")
_UNMEASURED = "size not measured, to leave your connection to your cells"
_MOST_FRAMES = 40
_MOST_PROMPTS = 4
_MOST_ROWS = 1_000


class Offers:
    """The notebook's frames, as a panel shows and attaches them.

    Args:
        bench: The process's workbench.
        namespace: The user's variables.
        hidden: Names in the namespace that are the shell's own.
        asks: Options of every question: who approves calls, and where cells run.
    """

    def __init__(
        self,
        bench: Workbench,
        namespace: Mapping[str, object],
        hidden: Collection[str],
        asks: Mapping[str, Any],
    ) -> None:
        self._bench = bench
        self._namespace = namespace
        self._hidden = hidden
        self._asks = asks

    def names(self) -> Event:
        """The frames that there are now, and questions to begin with."""
        names = frame_names(self._namespace, self._hidden)
        return {"kind": "offers", "names": names, "prompts": first_prompts(names)}

    def measured(self, level: object) -> Iterator[Event]:
        """Each frame as soon as its size and cost are known: large ones take time."""
        settings = self._bench.settings(need_key=False)
        wanted = str(level) if level in _LEVELS else settings.frame_detail
        hiding, price = self._bench.hiding, price_for(settings)
        for name in frame_names(self._namespace, self._hidden):
            value = self._namespace.get(name)
            yield {"kind": "frame", **frame_view(name, value, wanted, hiding, price)}

    def preview(self, command: Mapping[str, Any]) -> Event:
        """What would leave for a question, exactly and by its parts.

        Raises:
            GLMError: It cannot be asked.
        """
        question = self.question(command, need_key=False)
        parts = [[part.name, part.what, part.tokens, part.cost] for part in question.parts()]
        return {"kind": "preview", "parts": parts, "text": question.preview().text()}

    def question(self, command: Mapping[str, Any], *, need_key: bool = True) -> Question:
        """The question that a page has sent, with the frames it chose or mentions.

        Raises:
            GLMError: It cannot be asked; a frame that was chosen may be gone, for example.
        """
        prompt = str(command.get("prompt", ""))
        if not prompt.strip():
            raise ArgumentError("There is no prompt.", "Write one first.")
        names = [str(name) for name in command.get("frames", ())]
        if gone := [name for name in names if name not in self._namespace]:
            raise ArgumentError(f"{gone[0]} is gone.", "Run the cell that makes it, or untick it.")
        names += [name for name in mentioned(prompt, self._namespace) if name not in names]
        values = {name: self._namespace[name] for name in names}
        options = dict(command.get("options", {}))
        given = {name: options[name] for name in _OPTIONS if options.get(name) not in (None, "")}
        rows = _rows(str(command.get("rows") or 0))
        level = command.get("level")
        level = level if level in _LEVELS else None
        tools = [name.strip() for name in str(command.get("tools") or "").split(",")]
        given["tools"] = tools_named([name for name in tools if name], self._namespace)
        given["schema"] = type_named(str(command.get("schema") or "") or None, self._namespace)
        given["agent"] = bool(command.get("agent"))
        return self._bench.question(
            prompt, values, level=level, rows=rows, need_key=need_key, **given, **self._asks
        )


def _rows(given: str) -> int:
    try:
        return max(0, min(int(given), _MOST_ROWS))
    except ValueError:
        message, remedy = f"{given} is no number of rows.", "Give a whole one; 0 sends none."
        raise ArgumentError(message, remedy) from None


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
    unknown = {"name": name, "tokens": None, "cost": ""}
    owner = find_owner(value)
    if owner is not None and owner.library in _CONNECTED:
        return {**unknown, "what": _UNMEASURED, "usable": True}
    try:
        found = describe(value, name, Detail(level, hiding=hiding))
    except FrameError as error:
        return {**unknown, "what": plain(error.message), "usable": False}
    rows, columns = (("?" if n is None else f"{n:,}") for n in found.shape)
    what = f"{rows} rows × {columns} columns"
    cost = input_cost(price, found.tokens)
    return {"name": name, "what": what, "tokens": found.tokens, "cost": cost, "usable": True}


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
