"""How to read a description, and things that do harm when they are asked."""

from typing import Any, NoReturn

from glm_magic.chat.attachments import Attachment
from glm_magic.variables import describe

KEY = "0123456789abcdef" * 2 + "." + "ABCDEFGH" * 2  # of a key's shape; in pieces, for the scanners


def lines_of(attachment: Attachment) -> list[str]:
    """The lines between the fence marks."""
    lines = attachment.text.split("\n")
    assert lines[1].startswith("<<<data ")
    assert lines[-1].startswith("<<<end of data ")
    return lines[2:-1]


def told(value: object, name: str = "x", **options: Any) -> list[str]:
    """What is said of a value."""
    return lines_of(describe(value, name, **options))


def label(value: object, name: str = "x", **options: Any) -> str:
    """How the footer calls it."""
    return describe(value, name, **options).label()


def refuse(*_: object, **__: object) -> NoReturn:
    """Stands for every method of a hostile class."""
    message = "SECRET TEXT"
    raise RuntimeError(message)


METHODS = {
    *("__repr__", "__str__", "__format__", "__len__", "__iter__", "__getitem__", "__contains__"),
    *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__hash__"),
    *("__int__", "__float__", "__index__", "__add__", "__getattr__", "__dir__", "__reduce__"),
    *("items", "keys", "values", "get", "split", "encode", "replace", "count", "startswith"),
}


def evil(base: type) -> type:
    """A subclass of a built-in class whose every method fails."""
    return type("Evil", (base,), dict.fromkeys(METHODS, refuse))
