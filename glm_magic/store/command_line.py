"""The first line of a cell that asks a turn's question again, and tells no more than it did."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..chat.attachments import Attachment
    from ..chat.turns import Turn

_MODEL = re.compile(r"\w[\w.:/-]*")
_WORD = re.compile(r"\w[\w-]*")
_MOST_CHARACTERS = 1000
_NUMBERS = {"temperature": "-t", "top_p": "--top-p", "max_tokens": "--max-tokens"}
_TEXTS = {"stop": "--stop", "system": "--system"}


def first_line(turn: Turn) -> str:
    """`%%glm` with what the question was asked with, as far as it is safe to write there."""
    words = ["%%glm", *_who(turn), *_variables(turn), *_detail(turn), *_sampling(turn)]
    return " ".join((*words, *_kind_of_answer(turn)))


def _who(turn: Turn) -> Iterator[str]:
    provider, model = turn.options.get("provider"), turn.options.get("model", turn.model)
    if isinstance(provider, str) and _WORD.fullmatch(provider):
        yield f"--provider {provider}"
    if isinstance(model, str) and _MODEL.fullmatch(model):
        yield f"-m {model}"


def _variables(turn: Turn) -> Iterator[str]:
    for one in turn.attachments:
        if one.name.isidentifier() and one.level != "cells":
            yield f"{_option(one)} {one.name}"


def _option(one: Attachment) -> str:
    if one.kind == "picture":
        return "--image"
    return "--frame" if "DataFrame" in one.kind else "--var"  # which takes all


def _detail(turn: Turn) -> Iterator[str]:
    """How much is told of variables: what was asked for, or what they were told at."""
    told, rows = turn.options.get("level"), turn.options.get("rows")
    levels = [one.level for one in turn.attachments if one.level in ("schema", "stats", "values")]
    level = told if told in ("schema", "stats") else min(levels, default="")
    if level in ("schema", "stats"):
        yield f"--{level}"
    elif type(rows) is int and rows > 0:
        yield f"--rows {rows}"
    if turn.options.get("quantiles") is True:
        yield "--quantiles"


def _sampling(turn: Turn) -> Iterator[str]:
    told = turn.options
    if isinstance(told.get("thinking"), bool):
        yield "--think" if told["thinking"] else "--no-think"
    effort = told.get("effort")
    if isinstance(effort, str) and _WORD.fullmatch(effort):
        yield f"--effort {effort}"
    for name, option in _NUMBERS.items():
        value = told.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{option} {value}"
    for name, option in _TEXTS.items():
        value = told.get(name)
        if isinstance(value, str) and value.isprintable() and len(value) <= _MOST_CHARACTERS:
            yield f"{option} {shlex.quote(value)}"


def _kind_of_answer(turn: Turn) -> Iterator[str]:
    told = turn.options
    tools = told.get("tools") if isinstance(told.get("tools"), list) else []
    names = [name for name in tools or () if isinstance(name, str) and name.isidentifier()]
    if names:
        yield f"--tools {','.join(names)}"
    if told.get("agent") is True:
        yield "--agent"
    schema = told.get("schema")
    if isinstance(schema, str) and schema.isidentifier():
        yield f"--schema={schema}"
    if told.get("form") in ("code", "json", "text"):
        yield f"--as {told['form']}"
