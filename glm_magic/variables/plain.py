"""Looking at objects without running any code of theirs.

`isinstance` believes a lying `__class__`, `getattr` runs properties, and a subclass of `str` may
bring methods of its own. So classes are compared by identity, attributes are read where they are
stored, and values are taken out with the methods of the built-in class itself.
"""

from __future__ import annotations

import inspect
import sys
from collections import deque
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

# The containers whose items can be read with the class's own method.
_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
SEQUENCES: tuple[type, ...] = (list, tuple, set, frozenset, deque, *_VIEWS)
_MISSING = object()


def is_a(value: object, *classes: type) -> bool:
    """Whether the value is of one of the classes, truly."""
    return any(base is one for base in type.mro(type(value)) for one in classes)


def is_exactly(value: object, *classes: type) -> bool:
    """Whether the value is of one of the classes and of no subclass.

    By identity: `in` would ask a metaclass whether it is equal.
    """
    kind = type(value)
    return any(kind is one for one in classes)


def examples(values: Iterable[Any]) -> list[Any]:
    """One value of each class, in the order of their first appearance; none is hashed."""
    first: dict[int, Any] = {}
    for value in values:
        first.setdefault(id(type(value)), value)
    return list(first.values())


def is_of(value: object, module: str, *names: str) -> bool:
    """Whether the value is of one of a library's classes; a library not loaded owns nothing."""
    # The dictionary, because asking a module may import more of it.
    known = getattr(sys.modules.get(module), "__dict__", {})
    classes = [known[name] for name in names if name in known]
    return any(base is one for base in type.mro(type(value)) for one in classes)


def class_name(kind: type) -> str:
    """A class's own name; a metaclass is not asked."""
    return str(type.__dict__["__name__"].__get__(kind))


def module_name(kind: type) -> str:
    """The module a class says it is from, "" when it says nothing of use."""
    try:
        module = type.__dict__["__module__"].__get__(kind)
    except AttributeError:  # taken away
        return ""
    return module if type(module) is str else ""


def full_name(kind: type) -> str:
    """The class's name with its module, where that tells something."""
    return _prefixed(module_name(kind), ".", kind)


def own_name(kind: type) -> str:
    """The class's name with the library's alone: "sklearn Pipeline"."""
    return _prefixed(module_name(kind).partition(".")[0], " ", kind)


def class_attribute(kind: type, name: str) -> Any:
    """What a class or a base of it has under a name, as stored; None when nothing."""
    for base in type.mro(kind):
        found = type.__dict__["__dict__"].__get__(base).get(name, _MISSING)
        if found is not _MISSING:
            return found
    return None


def is_namedtuple(value: object) -> bool:
    """Whether the value is a tuple whose class names its fields."""
    return is_a(value, tuple) and type(class_attribute(type(value), "_fields")) is tuple


def instance_dict(value: object) -> dict[str, Any]:
    """The attributes an object stores; its properties are not among them."""
    stored = class_attribute(type(value), "__dict__")
    if not is_exactly(stored, GetSetDescriptorType, MemberDescriptorType):  # of SimpleNamespace
        return {}
    found = stored.__get__(value)
    return found if is_a(found, dict) else {}


def stored(value: object, name: str) -> Any:
    """An attribute that is stored in the object, in its dictionary or a slot; None otherwise."""
    found = inspect.getattr_static(value, name, None)
    try:
        return found.__get__(value) if type(found) is MemberDescriptorType else found
    except AttributeError:  # an empty slot
        return None


def plain(value: Any) -> Any:
    """A scalar as an exact built-in value, a numpy scalar included; anything else as it is."""
    if is_exactly(value, bool, int, float, str, bytes, complex, type(None)):
        return value
    if is_of(value, "numpy", "generic"):
        found = _numpy_item(value)
        return plain(found) if not is_of(found, "numpy", "generic") else found
    if is_a(value, int):
        return int.__index__(value)
    if is_a(value, float):
        return float.__float__(value)
    if is_a(value, str):
        return str.__str__(value)
    if is_a(value, bytes):
        return bytes.__getitem__(value, slice(None))
    return value


def is_number(value: object) -> bool:
    """Whether a plain value is a number, a truth value not counted."""
    return is_exactly(value, int, float, Decimal)


def is_date(value: object) -> bool:
    """Whether a value is a date, time or duration of the standard library."""
    if is_exactly(value, date, datetime, time, timedelta):
        return True
    return is_a(value, date, timedelta) and own_name(type(value)).startswith("pandas T")


def is_missing(value: object) -> bool:
    """Whether a value stands for none: None, NaN, and what pandas has for them."""
    if type(value) is float:
        return value != value
    if type(value) is Decimal:
        return value.is_nan()
    return value is None or own_name(type(value)) in ("pandas NAType", "pandas NaTType")


def _prefixed(module: str, joint: str, kind: type) -> str:
    root = module.partition(".")[0]
    plainly = root in ("", "__main__") or root in sys.stdlib_module_names
    return class_name(kind) if plainly else f"{module}{joint}{class_name(kind)}"


def _numpy_item(value: Any) -> object:
    numpy = sys.modules["numpy"]
    if type(value).__module__ != "numpy":  # a subclass with methods of its own
        return None
    found = numpy.generic.item(value)
    # Nanoseconds are no datetime to Python.
    if is_of(value, "numpy", "datetime64") and type(found) is int:
        found = numpy.generic.item(numpy.generic.astype(value, "datetime64[us]"))
    return found
