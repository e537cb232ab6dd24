"""The network's side of an exchange: wait for a slot, ask, ask again while busy, read.

What httpx raises is turned into our errors here, away from its traceback: httpx's frames hold
the Authorization header, and IPython's verbose tracebacks print what frames hold.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ..chat.deltas import Delta
from ..errors import (
    ConnectionFailedError,
    GLMError,
    ProtocolError,
)
from .bursts import merged
from .decoding import AnswerDecoder
from .failures import response_error
from .responses import is_packed, kind_of, line_error, raw_body, refuse_redirect
from .sockets import ASKER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from .client import Client

Item = list[Delta] | GLMError | None  # None is the end

_SLOT_SECONDS = 0.1
_REFUSAL_BYTES = 64 * 1024
_DRAIN_SECONDS = 1.0


class _StoppedError(Exception):
    """The asker went away; nobody hears this."""


class Worker:
    """Runs one exchange in a thread of its own.

    Attributes:
        waiting_since: When the host was last heard of, on the monotonic clock; None while
            nothing is expected of it.
    """

    def __init__(
        self, client: Client, model: str, body: bytes, put: Callable[[Item], None]
    ) -> None:
        self.waiting_since: float | None = None
        self._client = client
        self._model = model
        self._body = body
        self._put = put
        self._stopping = threading.Event()
        self._stream: Any = None  # the line, as soon as it is known
        self._reuses_line = False  # a kept one was taken: which one is known with the headers
        self._shown = False
        self._slot = client.slot(model)
        self._slot_lock = threading.Lock()
        self._holds_slot = False

    def stop(self) -> None:
        """End the thread, wherever it waits.

        Only a name that is being looked up cannot be ended: then the thread stays for as long as
        the system takes, alone and without its slot.
        """
        self._stopping.set()
        self._end_line()
        self._give_slot()

    def _end_line(self) -> None:
        if self._stream is not None or self._reuses_line:
            self._client.sockets.shutdown(self._stream)

    def run(self) -> None:
        """The thread: puts lists of deltas, then an error or None."""
        ASKER.gone = self._stopping
        try:
            self._take_slot()
            self._ask_patiently()
        except _StoppedError:
            return
        except GLMError as error:
            self._put(error.with_traceback(None))
        except Exception as error:  # whatever it is, the asker must hear of it
            message = f"The exchange failed: {type(error).__name__}."
            self._put(ProtocolError(message, "This is a bug in glm_magic; please report it."))
        finally:
            self._give_slot()

    def _notice(self, text: str) -> None:
        self._put([Delta(notice=text)])

    def _take_slot(self) -> None:
        if not self._slot.acquire(timeout=_SLOT_SECONDS):  # an answer just read leaves it soon
            self._notice(f"Waiting for another question to {self._model} to end")
            while not self._slot.acquire(timeout=_SLOT_SECONDS):
                self._check_stop()
        self._holds_slot = True

    def _give_slot(self) -> None:
        with self._slot_lock:
            held, self._holds_slot = self._holds_slot, False
        if held:
            self._slot.release()

    def _check_stop(self) -> None:
        if self._stopping.is_set():
            raise _StoppedError

    def _ask_patiently(self) -> None:
        """Ask, and ask again while the host is busy, but never after something was shown."""
        import tenacity

        limits = self._client.limits
        own_pause = tenacity.wait_exponential(
            multiplier=limits.backoff_seconds, max=limits.longest_backoff_seconds
        ) + tenacity.wait_random(0, limits.backoff_seconds)

        def pause(state: tenacity.RetryCallState) -> float:
            wished = getattr(_error(state), "retry_after_seconds", None)
            return own_pause(state) if wished is None else float(wished)

        def worth_it(error: BaseException) -> bool:
            retryable = getattr(error, "retryable", isinstance(error, ConnectionFailedError))
            in_time = (getattr(error, "retry_after_seconds", None) or 0) < limits.total_seconds
            return bool(retryable) and in_time and not self._shown and not self._stopping.is_set()

        def tell(state: tenacity.RetryCallState) -> None:
            seconds = state.next_action.sleep if state.next_action else 0
            reason = getattr(_error(state), "message", "")
            self._notice(f"Asking again in {seconds:.0f} s: {reason}")

        tenacity.Retrying(
            stop=tenacity.stop_after_attempt(limits.retries + 1),
            wait=pause,
            retry=tenacity.retry_if_exception(worth_it),
            sleep=self._sleep,
            before_sleep=tell,
            reraise=True,
        )(self._ask_once)

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise _StoppedError

    def _ask_once(self) -> None:
        import httpx

        try:
            http = self._client.http()
            self.waiting_since = time.monotonic()
            self._ask_over(http)
            return
        except httpx.HTTPError as error:
            kind = type(error).__name__
            timed_out = isinstance(error, httpx.TimeoutException)
            tls = "CERTIFICATE" in str(error)
        finally:
            self.waiting_since = None
        self._check_stop()
        # Raised outside of the handler, so that the httpx error is not in its context.
        raise line_error(kind, self._client.base_url, timed_out=timed_out, tls=tls)

    def _ask_over(self, http: httpx.Client) -> None:
        client = self._client
        request = http.build_request(
            "POST",
            client.url,
            headers=client.headers(),
            content=self._body,
            extensions={"trace": self._trace},
        )
        self._check_stop()
        try:
            response = http.send(request, stream=True)
            self._take_line(response.extensions["network_stream"])
            with closing(response):
                self._check_stop()
                self._read(response)
        finally:
            self._take_line(None)

    def _take_line(self, stream: Any) -> None:
        if stream is not self._stream:
            self._client.sockets.release(self._stream)
            self._client.sockets.claim(stream)
        self._stream, self._reuses_line = stream, False

    def _trace(self, name: str, info: dict[str, Any]) -> None:
        """Called by httpx in this thread: take a new line, or note the use of a kept one."""
        if name.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._take_line(info["return_value"])
        elif name.endswith("send_request_headers.started"):
            self._reuses_line = self._stream is None
        else:
            return
        if self._stopping.is_set():
            self._end_line()

    def _read(self, response: httpx.Response) -> None:
        kind = kind_of(response.headers)
        refuse_redirect(response.status_code)
        if response.status_code != 200 or kind not in ("text/event-stream", "application/json"):
            raise self._refusal(response)
        if is_packed(response.headers):
            message = "The host sent a compressed answer that was not asked for."
            raise ProtocolError(message, "Check the base URL: %glm config.")
        events = kind == "text/event-stream"
        decoder = AnswerDecoder(key=self._client.key, model=self._model, events=events)
        pieces = response.iter_raw()
        self._decode(pieces, decoder)
        self.waiting_since = None
        self._put(None)
        self._drain(pieces)

    def _decode(self, pieces: Iterator[bytes], decoder: AnswerDecoder) -> None:
        """Pass on what comes, to the last character; then raise if the answer is none."""
        import httpx

        try:
            for data in pieces:
                self._check_stop()
                self._pass_on(decoder.feed(data))
                if decoder.over:
                    break
        except httpx.HTTPError:
            if not decoder.finish_reason:  # else the answer was whole, and only the line was not
                raise
        finally:
            self._pass_on(decoder.finish())
        if decoder.failure:
            raise decoder.failure

    def _pass_on(self, deltas: list[Delta]) -> None:
        if deltas:
            self._shown = self._shown or any(d.text or d.reasoning or d.tool_calls for d in deltas)
            self.waiting_since = time.monotonic()
            self._put(merged(deltas))

    def _drain(self, pieces: Iterator[bytes]) -> None:
        """Read to the real end, so that the connection can be used again; not for long."""
        ending = threading.Timer(_DRAIN_SECONDS, self._client.sockets.shutdown, (self._stream,))
        ending.daemon = True
        ending.start()
        try:
            for _ in pieces:
                pass
        except Exception:  # noqa: S110 - the answer is whole; how the line ends is no matter
            pass
        finally:
            ending.cancel()

    def _refusal(self, response: httpx.Response) -> GLMError:
        body = raw_body(response, _REFUSAL_BYTES)
        status, headers, key = response.status_code, response.headers, self._client.key
        return response_error(status, headers, body, model=self._model, key=key)


def _error(state: Any) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
