"""Which function the stand-in calls, and with what: words in common, and the JSON schema.

The same filling serves JSON mode.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import TYPE_CHECKING, Any

from .reply import ToolCall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .question import Question

_WORD = re.compile(r"[a-z0-9]{3,}")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_QUOTED = re.compile(r"[\"“'`]([^\"”'`\n]{1,200})[\"”'`]")
_STOP_WORDS = frozenset(
    (
        "the",
        "and",
        "for",
        "with",
        "from",
        "that",
        "this",
        "what",
        "which",
        "how",
        "are",
        "you",
        "your",
        "get",
        "use",
        "call",
        "can",
        "please",
        "give",
    )
)
_DEEPEST = 5


def choose_calls(question: Question, tools: Sequence[Mapping[str, Any]]) -> tuple[ToolCall, ...]:
    """The calls a prompt asks for: every tool it names, else the one that shares most words."""
    said = _words(question.prompt)
    named: list[Mapping[str, Any]] = []
    scored: list[tuple[int, Mapping[str, Any]]] = []
    for tool in tools:
        function = tool["function"]
        name_words = _words(str(function["name"]))
        common = 2 * len(name_words & said)
        common += len((_words(str(function.get("description") or "")) - name_words) & said)
        scored.append((common, function))
        if function["name"] in question.prompt or (name_words and name_words <= said):
            named.append(function)
    best = max(scored, key=lambda entry: entry[0], default=(0, {}))
    chosen = named or ([best[1]] if best[0] >= 2 else [])
    return tuple(_call(question, function, n) for n, function in enumerate(chosen))


def _call(question: Question, function: Mapping[str, Any], index: int) -> ToolCall:
    schema = function.get("parameters") or {}
    filled = fill(schema, question) if schema.get("properties") else {}
    arguments = json.dumps(filled, ensure_ascii=False)
    seed = f"{question.prompt}\0{function['name']}\0{arguments}\0{index}"
    name = hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:20]
    return ToolCall(f"call_{name}", str(function["name"]), arguments)


def fill(schema: Mapping[str, Any], question: Question, name: str = "", depth: int = 0) -> Any:
    """A value that keeps to a JSON schema, taken from the prompt where a simple rule finds one.

    Args:
        schema: An object, array or plain type.
        question: Where values are looked for.
        name: The property's name.
        depth: Levels above this one; below five, nothing optional is filled.
    """
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if choices := schema.get("enum"):
        return _mentioned(choices, question)[0]
    variants = schema.get("anyOf") or schema.get("oneOf")
    if variants and isinstance(variants[0], dict):
        return fill(variants[0], question, name, depth)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object":
        return _object(schema, question, depth)
    if kind == "array":
        entry = schema.get("items")
        entry = entry if isinstance(entry, dict) else {"type": "string"}
        many = _mentioned(entry["enum"], question) if entry.get("enum") else []
        return many or [fill(entry, question, name, depth + 1)]
    if kind in ("integer", "number"):
        return _number(schema, question, kind == "integer")
    if kind == "boolean":
        return not re.search(r"\b(?:no|not|without|never)\b", question.prompt, re.IGNORECASE)
    return None if kind == "null" else _string(schema, question, name)


def _object(schema: Mapping[str, Any], question: Question, depth: int) -> dict[str, Any]:
    properties, wanted = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict):
        return {}
    if not wanted or not isinstance(wanted, list):
        wanted = [] if depth >= _DEEPEST else list(properties)
    return {
        key: fill(properties[key], question, key, depth + 1)
        for key in wanted
        if isinstance(key, str) and isinstance(properties.get(key), dict)
    }


def _mentioned(choices: Sequence[Any], question: Question) -> list[Any]:
    text = question.prompt.lower()
    return [choice for choice in choices if str(choice).lower() in text] or [choices[0]]


def _number(schema: Mapping[str, Any], question: Question, whole: bool) -> int | float:
    low, high = schema.get("minimum"), schema.get("maximum")
    for value in filter(math.isfinite, map(float, _NUMBER.findall(question.prompt))):
        if (low is None or value >= low) and (high is None or value <= high):
            return int(value) if whole or value.is_integer() else value
    return int(low or 0) if whole else (low or 0)


def _string(schema: Mapping[str, Any], question: Question, name: str) -> str:
    text = question.prompt
    if schema.get("format") in ("date", "date-time"):
        day = _DATE.search(text)
        return (day[0] if day else "2026-01-01") + (
            "T00:00:00Z" if schema["format"] == "date-time" else ""
        )
    words = _words(name)
    if question.frame and words & {"frame", "table", "dataset", "variable", "dataframe"}:
        return question.frame.name
    if question.columns and words & {"column", "field", "columns"}:
        return question.columns[0].name
    if quoted := _QUOTED.search(text):
        return quoted[1]
    if words and (after := re.search(rf"\b{re.escape(name)}[ :=]+([^\s,.;?!]+)", text, re.I)):
        return after[1]
    # "the weather in Paris": a name with a capital after a small word
    if named := re.search(r"\b(?:in|for|of|at|from|to|on) ((?:[A-Z][\w-]+ ?)+)", text):
        return named[1].strip()
    return text[: schema.get("maxLength") or 200]


def _words(text: str) -> set[str]:
    return set(_WORD.findall(_CAMEL.sub(" ", text).lower().replace("_", " "))) - _STOP_WORDS
