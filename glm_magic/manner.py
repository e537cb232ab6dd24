"""How a question is asked, besides its settings: what is told of data, what may be answered."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .tools.approving import Ask
    from .tools.declaring import Outcome
    from .tools.typed import Typed


@dataclass(frozen=True, slots=True)
class Manner:
    """How a question is asked.

    Attributes:
        level: How much of a variable is described; None takes `frame_detail`.
        rows: Raw rows to send of each frame.
        quantiles: Whether quartiles and distinct counts of frames are sent too.
        form: What the answer should be: "code", "json" or "text"; None is Markdown.
        schema: The type that the answer must be of.
        tools: Functions the model may call, and names of built-in ones.
        agent: Whether the model may propose cells to run.
        fresh: Whether a model is asked although there is a recording.
        approve: Asks a person whether a call may run; None asks at the prompt.
        sums_up: Whether the answer stands for all earlier turns from then on.
        run_cell: Runs the agent's cells; None runs them in the asking cell.
    """

    level: str | None = None
    rows: int = 0
    quantiles: bool = False
    form: str | None = None
    schema: Any = None
    tools: Sequence[Any] = ()
    agent: bool = False
    fresh: bool = False
    approve: Ask | None = None
    sums_up: bool = False
    run_cell: Callable[[str], Outcome] | None = None

    def detail(self, usual: str) -> str:
        """How much may be told of frames: "schema", "stats", "values" or "rows"."""
        from .tools.frame_tools import SHOW_ROWS

        shown = any(isinstance(one, str) and one in SHOW_ROWS for one in self.tools)
        return "rows" if self.rows or shown else self.level or usual

    def typed(self) -> Typed | None:
        """The type that the answer must be of.

        Raises:
            ArgumentError: It cannot be described to a model.
        """
        if self.schema is None:
            return None
        from .tools.typed import Typed

        return Typed(self.schema)

    def told(self) -> dict[str, Any]:
        """As the turn remembers it: names, and only what was said."""
        said = {
            "level": self.level, "rows": self.rows, "quantiles": self.quantiles,
            "form": self.form, "schema": _name(self.schema) if self.schema else None,
            "tools": [_name(one) for one in self.tools], "agent": self.agent,
            "sums_up": self.sums_up,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value}


def taken_from(options: dict[str, Any]) -> tuple[Manner, dict[str, Any]]:
    """What of the options says how to ask, and the settings among them that were given."""
    names = {one.name for one in fields(Manner)}
    mine = {name: value for name, value in options.items() if name in names}
    given = {name: v for name, v in options.items() if name not in names and v is not None}
    return Manner(**mine), given


def _name(value: object) -> str:
    """The user's name for a function or type is its own."""
    return str(getattr(value, "__name__", None) or getattr(value, "name", None) or value)
