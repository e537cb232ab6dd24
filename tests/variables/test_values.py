"""Single values, texts, bytes, paths, functions, classes, modules and exceptions."""

import datetime as dt
import decimal
import enum
import fractions
import json
import math
import uuid
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest

from glm_magic.variables import describe

from .samples import KEY, label, told


class Colour(enum.Enum):
    """An enumeration."""

    RED = "r"
    BLUE = "b"


class Level(enum.StrEnum):
    """One whose members are texts."""

    LOW = "low"


@pytest.mark.parametrize(
    ("value", "form", "line"),
    [
        (3, "int", "value 3"),
        (-2.5, "float", "value -2.5"),
        (float("nan"), "float", "value nan"),
        (True, "bool", "value True"),
        (1 + 2j, "complex", "value (1+2j)"),
        pytest.param(10**6000, "int", "value int of 19,932 bits", id="huge"),
        (decimal.Decimal("1.50"), "Decimal", "value 1.5"),
        (fractions.Fraction(1, 3), "Fraction", "value 1/3"),
        (dt.date(2020, 1, 2), "date", "value 2020-01-02"),
        (dt.datetime(2020, 1, 2, 3), "datetime", "value 2020-01-02 03:00:00"),
        (dt.timedelta(hours=1), "timedelta", "value 1:00:00"),
        (dt.UTC, "timezone", "value UTC"),
        (np.float32(2.5), "numpy float32", "value 2.5"),
        (np.datetime64("2020-01-01T00", "ns"), "numpy datetime64", "value 2020-01-01 00:00:00"),
        (np.str_("a"), "numpy str_", "value a"),
        (uuid.UUID(int=5), "UUID", "value 00000000-0000-0000-0000-000000000005"),
    ],
)
def test_a_single_value_is_told(value: Any, form: str, line: str) -> None:
    """Type in the form, value in one line."""
    assert label(value) == f"x ({form})"
    assert told(value) == [line]
    assert told(value, level="schema") == []


def test_none_is_none() -> None:
    """There is nothing else to say."""
    assert label(None) == "x (None)"


def test_a_member_of_an_enumeration_is_told() -> None:
    """The member's name is a text, so it is shown at values."""
    assert told(Colour.RED) == ["one of 2 members of this enumeration", 'value "RED" = "r"']
    assert told(Level.LOW) == ["one of 1 member of this enumeration", 'value "LOW" = "low"']
    assert told(Colour.RED, level="stats") == ["one of 2 members of this enumeration"]


def test_a_short_text_is_sent_whole() -> None:
    """At values the text itself goes along, line by line; below, its size and its sort."""
    assert told("first\r\nsecond\n") == ["the text:", "first", "second", ""]
    assert label("first\nsecond") == "x (str, 12 characters in 2 lines)"
    assert told("https://example.org/a", level="stats") == ["looks like: URL"]
    assert told("hello", level="schema") == []
    assert told("") == []


def test_of_a_long_text_head_and_tail_are_sent() -> None:
    """About 2,000 characters are sent, and what lies between is counted."""
    text = " ".join(str(number) for number in range(5000))
    attachment = describe(text, "x")
    assert "0 1 2 3" in attachment.text
    assert "4998 4999" in attachment.text
    assert "2500" not in attachment.text
    shown = "\n".join(told(text)[1:3])
    assert 1900 < len(shown) < 2010
    gone = len(text) - len(shown.replace("…", "").replace("\n", ""))
    assert attachment.notes == (f"Left out: {gone:,} characters in the middle.",)


