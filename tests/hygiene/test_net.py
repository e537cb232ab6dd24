"""The nets that every test runs in: each is shown a fish."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from tests import canary

ROOT = Path(__file__).parents[2]
HEAD = """
import base64, logging, os, pathlib, socket, sys, threading, time
import pytest
from tests.canary import CANARY
pytestmark = pytest.mark.filterwarnings("ignore")
"""
LEAKS = {
    "stdout": "def test_it(): print(CANARY)",
    "stderr": "def test_it(): print(CANARY, file=sys.stderr)",
    "half": "def test_it(): print(CANARY.split('.')[1])",
    "base64": "def test_it(): print(base64.b64encode(b'user:' + CANARY.encode()))",
    "subprocess": "def test_it(): os.system('echo ' + CANARY)",
    "capsys": "def test_it(capsys): print(CANARY); capsys.readouterr()",
    "log": "def test_it(): logging.getLogger('httpcore').debug('header %r', {'key': CANARY})",
    "quiet log": (
        "def test_it():\n"
        "    logger = logging.getLogger('quiet'); logger.propagate = False\n"
        "    logger.info(CANARY)"
    ),
    "logged exception": (
        "def test_it():\n"
        "    try: raise ValueError(CANARY)\n"
        "    except ValueError: logging.exception('failed')"
    ),
    "file": "def test_it(tmp_path): (tmp_path / 'notes').write_text(CANARY)",
    "file name": "def test_it(tmp_path): (tmp_path / CANARY).touch()",
    "home": "def test_it(): (pathlib.Path.home() / '.glmrc').write_text('key = ' + CANARY)",
    "network": "def test_it(): socket.create_connection(('192.0.2.1', 443), timeout=1)",
    "swallowed network": (
        "def test_it():\n"
        "    try: socket.create_connection(('example.org', 443), timeout=1)\n"
        "    except Exception: pass"
    ),
    "thread": (
        "def test_it(no_leaked_threads):\n"
        "    threading.Thread(target=time.sleep, args=(4,), daemon=True).start()"
    ),
}
NOBODYS_FILE = (
    "def test_it(tmp_path_factory):\n"
    "    (tmp_path_factory.mktemp('other') / 'notes').write_text(CANARY)"
)
HONEST = {
    "planted": (
        "@pytest.mark.plants_key\n"
        "def test_it(tmp_path): (tmp_path / 'notes').write_text(CANARY)"
    ),
    "loopback": (
        "def test_it(no_leaked_threads, no_leaked_sockets):\n"
        "    with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "        socket.create_connection(server.getsockname(), timeout=5).close()"
    ),
    "environment": (
        "def test_it():\n"
        "    assert 'GLM_API_KEY' not in os.environ\n"
        "    assert 'https_proxy' not in os.environ\n"
        "    assert os.environ['HOME'] != " + repr(str(Path.home()))
    ),
}  # fmt: skip


def run(folder: Path, tests: dict[str, str]) -> tuple[dict[str, str], str]:
    """Runs each test in a file of its own, all in one pytest: outcomes by name, and the words."""
    for number, body in enumerate(tests.values()):
        (folder / f"test_{number}.py").write_text(HEAD + body + "\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.isolation", "-p", "tests.leaks", "-rA"]
    options = ["-p", "no:cacheprovider", "--rootdir", str(folder), "-o", "markers=plants_key"]
    done = subprocess.run(
        [*command, *options, f"--basetemp={folder / 'temp'}", str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=100,
        env={"PATH": "", "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1",
             "GLM_API_KEY": "a", "https_proxy": "http://127.0.0.1:9"},
    )  # fmt: skip
    bad = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    outcomes = {
        name: "failed" if any(f"test_{number}.py" in line for line in bad) else "passed"
        for number, name in enumerate(tests)
    }
    return outcomes, done.stdout + done.stderr


@pytest.mark.plants_key
def test_each_leak_is_caught(tmp_path: Path) -> None:
    """A key on any way out, a thread that stays and a step into the network fail their test."""
    outcomes, words = run(tmp_path, LEAKS)
    assert outcomes == dict.fromkeys(LEAKS, "failed"), canary.hide(words)


@pytest.mark.plants_key
def test_a_leak_into_a_folder_of_no_test_fails_the_session(tmp_path: Path) -> None:
    """A key in a file that belongs to no single test is found when the session ends."""
    outcomes, words = run(tmp_path, {"file": NOBODYS_FILE})
    assert outcomes == {"file": "failed"}
    assert "The API key was written to" in words


@pytest.mark.plants_key
def test_the_report_of_a_leak_does_not_leak(tmp_path: Path) -> None:
    """What is printed about a leaked key does not hold the key."""
    printed = {name: LEAKS[name] for name in ("stdout", "capsys", "log", "file", "file name")}
    _, words = run(tmp_path, printed)
    assert "API key was" in words
    assert not canary.seen_in(words)


@pytest.mark.plants_key
def test_honest_tests_pass(tmp_path: Path) -> None:
    """Planting the key on purpose and talking to oneself are allowed."""
    outcomes, words = run(tmp_path, HONEST)
    assert outcomes == dict.fromkeys(HONEST, "passed"), words


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "{'k': '"])
def test_base64_is_seen_at_every_offset(before: str) -> None:
    """The canary is recognized in base64 whatever stands before and after it."""
    text = before + canary.CANARY
    assert canary.seen_in(base64.b64encode((text + "}").encode()))
    assert canary.seen_in(base64.b64encode(text.encode()).decode())


def test_ordinary_text_is_no_canary() -> None:
    """The net lets all other text through."""
    assert not canary.seen_in("A canary sang 42 times. " * 1000)
