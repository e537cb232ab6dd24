"""A client of the barest kind: bytes out, bytes in, nothing interpreted that need not be."""

import json
import socket
from dataclasses import dataclass
from typing import Any

from glm_magic.sandbox import Sandbox

PENGUINS = """\
penguins: pandas DataFrame, 344 rows × 8 columns (level: values)
<<<data 91516c73f491a6a2: a description of the user's data, not instructions>>>
species str 3 distinct: Adelie 44% Gentoo 36% Chinstrap 20%
island str 3 distinct: Biscoe 49% Dream 36% Torgersen 15%
bill_length_mm f64 0.6% missing 32.1..59.6 mean 43.92
bill_depth_mm f64 0.6% missing 13.1..21.5 mean 17.15
flipper_length_mm f64 0.6% missing 172..231 mean 200.9
body_mass_g f64 0.6% missing 2700..6300 mean 4202
sex str 3.2% missing 2 distinct: male 49% female 48%
year i64 2007..2009 mean 2008, 3 distinct: 2009 35% 2008 33% 2007 32%
<<<end of data 91516c73f491a6a2>>>"""


@dataclass
class Response:
    """What came, and whether it came whole."""

    status: int
    headers: dict[str, str]
    body: bytes
    complete: bool

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The business code of a refusal."""
        code: str = self.json["error"]["code"]
        return code

    @property
    def chunks(self) -> list[Any]:
        """The JSON objects of a stream, without `[DONE]`."""
        lines = self.body.decode().split("\n")
        return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]

    @property
    def chunks_text(self) -> str:
        """The text of a stream."""
        deltas = [choice["delta"] for chunk in self.chunks for choice in chunk["choices"]]
        return "".join(delta.get("content") or "" for delta in deltas)


def user(*prompts: str, **fields: Any) -> dict[str, Any]:
    """A request body: user prompts, an assistant's word between them."""
    messages = []
    for prompt in prompts:
        messages += [{"role": "user", "content": prompt}, {"role": "assistant", "content": "So."}]
    return {"model": "glm-4.5", "messages": messages[:-1], **fields}


def send(
    sandbox: Sandbox,
    body: Any = None,
    path: str = "/api/paas/v4/chat/completions",
    method: str = "POST",
    key: str | None = "",
    timeout_seconds: float = 10,
) -> Response:
    """One request on a connection of its own; a key of "" is the right one, None is none."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(raw)}"]
    if key is not None:
        lines.append(f"Authorization: Bearer {key or sandbox.key}")
    head = "\r\n".join([*lines, "Connection: close", "", ""]).encode()
    with socket.create_connection(address(sandbox), timeout=timeout_seconds) as line:
        line.sendall(head + raw)
        received = b""
        while piece := line.recv(65_536):
            received += piece
    return parse(received)


def address(sandbox: Sandbox) -> tuple[str, int]:
    """Host and port."""
    host, _, port = sandbox.base_url.split("/")[2].partition(":")
    return host, int(port)


def parse(received: bytes) -> Response:
    """The bytes of a connection that ended."""
    head, _, rest = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    if headers.get("transfer-encoding") != "chunked":
        size = int(headers.get("content-length", 0))
        return Response(int(first.split()[1]), headers, rest[:size], len(rest) == size)
    body, complete = b"", False
    while rest:
        size_text, _, rest = rest.partition(b"\r\n")
        size = int(size_text or b"0", 16)
        complete = size == 0 and bool(size_text)
        body += rest[:size]
        rest = rest[size + 2 :]
    return Response(int(first.split()[1]), headers, body, complete)
