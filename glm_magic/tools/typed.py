"""Typed answers: the schema in the prompt, the answer checked, and repaired when it is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..chat.messages import Message
from ..errors import AnswerError
from .pydantic_parts import adapter_of, problems_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..chat.messages import Request
    from .calling import Limits

MOST_REPAIRS = 2
_FENCED = re.compile(r"^(?:```|~~~)\w*[ \t]*\n(.*?)^(?:```|~~~)[ \t]*$", re.DOTALL | re.MULTILINE)
REPAIR = """\
That does not fit the schema: {problems}
Answer again with the whole corrected JSON object and nothing else."""


@dataclass
class Typed:
    """The type of an answer.

    Args:
        kind: A dataclass, TypedDict, pydantic model, or any type that has a JSON schema.

    Attributes:
        name: For messages.
        schema: What an answer must fit, a JSON schema of an object.
        wrapped: Whether the value stands in the field "value" of that object.
        adapter: pydantic's, of the type.

    Raises:
        ArgumentError: It has no JSON schema, or pydantic is not installed.
    """

    kind: Any
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = self.kind.__name__ if isinstance(self.kind, type) else str(self.kind)
        self.adapter = adapter_of(self.kind, self.name)
        schema = self.adapter.json_schema()
        # JSON mode answers with an object: anything else is put into one.
        self.wrapped = schema.get("type") != "object" and not _is_object_reference(schema)
        if self.wrapped:
            definitions = schema.pop("$defs", None)
            schema = {"type": "object", "properties": {"value": schema}, "required": ["value"]}
            schema |= {"$defs": definitions} if definitions else {}
        self.schema: dict[str, Any] = schema

    def text(self) -> str:
        """The schema as it stands in the prompt; the same for the same type, so it is cached."""
        return json.dumps(self.schema, ensure_ascii=False, separators=(",", ":"))

    def read(self, text: str) -> tuple[Any, str]:
        """The value that an answer holds, or what is wrong with it, in words for the model."""
        problem = "it is not one JSON object."
        for candidate in (text, *_FENCED.findall(text)):
            try:
                given = json.loads(candidate)
            except (ValueError, RecursionError) as error:
                reason = error.msg if isinstance(error, json.JSONDecodeError) else "it cannot be"
                problem = f"it is not one JSON object ({reason})."
                continue
            if self.wrapped:
                if not isinstance(given, dict) or "value" not in given:
                    problem = 'it must be an object with the field "value".'
                    continue
                given = given["value"]
            value, problem = problems_of(self.adapter, given)
            if not problem:
                return value, ""
        return None, problem

    def value(self, text: str) -> Any:
        """The value that an answer holds.

        Raises:
            AnswerError: It holds none; the text stays in `answer.text`.
        """
        value, problem = self.read(text)
        if problem:
            message = f"The answer is no {self.name}: {problem}"
            raise AnswerError(message, "Its text is in `answer.text`. Ask again, or simplify it.")
        return value


class TypedRounds:
    """Has a wrong answer repaired, as `chat.rounds.Rounds` wants it.

    Args:
        typed: What the answer must be.
        limits: What it may cost.
    """

    def __init__(self, typed: Typed, limits: Limits) -> None:
        self.warnings: list[str] = []
        self._typed = typed
        self._limits = limits
        self._left = MOST_REPAIRS

    def after(self, said: Message) -> Iterator[Message]:
        """See `Rounds.after`."""
        _, problem = self._typed.read(said.content)
        if problem and self._left:
            self._left -= 1
            yield Message("assistant", said.content or "(nothing)")
            yield Message("user", REPAIR.format(problems=problem))
        elif problem:
            self.warnings.append(f"The answer is no {self._typed.name}: {problem}")

    def following(self, request: Request) -> Request:
        """See `Rounds.following`."""
        self._limits.check(request)
        return request

    def stop(self) -> None:
        """See `Rounds.stop`; nothing runs here."""


def _is_object_reference(schema: dict[str, Any]) -> bool:
    """Whether it points to an object: a type that holds itself."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: object = schema.get("$defs", {}).get(name, {}).get("type")
    return found == "object"
