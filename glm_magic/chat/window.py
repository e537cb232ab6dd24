"""Which earlier turns still fit into the model's context window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tokens import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .turns import Turn

_PER_MESSAGE = 4  # role and separators, tokens


def first_kept(
    turns: Sequence[Turn], limit_tokens: int, count: Callable[[Turn], int] | None = None
) -> int:
    """How many of the oldest turns are left out.

    When the turns no longer fit, the oldest leave whole, in one big step, down to half of the
    limit: so the beginning of the requests stays the same for a long time, and the provider's
    cache of it pays. The answer depends on the turns alone, so Run All gives the same again.

    Args:
        turns: Oldest first.
        limit_tokens: What all of them together may take, estimated tokens.
        count: The tokens of one, from where they are counted already; `tokens_of` when not given.
    """
    sizes = list(map(count or tokens_of, turns))
    if sum(sizes) <= limit_tokens:
        return 0
    first, total = 0, 0
    for place, size in enumerate(sizes):
        total += size
        if total > limit_tokens:
            while first <= place and total > limit_tokens // 2:
                total -= sizes[first]
                first += 1
    return first


def tokens_of(turn: Turn) -> int:
    """Estimated tokens that a turn takes in later requests."""
    return sum(estimate_tokens(one.content) + _PER_MESSAGE for one in turn.messages())
