"""Answers become cells of their column's type, or they are their row's error."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pydantic
import pytest
from typing_extensions import TypeAliasType

import glm_magic as glm
from glm_magic.rows.outcomes import Outcome
from glm_magic.rows.plan import Plan, known_of
from glm_magic.sandbox import Fault, Sandbox
from glm_magic.sandbox.scripts import by_text
from glm_magic.testing import scripted

from .samples import records, says
from .test_tables import rows_of

Host = Callable[..., Sandbox]
COUNT = "Count the words of {review}"
TOO_BIG = 2**63

KINDS: dict[str, Callable[[pa.Table], Any]] = {
    "records": pa.Table.to_pylist,
    "pandas": pa.Table.to_pandas,
    "polars": pl.from_arrow,
    "polars lazy": lambda table: pl.from_arrow(table).lazy(),
    "pyarrow": lambda table: table,
}


def counts(schema: Any = int, **options: Any) -> Any:
    """Three reviews as records, with their counts."""
    return glm.map(records(3), COUNT, schema=schema, progress=False, **options)


def big(number: int) -> Fault:
    """An answer that is a number."""
    return says(json.dumps({"value": number}))


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_that_no_column_holds_is_its_rows_error(host: Host, kind: str) -> None:
    """It does not make the others fail, neither now nor in the next run."""
    sandbox = host(script=by_text({"Review 1:": big(TOO_BIG), "Review 2:": big(TOO_BIG - 1)}))
    for asked in (3, 4):
        table = KINDS[kind](pa.Table.from_pylist(records(3)))
        found = rows_of(glm.map(table, COUNT, schema=int, progress=False))
        assert [pd.isna(row["_error"]) for row in found] == [True, False, True]
        assert "64 bits" in found[1]["_error"]
        assert pd.isna(found[1]["answer"])
        assert found[2]["answer"] == TOO_BIG - 1
        assert sandbox.load.asked == asked, "only the bad row is asked anew"


def test_such_a_number_is_put_right(host: Host) -> None:
    """With `repairs` the model hears of it; in a field and below zero, too."""
    sandbox = host(faults=[says(json.dumps({"words": -TOO_BIG - 1}))])
    (found,) = glm.map(records(1), COUNT, schema={"words": int}, repairs=1, progress=False)
    assert (found["_error"], type(found["words"])) == (None, int)
    assert (
        "words: Input should fit in 64 bits" in sandbox.requests[1].json["messages"][-1]["content"]
    )


def test_old_journals_with_such_numbers_are_no_trouble(host: Host, tmp_path: Path) -> None:
    """What was kept before is asked anew."""
    sandbox = host()
    task = Plan(COUNT, int).task()
    kept = known_of(task)
    texts = ['{"value": 1e400}', json.dumps({"value": 10**20}), "no"]
    for row, text in zip(records(3), texts, strict=True):
        sent = task.template.row([row["review"]])
        kept.write(task.key(sent or ""), Outcome(text))
    kept.close()
    assert glm.map(records(3), COUNT, schema=int, dry_run=True).known == 0
    pq.write_table(pa.Table.from_pylist(records(3)), tmp_path / "in.parquet")
    to = tmp_path / "out.parquet"
    glm.map(tmp_path / "in.parquet", COUNT, schema=int, progress=False, to=to)
    assert pq.read_table(to)["_error"].to_pylist() == [None] * 3
    assert sandbox.load.asked == 3


def at_most(limit: int) -> type:
    """A model whose validator its JSON schema does not show."""

    class Count(pydantic.BaseModel):
        n: int

        @pydantic.field_validator("n")
        @classmethod
        def small(cls, number: int) -> int:
            if number > limit:
                message = f"more than {limit}"
                raise ValueError(message)
            return number

    return Count


def test_a_stricter_type_asks_anew_what_no_longer_fits(host: Host) -> None:
    """There is never an empty answer without an error beside it."""
    numbers = {f"Review {n}:": says(json.dumps({"n": 10 * n})) for n in range(3)}
    sandbox = host(script=by_text(numbers))
    assert [row["n"] for row in counts(at_most(99))] == [0, 10, 20]
    found = counts(at_most(15))
    assert sandbox.load.asked == 4
    assert [row["n"] for row in found] == [0, 10, None]
    assert "more than 15" in found[2]["_error"]
    assert [row["n"] for row in counts(at_most(99))] == [0, 10, 20]
    assert sandbox.load.asked == 4, "what was kept is there for the wider type"


class Renamed(pydantic.BaseModel):
    """Fields that are called differently where they are read and where they are written."""

    price: float = pydantic.Field(validation_alias="Preis")
    city: str = pydantic.Field(serialization_alias="Stadt")
    either: int = pydantic.Field(validation_alias=pydantic.AliasChoices("one", "two"))
    both: bool = pydantic.Field(alias="beide")
    secret: int = pydantic.Field(exclude=True)


class Written(pydantic.BaseModel):
    """A field that becomes something else."""

    k: int

    @pydantic.field_serializer("k")
    def said(self, number: int) -> str:
        """As a text."""
        return f"n{number}"


class Silent(pydantic.BaseModel):
    """The same, which its schema does not show."""

    k: Annotated[int, pydantic.PlainSerializer(lambda number: f"n{number}")]


Tree = TypeAliasType("Tree", "str | list[Tree]")


def answered(schema: Any, answer: object) -> dict[str, Any]:
    """The columns of answers that a model's answer gives, with its error."""
    with scripted(json.dumps(answer)):
        (row,) = glm.map([{"x": 1}], "Say {x}", schema=schema, progress=False)
    return {name: cell for name, cell in row.items() if name != "x" and "_tokens" not in name}


@pytest.mark.parametrize(
    ("schema", "answer", "cells"),
    [
        (
            Renamed,
            {"Preis": 3.5, "city": "Rome", "two": 1, "beide": True, "secret": 5},
            {"price": 3.5, "Stadt": "Rome", "either": 1, "beide": True},
        ),
        (Written, {"k": 3}, {"k": "n3"}),
        (Tree, {"value": ["a", ["b"]]}, {"answer": '["a", ["b"]]'}),
        (set[str], {"value": list("hgfedcba")}, {"answer": list("abcdefgh")}),
        (Decimal, {"value": "12.50"}, {"answer": "12.50"}),
    ],
)
def test_cells_are_what_the_type_makes_of_an_answer(
    bench: None, schema: Any, answer: object, cells: dict[str, Any]
) -> None:
    """Names and types are those that it writes, not those that it reads."""
    assert answered(schema, answer) == {**cells, "_error": None}


@pytest.mark.parametrize(
    ("schema", "answer", "words"),
    [
        (Silent, {"k": 3}, "k: its serializer makes str of it"),
        (float, {"value": 10**400}, "finite"),
        (float, {"value": "NaN"}, "finite"),
    ],
)
def test_what_no_column_holds_is_an_error(
    bench: None, schema: Any, answer: object, words: str
) -> None:
    """There is never an empty answer without an error beside it."""
    assert words in answered(schema, answer)["_error"]
