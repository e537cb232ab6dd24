"""What was spent, and whether one more question may be asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .errors import BudgetError

if TYPE_CHECKING:
    from .chat.turns import Turn
    from .questions import Question
    from .store.ledger import Ledger, Totals

# An answer's length is not known before: without max_tokens this much is reckoned with.
TYPICAL_ANSWER_TOKENS = 1_000
_REMEDY = "%glm usage shows what was spent; raise it with %config GLM.{} = …"


def check_budget(question: Question, ledger: Ledger) -> None:
    """Refuse a question that would pass the budget of its conversation or of the day.

    Raises:
        BudgetError: With the estimate; nothing was sent.
    """
    settings = question.settings
    usd, tokens = settings.budget_usd, settings.budget_tokens
    if usd is None and tokens is None:
        return
    if usd is not None and question.price is None:
        message = f"budget_usd is set, and the price of {settings.model.id} is not known."
        raise BudgetError(message, "Set budget_tokens instead, or see %glm models --refresh.")
    prompt_tokens = question.tokens()
    answer_tokens = settings.max_tokens or TYPICAL_ANSWER_TOKENS
    today = datetime.now(UTC).date()
    spent: list[tuple[str, Totals]] = [("today's", ledger.totals(day=today))]
    conversation = question.chat.conversation.name
    if conversation:
        spent.append(("this conversation's", ledger.totals(conversation=conversation)))
    for whose, totals in spent:
        if tokens is not None and totals.tokens + prompt_tokens + answer_tokens > tokens:
            message = (
                f"About {prompt_tokens + answer_tokens:,} tokens would pass {whose} budget of "
                f"{tokens:,} ({totals.tokens:,} spent); nothing was sent."
            )
            raise BudgetError(message, _REMEDY.format("budget_tokens"))
        if usd is not None and question.price is not None:
            cost = question.price.cost(prompt_tokens, answer_tokens)
            if cost > 0 and totals.usd + cost > usd:
                message = (
                    f"About ${cost:.4f} would pass {whose} budget of ${usd:g} "
                    f"(${totals.usd:.4f} spent); nothing was sent."
                )
                raise BudgetError(message, _REMEDY.format("budget_usd"))


def book(turn: Turn, conversation: str, ledger: Ledger) -> None:
    """Enter a finished turn in the ledger; a turn without usage costs nothing that is known."""
    if turn.usage is None:
        return
    ledger.add(
        at=turn.created,
        conversation=conversation,
        provider=turn.provider,
        model=turn.model,
        prompt_tokens=turn.usage.prompt_tokens,
        completion_tokens=turn.usage.completion_tokens,
        cached_tokens=turn.usage.cached_tokens or 0,
        cost_usd=turn.cost_usd,
    )
