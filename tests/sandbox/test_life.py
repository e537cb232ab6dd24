"""A sandbox starts, serves many, and leaves nothing behind."""

import contextlib
import itertools
import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from glm_magic.errors import SettingsError
from glm_magic.keys import GLM_KEY
from glm_magic.sandbox import Fault, Sandbox

from .line import address, send, user

pytestmark = pytest.mark.usefixtures("no_leaked_threads", "no_leaked_sockets")


def test_importing_it_is_cheap() -> None:
    """The server's library is not imported before a sandbox starts."""
    code = (
        "import sys, glm_magic.sandbox; print('tornado' in sys.modules, 'asyncio' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_key_has_the_shape_of_a_key() -> None:
    """A random key looks like GLM's, is never the same, and can be given."""
    keys = {Sandbox().key for _ in range(20)}
    assert len(keys) == 20
    assert all(GLM_KEY.fullmatch(key) for key in keys)
    assert Sandbox(key="mine").key == "mine"


def test_it_listens_on_loopback_only() -> None:
    """The socket is bound to 127.0.0.1, and to nothing that others can reach."""
    with Sandbox() as sandbox:
        host, port = address(sandbox)
        assert host == "127.0.0.1"
        with socket.socket() as line:
            line.bind(("127.0.0.2", port))  # free: the sandbox does not listen on all addresses


def test_stop_frees_the_port_and_the_thread() -> None:
    """After stop the same port can be taken again; stop may be called twice."""
    before = threading.active_count()
    sandbox = Sandbox().start()
    _, port = address(sandbox)
    assert send(sandbox, user("sandbox: rate none")).status == 200
    sandbox.stop()
    sandbox.stop()
    assert threading.active_count() == before
    with Sandbox(port=port) as again:
        assert address(again) == ("127.0.0.1", port)
    with pytest.raises(SettingsError, match="not running"):
        _ = sandbox.base_url
    assert len(sandbox.requests) == 1


def test_it_can_be_started_again() -> None:
    """The same object serves again, with the same key."""
    sandbox = Sandbox()
    for _ in range(2):
        with sandbox:
            assert send(sandbox, user("sandbox: rate none")).status == 200
            assert sandbox.start() is sandbox


def test_a_taken_port_is_said() -> None:
    """No traceback of the system's, and no half-started thread."""
    with Sandbox() as first:
        _, port = address(first)
        for wrong in (port, 70_000):
            with pytest.raises(SettingsError, match=f"Port {wrong}"):
                Sandbox(port=wrong).start()


@pytest.mark.parametrize("fault", [Fault(), Fault.stall(2), Fault.delay(60), Fault.held_open()])
def test_stop_ends_answers_in_flight(fault: Fault) -> None:
    """Streams, stalls and delays end at once when the sandbox stops."""
    with Sandbox(faults=[fault], tokens_per_second=10) as sandbox, ThreadPoolExecutor() as pool:
        body = user("sandbox: 1000 tokens", stream=True)
        waiting = pool.submit(lambda: _quietly(sandbox, body))
        while not sandbox.requests:
            time.sleep(0.01)
        time.sleep(0.1)
        began = time.monotonic()
        sandbox.stop()
        waiting.result()
        assert time.monotonic() - began < 2


def _quietly(sandbox: Sandbox, body: object) -> None:
    with contextlib.suppress(ConnectionError, IndexError):  # cut, or not even a status line
        send(sandbox, body)


def test_many_clients_at_once() -> None:
    """Twenty clients get their own answers, complete."""
    with Sandbox(tokens_per_second=2000) as sandbox, ThreadPoolExecutor(20) as pool:
        bodies = [user("sandbox: echo\n" + f"client {n} " * 30, stream=True) for n in range(60)]
        answers = list(pool.map(lambda body: send(sandbox, body), bodies))
    for n, answer in enumerate(answers):
        assert answer.complete
        assert answer.chunks_text == f"client {n} " * 30
    assert len({answer.chunks[0]["id"] for answer in answers}) == 60


def test_a_client_that_leaves_is_noticed() -> None:
    """Writing stops when nobody reads."""
    with Sandbox(tokens_per_second=100) as sandbox:
        with pytest.raises(TimeoutError):
            send(sandbox, user("sandbox: 2000 tokens", stream=True), timeout_seconds=0.001)
        end = time.monotonic() + 2
        while sandbox.requests[-1:] == [] or sandbox.requests[-1].ended != "client left":
            assert time.monotonic() < end
            time.sleep(0.01)
        assert sandbox.requests[-1].chunks_sent < 200


def test_connections_are_kept_alive() -> None:
    """Two requests fit one connection."""
    with Sandbox(tokens_per_second=None) as sandbox:
        raw = json.dumps(user("sandbox: echo\nx")).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {sandbox.key}"
        )
        with socket.create_connection(address(sandbox), timeout=5) as line:
            for _ in range(2):
                line.sendall(f"{head}\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw)
                received = b""
                while b'"usage"' not in received:
                    received += line.recv(65_536)


def test_the_first_token_does_not_wait() -> None:
    """Each delta is sent when it is due, not when a buffer is full."""
    with Sandbox(tokens_per_second=50) as sandbox:
        raw = json.dumps(user("sandbox: 20 tokens", stream=True)).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {sandbox.key}"
        )
        with socket.create_connection(address(sandbox), timeout=5) as line:
            line.sendall(f"{head}\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw)
            times = []
            received = b""
            while b"[DONE]" not in received:
                received += line.recv(65_536)
                times.append(time.monotonic())
    assert len(times) > 15
    gaps = [late - early for early, late in itertools.pairwise(times)]
    assert sorted(gaps)[len(gaps) // 2] < 0.035


def test_a_log_line_has_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    """Logged are method, path, status and time."""
    with Sandbox(tokens_per_second=None, log_requests=True) as sandbox:
        send(sandbox, user("Hello"))
    text = capsys.readouterr().err
    assert text.startswith("POST /api/paas/v4/chat/completions 200 ")
    assert sandbox.key not in text


def test_serve_says_how_to_use_it() -> None:
    """The foreground server prints address and key, answers, and ends with Ctrl-C."""
    code = "from glm_magic.sandbox import serve; serve(0, key='a-key-for-this-test')"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(7)]
        url = next(line for line in lines if "GLM_BASE_URL=" in line).strip().partition("=")[2]
        assert "  export GLM_API_KEY=a-key-for-this-test\n" in lines
        host, _, port = url.split("/")[2].partition(":")
        socket.create_connection((host, int(port)), timeout=5).close()
        process.send_signal(2)
        out, error = process.communicate(timeout=10)
    assert (process.returncode, out.splitlines()[-1], error) == (0, "Stopped.", "")
