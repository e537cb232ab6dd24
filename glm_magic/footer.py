"""What stands below an answer: what it took, what went along, and what a reader must know."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .chat.attachments import Attachment
    from .chat.messages import Usage
    from .chat.turns import Turn


def footer(turn: Turn) -> str:
    """One line on what the answer took and what went along with the question."""
    who = "sandbox, no model was called" if turn.provider == "sandbox" else ""
    if turn.recorded:
        who = f"recorded {turn.recorded} from {f'the {who}' if who else turn.provider}"
        sent = f"sent now: nothing; when recorded: {_sent(turn)}"
        parts = [turn.model, who, _tokens(turn.usage), sent]
    else:
        cost = turn.cost_usd
        told = "" if turn.usage is None and cost is None else money(cost)
        taken = (f"{turn.seconds:.1f} s", _tokens(turn.usage), told)
        parts = [turn.model, who, *taken, f"sent: {_sent(turn)}"]
    return " · ".join(part for part in parts if part)


def _sent(turn: Turn) -> str:
    """What went along with the prompt, with what earlier turns carried."""
    sent = list(sent_along(turn.attachments, turn.user.content))
    if turn.earlier_turns:
        turns = (
            "1 earlier turn" if turn.earlier_turns == 1 else f"{turn.earlier_turns} earlier turns"
        )
        names = f" with {', '.join(turn.earlier_names)}" if turn.earlier_names else ""
        sent.append(turns + names)
    if results := sum(step.role == "tool" for step in turn.steps):
        sent.append("1 result" if results == 1 else f"{results} results")
    return ", ".join(sent) or "the prompt only"


def sent_along(attachments: Iterable[Attachment], content: str) -> Iterator[str]:
    """What each attachment is, and about how many tokens it takes of a message.

    Args:
        attachments: Those of the message.
        content: The message; what an earlier one holds already is not in it.
    """
    for one in attachments:
        took = f"~{one.tokens:,} tokens" if one.text in content else "sent before"
        yield f"{one.label()} {took}" if one.text else one.label()


def warnings(turn: Turn) -> list[str]:
    """What a reader must know about the answer, one sentence each."""
    found = list(turn.warnings)
    if turn.partial_reason:
        found.insert(0, f"Incomplete: {turn.partial_reason}.")
    if turn.left_out:
        turns = "1 earlier turn" if turn.left_out == 1 else f"{turn.left_out} earlier turns"
        found.append(f"{turns} no longer fit into the context window; %glm compact sums them up.")
    for one in turn.attachments:
        found += one.told()
    return found


def _tokens(usage: Usage | None) -> str:
    if usage is None:
        return "tokens not reported"
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    thought = f" ({usage.reasoning_tokens:,} reasoning)" if usage.reasoning_tokens else ""
    return f"{usage.prompt_tokens:,} tokens in{cached}, {usage.completion_tokens:,} out{thought}"


def money(usd: float | None) -> str:
    """A cost as text: "free", "price unknown", or dollars with two significant digits."""
    if usd is None:
        return "price unknown"
    if usd == 0:
        return "free"
    if usd >= 1:
        return f"${usd:,.2f}"
    digits = f"{usd:.1e}"
    return f"${usd:.{1 - int(digits.partition('e')[2])}f}"
