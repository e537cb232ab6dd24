"""Lists, dicts and what is nested in them: an outline, or a table where it is one."""

import dataclasses
import datetime as dt
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from typing import Any

import numpy as np
import pytest

from glm_magic.variables import describe

from .samples import label, told

Point = namedtuple("Point", "x y")


@dataclasses.dataclass(slots=True)
class Sale:
    """A record with slots."""

    shop: str
    price: float


@dataclasses.dataclass
class Service:
    """A record that holds a dict."""

    config: dict[str, str]


ORDERS = {
    "user": {"name": "Ann Smith", "tags": ["new", "vip"]},
    "items": [{"price": i / 2, "sku": f"s{i % 2}"} for i in range(40)],
    "rate": 0.1,
    "model": "resnet",
}


@pytest.mark.parametrize(
    ("value", "form", "lines"),
    [
        ([1, 2.5, None, 4], "list, 4 items", "[*] int 50%, None 25%, float 25%, 1..4 mean 2.5"),
        (("a", "bc"), "tuple, 2 items", "[*] str, 1-2 characters"),
        ({3, 1, 2}, "set, 3 items", "[*] int, 1..3 mean 2"),
        (frozenset({True}), "frozenset, 1 item", "[*] bool"),
        (deque([1, 2]), "deque, 2 items", "[*] int, 1..2 mean 1.5"),
        (range(0, 10, 3), "range, 4 items", "from 0 below 10 in steps of 3"),
        ([dt.date(2020, 1, 1), dt.date(2021, 1, 1)], "list, 2 items", "[*] date, 2020-01-01..2021"),
        ([b"ab", b"abc"], "list, 2 items", "[*] bytes, 2-3 bytes"),
        ([float("nan"), 1.0], "list, 2 items", "[*] float, always 1"),
        ([np.float32(1), np.int64(3)], "list, 2 items", "[*] float 50%, int 50%, 1..3 mean 2"),
        ([object(), int], "list, 2 items", "[*] object 50%, type 50%"),
        ([np.zeros((2, 3))], "list, 1 item", "[*] array 2 × 3 f64"),
        ([[1, 2], [3]], "list, 2 items", "[*] list, 1-2 items"),
    ],
)
def test_lists_and_sets_are_told_by_length_types_and_range(
    value: Any, form: str, lines: str
) -> None:
    """One line says what the items are."""
    assert label(value) == f"x ({form})"
    assert told(value, level="stats")[0].startswith(lines)


def test_the_first_items_are_shown_at_values() -> None:
    """A few items of a list, in order; of a set in the order of their values."""
    assert told(["b", "a", "c", "e", "d", "f"])[-1] == 'begins "b", "a", "c", "e", "d", …'
    assert told({"b", "a"})[-1] == 'begins "a", "b"'
    assert told(["ann@example.org", "b"])[-1] == 'begins "b"'
    assert told(list("abc"), rows=2)[-3:] == ["the first 2 items:", '"a"', '"b"']


@pytest.mark.parametrize("count", [50, 51])
def test_of_many_texts_none_is_shown_as_the_first(count: int) -> None:
    """A list of names of columns is shown; a list as long as a column is data, and is not."""
    texts = [f"text {i}" for i in range(count)]
    assert ("text 0" in describe(texts, "x").text) == (count <= 50)
    assert "text 0" in describe(texts, "x", rows=1).text


@pytest.mark.parametrize("value", [[], {}, (), set()])
def test_an_empty_container_is_its_form(value: Any) -> None:
    """There is nothing to say but that it is empty."""
    assert "0 " in label(value)
    assert told(value) == []


def test_nested_data_is_an_outline() -> None:
    """Every place has a line; items of a list are taken together."""
    assert told(ORDERS) == [
        "user dict, 2 keys",
        "user.name str, 9 characters, (personal?)",
        "user.tags list, 2 items",
        "user.tags[*] str, 3 characters",
        "items list, 40 items",
        "items[*] dict, 2 keys",
        "items[*].price float, 0..19.5 mean 9.75",
        "items[*].sku str, 2 characters, 2 distinct: s0 50% s1 50%",
        "rate float, value 0.1",
        'model str, 6 characters, value "resnet"',
    ]


def test_the_outline_keeps_to_its_level() -> None:
    """At stats there are numbers, at schema types and sizes."""
    stats, schema = told(ORDERS, level="stats"), told(ORDERS, level="schema")
    assert "rate float, value 0.1" in stats
    assert "model str, 6 characters" in stats
    assert "rate float" in schema
    assert "items[*].price float" in schema


def test_keys_that_are_data_are_not_shown() -> None:
    """A dict with many keys, or with keys that are no names, maps; its keys stay at home."""
    assert told({f"customer {i}": i for i in range(100)}) == ["{*} int, 0..99 mean 49.5"]
    assert told({"ann@example.org": 1, "b": 2}) == ["{*} int, 1..2 mean 1.5"]
    assert told({1: "a", 2: "b"}, level="stats") == ["{*} str, 1 character"]
    assert told(Counter("aab")) == ["a int, value 2", "b int, value 1"]


