"""The sandbox's life: a thread of its own, started and stopped; and the foreground server."""

from __future__ import annotations

import secrets
import socket
import string
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import SettingsError
from .counting import PrefixCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from .faults import Fault
    from .scripts import Script
    from .server import Serving

_LOOPBACK = "127.0.0.1"
_BASE_PATH = "/api/paas/v4"
_REQUESTS_KEPT = 1_000
_STOP_SECONDS = 5.0


@dataclass(slots=True)
class RecordedRequest:
    """A request as it came; `repr` leaves out what may hold a key.

    Attributes:
        method: "GET" or "POST".
        path: Without the query.
        headers: Names as sent.
        body: The bytes.
        json: The body read as JSON, or None.
        time: Seconds since 1970, when it was complete.
        chunks_sent: Records of the stream that were written to the socket.
        ended: "" while it is answered, then "complete", "refused", "cut" or "client left".
    """

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    json: Any = field(repr=False)
    time: float
    chunks_sent: int = 0
    ended: str = ""


@dataclass(slots=True)
class Load:
    """What a sandbox has been through.

    Attributes:
        asked: Requests for an answer that could be read.
        refused: Of those, refused for coming too many at once.
        peak: Most that were in flight at once.
    """

    asked: int = 0
    refused: int = 0
    peak: int = 0


class Sandbox:
    """A loopback server that speaks the GLM wire; a rule-based stand-in answers.

    No model is called and nothing leaves this computer. Use it as a context manager, or with
    `start` and `stop`:

        with Sandbox() as sandbox:
            client = ZaiClient(api_key=sandbox.key, base_url=sandbox.base_url)

    Args:
        port: 0 picks a free one.
        key: The key it accepts; a random one of GLM's shape when not given.
        faults: Used up by the requests for an answer, one each, in order.
        tokens_per_second: The speed of answers, streamed or not; None is as fast as possible.
        log_requests: Write a line for each request to standard error.
        max_in_flight: Requests at once per model before 1302; None is no limit.
        latency_seconds: Before each answer, whatever its length.
        script: Chooses a fault by what is asked and when, after those of `faults`; see
            `scripts.py`.

    Attributes:
        key: The key it accepts.
        faults: Those not yet used; more may be appended at any time.
        max_in_flight: May be changed at any time.
        load: Counts of what came, and how many were in flight at once.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        key: str | None = None,
        faults: Iterable[Fault] | None = None,
        tokens_per_second: float | None = 200,
        log_requests: bool = False,
        max_in_flight: int | None = None,
        latency_seconds: float = 0.0,
        script: Script | None = None,
    ) -> None:
        if tokens_per_second is not None and tokens_per_second <= 0:
            raise SettingsError("tokens_per_second must be above 0.", "None is full speed.")
        self.key = _random_key() if key is None else key
        self.faults: deque[Fault] = deque(faults or ())
        self.tokens_per_second = tokens_per_second
        self.max_in_flight = max_in_flight
        self.latency_seconds = latency_seconds
        self.script = script
        self.load = Load()
        self.log: Callable[[str], object] | None = _to_stderr if log_requests else None
        self.recorded: deque[RecordedRequest] = deque(maxlen=_REQUESTS_KEPT)
        self.prefixes = PrefixCache()
        self._wanted_port = port
        self._port: int | None = None
        self._serving: Serving | None = None
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"Sandbox({self.base_url if self._port else 'stopped'})"

    @property
    def base_url(self) -> str:
        """Where `/chat/completions` is appended.

        Raises:
            SettingsError: The sandbox is not running.
        """
        if self._port is None:
            raise SettingsError("The sandbox is not running.", "Call start() first.")
        return f"http://{_LOOPBACK}:{self._port}{_BASE_PATH}"

    @property
    def requests(self) -> list[RecordedRequest]:
        """The last 1,000 requests, oldest first; they outlive `stop`."""
        return list(self.recorded)

    def start(self) -> Sandbox:
        """Listen; returns when connections are accepted.

        Raises:
            SettingsError: The port is taken.
        """
        if self._thread is not None:
            return self
        from .server import Serving  # tornado is imported when it is needed, not before

        listener = _listen(self._wanted_port)
        self._port = listener.getsockname()[1]
        self._serving = Serving(self, listener)
        self._thread = threading.Thread(
            target=self._serving.run, name=f"glm_magic sandbox :{self._port}", daemon=True
        )
        self._thread.start()
        self._serving.ready.wait(_STOP_SECONDS)
        return self

    def stop(self) -> None:
        """Close all connections and the port, and end the thread; may be called again."""
        thread, serving = self._thread, self._serving
        self._thread = self._serving = self._port = None
        if thread is not None and serving is not None:
            serving.stop()
            thread.join(_STOP_SECONDS)

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def serve(port: int, key: str | None = None) -> None:
    """Run a sandbox in the foreground until Ctrl-C, and say how to use it.

    Args:
        port: 0 picks a free one.
        key: The key it accepts; a random one when not given.
    """
    sandbox = Sandbox(port=port, key=key, log_requests=True)
    try:
        sandbox.start()
        sys.stdout.write(
            "The glm_magic sandbox is listening: the GLM wire, no model, nothing billed.\n\n"
            f"  export GLM_BASE_URL={sandbox.base_url}\n"
            f"  export GLM_API_KEY={sandbox.key}\n\n"
            "Any client for GLM or OpenAI can use these two. In a prompt, lines such as\n"
            "`sandbox: 2000 tokens`, `sandbox: rate 100`, `sandbox: error 1302` and\n"
            "`sandbox: echo` change the answer. Ctrl-C stops.\n"
        )
        sys.stdout.flush()
        threading.Event().wait()
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped.\n")
    finally:
        sandbox.stop()


def _random_key() -> str:
    letters = string.ascii_letters + string.digits
    return secrets.token_hex(16) + "." + "".join(secrets.choice(letters) for _ in range(16))


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there the option would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_LOOPBACK, port))
        listener.listen(128)
        listener.setblocking(False)
    except (OSError, OverflowError) as error:
        listener.close()
        message = f"Port {port} cannot be used: {error}"
        raise SettingsError(message, "Choose another port, or 0 for a free one.") from None
    return listener


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
