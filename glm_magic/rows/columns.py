"""What a run adds to a table: the answers as columns of one type each, errors, tokens."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ..tools.typed import Typed
    from .outcomes import Outcome

ERROR = "_error"
_TOKENS = ("_prompt_tokens", "_completion_tokens", "_cached_tokens")
DEFAULT_NAME = "answer"
# The types of a column, by what JSON schema calls them; everything else is JSON text.
_KINDS = {"string": "text", "integer": "int", "number": "float", "boolean": "bool"}


@dataclass(frozen=True)
class Columns:
    """The columns that are added, in their order.

    Attributes:
        answers: The type of each answer column: "text", "int", "float", "bool", "texts" or "json".
        error: The name of the column for what went wrong.
        tokens: The names of the columns for tokens: sent, received, cached.
        typed: What an answer must be; None is any text.
    """

    answers: Mapping[str, str]
    error: str
    tokens: tuple[str, ...]
    typed: Typed | None = None

    @classmethod
    def beside(cls, existing: Collection[str], typed: Typed | None, name: str | None) -> Columns:
        """The columns to add beside those that a table has.

        Args:
            existing: The table's own names.
            typed: What an answer must be.
            name: Of the answer; of several fields, what their names begin with.

        Raises:
            ArgumentError: The table has a column of that name.
        """
        answers = _answer_kinds(typed, name)
        for answer in answers:
            if answer in existing:
                message = f"The table has a column {answer!r} already."
                raise ArgumentError(message, 'Name the new one: name="…".')
        error, *tokens = _free((ERROR, *_TOKENS), existing)
        return cls(answers, error, tuple(tokens), typed)

    @property
    def kinds(self) -> dict[str, str]:
        """The type of every added column."""
        return {**self.answers, self.error: "text", **dict.fromkeys(self.tokens, "int")}

    def of(self, outcomes: Sequence[Outcome]) -> dict[str, list[Any]]:
        """The cells of every added column, in the order of the rows."""
        cells = self._answers(outcomes)
        cells[self.error] = [outcome.error or None for outcome in outcomes]
        used = [outcome.usage for outcome in outcomes]
        sent, received, cached = self.tokens
        cells[sent] = [None if one is None else one.prompt_tokens for one in used]
        cells[received] = [None if one is None else one.completion_tokens for one in used]
        cells[cached] = [None if one is None else one.cached_tokens for one in used]
        return cells

    def _answers(self, outcomes: Sequence[Outcome]) -> dict[str, list[Any]]:
        if self.typed is None:
            (name,) = self.answers
            return {name: [outcome.text for outcome in outcomes]}
        from ..tools.pydantic_parts import plain

        values: dict[str, Any] = {}  # equal texts are read once
        for text in {outcome.text for outcome in outcomes if outcome.text and not outcome.error}:
            value, problem = self.typed.read(text)
            values[text] = None if problem else plain(value)
        found = [values.get(outcome.text or "") for outcome in outcomes]
        fields = _fields(self.typed)
        if fields is None:
            (name,) = self.answers
            return {name: [_cell(value, self.answers[name]) for value in found]}
        return {
            name: [_cell((value or {}).get(field), kind) for value in found]
            for (name, kind), field in zip(self.answers.items(), fields, strict=True)
        }


def _answer_kinds(typed: Typed | None, name: str | None) -> dict[str, str]:
    if typed is None:
        return {name or DEFAULT_NAME: "text"}
    fields = _fields(typed)
    definitions = typed.schema.get("$defs", {})
    if fields is None:
        value = typed.schema["properties"]["value"] if typed.wrapped else typed.schema
        return {name or DEFAULT_NAME: _kind(value, definitions)}
    front = f"{name}_" if name else ""
    return {f"{front}{field}": _kind(schema, definitions) for field, schema in fields.items()}


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


def _free(names: Iterable[str], taken: Collection[str]) -> list[str]:
    """The names, all with the same number behind them where one of them is taken."""
    names = list(names)
    number, found = 1, names
    while any(name in taken for name in found):
        number += 1
        found = [f"{name}_{number}" for name in names]
    return found
