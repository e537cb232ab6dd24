"""What a run has used, entered in the ledger while it goes on: a killed one has spent it, too."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..chat.messages import Usage
from ..errors import StoreError
from ..wiring import workbench

if TYPE_CHECKING:
    from ..settings import Settings
    from .spending import Spending

EVERY_SECONDS = 10.0


class Books:
    """Enters what came since the last time.

    Args:
        spending: Of the run.
        settings: Whom it asks.
    """

    def __init__(self, spending: Spending, settings: Settings) -> None:
        self._spending = spending
        self._settings = settings
        self._entered = Usage(0, 0, 0)
        self._entered_usd = 0.0
        self._next = time.monotonic() + EVERY_SECONDS

    def keep(self) -> None:
        """Enter it if it is time; what cannot be written now is written with the next."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_SECONDS
            with suppress(StoreError):
                self.enter()

    def enter(self) -> None:
        """Enter it.

        Raises:
            StoreError: It could not be written.
        """
        used, usd = self._spending.usage, self._spending.usd
        new, cost = _since(self._entered, used), None if usd is None else usd - self._entered_usd
        if not new.total_tokens:
            return
        self._entered, self._entered_usd = used, usd or 0.0
        workbench().ledger.add(
            at=datetime.now(UTC).isoformat(),
            conversation="glm.map",
            provider=self._settings.provider.name,
            model=self._settings.model.id,
            prompt_tokens=new.prompt_tokens,
            completion_tokens=new.completion_tokens,
            cached_tokens=new.cached_tokens or 0,
            cost_usd=None if cost is None else max(0.0, cost),
            estimated=self._spending.estimated,
        )


def _since(before: Usage, now: Usage) -> Usage:
    return Usage(
        now.prompt_tokens - before.prompt_tokens,
        now.completion_tokens - before.completion_tokens,
        (now.cached_tokens or 0) - (before.cached_tokens or 0),
    )