@pytest.mark.parametrize("offset", range(1340, 1402, 3))
def test_no_half_key_is_left_where_a_text_is_cut(offset: int) -> None:
    """A key that lies across the cut leaves nothing of itself, at the head or at the tail."""
    for text in (
        "a " * (offset // 2) + KEY + " b" * 2000,
        "a " * 2000 + KEY + " b" * (offset // 4),
    ):
        shown = describe(text, "x").text
        assert KEY[:8] not in shown
        assert KEY[-8:] not in shown


def test_many_keys_in_a_row_are_all_taken_out() -> None:
    """However many keys a text holds, none is left, and they are counted."""
    attachment = describe("  ".join([KEY] * 200), "x")
    assert KEY[:8] not in attachment.text
    assert any(note.startswith("Taken out of the text: ") for note in attachment.notes)


def test_a_private_key_that_is_cut_leaves_no_line_of_itself() -> None:
    """A key of many lines is taken out whole, at the head, at the tail and in the middle."""
    body = "\n".join("MIIEvQIBADANBgkqhkiG9w0BAQEF" + "AASC" * 9 for _ in range(25))
    key = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
    for text in (key, "word " * 100 + key, "word " * 500 + key, key + "word " * 500):
        assert "MII" not in describe(text, "x").text
        assert "AASC" not in describe(text, "x").text
        assert "AASC" not in describe({"held": text}, "x").text


def test_a_text_that_is_a_secret_by_its_name_stays() -> None:
    """A variable called password is not sent, whatever is in it."""
    for name in ("password", "db_password", "OPENAI_API_KEY", "client_secret", "auth_token"):
        assert told("hunter2", name) == ["(a secret by its name, not shown)"]
        assert "hunter2" not in describe(b"hunter2", name).text
    assert "tokens" in describe("many tokens", "tokens").text


def test_a_personal_text_is_sent_with_a_note() -> None:
    """The user named the variable, so it goes; that it looks personal is said."""
    assert describe("ann@example.org", "x").notes == (
        "It looks personal, and was sent because you named it.",
    )


def test_bytes_and_paths_are_told_by_size_and_name() -> None:
    """Nothing of the bytes is shown, and of a path the last part."""
    assert label(b"abc") == "x (bytes, 3 bytes)"
    assert label(bytearray(1)) == "x (bytearray, 1 byte)"
    assert label(memoryview(b"abcd")[::2]) == "x (memoryview, 2 bytes)"
    assert "abc" not in describe(b"abc", "x").text
    assert told(Path("data") / "sales.csv") == ['a file or folder named "sales.csv"']
    assert told(PurePosixPath("a.png"), level="stats") == []


def function(sales: np.ndarray, by: str = "month", *rest: int, top=5, password="hunter2") -> float:  # type: ignore[no-untyped-def]
    """Sum the sales.

    A second paragraph.
    """
    return 0.0


def test_a_function_shows_signature_and_docstring() -> None:
    """Never its source, and no default that is a secret by its name."""
    lines = told(function)
    assert lines[0].endswith(
        'function(sales: ndarray, by: str = "month", *rest: int, top=5, password=…) -> float'
    )
    assert lines[1:] == ["Sum the sales.", "", "A second paragraph."]
    assert "return 0.0" not in describe(function, "f").text
    assert told(math.sqrt)[0] == "math.sqrt(x, /)" or told(math.sqrt)[0] == "math.sqrt(x)"
    assert told(lambda a: a)[0].endswith("<lambda>(a)")


def test_a_class_shows_its_signature_and_what_it_defines() -> None:
    """Bases and public names, without values."""
    lines = told(Colour)
    assert lines[0].startswith(f"{Colour.__module__}.Colour(")
    assert "An enumeration." in lines
    assert "inherits from Enum" in lines


def test_a_module_shows_name_and_version() -> None:
    """A module is not listed."""
    assert told(np)[0] == f"numpy {np.__version__}"
    assert told(json)[1].endswith(" public names")


def test_an_exception_shows_type_and_message() -> None:
    """The message is a text, so it is shown at values only."""
    assert label(ValueError("bad")) == "x (ValueError exception)"
    assert told(ValueError("bad\nworse")) == ["message: bad", "message: worse"]
    assert told(ValueError("bad"), level="stats") == []
    assert told(KeyError("a"))[0] == "message: 'a'"


class Shop:
    """A class of the user's own."""

    def __init__(self, city: str, seats: int = 3) -> None:
        self.city, self.seats, self._cache = city, seats, "SECRET"
        self.email, self.password, self.grid = "ann@example.org", "hunter2", np.zeros((2, 3))

    def __repr__(self) -> str:
        """Like a dataclass, with an address in memory."""
        return f"Shop({self.city!r}, password={self.password!r}, at {hex(id(self))})"


def test_any_other_object_is_told_by_what_it_stores() -> None:
    """Class, signature, public attributes, and its own repr without secrets and addresses."""
    assert label(Shop("Rome")) == "x (tests Shop object)"
    assert told(Shop("Rome")) == [
        f"class {Shop.__module__}.Shop(city: str, seats: int = 3)",
        '.city str "Rome"',
        ".seats int 3",
        ".email str (personal?)",
        ".password str (a secret by its name, not shown)",
        ".grid array 2 × 3 f64",
        "its repr:",
        "Shop('Rome', password=[secret], at 0x…)",
    ]
    assert told(Shop("Rome"), level="schema")[1:3] == [".city str", ".seats int"]
    assert "3" in told(Shop("Rome"), level="stats")[2]
    assert "Rome" not in describe(Shop("Rome"), "x", hidden=("city",)).text


def test_a_plain_object_has_no_repr_to_show() -> None:
    """The default repr says nothing but an address."""
    assert told(object()) == ["class object()"]


def test_a_hidden_variable_is_not_described() -> None:
    """What the user hides by its name is not even looked at."""
    attachment = describe(Shop("Rome"), "shop", hidden=("sho*",))
    assert "Rome" not in attachment.text
    assert attachment.notes == ("Left out: all of it, hidden by the user.",)