def test_secrets_hidden_keys_and_personal_ones_are_held_back() -> None:
    """What is a secret by its name is never shown, and what the user hides is not named."""
    config = {"api_key": "s3cr3t-value", "pay": 1, "db": {"password": "hunter2"}, "city": "Rome"}
    attachment = describe(config, "x", hidden=("pay", "cit*"))
    assert "s3cr3t" not in attachment.text
    assert "hunter2" not in attachment.text
    assert "pay" not in attachment.text
    assert "Rome" not in attachment.text
    assert "Left out: 2 keys, hidden by the user." in attachment.notes
    assert 'value "Ann"' not in describe({"name": "Ann"}, "x").text
    assert 'value "Ann"' in describe({"name": "Ann"}, "x", allowed=("name",)).text


def test_hidden_keys_are_in_no_raw_item() -> None:
    """Rows show items as they are, but for what the user hides."""
    items = [{"pay": "qZ7", "n": {"pay": "qZ7", "city": "Rome"}}]
    attachment = describe(items, "x", rows=1, hidden=("pay",))
    assert "qZ7" not in attachment.text
    assert "Rome" in attachment.text


@pytest.mark.parametrize("last", [None, 5, True])
@pytest.mark.parametrize("name", ["password", "api_key", "name"])
def test_one_text_is_enough_to_hold_a_place_back(name: str, last: Any) -> None:
    """Whatever the last value is, texts under the name of a secret or a person are not shown."""
    users = [{"n": [1], name: "hunter2"}] * 12 + [{"n": [2], name: last}]
    for value in ({"users": users}, {name: [*["hunter2"] * 12, last], "n": {"x": 1}}):
        assert "hunter2" not in describe(value, "x").text


def test_a_password_in_a_dict_of_an_object_is_held_back() -> None:
    """What an object stores is shown in a few words, without the secrets in it."""
    text = describe(Service({"host": "db", "password": "hunter2"}), "x").text
    assert 'host: "db"' in text
    assert "hunter2" not in text


def test_passwords_of_records_are_held_back_as_those_of_a_frame_are() -> None:
    """A flat list of dicts is a table, and its columns have the rules of one."""
    records = [{"user": f"u{i}", "password": "hunter2"} for i in range(12)]
    assert "hunter2" not in describe(records, "x").text
    assert "hunter2" in describe(records, "x", allowed=("password",)).text


def test_depth_breadth_and_size_are_bounded() -> None:
    """A deep, wide or endless structure is cut, quickly, and it is said where."""
    deep: list[Any] = []
    deep.append(deep)
    attachment = describe(deep, "x")
    assert any("nested deeper than 6 levels" in note for note in attachment.notes)
    wide = [{f"k{i}_{j}": j for j in range(20)} | {"n": None, "s": "x"} for i in range(500)]
    attachment = describe({"wide": wide}, "x", max_tokens=300)
    assert attachment.tokens <= 300
    assert any("keys after the first 60" in note for note in attachment.notes)
    assert any("lines, to fit the token budget" in note for note in attachment.notes)
    long = describe([[0]] * 50_000, "x")
    assert (
        "Left out: items after the first 10,000 of one list or dict, in the figures." in long.notes
    )


@pytest.mark.parametrize(
    ("value", "header", "first"),
    [
        ([{"a": i, "b": "xy"[i % 2]} for i in range(40)], "list of 40 dicts, 40 rows × 2", "a i64"),
        ([Point(1, 2), Point(3, 4)], "list of 2 Point namedtuples, 2 rows × 2 columns", "x i64"),
        ([Sale("s", 1.5), Sale("t", 2)], "list of 2 Sale dataclass objects, 2 rows", "shop str"),
        ({"a": [1, 2], "b": np.array([1.0, 2])}, "dict of 2 columns, 2 rows × 2", "a i64 1..2"),
        (OrderedDict(a=[1, 2]), "OrderedDict of 1 column, 2 rows × 1 column", "a i64"),
        (defaultdict(list, a=[1, 2]), "defaultdict of 1 column, 2 rows × 1 column", "a i64"),
        ([{"a": 1}, {"b": 2.5}], "list of 2 dicts, 2 rows × 2 columns", "a f64 50% missing"),
    ],
)
def test_records_and_columns_are_tables(value: Any, header: str, first: str) -> None:
    """Flat records, and lists of equal length, are described as the table they are."""
    attachment = describe(value, "x")
    assert attachment.text.startswith(f"x: {header}")
    assert told(value)[0].startswith(first)
    assert attachment.shape[0] == len(
        next(iter(value.values())) if hasattr(value, "values") else value
    )


@pytest.mark.parametrize(
    "value",
    [
        [{"a": {"b": 1}}, {"a": {"b": 2}}],
        [{"a": 1}, "b"],
        {"a": [1, 2], "b": [1]},
        {"a": [[1], [2]]},
        [{1: 2}, {1: 3}],
        [{"a": 1}],
    ],
)
def test_what_is_no_table_is_an_outline(value: Any) -> None:
    """Nested, mixed and ragged data keep their structure."""
    assert "×" not in label(value)
    assert told(value)


def test_of_very_many_records_the_first_are_taken() -> None:
    """A million records are no million rows, and it is said."""
    attachment = describe([{"a": 1}] * 150_000, "x")
    assert attachment.shape == (100_000, 1)
    assert "of the first 100,000 of 150,000 rows" in attachment.text


def test_rows_of_records_are_raw_rows() -> None:
    """Rows of a table in plain Python leave as those of a frame do."""
    attachment = describe([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], "x", rows=1)
    assert attachment.rows_sent == 1
    assert told([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], rows=1)[-2:] == ["a,b", "1,x"]
    assert told([0.123456789, [12345.678]], rows=2)[-2:] == ["0.123456789", "[12345.678]"]
