"""What answers of one type are in a table: a cell for each field, of one type each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..tools.typed import Typed

ONE = ""  # the name of the only field of an answer that is one value
# The types of a column, by what JSON schema calls them; everything else is JSON text.
_KINDS = {"string": "text", "integer": "int", "number": "float", "boolean": "bool"}
_MOST = 2**63 - 1  # what the integers of every table library hold


class Cells:
    """Reads answers into cells.

    Args:
        typed: What an answer must be.

    Attributes:
        name: Of the type, for messages.
        kinds: The type of each cell, by the answer's field: "text", "int", "float", "bool",
            "texts" or "json".
    """

    def __init__(self, typed: Typed) -> None:
        self.name = typed.name
        self._typed = typed
        definitions = typed.schema.get("$defs", {})
        fields = _fields(typed)
        if fields is None:
            value = typed.schema["properties"]["value"] if typed.wrapped else typed.schema
            fields = {ONE: value}
        self.kinds = {field: _kind(schema, definitions) for field, schema in fields.items()}

    def read(self, text: str) -> tuple[list[Any], str]:
        """The cells that an answer gives, or what is wrong with it, in words for the model."""
        from ..tools.pydantic_parts import plain

        value, problem = self._typed.read(text)
        if problem:
            return [], problem
        found = plain(value)
        values = [found if field == ONE else (found or {}).get(field) for field in self.kinds]
        for (field, kind), one in zip(self.kinds.items(), values, strict=True):
            if kind == "int" and one is not None and not -_MOST - 1 <= one <= _MOST:
                return [], f"{field or 'all of it'}: Input should fit in 64 bits."
        kinds = self.kinds.values()
        return [_cell(one, kind) for one, kind in zip(values, kinds, strict=True)], ""

    def error(self, problem: str) -> str:
        """What stands beside a row whose answer is wrong."""
        return f"the answer is no {self.name}: {problem}"


def _fields(typed: Typed) -> Mapping[str, Any] | None:
    """The fields that become columns; None for an answer that is one value."""
    properties: Mapping[str, Any] | None = typed.schema.get("properties")
    return None if typed.wrapped or not properties else properties


def _kind(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """What the cells of a column are."""
    reference = str(schema.get("$ref", "")).rpartition("/")[2]
    if reference in definitions:
        return _kind(definitions[reference], definitions)
    if "anyOf" in schema:  # perhaps a type or nothing
        kinds = {_kind(one, definitions) for one in schema["anyOf"] if one.get("type") != "null"}
        return kinds.pop() if len(kinds) == 1 else "json"
    choices = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if choices and "type" not in schema:
        return "text" if all(isinstance(one, str) for one in choices) else "json"
    if schema.get("type") == "array":
        inner = schema.get("items")
        texts = isinstance(inner, dict) and _kind(inner, definitions) == "text"
        return "texts" if texts else "json"
    return _KINDS.get(str(schema.get("type")), "json")


def _cell(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "float":
        return float(value)
    return json.dumps(value, ensure_ascii=False) if kind == "json" else value
