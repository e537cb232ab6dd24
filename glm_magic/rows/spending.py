"""What a run has used and cost, and whether the next row still fits into the budget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ..chat.messages import Usage
from ..chat.tokens import estimate_tokens
from ..errors import BudgetError

if TYPE_CHECKING:
    from ..catalog import Price
    from ..chat.deltas import Growing
    from ..chat.messages import Request

TYPICAL_ANSWER_TOKENS = 100  # of one row, before any was seen
_LONGEST_ANSWER_TOKENS = 1_000  # reckoned with before any was seen: the budget is a promise
_MARGIN = 1.5  # an answer may be longer than those before
_WRONG_TOKENS = 100  # of a message that says what is wrong
PER_REQUEST = 8  # roles and separators of its two messages
_NOTHING = Usage(0, 0, 0)


class Reserved(NamedTuple):
    """What a row in flight is likely to take."""

    usd: float = 0.0
    tokens: int = 0


@dataclass
class Spending:
    """Keeps the count; estimates what is in flight.

    Args:
        price: USD per million tokens, or None where it is not known.
        fixed_tokens: What every request sends besides the row.
        max_tokens: The longest answer; None where nobody said.
        budget_usd: The most this run may cost; None is no limit.
        budget_tokens: The most tokens it may use; None is no limit.
        repairs: How often a row may be asked again.

    Attributes:
        usage: Tokens of all answers that models gave in this run, wrong ones too.
        asked: How many answers that are.
        estimated: Whether the host did not say what some of them used.

    Raises:
        BudgetError: There is a budget in USD, and no price to keep to it.
    """

    price: Price | None
    fixed_tokens: int
    max_tokens: int | None = None
    budget_usd: float | None = None
    budget_tokens: int | None = None
    repairs: int = 0
    usage: Usage = field(default=_NOTHING, init=False)
    asked: int = field(default=0, init=False)
    estimated: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._flying = Reserved()
        self._expected = 0  # tokens sent of the answers that came, by our own estimate
        if self.budget_usd is not None and self.price is None:
            message = "There is a budget in USD, and the price of this model is not known."
            raise BudgetError(message, "Leave the budget away, or see %glm models --refresh.")

    @property
    def usd(self) -> float | None:
        """What the answers have cost; None where the price is not known."""
        used = self.usage
        if self.price is None:
            return None
        cached = used.cached_tokens or 0
        return self.price.cost(used.prompt_tokens, used.completion_tokens, cached)

    def answer_tokens(self) -> float:
        """How long an answer is likely to be."""
        if self.asked:
            return self.usage.completion_tokens / self.asked
        return min(TYPICAL_ANSWER_TOKENS, self.max_tokens or TYPICAL_ANSWER_TOKENS)

    def reserve(self, row: str) -> Reserved | None:
        """Take what one more row is likely to need; None if it would be too much."""
        if self.budget_usd is None and self.budget_tokens is None:
            return Reserved()
        longest = self.max_tokens or _LONGEST_ANSWER_TOKENS
        likely = round(_MARGIN * self.answer_tokens()) if self.asked else longest
        sent = self.fixed_tokens + estimate_tokens(row) + PER_REQUEST
        # Each repair sends all before it again: so many answers in all, with what is wrong.
        again = self.repairs * (self.repairs + 1) // 2
        sent = (1 + self.repairs) * sent + again * (likely + _WRONG_TOKENS)
        if self._expected:  # hosts count otherwise than we do
            sent = round(sent * max(1.0, self.usage.prompt_tokens / self._expected))
        likely *= 1 + self.repairs
        usd = self.price.cost(sent, likely) if self.price else 0.0
        needed = Reserved(self._flying.usd + usd, self._flying.tokens + sent + likely)
        if self.budget_usd is not None and usd and (self.usd or 0) + needed.usd > self.budget_usd:
            return None
        most = self.budget_tokens
        if most is not None and self.usage.total_tokens + needed.tokens > most:
            return None
        self._flying = needed
        return Reserved(usd, sent + likely)

    def heard(self, request: Request, grown: Growing) -> None:
        """An answer came: count what it used, if a model was asked."""
        if grown.recorded:
            return
        told = sum(estimate_tokens(one.content) for one in request.messages[1:])
        sent = self.fixed_tokens + told + PER_REQUEST
        usage = grown.usage
        if usage is None:
            self.estimated = True
            usage = Usage(sent, estimate_tokens(grown.text) + estimate_tokens(grown.reasoning))
        self._expected += sent
        self.usage += usage
        self.asked += 1

    def settle(self, reserved: Reserved) -> None:
        """The row is back, and has used what was heard."""
        flying = self._flying
        self._flying = Reserved(flying.usd - reserved.usd, flying.tokens - reserved.tokens)

    def used_up(self) -> BudgetError:
        """The error that ends the run when nothing more fits."""
        spent = f"{self.usage.total_tokens:,} tokens"
        if self.usd is not None:
            spent += f", ${self.usd:.4f}"
        message = f"The next row would pass the budget; this run has used {spent}."
        return BudgetError(message, "Raise budget_usd, or %config GLM.budget_usd, and run again.")
