"""A run: batches of rows in, the same batches with their outcomes out, in the same order.

What is known already is not asked again, and equal rows are asked once. Several batches are open
at a time, so that the last slow answer of one does not keep the next from being asked; but never
so many that memory would grow with the number of rows.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from .crew import Row
from .outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..errors import GLMError
    from .crew import Crew
    from .recorded import Recorded
    from .stopping import Stop
    from .task import Task

BATCH_ROWS = 1_000
_MOST_OPEN = 16
_TICK_SECONDS = 0.05
_FAILED_KEPT = 10_000
NOTHING_TO_ASK = Outcome(error="nothing to ask: the columns of the template are missing")


class Batch(NamedTuple):
    """Some rows as they came.

    Attributes:
        cells: The values of the template's columns, a list for each, in the template's order.
        native: What the table they come from wants back with the outcomes.
    """

    cells: Sequence[Sequence[object]]
    native: Any = None


class Answered(NamedTuple):
    """The same rows with what came of them, one outcome each."""

    outcomes: list[Outcome]
    native: Any


@dataclass(slots=True)
class _Open:
    """A batch that waits for answers; a row without anything to ask has no key."""

    keys: list[str | None]
    native: Any
    rows: Counter[str | None]
    found: dict[str, Outcome] = field(default_factory=dict)
    missing: int = 0

    def answered(self, otherwise: Outcome) -> Answered:
        find = self.found.get
        outcomes = [NOTHING_TO_ASK if key is None else find(key, otherwise) for key in self.keys]
        return Answered(outcomes, self.native)


def right_of(task: Task, known: dict[str, Outcome]) -> dict[str, Outcome]:
    """The known answers without those that are wrong by now.

    A type may have become stricter where its JSON schema, which names the journal, does not show
    it; and an earlier version may have kept what no column can hold.
    """
    texts = {outcome.text for outcome in known.values() if outcome.text is not None}
    wrong = {text for text in texts if task.wrong(text)}
    return {key: outcome for key, outcome in known.items() if outcome.text not in wrong}


@dataclass
class Counts:
    """How far a run is, in rows; a row is an equal one's, too.

    Attributes:
        done: With an outcome.
        failed: Of those, without an answer.
        known: Of those, answered by an earlier run.
    """

    done: int = 0
    failed: int = 0
    known: int = 0


class Run:
    """Answers batches.

    Args:
        task: What is asked.
        crew: Asks.
        recorded: What is known.
        stop: Set when the user interrupts.
        since: Only answers from this time on count as known; ISO 8601 in UTC, "" is any time.
        watch: Called each tick with the counts.
    """

    def __init__(
        self,
        task: Task,
        crew: Crew,
        recorded: Recorded,
        stop: Stop,
        *,
        since: str = "",
        watch: Callable[[Counts], None],
    ) -> None:
        self.counts = Counts()
        self._task = task
        self._crew = crew
        self._recorded = recorded
        self._stop = stop
        self._since = since
        self._watch = watch
        self._open: deque[_Open] = deque()
        self._awaited: dict[str, list[_Open]] = {}
        self._failed: dict[str, Outcome] = {}

    @property
    def cut_short(self) -> str:
        """Why rows were not asked; "" when all were."""
        if self._stop.asked:
            return "stopped"
        if self._crew.ended:
            return self._crew.ended.message
        return "glm_magic stopped by mistake" if self._crew.over else ""

    @property
    def warnings(self) -> list[str]:
        """What the user should know, one sentence each."""
        return list(self._crew.warnings)

    @property
    def hopeless(self) -> GLMError | None:
        """What ended the run before a single row was answered."""
        nothing = self.counts.done == self.counts.failed
        return self._crew.ended if nothing and not self._stop.asked else None

    def answered(self, batches: Iterator[Batch]) -> Iterator[Answered]:
        """The batches with their outcomes; ends early, with what there is, when it is stopped."""
        ahead = 2 * BATCH_ROWS + 4 * self._crew.window.most
        more = True
        while True:
            while more and len(self._awaited) < ahead and len(self._open) < _MOST_OPEN:
                batch = None if self._over() else next(batches, None)
                more = batch is not None
                if batch is not None:
                    self._take(batch)
            while self._open and (not self._open[0].missing or self._over()):
                yield self._closed(self._open.popleft())
            if not self._open and (not more or self._over()):
                break
            self._settle(self._crew.came(_TICK_SECONDS))
            self._watch(self.counts)
        self._watch(self.counts)

    def _over(self) -> bool:
        return self._stop.asked or self._crew.over

    def _take(self, batch: Batch) -> None:
        texts = [self._task.template.row(values) for values in zip(*batch.cells, strict=True)]
        keys = [None if text is None else self._task.key(text) for text in texts]
        opened = _Open(keys, batch.native, Counter(keys))
        rows = {key: text for key, text in zip(keys, texts, strict=True) if key and text}
        known = right_of(self._task, self._recorded.find(list(rows), self._since))
        known |= {key: self._failed[key] for key in rows if key in self._failed}
        opened.found = known
        self._open.append(opened)
        unknown = [Row(key, text) for key, text in rows.items() if key not in known]
        asked = [row for row in unknown if row.key not in self._awaited]
        for row in unknown:
            self._awaited.setdefault(row.key, []).append(opened)
        opened.missing = len(unknown)
        again = sum(opened.rows[key] for key in known if key not in self._failed)
        nothing = opened.rows[None]
        self.counts.known += again
        self.counts.done += nothing + sum(opened.rows[key] for key in known)
        self.counts.failed += nothing + sum(
            opened.rows[key] for key in known if key in self._failed
        )
        if asked:
            self._crew.put(asked)

    def _settle(self, came: list[tuple[str, Outcome]]) -> None:
        for key, outcome in came:
            for opened in self._awaited.pop(key, []):
                opened.found[key] = outcome
                opened.missing -= 1
                self.counts.done += opened.rows[key]
                self.counts.failed += opened.rows[key] if outcome.error else 0
            if outcome.error and len(self._failed) < _FAILED_KEPT:
                self._failed[key] = outcome

    def _closed(self, opened: _Open) -> Answered:
        otherwise = Outcome(error=f"not asked: {self.cut_short}")
        for key in opened.keys:
            if key is not None and key not in opened.found:
                self._awaited.pop(key, None)
        return opened.answered(otherwise)
