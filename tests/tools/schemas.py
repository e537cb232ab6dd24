"""Twenty types of answers, each with JSON that fits it; and ten ways to answer wrongly."""

import datetime as dt
import enum
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal, NotRequired, TypedDict
from uuid import UUID

from pydantic import BaseModel, Field


@dataclass
class Invoice:
    """Flat."""

    number: str
    total: float
    paid: bool


@dataclass
class Line:
    """Part of another one."""

    text: str
    amount: int


@dataclass
class Nested:
    """Holds others."""

    invoice: Invoice
    lines: list[Line]


@dataclass
class Optionals:
    """Some of it may be missing."""

    name: str
    note: str | None = None
    count: int = 7
    tags: list[str] = field(default_factory=list)


class Colour(enum.Enum):
    """A choice."""

    RED = "red"
    BLUE = "blue"


@dataclass
class Painted:
    """Holds a choice."""

    colour: Colour
    size: Literal["small", "large"]


@dataclass
class Moments:
    """Times of several kinds."""

    day: dt.date
    at: dt.datetime
    lasts: dt.timedelta


@dataclass
class Cat:
    """One of two."""

    kind: Literal["cat"]
    lives: int


@dataclass
class Dog:
    """The other one."""

    kind: Literal["dog"]
    tricks: list[str]


@dataclass
class Owner:
    """Holds one of two."""

    pet: Cat | Dog
    id: int | str


@dataclass
class Many:
    """A long one."""

    rows: list[Line]


Unicode = TypedDict("Unicode", {"名前": str, "größe in cm": float, "🐧": int})


class Typed(TypedDict):
    """As a dictionary."""

    name: str
    age: NotRequired[int]


class Modelled(BaseModel):
    """Of pydantic."""

    name: str
    score: Annotated[float, Field(ge=0, le=1)]


class Aliased(BaseModel):
    """With other names on the wire."""

    first_name: str = Field(alias="firstName")


class Tree(BaseModel):
    """Holds itself."""

    name: str
    below: list["Tree"] = []


class Described(BaseModel):
    """With words to the fields."""

    total: Decimal = Field(description="in EUR, with VAT")
    reference: UUID


@dataclass
class Pair:
    """Of a fixed shape."""

    point: tuple[float, float]
    names: set[str]


@dataclass
class Table:
    """With free keys."""

    counts: dict[str, int]


LINES = [{"text": f"line {n}", "amount": n} for n in range(500)]
SCHEMAS: dict[str, tuple[Any, Any, Any]] = {
    # name: the type, JSON that fits, the value it is
    "flat": (Invoice, {"number": "A-1", "total": 2.5, "paid": True}, Invoice("A-1", 2.5, True)),
    "nested": (
        Nested, {"invoice": {"number": "A", "total": 1, "paid": False}, "lines": LINES[:2]},
        Nested(Invoice("A", 1.0, False), [Line("line 0", 0), Line("line 1", 1)]),
    ),
    "optional": (Optionals, {"name": "x"}, Optionals("x")),
    "null": (Optionals, {"name": "x", "note": None, "tags": ["a"]}, Optionals("x", None, 7, ["a"])),
    "enum": (Painted, {"colour": "blue", "size": "large"}, Painted(Colour.BLUE, "large")),
    "dates": (
        Moments, {"day": "2026-02-03", "at": "2026-02-03T04:05:06", "lasts": "PT90S"},
        Moments(dt.date(2026, 2, 3), dt.datetime(2026, 2, 3, 4, 5, 6), dt.timedelta(seconds=90)),
    ),
    "union": (
        Owner, {"pet": {"kind": "dog", "tricks": ["sit"]}, "id": "x"},
        Owner(Dog("dog", ["sit"]), "x"),
    ),
    "a list of 500": (
        Many, {"rows": LINES}, Many([Line(f"line {n}", n) for n in range(500)]),
    ),
    "unicode keys": (
        Unicode, {"名前": "企鹅", "größe in cm": 60.5, "🐧": 1},
        {"名前": "企鹅", "größe in cm": 60.5, "🐧": 1},
    ),
    "TypedDict": (Typed, {"name": "x"}, {"name": "x"}),
    "pydantic": (Modelled, {"name": "x", "score": 0.5}, Modelled(name="x", score=0.5)),
    "alias": (Aliased, {"firstName": "Ada"}, Aliased(firstName="Ada")),
    "recursive": (
        Tree, {"name": "a", "below": [{"name": "b"}]}, Tree(name="a", below=[Tree(name="b")]),
    ),
    "described": (
        Described, {"total": "1.10", "reference": "12345678-1234-5678-1234-567812345678"},
        Described(total=Decimal("1.10"), reference=UUID("12345678-1234-5678-1234-567812345678")),
    ),
    "tuple and set": (Pair, {"point": [1, 2], "names": ["a"]}, Pair((1.0, 2.0), {"a"})),
    "dictionary": (Table, {"counts": {"é": 1}}, Table({"é": 1})),
    "bare list": (list[Line], {"value": LINES[:1]}, [Line("line 0", 0)]),
    "bare number": (int, {"value": 3}, 3),
    "bare choice": (Literal["yes", "no"], {"value": "yes"}, "yes"),
    "bare enum": (Colour, {"value": "red"}, Colour.RED),
}  # fmt: skip


def _lost(right: str) -> str:
    """The first field is missing."""
    return json.dumps(dict(list(json.loads(right).items())[1:]))


WRONG: dict[str, Callable[[str], str]] = {
    "words": lambda _: "I would rather talk about penguins.",
    "nothing": lambda _: "",
    "cut off": lambda right: right[: len(right) // 2],
    "in a list": lambda right: f"[{right}]",
    "a field is lost": _lost,
    "wrong types": lambda right: json.dumps({key: [[{"x": 0}]] for key in json.loads(right)}),
    "no number": lambda right: json.dumps(dict.fromkeys(json.loads(right), float("nan"))),
    "Python": lambda right: f"{json.loads(right)} # done",
    "words around it": lambda right: f"Here it is: {right} I hope that helps.",
    "twice": lambda right: f"{right}\n{right}",
}
