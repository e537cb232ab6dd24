"""What was spent, and whether one more question may be asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .chat.messages import Usage
from .chat.tokens import estimate_tokens
from .errors import BudgetError, GLMError, TimedOutError
from .questions import prompt_tokens

if TYPE_CHECKING:
    from .catalog import Price
    from .chat.asking import Asking
    from .questions import Question
    from .store.ledger import Ledger
    from .store.spent import Totals

# An answer's length is not known before: without max_tokens this much is reckoned with.
TYPICAL_ANSWER_TOKENS = 1_000
_NO_LINE = "No connection"  # how the client begins to say so
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
    sent_tokens = question.tokens()
    answer_tokens = settings.max_tokens or TYPICAL_ANSWER_TOKENS
    today = datetime.now(UTC).date()
    spent: list[tuple[str, Totals]] = [("today's", ledger.totals(day=today))]
    conversation = question.chat.conversation.name
    if conversation:
        spent.append(("this conversation's", ledger.totals(conversation=conversation)))
    for whose, totals in spent:
        if tokens is not None and totals.tokens + sent_tokens + answer_tokens > tokens:
            message = (
                f"About {sent_tokens + answer_tokens:,} tokens would pass {whose} budget of "
                f"{tokens:,} ({totals.tokens:,} spent); nothing was sent."
            )
            raise BudgetError(message, _REMEDY.format("budget_tokens"))
        if usd is not None and question.price is not None:
            cost = question.price.cost(sent_tokens, answer_tokens)
            if cost > 0 and totals.usd + cost > usd:
                message = (
                    f"About ${cost:.4f} would pass {whose} budget of ${usd:g} "
                    f"(${totals.usd:.4f} spent); nothing was sent."
                )
                raise BudgetError(message, _REMEDY.format("budget_usd"))


def book(asking: Asking, conversation: str, price: Price | None, ledger: Ledger) -> None:
    """Enter a finished question in the ledger, estimated where the host told no usage.

    A question that was refused before a model saw it costs nothing and is not entered.
    """
    turn, cost = asking.turn, asking.turn.cost_usd
    usage, estimated = turn.usage, turn.usage is None
    if usage is None:
        if _was_refused(asking):
            return
        usage = Usage(prompt_tokens(asking.request), _came_tokens(asking))
        if price is not None:
            cost = price.cost(usage.prompt_tokens, usage.completion_tokens)
    ledger.add(
        at=turn.created,
        conversation=conversation,
        provider=turn.provider,
        model=turn.model,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens or 0,
        cost_usd=cost,
        estimated=estimated,
    )


def _came_tokens(asking: Asking) -> int:
    """Estimated tokens of the answer so far, also of what the provider has withdrawn since."""
    grown = asking.builder.growing
    calls = "".join(call.name + call.arguments for call in grown.tool_calls)
    return sum(map(estimate_tokens, (grown.text, grown.reasoning, calls)))


def _was_refused(asking: Asking) -> bool:
    """Whether it failed before a model began: no connection, or an error instead of an answer."""
    error = asking.error
    if _came_tokens(asking) or asking.turn.finish_reason or not isinstance(error, GLMError):
        return False
    # Out of time while waiting for the answer: the model may be at work. Not so without a line.
    waited = isinstance(error, TimedOutError) and not error.message.startswith(_NO_LINE)
    return not waited
