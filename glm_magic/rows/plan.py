"""What a user wants of a table, before anything is looked at; it can travel, it holds no key."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from numbers import Integral
from typing import TYPE_CHECKING, Any

from ..chat.tokens import estimate_tokens
from ..errors import ArgumentError
from ..fields import FIELDS, parse
from ..settings import replay_mode
from ..surroundings import AROUND, graded
from ..terms import price_for, taught
from ..wiring import workbench
from .asking import HostAsker, StandInAsker
from .columns import Columns
from .crew import Crew
from .recorded import recorded_for
from .spending import Spending
from .task import Task, quick_by_default, typed_of
from .template import Template
from .window import MOST, Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..settings import Settings
    from .asking import Asker
    from .recorded import Recorded

_MOST_IN_FLIGHT = 10_000
_MOST_REPAIRS = 100


@dataclass(frozen=True)
class Plan:
    """One prompt over rows.

    Attributes:
        template: As the user wrote it.
        schema: What an answer must be; None is any text.
        name: Of the column of answers; None is the default.
        repairs: How often a wrong answer is sent back to be put right.
        in_flight: The account's limit of requests at once; None finds it.
        budget_usd: The most the run may cost.
        since: Only answers from this time on count as known; "" is any time.
        options: Settings by name.
        hidden: Names or patterns of what the user hides in this table.
    """

    template: str
    schema: Any = None
    name: str | None = None
    repairs: int = 0
    in_flight: int | None = None
    budget_usd: float | None = None
    since: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("template", "name"):
            value = getattr(self, name)
            if not isinstance(value, str) and (name == "template" or value is not None):
                remedy = 'Write a text: glm.map(frame, "Translate {title}", name="english").'
                raise ArgumentError(f"{name} = {value!r:.60} is no text.", remedy)
        check_whole("repairs", self.repairs, 0, _MOST_REPAIRS, "Leave it away, or use 1 or 2.")
        if self.in_flight is not None:
            remedy = "Leave it away to have the account's limit found."
            check_whole("in_flight", self.in_flight, 1, _MOST_IN_FLIGHT, remedy)
        if self.budget_usd is not None:
            object.__setattr__(self, "budget_usd", parse("budget_usd", self.budget_usd))

    def task(self, *, need_key: bool = True) -> Task:
        """The task, with this process's settings and key.

        Raises:
            GLMError: The template, the schema or a setting cannot be used, or the course does not
                allow it.
        """
        bench = workbench()
        template, typed = Template.read(self.template, self.hidden), typed_of(self.schema)
        mode, _ = replay_mode(self.options, AROUND.configured())
        if self.since and mode != "record" and not graded():  # who asks anew wants no recording
            mode = "live"
        options = {**self.options, "replay": mode}
        need_key = need_key and mode in ("live", "record") and bench.stand_in is None
        settings = bench.settings(options, need_key=need_key)
        options = quick_by_default(options, settings)
        settings = bench.settings(options, need_key=need_key)
        if course := bench.course:
            course.check_question("rows", AROUND.tags())
            settings = taught(settings, course.mode, usual="")
        return Task(template, settings, typed)

    def columns(self, task: Task, existing: Sequence[str]) -> Columns:
        """What is added to a table; checks that the template fits it.

        Raises:
            ArgumentError: A name that is no column, or one that is taken.
        """
        task.template.check(existing)
        return Columns.beside(existing, task.cells, self.name)

    def pinned(self, task: Task) -> Plan:
        """The same with every setting as it is here, for processes that have other ones."""
        settings = task.settings
        fixed = {name: settings.values[name] for name in FIELDS if name in settings.values}
        fixed |= {"provider": settings.provider.name, "model": settings.model.id}
        if settings.base_url:
            fixed["base_url"] = settings.base_url
        return replace(self, options={k: v for k, v in fixed.items() if v is not None})

    def spending(self, task: Task) -> Spending:
        """The count of what this run uses, within its budget and what is left of the day's.

        Raises:
            BudgetError: There is a budget in USD, and no price to keep to it.
        """
        settings = task.settings
        if settings.replay == "replay":  # nobody is asked
            return Spending(price_for(settings), 0)
        usd, tokens = settings.budget_usd, settings.budget_tokens
        if usd is not None or tokens is not None:
            today = workbench().ledger.totals(day=datetime.now(UTC).date())
            usd = None if usd is None else usd - today.usd
            tokens = None if tokens is None else tokens - today.tokens
        budgets = [one for one in (usd, self.budget_usd) if one is not None]
        return Spending(
            price_for(settings), estimate_tokens(task.system), settings.max_tokens,
            min(budgets, default=None), tokens, self.repairs,
        )  # fmt: skip

    def crew(self, task: Task, recorded: Recorded) -> Crew:
        """Who asks; not started."""
        window = Window(self.in_flight or MOST, known=self.in_flight is not None)
        kept = recorded if workbench().stand_in is None else None
        return Crew(
            task, lambda: _asker(task.settings, self), window, self.spending(task), kept,
            self.repairs,
        )  # fmt: skip

    def known_since(self, task: Task) -> str:
        """From when on an answer counts as known; ISO 8601 in UTC, "" is any time."""
        # What is recorded beside a notebook must be whole, and a test's replies are a test's.
        live = task.settings.replay == "live" and workbench().stand_in is None
        return self.since if live else datetime.now(UTC).isoformat()


def check_whole(name: str, value: object, least: int, most: int, remedy: str) -> None:
    """Refuse what is not a whole number from one to another.

    Raises:
        ArgumentError: With the remedy.
    """
    if not (isinstance(value, Integral) and least <= int(value) <= most):
        message = f"{name} = {value!r:.60} is not a whole number from {least} to {most:,}."
        raise ArgumentError(message, remedy)


def known_of(task: Task) -> Recorded:
    """The answers of a task that this computer has."""
    return recorded_for(task.digest)


def _asker(settings: Settings, plan: Plan) -> Asker:
    bench = workbench()
    if bench.stand_in is not None or settings.replay != "live":
        return StandInAsker(bench.asked(settings, plan.template, plan.options))
    from ..api.posting import poster_for

    client = bench.client(settings)
    return HostAsker(client, poster_for(client, settings.values["idle_timeout_seconds"]))
