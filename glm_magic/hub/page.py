"""The instructor's page: usage by student and day, what holds, who is over the budget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated

from .refusing import Refused
from .routes import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .budgets import Budgets
    from .rules import Rules, Window

_DAYS = 14
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem}"
    "td,th{border:1px solid #bbb;padding:.2rem .6rem;text-align:right}"
    "td:first-child,th:first-child{text-align:left}.over{background:#fde2e2}"
    ".now{background:#e3f1e3}th,caption{white-space:nowrap}"
    "caption{text-align:left;font-weight:600;padding:.3rem 0}"
)


class Page(HubOAuthenticated, Route):  # type: ignore[misc]  # jupyterhub has no types
    """GET /: for instructors, in a browser."""

    def initialize(self) -> None:
        """Called by tornado for each request."""
        self.hub_auth = self.service.people.auth

    def check_xsrf_cookie(self) -> None:
        """Nothing is changed here."""

    async def prepare(self) -> None:
        """A browser that nobody knows yet is sent to the hub's login."""
        has_token = "Authorization" in self.request.headers
        if has_token or self.request.method != "GET":
            await Route.prepare(self)
            return
        model = await self.hub_auth.get_user(self, sync=False)
        if model is None:
            self.redirect(self.get_login_url())
        else:
            self.person = self.service.people.allowed(model)

    async def get(self) -> None:
        """Show it."""
        rules = self.service.rules.now
        if not self.person.instructs(rules):
            raise Refused("course-scope", "This page is for the course's instructors.")
        self.service.tidy()
        self.set_header("Content-Type", "text/html; charset=utf-8")
        fault, waiting = self.service.rules.fault, self.service.places.waiting
        self.finish(page(rules, self.service.budgets, datetime.now(UTC), fault, waiting))


class Callback(HubOAuthCallbackHandler):  # type: ignore[misc]
    """Where the hub's login comes back to."""


def page(rules: Rules, budgets: Budgets, now: datetime, fault: str, waiting: int) -> str:
    """The page as HTML, without script.

    Args:
        rules: What holds.
        budgets: What was spent.
        now: The time it is.
        fault: Why the course's file as it is now is not used, or "".
        waiting: Questions in the queue.
    """
    today, all_ = rules.day(now), budgets.together()
    most = rules.course_tokens
    of = f" of {most:,}" if most else ""
    parts = [
        f"<h1>{escape(rules.title)}</h1>",
        f"<p class=over>The course's file is not used as it is now: {escape(fault)}</p>"
        if fault
        else "",
        f"<p>{all_.tokens:,}{of} tokens spent by the whole course; {all_.held:,} held back for "
        f"questions under way; {waiting} in the queue.</p>",
        _over(rules, budgets, today),
        _usage(rules, budgets, now),
        _windows(rules, now),
    ]
    head = f"<!doctype html><meta charset=utf-8><title>{escape(rules.title)}</title>"
    return f"{head}<style>{_STYLE}</style>{''.join(parts)}"


def _table(caption: str, heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """A table; each row has a class and its cells."""
    head = "".join(f"<th>{escape(one)}" for one in heads)
    body = "".join(
        f"<tr class='{kind}'>{''.join(f'<td>{escape(cell)}' for cell in cells)}"
        for kind, cells in rows
    )
    empty = "" if rows else "<p>None.</p>"
    return f"<table><caption>{escape(caption)}</caption><tr>{head}{body}</table>{empty}"


def _is_over(rules: Rules, requests: int, tokens: int) -> bool:
    return bool(
        (rules.student_tokens and tokens >= 0.95 * rules.student_tokens)
        or (rules.student_requests and requests >= rules.student_requests)
    )


def _over(rules: Rules, budgets: Budgets, today: str) -> str:
    rows = [
        ("over", (student, f"{requests:,}", f"{tokens:,}"))
        for student, day, requests, tokens in budgets.by_day()
        if day == today and student and _is_over(rules, requests, tokens)
    ]
    return _table(
        "Over the budget today, or within 5 % of it", ("student", "questions", "tokens"), rows
    )


def _usage(rules: Rules, budgets: Budgets, now: datetime) -> str:
    days = [rules.day(now - timedelta(days=back)) for back in range(_DAYS)]
    by_student: dict[str, dict[str, tuple[int, int]]] = {}
    for student, day, requests, tokens in budgets.by_day():
        by_student.setdefault(student or "(no longer named, or charged to nobody)", {})[day] = (
            requests,
            tokens,
        )
    rows: list[tuple[str, Any]] = []
    for student, record in sorted(by_student.items()):
        total = sum(tokens for _, tokens in record.values())
        cells = [f"{record[day][1]:,}" if day in record else "" for day in days]
        over = _is_over(rules, *record.get(days[0], (0, 0)))
        rows.append(("over" if over else "", (student, f"{total:,}", *cells)))
    heads = ("student", "all days", *(day[5:] for day in days))
    return _table(f"Tokens by student and day, the last {_DAYS} days", heads, rows)


def _windows(rules: Rules, now: datetime) -> str:
    def row(window: Window, kind: str) -> tuple[str, tuple[str, ...]]:
        times = [one.astimezone(rules.zone).strftime("%Y-%m-%d %H:%M") if one else "…"
                 for one in (window.begins, window.ends)]  # fmt: skip
        groups = ", ".join(sorted(window.groups)) or "everybody"
        return kind, (groups, window.mode, *times, window.note)

    rows = [row(one, "now" if one.holds(one.groups or {""}, now) else "") for one in rules.windows]
    rows.append(("", ("everybody else", rules.mode, "…", "…", "")))
    heads = ("groups", "mode", "begins", "ends", "note")
    return _table("What holds: the first row that fits a student; marked: now", heads, rows)
