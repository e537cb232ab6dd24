"""Whether a JSON schema is one, as deep as it goes: by it the stand-in fills in values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .refusals import Refused, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_DEEPEST = 100  # our choice: the documentation names no limit
_BY_NAME = ("properties", "$defs", "definitions")
_IN_A_LIST = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties")


def check_schema(schema: object, where: str) -> None:
    """Look at a schema of an object and all the schemas in it; nulls count as absent.

    Args:
        schema: As sent.
        where: Its place in the request.

    Raises:
        Refused: It is none; the refusal says where.
    """
    if not isinstance(schema, dict):
        raise refuse("1214", f"{where}: must be a JSON schema object.")
    _check(schema, where, schema, 0)


def is_schema(schema: object) -> bool:
    """Whether `check_schema` finds nothing wrong."""
    try:
        check_schema(schema, "")
    except Refused:
        return False
    return True


def _check(schema: object, where: str, root: Mapping[str, Any], depth: int) -> None:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        raise refuse("1214", f"{where}: must be a JSON schema.")
    if depth > _DEEPEST:
        raise refuse("1214", f"{where}: more than {_DEEPEST} schemas in one another.")
    for name, (holds, words) in _KEYWORDS.items():
        value = schema.get(name)
        if value is not None and not holds(value):
            raise refuse("1214", f"{where}.{name}: must be {words}.")
    if (reference := schema.get("$ref")) is not None and not _leads(reference, root):
        raise refuse("1214", f"{where}.$ref: leads nowhere.")
    for name, within in _within(schema):
        _check(within, f"{where}.{name}", root, depth + 1)


def _within(schema: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The schemas one level down, and their places."""
    for keyword in _BY_NAME:
        for name, within in (schema.get(keyword) or {}).items():
            yield f"{keyword}.{name}", within
    for keyword in (*_IN_A_LIST, *_SINGLE):
        held = schema.get(keyword)
        if isinstance(held, list):  # items too, in older drafts
            yield from ((f"{keyword}[{index}]", within) for index, within in enumerate(held))
        elif held is not None:
            yield keyword, held


def _leads(reference: object, root: Mapping[str, Any]) -> bool:
    """Whether a reference may lead somewhere: of pointers into this schema we know."""
    if not isinstance(reference, str):
        return False
    place: object = root
    for name in unquote(reference).split("/")[1:] if reference.startswith("#/") else ():
        name = name.replace("~1", "/").replace("~0", "~")
        if isinstance(place, list):
            place = dict(zip(map(str, range(len(place))), place, strict=True))
        place = place.get(name) if isinstance(place, dict) else None
    return isinstance(place, dict | bool)


def _is_type(value: object) -> bool:
    many = value if isinstance(value, list) else [value]
    return bool(many) and all(isinstance(each, str) and each in _TYPES for each in many)


def _is_number(value: object) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


_KEYWORDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "type": (_is_type, f"one or a list of {', '.join(_TYPES)}"),
    "required": (_are_names, "an array of strings"),
    "maxLength": (lambda value: type(value) is int and value >= 0, "an integer of 0 or more"),
    **dict.fromkeys(("minimum", "maximum"), (_is_number, "a number")),
    **dict.fromkeys(_BY_NAME, (lambda value: isinstance(value, dict), "an object")),
    **dict.fromkeys(("enum", *_IN_A_LIST), (lambda value: isinstance(value, list), "an array")),
}
