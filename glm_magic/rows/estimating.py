"""A dry run: what a run would send, cost and take, from a sample; nothing is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..chat.tokens import estimate_tokens
from ..footer import money
from ..store.marking import NOT_SENT
from ..terms import price_for
from ..wiring import workbench
from .plan import known_of
from .running import BATCH_ROWS, right_of
from .spending import PER_REQUEST, TYPICAL_ANSWER_TOKENS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .plan import Plan
    from .tables import Table
    from .task import Task

SAMPLE_ROWS = 10_000
_SECONDS_EACH = 2.0  # of an answer; nobody knows before it was measured
_FLYING = 16


@dataclass(frozen=True)
class Estimate:
    """What a run would be.

    Attributes:
        rows: In the table; None where counting would mean reading it twice.
        sampled: Rows that were looked at.
        distinct: Different rows among them.
        known: Of those, answered before.
        prompt_tokens: A request, on average, estimated; the same beginning of all included.
        fixed_tokens: That beginning, which hosts with a cache bill at their cached price.
        answer_tokens: An answer: as known ones were, else a guess.
        usd: Of all that would be asked, without and with the cache; None where no price is known.
        seconds: At 2 s an answer and `in_flight` at once.
        in_flight: Requests at once that are reckoned with.
        request: The body of the first request.
        url: Where it would go.
    """

    rows: int | None
    sampled: int
    distinct: int
    known: int
    prompt_tokens: float
    fixed_tokens: int
    answer_tokens: float
    usd: tuple[float, float] | None
    seconds: float
    in_flight: int
    request: str
    url: str

    @property
    def asked(self) -> int:
        """Requests: different rows that are not known, of all rows as in the sample."""
        share = (self.distinct - self.known) / max(1, self.sampled)
        return round(share * (self.sampled if self.rows is None else self.rows))

    def __repr__(self) -> str:
        rows = f"{self.sampled:,} or more" if self.rows is None else f"{self.rows:,}"
        sample = "" if self.rows == self.sampled else f" (from the first {self.sampled:,})"
        cost = "price unknown"
        if self.usd is not None:
            dear, cheap = map(money, self.usd)
            cost = dear if dear == cheap else f"{cheap} to {dear}, as its cache serves"
        prompt, answer = self.asked * self.prompt_tokens, self.asked * self.answer_tokens
        return "\n".join(
            (
                f"Dry run: {NOT_SENT}",
                f"{rows} rows, about {self.asked:,} to ask{sample}: equal rows are asked once, "
                f"{self.known:,} of the sample are answered already.",
                f"About {prompt:,.0f} tokens in and {answer:,.0f} out; cost: {cost}.",
                f"About {_duration(self.seconds)} at {_SECONDS_EACH:g} s an answer and "
                f"{self.in_flight} in flight.",
                f"The first request, to {self.url}:",
                self.request,
            )
        )


def estimate(plan: Plan, task: Task, table: Table) -> Estimate:
    """Look at a sample of the table.

    Raises:
        FrameError: The table cannot be read.
    """
    texts, sampled = _sample(task, table)
    rows = list(dict.fromkeys(texts))
    since = plan.known_since(task)
    known = right_of(task, known_of(task).find([task.key(row) for row in rows], since))
    fixed = estimate_tokens(task.system)
    sent = [fixed + estimate_tokens(row) + PER_REQUEST for row in rows]
    mean = sum(sent) / max(1, len(sent))
    came = [one.usage.completion_tokens for one in known.values() if one.usage]
    likely = sum(came) / len(came) if came else _guess(task)
    asked = (len(rows) - len(known)) / max(1, sampled) * (table.rows or sampled)
    price, flying = price_for(task.settings), plan.in_flight or _FLYING
    usd = None
    if task.settings.replay == "replay":
        usd = (0.0, 0.0)  # nobody is asked
    elif price is not None:
        parts = [(asked * mean, asked * likely, cached) for cached in (0.0, asked * fixed)]
        dear, cheap = (price.cost(*map(round, part)) for part in parts)
        usd = (dear, cheap)
    client: Any = workbench().asked(task.settings, plan.template, plan.options)
    body = client.body(task.request(rows[0])) if rows else b"{}"
    shown = json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    return Estimate(
        table.rows, sampled, len(rows), len(known), mean, fixed, likely, usd,
        asked * _SECONDS_EACH / flying, flying, shown, client.url,
    )  # fmt: skip


def _sample(task: Task, table: Table) -> tuple[list[str], int]:
    """What is sent of the first rows, and how many rows these are: some have nothing to ask."""
    texts: list[str | None] = []
    batches = table.batches(task.template.fields, BATCH_ROWS)
    for batch in islice(batches, SAMPLE_ROWS // BATCH_ROWS):
        texts += [task.template.row(values) for values in zip(*batch.cells, strict=True)]
    return [text for text in texts if text is not None], len(texts)


def _guess(task: Task) -> float:
    longest: Sequence[int] = [task.settings.max_tokens or TYPICAL_ANSWER_TOKENS]
    return float(min(TYPICAL_ANSWER_TOKENS, *longest))


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
