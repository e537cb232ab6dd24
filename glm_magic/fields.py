"""The settings one by one: what each is called, what it takes, which variable sets it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FRAME_DETAILS = ("schema", "stats", "values")
REPLAY_MODES = ("live", "record", "replay", "auto")


def _text(value: object) -> str:
    if not isinstance(value, str | int | float):  # `%config` reads digits as a number
        message = "not a text"
        raise TypeError(message)
    return str(value)


@dataclass(frozen=True, slots=True)
class Field:
    """One setting: its default, its environment variable, how a text becomes its value.

    Attributes:
        help: One line for `%config` and `%glm config`.
        default: The value when nobody sets it; None leaves the choice to the server.
        env: The environment variable that sets it, or "".
        parse: Turns a value or text into the right type; raises TypeError or ValueError.
    """

    help: str
    default: Any = None
    env: str = ""
    parse: Callable[[Any], Any] = _text


def _yes_no(value: object) -> bool:
    text = str(value).strip().lower()
    if text in ("true", "1", "yes", "on"):
        return True
    if text in ("false", "0", "no", "off"):
        return False
    raise ValueError(text)


def _number(low: float, high: float) -> Callable[[Any], float]:
    def parse(value: Any) -> float:
        number = float(value)
        if not (math.isfinite(number) and low <= number <= high):
            message = f"not in {low:g} to {high:g}"
            raise ValueError(message)
        return number

    return parse


def _count(low: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        number = int(value)
        if number < low or number != float(value):
            message = f"not a whole number of at least {low}"
            raise ValueError(message)
        return number

    return parse


def _one_of(*names: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if value not in names:
            message = f"not one of {', '.join(names)}"
            raise ValueError(message)
        return str(value)

    return parse


FIELDS: Mapping[str, Field] = {
    "provider": Field("Who answers: a name from `%glm models --providers`.", env="GLM_PROVIDER"),
    "base_url": Field("The host's URL, without /chat/completions.", env="GLM_BASE_URL"),
    "model": Field("The model that answers.", default="glm-4.5", env="GLM_MODEL"),
    "thinking": Field("Whether the model reasons first.", parse=_yes_no),
    "effort": Field("How much it reasons, where the model has a choice."),
    "temperature": Field("Higher is more varied; GLM models take 0 to 1.", parse=_number(0, 2)),
    "top_p": Field("0.01 to 1; tune this or the temperature.", parse=_number(0.01, 1)),
    "max_tokens": Field("Longest answer with its reasoning, in tokens.", parse=_count(1)),
    "stop": Field("One text at which the answer ends."),
    "system": Field("The system prompt; an empty text sends none."),
    "budget_usd": Field(
        "Most USD for a conversation, and for a day; a question that would pass it is refused.",
        parse=_number(0, 1e9),
    ),
    "budget_tokens": Field("Most tokens for a conversation, and for a day.", parse=_count(0)),
    "frame_detail": Field(
        "How much of a frame is described: schema, stats or values.",
        default="values",
        parse=_one_of(*FRAME_DETAILS),
    ),
    "embed_context": Field(
        "Whether a saved notebook holds the descriptions of data that were sent.",
        default=False,
        parse=_yes_no,
    ),
    "replay": Field(
        "Recorded answers beside the notebook: live, record, replay (never ask), or auto.",
        default="live",
        env="GLM_REPLAY",
        parse=_one_of(*REPLAY_MODES),
    ),
    "tool_rounds": Field(
        "Rounds of tool calls after which the model must answer.", default=10, parse=_count(1)
    ),
    "connect_timeout_seconds": Field(
        "To wait for a connection.", default=10.0, parse=_number(0.01, 3600)
    ),
    "idle_timeout_seconds": Field(
        "To wait for the next piece of an answer.", default=120.0, parse=_number(0.01, 86400)
    ),
    "total_timeout_seconds": Field(
        "To wait for a whole answer.", default=1800.0, parse=_number(0.01, 86400)
    ),
    "retries": Field("Times to ask again when the host is busy.", default=3, parse=_count(0)),
}


def check_name(name: str) -> None:
    """Raise ArgumentError, with the nearest name, unless this is a setting."""
    if name not in FIELDS:
        raise ArgumentError.unknown("setting", name, FIELDS, "`%glm config` lists all settings.")


def parse(name: str, value: Any) -> Any:
    """The value in its right type.

    Raises:
        ArgumentError: It is not a value of this setting.
    """
    field = FIELDS[name]
    try:
        return field.parse(value)
    except (TypeError, ValueError, OverflowError) as error:
        reason = str(error) if str(error).startswith("not ") else "not understood"
        # What should have been a text may hold one that nobody should see.
        shown = f"<{type(value).__name__}>" if field.parse is _text else repr(value)
        message = f"{name} = {shown} is {reason}."
        remedy = field.help
    raise ArgumentError(message, remedy)
