"""A real JupyterHub for tests: the ready configuration, its own proxy, people who log in."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from glm_magic.sandbox import Sandbox
from tests.canary import CANARY

ROOT = Path(__file__).parents[2]
READY = ROOT / "glm_magic" / "hub" / "ready"
NOBODY = 65534
_SECONDS = 60.0
_CONFIG = """
import json, os, secrets
c = get_config()
upstream = json.loads(os.environ.pop("TEST_UPSTREAM"))
c.JupyterHub.bind_url = "http://127.0.0.1:{proxy}/"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.command = [{command!r}]
c.ConfigurableHTTPProxy.auth_token = secrets.token_hex(16)
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.cookie_secret = secrets.token_bytes(32)
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.load_groups = {{"instructors": {{"users": ["iris"]}}, "exam": {{"users": ["eve"]}}}}
from jupyterhub.spawner import SimpleLocalProcessSpawner
class Spawner(SimpleLocalProcessSpawner):
    def make_preexec_fn(self, name):
        def become():
            if {user!r} is not None:
                os.setgid({user!r}); os.setuid({user!r})
            os.chdir(self.home_dir)
        return become
c.JupyterHub.spawner_class = Spawner
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 60
c.Spawner.environment = {{"JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp"}}
c.Spawner.env_keep = ["PATH"]
c.JupyterHub.services = [
    {{"name": "tester", "api_token": {admin!r}}},
    {{"name": "other", "api_token": {other!r}}},
]
c.JupyterHub.load_roles = [
    {{"name": "tester", "services": ["tester"], "scopes":
     ["admin:users", "admin:servers", "access:servers", "tokens", "list:users"]}},
]
load_subconfig({ready!r})
for service in c.JupyterHub.services:
    if service["name"] == "glm":
        service["environment"] = upstream
"""


def proxy_command() -> str | None:
    """Where JupyterHub's proxy is; `.ci/proxy` installs it."""
    local = ROOT / ".venv-test/proxy/node_modules/.bin/configurable-http-proxy"
    return str(local) if local.exists() else shutil.which("configurable-http-proxy")


# Shows $2, and nothing else of $1, to every user; within the mount namespace of `unshare` only.
_SHOW = """
set -e
mount --bind "$1" "$3"; mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir -p "$2"; mount --bind "$3/${2#"$1"/}" "$2"
shift 3; exec "$@"
"""


def for_all_users(folder: Path) -> list[str] | None:
    """What to put before a command so that another account can run our Python, or None.

    Args:
        folder: An empty one.
    """
    python = Path(sys.base_prefix)
    hidden = [place for place in reversed(python.parents) if not place.stat().st_mode & 0o001]
    before = ["unshare", "-m", "sh", "-c", _SHOW, "sh", str(hidden[0]), str(python), str(folder)]
    before = before if hidden else []
    then = [sys.executable, "-c", "import glm_magic"]
    become = f"import os; os.setgid({NOBODY}); os.setuid({NOBODY}); os.execv({then[0]!r}, {then!r})"
    to_nobody = [sys.executable, "-c", become]
    if os.geteuid() != 0:
        return None
    done = subprocess.run([*before, *to_nobody], cwd="/", capture_output=True, check=False)
    return before if done.returncode == 0 else None


def _upstream(sandbox: Sandbox) -> dict[str, str]:
    """The service's environment; the key is written to no file."""
    where = {"GLM_PROVIDER": "zai", "GLM_BASE_URL": sandbox.base_url}
    return {**where, "GLM_API_KEY": CANARY, "PATH": os.environ["PATH"]}


def _free_ports(count: int) -> list[int]:
    import socket

    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@dataclass
class Login:
    """A person's browser."""

    name: str
    browser: httpx.Client


