"""What a describer is asked, and what it returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pictures import Picture


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user wants to be told; the fields are those of `glm_magic.variables.describe`.

    And `picture`: the picture of the value, where it was made already.
    """

    name: str
    level: str = "values"
    rows: int = 0
    max_tokens: int = 1500
    hidden: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    quantiles: bool = False
    pictures: bool = True
    picture: Picture | None = None

    @property
    def figures(self) -> bool:
        """Whether numbers and dates of the data may be shown."""
        return self.level != "schema"

    @property
    def texts(self) -> bool:
        """Whether texts of the data may be shown."""
        return self.level == "values"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a describer found; nothing is escaped or redacted yet.

    Attributes:
        kind: What it is: "numpy array".
        form: The same with its size: "numpy array 1,000 × 20 f64"; "" for `kind` alone.
        lines: What is known, the most important first, shape (lines,).
        left_out: What is not told, one phrase each.
        notes: What only the user must know, one sentence each.
        raw: Rows or items as they are, shape (rows,), only when the user asked for rows.
        shape: (rows, columns), where that has a meaning.
        picture: A picture of it.
    """

    kind: str
    form: str = ""
    lines: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    shape: tuple[int | None, int | None] = (None, None)
    picture: Picture | None = None


def plural(count: int, noun: str) -> str:
    """A number and what it counts: "1 item", "1,200 items", "2 axes"."""
    if count == 1:
        return f"1 {noun}"
    several = {"entry": "entries", "axes": "axes"}.get(noun, f"{noun}s")
    return f"{count:,} {several}"
