"""What holds for every kind of value: levels, budgets, the same text each time."""

import datetime as dt
import os
import string
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_magic.errors import ArgumentError
from glm_magic.variables import describe

from .samples import lines_of, told

MARK = "qZ7"  # in no name, no type, no word of a description
marked = st.text(string.printable + "é中\u202e\u200b", max_size=30).map(lambda text: MARK + text)
scalars = st.one_of(marked, st.integers(), st.floats(), st.none(), st.booleans(), st.dates())
keys = st.sampled_from("abcdefgh")
nested = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6), st.dictionaries(keys, inner, max_size=5), st.tuples(inner)
    ),
    max_leaves=30,
)
wrapped = st.sampled_from(
    [
        lambda value: value,
        lambda value: SimpleNamespace(held=value),
        lambda value: ValueError(value),
        lambda value: np.array([value, value], dtype=object),
        lambda value: np.array([str(value)] * 30),
        lambda value: [{"a": value, "b": 1}] * 30,
        lambda value: {str(value): number for number in range(2)},
    ]
)


@settings(max_examples=200)
@given(value=nested, wrap=wrapped, level=st.sampled_from(["schema", "stats"]))
def test_no_text_is_shown_below_values(value: Any, wrap: Any, level: str) -> None:
    """At schema and stats no text of the data is in the description or its notes."""
    made = wrap(value)
    if isinstance(made, dict) and any(MARK in str(key) for key in made):
        made = {"k": list(made)}
    attachment = describe(made, "x", level=level)
    assert MARK not in attachment.text
    assert not any(MARK in note for note in attachment.notes)


@settings(max_examples=200)
@given(value=nested, tokens=st.integers(150, 1500))
def test_every_description_is_within_its_budget(value: Any, tokens: int) -> None:
    """What does not fit is left out, and counted."""
    attachment = describe(value, "x", max_tokens=tokens)
    assert attachment.tokens <= tokens
    assert attachment.text == describe(value, "x", max_tokens=tokens).text


def test_a_budget_that_is_too_small_leaves_lines_out() -> None:
    """The lines that fit are shown, from the first, and the rest is counted."""
    data = {f"key{number}": "text " * number for number in range(25)}
    attachment = describe(data, "x", max_tokens=200)
    lines = lines_of(attachment)
    assert lines[0].startswith("key0 str")
    assert lines[-1] == f"left out: {25 - len(lines) + 1} of 25 lines, to fit the token budget"
    assert attachment.tokens <= 200


@pytest.mark.parametrize(
    "options", [{"level": "all"}, {"level": "rows"}, {"rows": -1}, {"max_tokens": 0}]
)
def test_a_wrong_wish_is_an_error(options: Any) -> None:
    """A level that does not exist, and numbers below zero."""
    with pytest.raises(ArgumentError):
        describe([1, 2], "x", **options)


def test_rows_are_a_level() -> None:
    """Items that were asked for are counted as raw rows."""
    attachment = describe([1, 2, 3], "x", level="rows", rows=2)
    assert attachment.level == "rows"
    assert attachment.rows_sent == 2


CODE = """
import collections, datetime, decimal
from glm_magic.variables import describe
class Thing:
    def __init__(self):
        self.names = {"b", "a", "c", "zz", "y", "xx"}
        self.kinds = frozenset([1, "a", None, 2.5, b"x", (1, 2)])
values = [
    {"b", "a", "c", "zz", "y", "xx"}, {"b": {1, "a"}, "a": {"x", "y", "z"}}, Thing(), Thing,
    {"abc", b"abc", 1, 2.5, None, datetime.date(2020, 1, 1), (1, "a")}, [Thing(), object()],
    collections.Counter("hello world"), [{"tags": {"b", "a"}}, {"tags": {"c"}}], Exception({"a"}),
]
for value in values:
    print(describe(value, "x").digest, describe(value, "x", level="schema").digest)
"""


def test_another_interpreter_says_the_same() -> None:
    """Neither the hash seed nor an address in memory is in the text."""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", CODE],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


LIGHT = """
import sys, pathlib, datetime
from glm_magic.variables import describe
before = set(sys.modules)
class Thing: pass
for value in (1, "a", [1], {"a": {"b": 1}}, {1}, None, Thing(), Thing, len, sys, ValueError("a"),
              b"a", pathlib.Path("a"), datetime.date(2020, 1, 1)):
    describe(value, "x")
heavy = {"numpy", "pandas", "polars", "pyarrow", "matplotlib", "PIL", "sklearn", "xarray",
         "narwhals"}
print(heavy & set(sys.modules))
"""


def test_no_library_is_imported_to_look() -> None:
    """Describing plain Python imports no library of tables, arrays or pictures."""
    done = subprocess.run(
        [sys.executable, "-c", LIGHT],
        check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.stdout == "set()\n"


def test_times_with_and_without_a_zone_are_no_trouble() -> None:
    """What cannot be compared has no range, and the rest of the description stands."""
    naive, aware = dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    assert told([naive, aware], level="stats")[0].startswith("[*] datetime")
    assert told([1, aware, 2.5], level="stats")[0].startswith("[*] datetime 33%, float 33%, int")
