"""What came of one row: an answer that is kept, or the reason why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..chat.messages import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "answer"


class Outcome(NamedTuple):
    """What a row gets.

    Attributes:
        text: The model's words; None where there are none.
        usage: Tokens of the answer, repairs included; None when the host did not say.
        error: Why this is no answer, one sentence; "" for an answer.
        recorded: Whether it is a replayed one, for which no model was asked.
        warning: What a course's service says of the answer, which holds for now only and is not
            kept; "" mostly.
    """

    text: str | None = None
    usage: Usage | None = None
    error: str = ""
    recorded: bool = False
    warning: str = ""


def event_of(key: str, outcome: Outcome, at: str) -> dict[str, Any]:
    """The line of a journal that keeps an answer."""
    usage = outcome.usage
    counts = None if usage is None else [
        usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.reasoning_tokens
    ]  # fmt: skip
    return {"kind": KIND, "at": at, "key": key, "text": outcome.text, "tokens": counts}


def outcome_from(event: Mapping[str, Any]) -> tuple[str, Outcome] | None:
    """The key and the answer of such a line; None when it says something else."""
    key, text, counts = event.get("key"), event.get("text"), event.get("tokens")
    if event.get("kind") != KIND or not isinstance(key, str) or not isinstance(text, str):
        return None
    return key, Outcome(text, _usage(counts))


def _usage(counts: object) -> Usage | None:
    if not isinstance(counts, list) or len(counts) != 4:
        return None
    prompt, completion, cached, reasoning = counts
    if not (isinstance(prompt, int) and isinstance(completion, int)):
        return None
    known = [one if isinstance(one, int) else None for one in (cached, reasoning)]
    return Usage(prompt, completion, *known)
