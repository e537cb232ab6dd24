"""What is asked of every row, and of whom; with a digest of all that decides an answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from ..chat.messages import Message, Request
from ..errors import ArgumentError
from ..terms import instruction_for, our_prompt, without_keys
from .cells import Cells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..settings import Settings
    from ..tools.typed import Typed
    from .template import Template

_FORMAT = 1  # of what is sent; a change of it is another question
_DECIDING = ("thinking", "effort", "temperature", "top_p", "max_tokens", "stop")
_PLAIN = (str, int, float, bool)


@dataclass(frozen=True)
class Task:
    """One template with everything it needs to be asked.

    Attributes:
        template: What is asked.
        settings: Of whom, and how; with the key.
        typed: What an answer must be; None is any text.
    """

    template: Template
    settings: Settings
    typed: Typed | None = None

    @cached_property
    def system(self) -> str:
        """What stands in front of every row, the same for all; no key is in it."""
        own = self.settings.system
        parts = [own] if own else []
        parts.append(f"{our_prompt('rows')}\n{self.template.task}")
        if self.typed is not None:
            parts.append(instruction_for(None, self.typed))
        return without_keys("\n\n".join(parts), self.settings)

    def request(self, row: str, repairs: tuple[Message, ...] = ()) -> Request:
        """The question for one row, with what was said of wrong answers before."""
        values = self.settings.values
        fields = {name: values[name] for name in _DECIDING}
        first = (Message("system", self.system), Message("user", without_keys(row, self.settings)))
        return Request(
            model=self.settings.model.id,
            messages=(*first, *repairs),
            json_object=self.typed is not None,
            stream=False,
            **fields,
        )

    @cached_property
    def cells(self) -> Cells | None:
        """What reads an answer; None where it is any text."""
        return None if self.typed is None else Cells(self.typed)

    def wrong(self, text: str) -> str:
        """What is wrong with an answer, in words for the model; "" for a right one."""
        return "" if self.cells is None else self.cells.read(text)[1]

    @cached_property
    def digest(self) -> str:
        """Of everything that decides an answer besides the row."""
        settings = self.settings
        deciding: dict[str, Any] = {name: settings.values[name] for name in _DECIDING}
        deciding |= {
            "format": _FORMAT,
            "host": settings.base_url or settings.provider.name,
            "model": settings.model.id,
            "system": self.system,
            "json": self.typed is not None,
        }
        return _digest(json.dumps(deciding, sort_keys=True))

    def key(self, row: str) -> str:
        """Names the answer for a row."""
        return _digest(f"{self.digest}\0{row}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def quick_by_default(settings: Mapping[str, Any], chosen: Settings) -> dict[str, Any]:
    """The options, with reasoning switched off where nobody asked for it and it can be.

    A million rows are the place to ask for it, not to be surprised by it.
    """
    can = chosen.model.thinking in ("auto", "forced") and chosen.provider.thinking != "none"
    said = chosen.values["thinking"] is not None or chosen.values["effort"] is not None
    return dict(settings) if said or not can else {**settings, "thinking": False}


def typed_of(schema: Any) -> Typed | None:
    """The type that answers must be of.

    Args:
        schema: A dataclass, TypedDict, pydantic model or plain type; a list of labels, one of
            which is the answer; or a mapping of field names to such types or lists.

    Raises:
        ArgumentError: It has no JSON schema, or pydantic is not installed.
    """
    if schema is None:
        return None
    from ..tools.pydantic_parts import typed_dict
    from ..tools.typed import Typed

    if isinstance(schema, dict):
        fields = {str(name): _kind_of(kind) for name, kind in schema.items()}
        return Typed(typed_dict("answer", fields))
    return Typed(_kind_of(schema))


def _kind_of(schema: Any) -> Any:
    """A list of labels as a type; every other type as it is."""
    if not isinstance(schema, list | tuple):
        return schema
    labels = tuple(schema)
    if not labels or not all(isinstance(one, _PLAIN) for one in labels):
        message = f"A list of labels is a list of texts or numbers, not {schema!r:.60}."
        raise ArgumentError(message, 'For example schema=["praise", "complaint", "question"].')
    return Literal[labels]
