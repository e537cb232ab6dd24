"""What no description lets out, whatever object the user's data has come to lie in."""

import collections
import dataclasses
import types
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from glm_magic.gathering import Hiding
from glm_magic.tools.results import outcome_of
from glm_magic.variables import describe

from .samples import told

MAILS = ["ann@example.com", "bob@example.com"]
PEOPLE = pd.DataFrame({"email": MAILS * 3, "pay": [51234.56, 60001.25] * 3})
ARROW = pa.Table.from_pandas(PEOPLE)
DATA: dict[str, Any] = {
    "unique": PEOPLE.email.unique(),
    "values": PEOPLE.email.values,
    "array": PEOPLE.email.array,
    "categories": PEOPLE.email.astype("category").values,
    "dtype": PEOPLE.email.astype("category").dtype,
    "enum": pl.Enum(MAILS),
    "arrow row": ARROW.to_struct_array()[0],
    "arrow cell": ARROW["email"][0],
    "expression": pl.col("email") == MAILS[0],
    "view": dict(enumerate(MAILS)).values(),
    "items": dict(enumerate(MAILS)).items(),
    "keys": dict.fromkeys(MAILS).keys(),
    "user dict": collections.UserDict({"email": MAILS[0]}),
    "chain": collections.ChainMap({"email": MAILS[0]}),
    "proxy": types.MappingProxyType({"email": MAILS[0]}),
    "namespace": types.SimpleNamespace(email=MAILS[0], name="Ann example.com"),
}


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("hidden", [(), ("email",)])
def test_what_holds_data_shows_none_of_it_by_its_repr(kind: str, hidden: tuple[str, ...]) -> None:
    """Arrays of pandas, cells of Arrow, views of a dict and the like are not shown raw."""
    text = describe(DATA[kind], "x", hidden=hidden).text
    assert "example.com" not in text
    assert "51234" not in text or not hidden


def test_an_array_of_pandas_is_told_as_a_column_is() -> None:
    """What is of use in it stays: its type, its range, its frequent values."""
    values = pd.Series(["a", "b"] * 20, dtype="category").values
    assert told(values) == ["values category 2 distinct: a 50% b 50%"]
    assert told(pd.array([1, 2, 3]))[0].startswith("values i64 1..3 mean 2")
    assert told(pa.scalar(5)) == ["values i64 always 5"]
    assert told({"a": 1, "b": 2}.values())[0].startswith("[*] int, 1..2")
    assert told(pd.Period("2024-01", "M"))[-1] == "Period('2024-01', 'M')"


class Guest:
    """An object that tells all it knows."""

    def __init__(self, city: str, name: str) -> None:
        self.city, self.name = city, name

    def __repr__(self) -> str:
        """With a number that only looks like one."""
        return f"Guest({self.city!r}, {self.name!r}, '+49 151 23456789', <ann@example.com>)"


def test_a_repr_is_shown_without_what_looks_personal() -> None:
    """What the attributes hold back is taken out of the repr too; a hidden key silences it."""
    assert told(Guest("Rome", "Ann"))[-1] == (
        "Guest('Rome', (personal?), (personal?), <(personal?)>)"
    )
    assert "'Ann'" in told(Guest("Rome", "Ann"), allowed=("name",))[-1]
    assert not any("repr" in line for line in told(Guest("Rome", "Ann"), hidden=("b",)))


@dataclasses.dataclass
class Login:
    """What an application may keep of somebody."""

    password: list[str]
    contacts: list[str]
    who: tuple[str, int]
    bank: dict[str, str]
    site: dict[str, str]


