"""What was spent, and whether one more question may be asked."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import reduce
from operator import add
from typing import TYPE_CHECKING
from weakref import WeakSet

from .chat.messages import Usage
from .chat.tokens import estimate_tokens
from .errors import BudgetError
from .questions import prompt_tokens
from .terms import price_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from .catalog import Price, Provider
    from .chat.asking import Asking
    from .chat.deltas import Growing
    from .chat.messages import Request
    from .settings import Settings
    from .store.ledger import Ledger
    from .store.spent import Totals

# An answer's length is not known before: without max_tokens this much is reckoned with.
TYPICAL_ANSWER_TOKENS = 1_000
_REMEDY = "%glm usage shows what was spent; raise it with %config GLM.{} = …"


class Spending:
    """What was spent, and what the questions under way may yet spend.

    Args:
        ledger: What was spent.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.lock = threading.RLock()  # so that of two questions at once one sees the other
        # Weak: a question that was made and is never asked holds nothing back.
        self._under_way: WeakSet[TurnBudget] = WeakSet()

    def begin(self, turn: TurnBudget) -> None:
        """A question may be asked."""
        self._under_way.add(turn)

    def reserved(self, but: TurnBudget, conversation: str = "") -> tuple[int, float]:
        """Tokens and USD that other questions may yet spend.

        Args:
            but: The one that wants to know.
            conversation: Whose; "" for all.
        """
        others = [one for one in self._under_way if one is not but]
        ours = [one for one in others if not conversation or one.conversation == conversation]
        return sum(one.tokens for one in ours), sum(one.usd for one in ours)


class TurnBudget:
    """Watches that a turn stays within the budget of its conversation and of the day.

    Args:
        settings: With the budget.
        price: USD per million tokens, or None where it is not known.
        conversation: Its name, or "".
        spending: What was spent, by whom it is booked too.
        costs_nothing: Whether a request is answered without being sent.

    Attributes:
        rounds: Of tool calls, after which the model must answer.
        sees: Whether the model reads pictures.
        conversation: The name of the turn's conversation, or "".
        tokens: Of this turn's rounds so far, estimated, until it is booked.
        usd: What they cost.
    """

    def __init__(
        self,
        settings: Settings,
        price: Price | None,
        conversation: str,
        spending: Spending,
        costs_nothing: Callable[[Request], bool] = lambda _: False,
    ) -> None:
        self._settings = settings
        self._price = price
        self.conversation = conversation
        self._spending = spending
        self._costs_nothing = costs_nothing
        self.rounds: int = settings.values["tool_rounds"]
        self.sees = settings.model.images is True
        self.tokens = 0
        self.usd = 0.0

    def check(self, request: Request) -> None:
        """Refuse a request that would pass the budget, with all that are under way.

        Raises:
            BudgetError: With the estimate; it was not sent.
            NotRecordedError: No recording answers it, and no model may be asked.
        """
        if self._costs_nothing(request):
            return
        settings, price = self._settings, self._price
        usd, tokens = settings.budget_usd, settings.budget_tokens
        if usd is None and tokens is None:
            return
        if usd is not None and price is None:
            message = f"budget_usd is set, and the price of {settings.model.id} is not known."
            raise BudgetError(message, "Set budget_tokens instead, or see %glm models --refresh.")
        sent = prompt_tokens(request, settings.provider)
        answer = settings.max_tokens or TYPICAL_ANSWER_TOKENS
        cost = price.cost(sent, answer) if price else 0.0
        with self._spending.lock:
            for whose, totals, reserved in self._spent():
                self._check_tokens(whose, totals.tokens + self.tokens, reserved[0], sent + answer)
                self._check_usd(whose, totals.usd + self.usd, reserved[1], cost)
            self.tokens, self.usd = self.tokens + sent + answer, self.usd + cost
            self._spending.begin(self)

    def _spent(self) -> list[tuple[str, Totals, tuple[int, float]]]:
        ledger, name, today = self._spending.ledger, self.conversation, datetime.now(UTC).date()
        spent = [("today's", ledger.totals(day=today), self._spending.reserved(self))]
        if name:
            totals = ledger.totals(conversation=name)
            spent.append(("this conversation's", totals, self._spending.reserved(self, name)))
        return spent

    def _check_tokens(self, whose: str, spent: int, reserved: int, needed: int) -> None:
        most = self._settings.budget_tokens
        if most is not None and spent + reserved + needed > most:
            others = f", {reserved:,} under way" if reserved else ""
            message = (
                f"About {needed:,} tokens would pass {whose} budget of "
                f"{most:,} ({spent:,} spent{others}); nothing was sent."
            )
            raise BudgetError(message, _REMEDY.format("budget_tokens"))

    def _check_usd(self, whose: str, spent: float, reserved: float, needed: float) -> None:
        most = self._settings.budget_usd
        if most is not None and needed > 0 and spent + reserved + needed > most:
            others = f", ${reserved:.4f} under way" if reserved else ""
            message = (
                f"About ${needed:.4f} would pass {whose} budget of ${most:g} "
                f"(${spent:.4f} spent{others}); nothing was sent."
            )
            raise BudgetError(message, _REMEDY.format("budget_usd"))

    def book(self, asking: Asking) -> None:
        """Enter the finished question in the ledger; it is no longer under way.

        Raises:
            StoreError: It could not be written.
        """
        with self._spending.lock:
            self.tokens, self.usd = 0, 0.0
            _book(asking, self._settings, self._spending.ledger)


def _book(asking: Asking, settings: Settings, ledger: Ledger) -> None:
    """Enter a finished question in the ledger, each round estimated where the host told no usage.

    What was refused before a model saw it costs nothing and is not entered; so does a recorded
    answer.
    """
    rounds = [(request, grown) for request, grown in asking.rounds if not grown.recorded]
    if not rounds:
        return
    price, who = price_for(settings, asking.turn.model), settings.provider
    usage = reduce(add, (one.usage or _estimated(request, one, who) for request, one in rounds))
    tokens = (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens or 0)
    ledger.add(
        at=asking.turn.created,
        conversation=asking.conversation,
        provider=asking.turn.provider,
        model=asking.turn.model,
        prompt_tokens=tokens[0],
        completion_tokens=tokens[1],
        cached_tokens=tokens[2],
        cost_usd=None if price is None else price.cost(*tokens),
        estimated=any(grown.usage is None for _, grown in rounds),
    )


def _estimated(request: Request, grown: Growing, provider: Provider) -> Usage:
    """What a round took that told nothing, also of an answer that was withdrawn since."""
    calls = "".join(call.name + call.arguments for call in grown.tool_calls)
    came = sum(map(estimate_tokens, (grown.text, grown.reasoning, calls)))
    return Usage(prompt_tokens(request, provider), came)
