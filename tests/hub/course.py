"""The service as the hub starts it, in a process of its own; the hub itself is played here."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx

from glm_magic.sandbox import Sandbox
from tests.canary import CANARY

ACCESS = "access:services!service=glm"
_SECONDS = 30.0
OPEN = 'models = ["glm-4.5-air"]\nmax_tokens = 2000\n'


class PlayedHub:
    """Answers the one question that the service asks a hub: whose token is this?

    Attributes:
        people: The hub's record of each token's owner.
        down: Whether the hub fails.
        asked: How often it was asked.
    """

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.down = False
        self.asked = 0
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.asked += 1
                token = self.headers.get("Authorization", "").removeprefix("token ")
                model = hub.people.get(token)
                status = 500 if hub.down else 200 if model else 403
                body = json.dumps(model or {"status": status, "message": "no"}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Nothing."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 300
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Of its API."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hub/api"

    def person(self, name: str, *groups: str, admin: bool = False, scopes: Any = (ACCESS,)) -> str:
        """A new token of this person."""
        token = uuid.uuid4().hex
        self.people[token] = {
            "kind": "user", "name": name, "groups": list(groups), "admin": admin,
            "scopes": list(scopes),
        }  # fmt: skip
        return token

    def service(self, name: str) -> str:
        """A new token of another service, which may come here."""
        token = self.person(name)
        self.people[token]["kind"] = "service"
        return token

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Reply:
    """What came back.

    Attributes:
        status: HTTP status.
        text: The whole body.
        seconds: From asking to the first piece of an answer, and to the end.
        notices: Comments, in order.
        code: The business code of an error, wherever it came.
        answer: The answer's text.
        done: Whether the stream said so.
    """

    status: int
    text: str = ""
    first_seconds: float = 0.0
    seconds: float = 0.0
    notices: list[str] = field(default_factory=list)
    code: str = ""
    answer: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    done: bool = False

    def read(self, line: str) -> None:
        """Take one line of the body."""
        self.text += line + "\n"
        if line.startswith(":"):
            self.notices.append(line[1:].strip())
        elif line == "data: [DONE]":
            self.done = True
        elif line.startswith(("data: ", "{")):
            document = json.loads(line.removeprefix("data: "))
            self.code = (document.get("error") or {}).get("code", self.code)
            self.usage = document.get("usage") or self.usage
            for choice in document.get("choices") or ():
                said = choice.get("delta") or choice.get("message") or {}
                self.answer += said.get("content") or ""


def body_of(prompt: str, **fields: Any) -> dict[str, Any]:
    """A request body."""
    message = {"role": "user", "content": prompt}
    return {"model": "glm-4.5-air", "messages": [message], "stream": True, **fields}


class Course:
    """The service, started anew or killed at will; use as a context manager.

    Args:
        folder: For the course's file, budgets and records.
        upstream: The model's host.
        rules: Text of the course's file.
    """

    def __init__(self, folder: Path, upstream: Sandbox, rules: str = OPEN) -> None:
        self.file = folder / "glm-hub.toml"
        self.data = folder / "data"
        self.upstream = upstream
        self.hub = PlayedHub()
        self.rules(rules)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.origin}/services/glm/"
        self.base_url = f"{self.url}v1"
        self.process: subprocess.Popen[bytes] | None = None
        # Making one takes longer than asking: it reads the certificates of this machine.
        self.http = httpx.Client(base_url=self.url, timeout=_SECONDS, verify=False)

    def rules(self, text: str) -> None:
        """Write the course's file; it holds from the next question on."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self.file)

    def start(self) -> None:
        """Start the service as the hub does."""
        environment = {
            "GLM_PROVIDER": "zai", "GLM_BASE_URL": self.upstream.base_url, "GLM_API_KEY": CANARY,
            "JUPYTERHUB_API_TOKEN": "of-the-service", "JUPYTERHUB_API_URL": self.hub.url,
            "JUPYTERHUB_SERVICE_NAME": "glm", "JUPYTERHUB_CLIENT_ID": "service-glm",
            "JUPYTERHUB_SERVICE_PREFIX": "/services/glm/", "JUPYTERHUB_SERVICE_URL": self.origin,
        }  # fmt: skip
        command = [sys.executable, "-m", "glm_magic", "hub", self.file, "--data", self.data]
        self.process = subprocess.Popen(command, env={**os.environ, **environment})
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            assert self.process.poll() is None
            try:
                self.http.get("health")
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the service did not start")

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the service, by default as hard as can be."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(_SECONDS)

    def memory_kib(self) -> int:
        """What the service holds in memory now."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill(signal.SIGTERM)
        self.http.close()
        self.hub.close()

    def ask(self, token: str, prompt: str = "Hello", **fields: Any) -> Reply:
        """Ask as the owner of a token."""
        return asyncio.run(self.ask_async(token, body_of(prompt, **fields)))

    async def ask_async(self, token: str, body: dict[str, Any], **headers: str) -> Reply:
        """Ask without waiting."""
        sent = {"Authorization": f"Bearer {token}", "X-GLM-Notices": "shown", **headers}
        began = time.monotonic()
        async with (
            httpx.AsyncClient(timeout=600, verify=False) as client,
            client.stream(
                "POST", f"{self.base_url}/chat/completions", json=body, headers=sent
            ) as response,
        ):
            reply = Reply(response.status_code)
            async for line in response.aiter_lines():
                if line.startswith("data:") and not reply.first_seconds:
                    reply.first_seconds = time.monotonic() - began
                reply.read(line)
        reply.seconds = time.monotonic() - began
        return reply

    def usage(self, token: str) -> dict[str, Any]:
        """What the service says of the owner of a token."""
        answer = self.http.get("usage", headers={"Authorization": f"Bearer {token}"})
        found: dict[str, Any] = answer.json()
        return found
