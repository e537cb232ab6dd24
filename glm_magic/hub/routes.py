"""What there is to call. Everything but `/health` wants to know who asks first."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler

from ..api.sse import SHOWS_NOTICES, WARNING, WARNINGS
from ..api.wire import call_document
from .asking import HINTS_ON, Gone, Passing, event, usage_document, wait_for_turn
from .hints import with_tutor
from .reading import guessed_tokens, read_question
from .refusing import Refused

if TYPE_CHECKING:
    from ..chat.messages import Request
    from .budgets import Hold
    from .people import Person
    from .rules import Rules, Window
    from .serving import Service


class Route(RequestHandler):
    """Knows the person, or refuses in the wire's shape."""

    gone = False
    person: Person

    @property
    def service(self) -> Service:
        """What the routes share."""
        service: Service = self.settings["service"]
        return service

    def check_xsrf_cookie(self) -> None:
        """Tokens in a header cannot be sent by somebody else's page."""

    def set_default_headers(self) -> None:
        """Nothing here is for a cache, or for a page of somebody else."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.clear_header("Server")

    def on_connection_close(self) -> None:
        """Called by tornado when the client is gone."""
        self.gone = True

    async def prepare(self) -> None:
        """Called by tornado before every method, also those that are not served.

        Raises:
            Refused: Nobody whom the hub knows, or who may not come here.
        """
        given = self.request.headers.get("Authorization", "")
        self.person = await self.service.people.of(given)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A refusal, or tornado's own error, as the wire has errors."""
        error = kwargs.get("exc_info", (None, None))[1]
        if not isinstance(error, Refused):
            code, message = "course-request", f"{self.request.method} is not served here."
            if status_code >= 500:
                code, message = "course-host", "The course's service failed."
            error = Refused(code, message, status_code)
        self.set_status(error.status)
        if error.retry_after_seconds is not None:
            self.set_header("Retry-After", str(math.ceil(error.retry_after_seconds)))
        self.set_header("Content-Type", "application/json")
        self.finish(error.document())

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """A refusal is an answer, not something to log."""
        if not isinstance(value, Refused):
            super().log_exception(kind, value, trace)


class Health(Route):
    """GET /health: that the service runs, and nothing else."""

    async def prepare(self) -> None:
        """Probes have no token."""

    def get(self) -> None:
        """Say it."""
        self.finish({"status": "ok"})


class Elsewhere(Route):
    """Whatever there is not; who asks is looked at first all the same."""

    async def prepare(self) -> None:
        """Called by tornado for every method."""
        await super().prepare()
        raise HTTPError(404)


class Usage(Route):
    """GET /usage: what holds for the one who asks, and what is spent."""

    async def get(self) -> None:
        """For `%glm doctor`."""
        person, rules, now = self.person, self.service.rules.now, datetime.now(UTC)
        holding, day = rules.holding(person.groups, now), rules.day(now)
        spent = self.service.budgets.of(person.name, day)
        self.finish(
            {
                "course": rules.title,
                "student": person.name,
                "mode": holding.mode,
                "note": _standing(holding),
                "models": list(rules.models),
                "max_tokens": rules.max_tokens,
                "day": day,
                "requests": spent.requests,
                "requests_limit": rules.student_requests,
                "tokens": spent.tokens + spent.held,
                "tokens_limit": rules.student_tokens,
                "recorded": rules.record_content,
                "keep_days": rules.keep_days,
                "waiting": self.service.places.waiting,
            }
        )


def _standing(holding: Window) -> str:
    """Until when a window holds, and why."""
    until = f"until {holding.ends:%Y-%m-%d %H:%M %Z}" if holding.ends else ""
    return ", ".join(filter(None, [until, holding.note]))


