"""One record per column: what is known of it, before anything is printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from glm_magic.frames.escape import Scalar

Kind: TypeAlias = Literal["number", "text", "date", "boolean", "category", "other"]

UNNAMED = "(unnamed)"  # what a level of the index without a name is called
# A column with at most so many distinct values in the probe has few distinct values.
FEW_DISTINCT = 20
# A value seen less often could point at one person or thing.
LEAST_SEEN = 10


@dataclass(frozen=True, slots=True)
class TopValue:
    """A frequent value.

    Attributes:
        value: The value as Python sees it; text is not cut or escaped yet.
        share: Share of all rows, from 0 to 1.
    """

    value: object
    share: float


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many distinct values there are, from the probe.

    Attributes:
        count: Distinct values in the probe, missing ones not counted.
        seen: Values in the probe that are not missing.
    """

    count: int
    seen: int

    @property
    def few(self) -> bool:
        """Whether the values can be listed."""
        return 0 < self.count <= FEW_DISTINCT

    @property
    def all(self) -> bool:
        """Whether each value occurs once, so the column may be a key."""
        return self.count == self.seen > FEW_DISTINCT


@dataclass(frozen=True, slots=True)
class TextShape:
    """The form of a text column, from the probe.

    Attributes:
        shortest: Length of the shortest text in characters.
        longest: Length of the longest text in characters.
        pattern: What most texts are, such as "e-mail" or "URL"; "" for plain text.
    """

    shortest: int
    longest: int
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of one column. None and empty mean: not known, or not asked for.

    Attributes:
        name: The name as the user knows it, not escaped yet.
        dtype: Short name of the type, the same in every library: "f64", "str", "datetime[UTC]".
        kind: What can be asked of it.
        missing: Share of missing values, from 0 to 1; NaN counts as missing.
        low: Smallest finite value of a number or date column.
        high: Largest finite value.
        mean: Mean of the finite values of a number column.
        infinite: How many values are infinite.
        distinct: Distinct values in the probe.
        top: Frequent values, most frequent first, ties by value text.
        shape: Lengths and pattern of a text column.
        types: Names of the Python types in an object column, most frequent first.
        facts: What else is known of a column of its kind, ready to print.
        quantiles: The values a quarter, half and three quarters of the way up, on request.
        approx_distinct: About how many distinct values the whole column has, on request.
        personal: Whether it likely holds data about persons; then no value of it is kept here.
        problem: Why it could not be measured, or "".
        level: Whether it is a level of the index and no column.
    """

    name: str
    dtype: str
    kind: Kind
    missing: float | None = None
    low: Scalar | None = None
    high: Scalar | None = None
    mean: float | None = None
    infinite: int = 0
    distinct: Distinct | None = None
    top: tuple[TopValue, ...] = ()
    shape: TextShape | None = None
    types: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    quantiles: tuple[Scalar, Scalar, Scalar] | None = None
    approx_distinct: int | None = None
    personal: bool = False
    problem: str = ""
    level: bool = False
