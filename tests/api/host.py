"""A host on loopback that says exactly the bytes it was given, and counts who comes."""

import contextlib
import json
import select
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

HOLD = "hold"  # nothing more, until the client leaves
CUT = "cut"  # the connection ends
RESET = "reset"  # the connection ends with a reset
Step = bytes | float | str
Script = Sequence[Step]

END = b"0\r\n\r\n"
DONE = "[DONE]"


@dataclass
class Asked:
    """A request as it came.

    Attributes:
        line: The request line.
        headers: By lower-case name.
        body: The bytes.
        connection: On which connection it came, counted from 1.
    """

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Host:
    """Each request gets the next script; the last one is for all that follow.

    Attributes:
        asked: The requests, oldest first.
        connections: How many connections were made.
        left: How many connections have ended.
    """

    def __init__(self, *scripts: Script) -> None:
        self.scripts = deque(scripts)
        self.asked: list[Asked] = []
        self.connections = 0
        self.left = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def base_url(self) -> str:
        """Where `/chat/completions` is appended."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        with self._lock:
            for line in (self._listener, *self._lines):
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _spawn(self, target: Any, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, name="host", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._lines.append(line)
            self._spawn(self._serve, line, self.connections)

    def _serve(self, line: socket.socket, number: int) -> None:
        try:
            while asked := _read_request(line, number):
                with self._lock:
                    self.asked.append(asked)
                    script = self.scripts[0] if len(self.scripts) == 1 else self.scripts.popleft()
                if not self._play(line, script):
                    break
        except OSError:
            pass
        finally:
            with self._lock:
                self.left += 1
                self._lines.remove(line)
            line.close()

    def _play(self, line: socket.socket, script: Script) -> bool:
        """Whether the connection may be used again."""
        for step in script:
            if isinstance(step, bytes):
                line.sendall(step)
            elif isinstance(step, float):
                self._stopping.wait(step)
            elif step == HOLD:
                leaving = select.poll()  # `select` takes no number above 1,024
                leaving.register(line, select.POLLIN)
                while not self._stopping.is_set():
                    if leaving.poll(20):
                        return False
                return False
            else:
                if step == RESET:
                    linger = struct.pack("ii", 1, 0)
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return False
        return not self._stopping.is_set()


def _read_request(line: socket.socket, number: int) -> Asked | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(65_536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        piece = line.recv(65_536)
        if not piece:
            return None
        body += piece
    return Asked(first, headers, body, number)


def head(status: int = 200, kind: str = "text/event-stream", **headers: str) -> bytes:
    """A status line and headers; names with "_" for "-"."""
    named = {"Content-Type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}}
    if "Content-Length" not in named:
        named["Transfer-Encoding"] = "chunked"
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{k}: {v}" for k, v in named.items() if v)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(data: bytes | str) -> bytes:
    """One piece of a chunked body."""
    raw = data.encode() if isinstance(data, str) else data
    return b"%x\r\n%s\r\n" % (len(raw), raw)


def whole(
    body: bytes | str | object, status: int = 200, kind: str = "application/json", **headers: str
) -> list[Step]:
    """A response that is sent at once; what is neither bytes nor text is sent as JSON."""
    raw = (
        body
        if isinstance(body, bytes)
        else (body if isinstance(body, str) else json.dumps(body)).encode()
    )
    return [head(status, kind, Content_Length=str(len(raw)), **headers) + raw]


def delta(text: str = "", finish: str = "", **fields: Any) -> dict[str, Any]:
    """A chunk; other fields go into its delta."""
    said = ({"content": text} if text else {}) | fields
    choice: dict[str, Any] = {"index": 0, "delta": {"role": "assistant", **said}}
    if finish:
        choice["finish_reason"] = finish
    return {"id": "abc", "created": 1, "model": "glm-4.5", "choices": [choice]}


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def last(reason: str = "stop") -> dict[str, Any]:
    """The chunk that ends."""
    return {**delta(finish=reason), "usage": USAGE}


def record(data: object) -> bytes:
    """One record of a stream."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


def stream(*records: object, then: Script = (END,), **headers: str) -> list[Step]:
    """A stream of records, each in a packet of its own; bytes, pauses and marks go as they are."""
    steps: list[Step] = [head(**headers)]
    for one in records:
        if isinstance(one, bytes):
            steps.append(chunk(one))
        elif isinstance(one, float) or one in (HOLD, CUT, RESET):
            steps.append(one)  # type: ignore[arg-type]
        else:
            steps.append(chunk(record(one)))
    return [*steps, *then]


def said(*texts: str) -> list[Step]:
    """A complete answer, as it should be."""
    return stream(*map(delta, texts), last(), DONE)


def refused(code: str, status: int, message: str = "no", **headers: str) -> list[Step]:
    """A refusal in the wire's own shape."""
    return whole({"error": {"code": code, "message": message}}, status, **headers)


@contextlib.contextmanager
def deaf_port() -> Iterator[int]:
    """A port that accepts no connection and refuses none: its queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for one in fillers:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for one in fillers:
            one.close()