def test_what_is_personal_or_secret_in_a_container_of_an_object_is_held_back() -> None:
    """As it is in a dict: by the look of a text, by its key, or by the name of the attribute."""
    login = Login(
        ["hunter2"], MAILS, (MAILS[0], 4), {"iban": "DE89", "town": "Rome"}, {MAILS[0]: "a"}
    )
    assert told(login)[1:] == [
        ".password list (a secret by its name, not shown)",
        ".contacts list [(personal?), (personal?)]",
        ".who tuple ((personal?), 4)",
        ".bank dict {iban: (personal?), town: \"Rome\"}",
        ".site dict {(personal?): \"a\"}",
    ]  # fmt: skip
    assert MAILS[1] in told(login, allowed=("contacts",))[2]
    assert "DE89" in told(login, allowed=("iban",))[4]

    def send(to: object = (MAILS[0], "Rome"), api_keys: object = ("hunter2",)) -> None: ...

    assert told(send)[0].endswith('to: object = ((personal?), "Rome"), api_keys: object = …)')


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", {"credentials": {"db": "hunter2"}, "secrets": {"db": "hunter2"}}),
        ("x", {"api_keys": {"db": "hunter2"}, "users": [{"password": {"old": "hunter2"}}]}),
        ("x", {"passwords": ["hunter2"] * 20, "secret": [["hunter2"]]}),
        ("credentials", {"db": "hunter2", "more": {"db": "hunter2"}}),
        ("passwords", ["hunter2", "hunter2"]),
        ("password", ("hunter2",)),
        ("x", types.SimpleNamespace(tokens={"api_key": {"old": ["hunter2"]}})),
    ],
)
def test_what_stands_below_a_secret_name_is_as_secret(name: str, value: object) -> None:
    """However deep, one or several, in a dict, a list or an object."""
    assert "hunter2" not in describe(value, name).text
    assert "secret by its name" in describe(value, name).text or name == "password"


@pytest.mark.parametrize(
    "value",
    [{key: [1, 2, 3] for key in MAILS}, [dict.fromkeys(MAILS, 1)] * 3],
    ids=["columns", "records"],
)
def test_keys_that_look_personal_are_no_columns(value: object) -> None:
    """They are told as the keys of a mapping are: not at all."""
    assert "example.com" not in describe(value, "x", level="schema").text
    assert "{*}" in describe(value, "x", level="schema").text


class Buyer(NamedTuple):
    """A row as `itertuples` gives it."""

    city: str
    code: str


def test_a_named_tuple_has_no_hidden_field_wherever_it_is() -> None:
    """In a dict, in a list with something else, as raw items, as the result of a tool."""
    buyer = Buyer("Rome", "qZ7")
    for value in (
        {"a": buyer},
        [buyer, 5],
        {"b": [buyer]},
        [[buyer]],
        types.SimpleNamespace(a=buyer),
    ):
        assert "qZ7" not in describe(value, "x", rows=2, hidden=("code",)).text
    assert told({"a": buyer}, hidden=("code",))[:2] == [
        "a Buyer",
        'a.city str, 4 characters, value "Rome"',
    ]
    hiding = Hiding(["code"])
    assert outcome_of(buyer, hiding).text == '{"city": "Rome"}'
    assert outcome_of([buyer], hiding).text == '[{"city": "Rome"}]'
    row = pd.DataFrame({"city": ["Rome"], "code": ["qZ7"]}).loc[0]
    assert "qZ7" not in outcome_of(row, hiding).text
    assert "Rome" in outcome_of(row, hiding).text


CARDS = [4111111111111111, 5555555555554444, 4012888888881881]
MOBILES = [13800138000, 13912345678, 13712345678]


@pytest.mark.parametrize("numbers", [CARDS, MOBILES], ids=["cards", "mobiles"])
def test_numbers_of_persons_are_found_in_lists_and_arrays(numbers: list[int]) -> None:
    """Neither their range nor the first of them is told, unless they are allowed."""
    for value in (numbers, np.array(numbers), {"a": numbers}, [[each] for each in numbers]):
        text = describe(value, "x").text
        assert not any(str(number)[:5] in text for number in numbers)
        assert "(personal?)" in text
    assert str(numbers[0]) in describe(numbers, "x", allowed=("x",)).text
    assert str(numbers[0]) in describe(np.array(numbers), "x", allowed=("x",)).text
    assert told({"size": 17179869184}) == ["size int, value 17179869184"]
    assert "(personal?)" in told({"a": CARDS[0]})[0]