class Hub:
    """A hub with the service, whose upstream is a sandbox; use as a context manager.

    Args:
        folder: For all its files; students' homes are below it.
        rules: Text of the course's file.
        sandbox: The upstream.
    """

    def __init__(self, folder: Path, rules: str, sandbox: Sandbox) -> None:
        self.folder = folder
        (folder / "mount").mkdir()
        before = for_all_users(folder / "mount")
        self.user = None if before is None else NOBODY
        self._before = before or []
        self.rules = folder / "course" / "glm-hub.toml"
        self.data = folder / "course" / "data"
        self.homes = folder / "homes"
        self.admin, self.other = uuid.uuid4().hex, uuid.uuid4().hex
        proxy, hub, api, service = _free_ports(4)
        self.url = f"http://127.0.0.1:{proxy}"
        self.service = f"http://127.0.0.1:{service}/services/glm"
        self.rules.parent.mkdir()
        self.rules.parent.chmod(0o700)
        self.homes.mkdir()
        self.rules.write_text(rules)
        (self.rules.parent / "key").write_text("replaced below\n")
        self._environment = {
            "GLM_HUB_FOLDER": str(self.rules.parent),
            "GLM_HUB_DATA": str(self.data),
            "GLM_HUB_URL": f"http://127.0.0.1:{service}",
            "TEST_UPSTREAM": json.dumps(_upstream(sandbox)),
        }
        self._config = _CONFIG.format(
            proxy=proxy, hub=hub, api=api, command=proxy_command(), user=self.user,
            homes=str(self.homes), python=sys.executable, admin=self.admin, other=self.other,
            ready=str(READY / "jupyterhub_config.py"),
        )  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self._browsers: list[httpx.Client] = []

    def __enter__(self) -> Self:
        config = self.rules.parent / "hub.py"
        config.write_text(self._config)
        self.log = (self.folder / "hub.log").open("wb")
        command = [*self._before, sys.executable, "-m", "jupyterhub", "-f", str(config)]
        self._process = subprocess.Popen(
            command, cwd=self.rules.parent, env={**os.environ, **self._environment},
            stdout=self.log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.wait(lambda: httpx.get(f"{self.url}/services/glm/health").status_code == 200)
        return self

    def __exit__(self, *_: object) -> None:
        for browser in self._browsers:
            browser.close()
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.log.close()

    def wait(self, holds: Any) -> None:
        """Until it holds; fails with the hub's log."""
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            try:
                if holds():
                    return
            except httpx.TransportError:
                pass
            assert self._process is None or self._process.poll() is None, self.printed()
            time.sleep(0.1)
        raise AssertionError(self.printed())

    def printed(self) -> str:
        """What the hub, its service and its servers printed."""
        return (self.folder / "hub.log").read_text(errors="replace")

    def login(self, name: str) -> Login:
        """A person logs in with the form."""
        browser = httpx.Client(base_url=self.url, follow_redirects=True, timeout=_SECONDS)
        self._browsers.append(browser)
        page = browser.get("/hub/login")
        token = browser.cookies.get("_xsrf", path="/hub/")
        assert token, page.text
        form = {"username": name, "password": "x", "_xsrf": token}
        done = browser.post("/hub/login?next=/hub/home", data=form)
        assert done.status_code == 200, done.text
        return Login(name, browser)

    def api(self, method: str, path: str, **options: Any) -> Any:
        """Ask the hub's API as an admin."""
        headers = {"Authorization": f"token {self.admin}"}
        done = httpx.request(
            method, f"{self.url}/hub/api{path}", headers=headers, timeout=_SECONDS, **options
        )
        assert done.status_code < 300, done.text
        return done.json() if done.content else None

    def start_server(self, name: str) -> None:
        """Start a person's server."""
        home = self.homes / name
        home.mkdir()
        if self.user is not None:
            os.chown(home, self.user, self.user)
        self.api("POST", f"/users/{name}/server")
        self.wait(lambda: self.api("GET", f"/users/{name}")["servers"].get("", {}).get("ready"))

    def run(self, name: str, cells: list[str]) -> list[list[dict[str, Any]]]:
        """Run cells in a new kernel of a person's server; the messages of each."""
        return asyncio.run(self._run(name, cells))

    async def _run(self, name: str, cells: list[str]) -> list[list[dict[str, Any]]]:
        headers = {"Authorization": f"token {self.admin}"}
        base = f"{self.url}/user/{name}/api/kernels"
        made = httpx.post(base, headers=headers, timeout=_SECONDS, json={"name": "python3"})
        assert made.status_code == 201, made.text
        address = f"{base}/{made.json()['id']}/channels".replace("http", "ws", 1)
        line = await websocket_connect(HTTPRequest(address, headers=headers))
        found = [await _execute(line, cell) for cell in cells]
        line.close()
        while await line.read_message() is not None:  # until the server has closed it, too
            pass
        return found


async def _execute(line: Any, code: str) -> list[dict[str, Any]]:
    number = uuid.uuid4().hex
    header = {"msg_id": number, "msg_type": "execute_request", "session": number,
              "username": "", "version": "5.3", "date": ""}  # fmt: skip
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {},
               "allow_stdin": False, "stop_on_error": False}  # fmt: skip
    await line.write_message(json.dumps(
        {"header": header, "parent_header": {}, "metadata": {"cellId": number},
         "content": content, "channel": "shell", "buffers": []}
    ))  # fmt: skip
    messages, left = [], {"idle", "reply"}
    while left:
        raw = await asyncio.wait_for(line.read_message(), _SECONDS)
        assert raw is not None, "the kernel's line was closed"
        message = json.loads(raw)
        if (message["parent_header"] or {}).get("msg_id") != number:
            continue
        messages.append(message)
        if message["header"]["msg_type"] == "execute_reply":
            left.discard("reply")
        if message["content"].get("execution_state") == "idle":
            left.discard("idle")
    return messages


def text_of(messages: list[dict[str, Any]]) -> str:
    """All text that a cell's messages show."""
    texts = []
    for message in messages:
        content = message["content"]
        texts.append(content.get("text", ""))
        texts += [str(value) for value in (content.get("data") or {}).values()]
        texts += content.get("traceback") or []
    return "\n".join(texts)
