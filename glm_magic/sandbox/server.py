"""Routes of the sandbox: who may ask, what is refused, and what is sent back.

The only module, with `sending`, that knows tornado; imported when a sandbox starts.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import math
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from ..catalog import models
from .counting import text_of
from .faults import Fault
from .refusals import Refusal, Refused, refusal
from .reply import Reply, usage
from .running import RecordedRequest, Sandbox
from .scripts import Situation
from .sending import Line
from .stand_in import answer
from .validation import Asked, read_request
from .wire import Envelope, completion, dumps, frames

if TYPE_CHECKING:
    import socket

    from .steps import Step

_JSON = "application/json; charset=UTF-8"
_EVENTS = "text/event-stream;charset=UTF-8"
_MOST_BYTES = 256 * 1024 * 1024
_BASES = r"/(?:api/paas/v4|v1)"
# The models endpoint is undocumented, and was seen to list only some of those it serves.
_LISTED = ("listed", "flagship", "unlisted_but_served")


class Serving:
    """One run of a sandbox: the event loop in its thread, and what the routes share."""

    def __init__(self, sandbox: Sandbox, listener: socket.socket) -> None:
        self.sandbox = sandbox
        self.in_flight: Counter[str] = Counter()
        self.answered = 0
        self.ready = threading.Event()
        self.stopping = asyncio.Event()
        self._listener = listener
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self) -> None:
        """Serve until `stop`; the thread's target."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        routes: list[Any] = [
            (_BASES + r"/chat/completions", Answers),
            (_BASES + r"/models", Models),
            (r".*", Elsewhere),
        ]
        application = Application(routes, log_function=self._log, serving=self)
        server = HTTPServer(application, max_buffer_size=_MOST_BYTES)
        server.add_socket(self._listener)
        self.ready.set()
        await self.stopping.wait()
        server.stop()
        await server.close_all_connections()
        await asyncio.sleep(0)  # the handlers see that their clients are gone

    def stop(self) -> None:
        """End `run`, from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.stopping.set)

    def _log(self, handler: RequestHandler) -> None:
        if self.sandbox.log is not None:
            request, milliseconds = handler.request, 1000 * handler.request.request_time()
            line = f"{request.method} {request.path} {handler.get_status()} {milliseconds:.0f} ms"
            self.sandbox.log(line)


class Route(RequestHandler):
    """What all routes do: record, check the key, refuse in the wire's shape."""

    recorded: RecordedRequest
    client_left: asyncio.Event

    def initialize(self) -> None:
        """Called by tornado for each request."""
        self.client_left = asyncio.Event()

    def on_connection_close(self) -> None:
        """Called by tornado when the client is gone."""
        self.client_left.set()

    @property
    def serving(self) -> Serving:
        """The run this route belongs to."""
        serving: Serving = self.settings["serving"]
        return serving

    def prepare(self) -> None:
        """Record the request, before anything can refuse it."""
        try:
            body = json.loads(self.request.body or b"null")
        except (ValueError, RecursionError):
            body = None
        self.recorded = RecordedRequest(
            method=self.request.method or "",
            path=self.request.path,
            headers=dict(self.request.headers.get_all()),
            body=self.request.body,
            json=body,
            time=time.time(),
        )
        self.serving.sandbox.recorded.append(self.recorded)

    def check_key(self) -> None:
        """Refuse a missing key with 1001 and another one with 1000.

        Raises:
            Refused: The key is missing or wrong.
        """
        header = self.request.headers.get("Authorization", "").strip()
        if not header:
            raise Refused(refusal("1001"))
        scheme, _, given = header.partition(" ")
        same = hmac.compare_digest(given.strip().encode(), self.serving.sandbox.key.encode())
        if scheme.lower() != "bearer" or not same:
            raise Refused(refusal("1000"))

    def send_json(self, body: bytes, status: int = 200) -> None:
        """One JSON body."""
        self.set_status(status)
        self.set_header("Content-Type", _JSON)
        self.finish(body)

    def refuse(self, refused: Refusal) -> None:
        """The refusal as the wire has it."""
        self.recorded.ended = "refused"
        self.send_json(refused.body(), refused.status)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A mistake of the sandbox itself, or tornado's: the wire's shape too."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, Refused):
            self.refuse(error.refusal)
        elif status_code == 405:
            self.refuse(refusal("1212"))
        else:
            self.refuse(refusal("1234", status=status_code))

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """A refusal is an answer, not something to log."""
        if not isinstance(value, Refused):
            super().log_exception(kind, value, trace)


