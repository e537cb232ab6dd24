"""What is shown while no text has come yet: one short line, bounded however long it takes."""

from __future__ import annotations

from .inert import inert

_REASONING_CHARACTERS = 160


def status_line(reasoning: str, thought_seconds: float, notice: str = "") -> str:
    """One Markdown line on what the model or the client is doing.

    Args:
        reasoning: The reasoning so far; only its end is shown.
        thought_seconds: How long the model has reasoned.
        notice: What the client is waiting for; it goes before the reasoning.
    """
    if notice:
        return inert(f"*{_one_line(notice)}*")
    if not reasoning:
        return "*Waiting for the first words …*"
    end = _one_line(reasoning[-4 * _REASONING_CHARACTERS :])[-_REASONING_CHARACTERS:]
    return inert(f"*Thinking, {thought_seconds:.0f} s:* …{end}")


def _one_line(text: str) -> str:
    """White space folded, and nothing left that Markdown would read as markup."""
    return "".join(" " if c in "*_`$#<>[]\\|~" else c for c in " ".join(text.split()))
