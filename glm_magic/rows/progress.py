"""The progress bar, where tqdm is installed and somebody watches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .crew import Crew
    from .running import Counts

_REFRESH_SECONDS = 0.25


class Progress:
    """A bar with rows per second, time left, tokens and cost; without tqdm there is none.

    Args:
        crew: Asks.
        rows: All rows, or None where that is not known.
        shown: Whether anybody wants it.
    """

    def __init__(self, crew: Crew, rows: int | None, *, shown: bool = True) -> None:
        self._crew = crew
        self._bar = _new_bar(rows) if shown else None
        self._done = 0

    def __call__(self, counts: Counts) -> None:
        """Show how far it is."""
        if self._bar is None:
            return
        words = self._words(counts)
        # Both at once: set alone, the words would be a message to the page each time.
        self._bar.set_postfix_str(words, refresh=False)
        self._bar.update(counts.done - self._done)
        self._done = counts.done

    def close(self, counts: Counts) -> None:
        """Show the end, and leave it there."""
        self(counts)
        if self._bar is not None:
            self._bar.refresh()
            self._bar.close()

    def _words(self, counts: Counts) -> str:
        crew, spending = self._crew, self._crew.spending
        words = [f"{crew.window.flying} in flight"]
        if counts.known:
            words.append(f"{counts.known:,} known before")
        if counts.failed:
            words.append(f"{counts.failed:,} failed")
        words.append(f"{spending.usage.total_tokens:,} tokens")
        if spending.usd:
            words.append(f"${spending.usd:.4f}")
        return ", ".join(words)


def _new_bar(rows: int | None) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None

    class Bar(tqdm):  # type: ignore[misc]
        """Without tqdm's watching thread, which would live for ever: we refresh it ourselves."""

        monitor_interval = 0

    return Bar(total=rows, unit=" rows", mininterval=_REFRESH_SECONDS, desc="glm.map")