class Elsewhere(Route):
    """Any path that does not exist."""

    def _answer(self) -> None:
        # Without a key the real service says 1001 on unknown paths too. With one, /v4/v1 is
        # reported as 404, and this body (elsewhere with status 200: `Fault.wrong_path`).
        self.check_key()
        self.recorded.ended = "refused"
        self.send_json(b'{"code":500,"msg":"404 NOT_FOUND","success":false}', 404)

    get = post = put = delete = patch = head = options = _answer


class Models(Route):
    """GET models, in OpenAI's list shape."""

    def get(self) -> None:
        """The catalog's models that Z.ai lists or serves."""
        self.check_key()
        records = [
            {"id": model.id, "object": "model", "created": 0, "owned_by": "z-ai"}
            for model in models().values()
            if model.status in _LISTED
        ]
        self.recorded.ended = "complete"
        self.send_json(dumps({"object": "list", "data": records}))


class Answers(Route):
    """POST chat/completions."""

    async def post(self) -> None:
        """Answer, or refuse, or do as the next fault says."""
        self._auto_finish = False  # a connection that was cut has nothing left to finish
        sandbox = self.serving.sandbox
        fault = sandbox.faults.popleft() if sandbox.faults else Fault()
        line = Line(self, self.serving.stopping)
        if fault.delay_seconds and not await line.pause(fault.delay_seconds):
            return
        if fault.body is None:
            self.check_key()
            asked = read_request(self.request.body)
            fault |= self._scripted(asked)
        if fault.body is not None:
            await self._send(line, fault, [fault.body], "text/html", None)
            return
        flying, model, load = self.serving.in_flight, asked.model.id, sandbox.load
        limit = sandbox.max_in_flight
        if limit is not None and flying[model] >= limit:
            load.refused += 1
            raise Refused(refusal("1302"))
        flying[model] += 1
        load.peak = max(load.peak, flying[model])
        try:
            if not sandbox.latency_seconds or await line.pause(sandbox.latency_seconds):
                await self._answer(asked, fault, line)
        finally:
            flying[model] -= 1

    def _scripted(self, asked: Asked) -> Fault:
        """What the sandbox's script has for this request."""
        sandbox = self.serving.sandbox
        sandbox.load.asked += 1
        if sandbox.script is None:
            return Fault()
        text = text_of(asked.messages[-1])
        flying = self.serving.in_flight[asked.model.id]
        return sandbox.script(Situation(text, flying, time.monotonic())) or Fault()

    async def _answer(self, asked: Asked, fault: Fault, line: Line) -> None:
        sandbox = self.serving.sandbox
        self.serving.answered += 1
        prompt_tokens, cached_tokens = sandbox.prefixes.count(
            asked.model.id, asked.messages, asked.tools, asked.keep_reasoning
        )
        window = asked.model.context_tokens
        if window is not None and prompt_tokens > window:
            text = f" {prompt_tokens} tokens of prompt, {window} tokens of window."
            raise Refused(refusal("1261", text))
        reply = answer(asked)
        if not asked.thinking:
            reply = reply.without_reasoning()
        reply = reply.until(asked.stop).at_most(asked.max_tokens)
        counts = usage(prompt_tokens, cached_tokens, reply)
        envelope = Envelope.of(
            self.request.body, self.serving.answered, asked.model.id, asked.request_id
        )
        rate = reply.tokens_per_second or sandbox.tokens_per_second
        rate = None if rate == math.inf else rate
        if asked.stream:
            steps: list[Step] = list(frames(envelope, reply, counts, asked.tool_stream))
            if not reply.delay_seconds or await line.pause(reply.delay_seconds):
                await self._send(line, fault, steps, _EVENTS, rate)
        else:
            steps = [completion(envelope, reply, counts)]
            if await line.pause(_seconds(reply, rate)):
                await self._send(line, fault, steps, _JSON, None)

    async def _send(
        self, line: Line, fault: Fault, steps: list[Step], content_type: str, rate: float | None
    ) -> None:
        self.set_status(fault.status or 200)
        self.set_header("Content-Type", content_type)
        if content_type == _EVENTS:
            self.set_header("Cache-Control", "no-cache")
        elif isinstance(steps[0], bytes):
            self.set_header("Content-Length", len(steps[0]))
        for name, value in fault.headers.items():
            self.set_header(name, value)
        edited = fault.steps(steps)
        sizes = [len(step) for step in edited if isinstance(step, bytes)]
        whole = all(isinstance(step, bytes) for step in edited)
        if content_type != _EVENTS and whole:
            self.set_header("Content-Length", sum(sizes))
        await line.send(edited, rate)


def _seconds(reply: Reply, rate: float | None) -> float:
    """How long the reply takes to write at this speed."""
    return reply.delay_seconds + (reply.completion_tokens / rate if rate else 0.0)