class Answers(Route):
    """POST /v1/chat/completions: a question, in its turn."""

    _streams = True
    _begun = False

    async def post(self) -> None:
        """Answer, or refuse."""
        person, rules, now = self.person, self.service.rules.now, datetime.now(UTC)
        holding = rules.holding(person.groups, now)
        if holding.mode == "off":
            standing = _standing(holding)
            message = f"The assistant is switched off{': ' if standing else ''}{standing}."
            raise Refused("course-off", message)
        hints = holding.mode == "hints"
        request = read_question(self.request.body, rules, hints=hints)
        self._streams = request.stream
        if hints:
            request = replace(request, messages=with_tutor(request))
        answer_tokens = request.max_tokens or rules.max_tokens
        hold = self.service.budgets.hold(
            person.name, rules.day(now), guessed_tokens(request), answer_tokens, rules
        )
        # Upstream it is always a stream: a long silence looks like a dead line.
        request = replace(request, max_tokens=hold.answer_tokens, stream=True)
        user = self.service.people.pseudonym(person.name)
        request = replace(request, user=user)
        passing = Passing(self.service.client, request, self, hints=hints)
        await self._in_turn(rules, hold, passing, request)

    async def _in_turn(self, rules: Rules, hold: Hold, passing: Passing, request: Request) -> None:
        began, refused, ticket = time.monotonic(), None, None
        places, budgets = self.service.places, self.service.budgets
        waited = 0.0
        try:
            ticket = places.join(hold.student, count=rules.places, most_waiting=rules.waiting)
            await self._tell(rules, hints=passing.hints)
            await wait_for_turn(places, ticket, self)
            waited = time.monotonic() - began
            budgets.sent(hold)
            await passing.run()
        except Refused as error:
            refused = error
        except (Gone, StreamClosedError):
            self.gone = True
        finally:
            if ticket is not None:
                places.leave(ticket)
            tokens = passing.charge(hold.tokens)
            budgets.settle(hold, tokens, to_student=not passing.failed)
        seconds = time.monotonic() - began
        self._record(rules, hold, passing, request, refused, (tokens, waited, seconds))
        await self._end(passing, refused)

    async def _tell(self, rules: Rules, *, hints: bool) -> None:
        """What the student must see beside the answer, before anything else is said."""
        if hints:
            await self.comment(f"{WARNING} {HINTS_ON}")
        if self._is_recorded(rules):
            await self.comment(
                f"{WARNING} Your course records this chat, questions and answers, "
                f"for {rules.keep_days} days."
            )

    def _is_recorded(self, rules: Rules) -> bool:
        """Words are kept only where the client shows the student that they are."""
        header, value = SHOWS_NOTICES
        shown = self.request.headers.get(header) == value
        return rules.record_content and shown and self._streams

    async def comment(self, text: str) -> None:
        """A line that is no part of the answer; clients that do not know it pass it over."""
        if self._streams:
            await self._write(f": {text}\n\n".encode())

    async def chunk(self, document: dict[str, Any]) -> None:
        """A piece of the answer."""
        if self._streams:
            await self._write(event({"object": "chat.completion.chunk", **document}))

    async def _write(self, raw: bytes) -> None:
        if not self._begun:
            self._begun = True
            self.set_header("Content-Type", "text/event-stream")
            self.set_header("X-Accel-Buffering", "no")  # nginx would hold it back
        self.write(raw)
        await self.flush()

    async def _end(self, passing: Passing, refused: Refused | None) -> None:
        if self.gone:
            return
        if refused is not None and not self._begun:
            raise refused
        if refused is not None:
            self.finish(b"data: " + refused.document() + b"\n\n")
        elif self._streams:
            if not self._begun:
                await self._write(b"")
            self.finish(b"data: [DONE]\n\n")
        else:
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps(_completion(passing)))

    def _record(
        self, rules: Rules, hold: Hold, passing: Passing, request: Request,
        refused: Refused | None, measured: tuple[int, float, float],
    ) -> None:  # fmt: skip
        tokens, waited, seconds = measured
        usage = usage_document(passing.grown.usage) if passing.grown.usage else {}
        record: dict[str, Any] = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "student": self.service.people.pseudonym(hold.student),
            "model": passing.model,
            "mode": "hints" if passing.hints else "open",
            "prompt_tokens": usage.get("prompt_tokens"),
            "completion_tokens": usage.get("completion_tokens"),
            "charged": tokens,
            "code": refused.code if refused else "left" if self.gone else "",
            "waited": round(waited, 3),
            "seconds": round(seconds, 3),
        }
        if self._is_recorded(rules):
            record["question"] = request.messages[-1].content
            record["answer"] = passing.grown.text
        self.service.record(hold.day, record)


def _completion(passing: Passing) -> dict[str, Any]:
    """A whole answer for a client that does not stream."""
    grown = passing.grown
    message: dict[str, Any] = {"role": "assistant", "content": grown.text}
    if grown.reasoning:
        message["reasoning_content"] = grown.reasoning
    if grown.tool_calls:
        message["tool_calls"] = list(map(call_document, grown.tool_calls))
    choice = {"index": 0, "message": message, "finish_reason": grown.finish_reason}
    document: dict[str, Any] = {"object": "chat.completion", "model": passing.model}
    document["choices"] = [choice]
    if grown.usage:
        document["usage"] = usage_document(grown.usage)
    if passing.hints:
        document[WARNINGS] = [HINTS_ON]
    return document
