"""What answers of one type are in a table: a cell for each field, of one type each."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..tools.typed import Typed

ONE = ""  # the name of the only field of an answer that is one value
# The types of a column, by what JSON schema calls them; everything else is JSON text.
_KINDS = {"string": "text", "integer": "int", "number": "float", "boolean": "bool"}
_TYPES: dict[str, Any] = {
    "text": str, "int": int, "float": int | float, "bool": bool, "texts": list,
}  # fmt: skip
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
        # What comes of a value may have other names and types than what the model is asked for.
        schema = typed.adapter.json_schema(mode="serialization")
        definitions = schema.get("$defs", {})
        fields = {} if typed.wrapped else schema.get("properties", {})
        fields = fields or {ONE: schema}
        self.kinds = {field: _kind(one, definitions) for field, one in fields.items()}
        self._sets = {field for field, one in fields.items() if _is_set(one)}

    def read(self, text: str) -> tuple[list[Any], str]:
        """The cells that an answer gives, or what is wrong with it, in words for the model."""
        value, problem = self._typed.read(text)
        if problem:
            return [], problem
        found = self._typed.adapter.dump_python(value, mode="json", by_alias=True, warnings=False)
        if ONE in self.kinds:
            found = {ONE: found}
        cells = []
        for field, kind in self.kinds.items():
            one = found.get(field) if isinstance(found, dict) else found
            if one is not None and (wrong := _wrong(one, kind)):
                return [], f"{field or 'all of it'}: {wrong}"
            one = sorted(one, key=json.dumps) if one and field in self._sets else one
            cells.append(_cell(one, kind))
        return cells, ""

    def error(self, problem: str) -> str:
        """What stands beside a row whose answer is wrong."""
        return f"the answer is no {self.name}: {problem}"


def _is_set(schema: Mapping[str, Any]) -> bool:
    """Whether it has no order of its own: another one in each process."""
    return any(one.get("uniqueItems") for one in (schema, *schema.get("anyOf", ())))


def _kind(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """What the cells of a column are."""
    reference = str(schema.get("$ref", "")).rpartition("/")[2]
    if reference in definitions:
        # A type that holds itself is JSON.
        others = {name: one for name, one in definitions.items() if name != reference}
        return _kind(definitions[reference], others)
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


def _wrong(value: Any, kind: str) -> str:
    """Why a column cannot hold a value; "" if it can."""
    if not isinstance(value, _TYPES.get(kind, object)):
        return f"its serializer makes {type(value).__name__} of it, and does not say so."
    if kind == "int" and not -_MOST - 1 <= value <= _MOST:
        return "Input should fit in 64 bits."
    return "Input should be a finite number." if kind == "float" and not isfinite(value) else ""


def _cell(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "float":
        return float(value)
    return json.dumps(value, ensure_ascii=False) if kind == "json" else value
