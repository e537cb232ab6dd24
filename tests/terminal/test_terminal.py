"""A real terminal IPython, and the command line, as a person at a keyboard meets them."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from glm_magic.cli import main

_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Terminal:
    """A program on a pseudo-terminal.

    Args:
        command: What to run.
        folder: Where.
    """

    def __init__(self, command: list[str], folder: Path) -> None:
        master, slave = pty.openpty()
        self.raw = ""
        self._master = master
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=folder, start_new_session=True,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        )  # fmt: skip
        os.close(slave)

    def type(self, text: str) -> None:
        """Type, and press Enter."""
        os.write(self._master, text.encode() + b"\r")

    def press_ctrl_c(self) -> None:
        """What a terminal does for Ctrl-C: interrupt everything that runs on it."""
        os.killpg(self.process.pid, signal.SIGINT)

    @property
    def text(self) -> str:
        """What was written so far, without the terminal's control sequences."""
        return _CONTROLS.sub("", self.raw)

    def read(self, seconds: float) -> None:
        """Take in what comes."""
        coming = select.poll()  # `select` takes no number above 1,024
        coming.register(self._master, select.POLLIN)
        if coming.poll(1000 * seconds):
            try:
                self.raw += os.read(self._master, 65536).decode("utf-8", "replace")
            except OSError:  # the program has ended
                time.sleep(seconds)

    def wait_for(self, text: str, *, seconds: float = 30, after: int = 0) -> None:
        """Until the text is on the terminal, behind the first `after` characters."""
        deadline = time.monotonic() + seconds
        while text not in self.text[after:]:
            assert time.monotonic() < deadline, f"{text!r} never came:\n{self.text[-3000:]}"
            self.read(0.05)

    def close(self) -> None:
        """End the program."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def ipython(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal IPython with the extension on the sandbox."""
    command = [
        sys.executable,
        "-m",
        "IPython",
        "--no-banner",
        "--simple-prompt",
        "--colors=nocolor",
    ]
    terminal = Terminal(command, tmp_path)
    terminal.wait_for("In [1]:")
    terminal.type("%load_ext glm_magic")
    terminal.wait_for("In [2]:")
    terminal.type("%config GLM.provider = 'sandbox'")
    terminal.wait_for("In [3]:")
    yield terminal
    terminal.close()


def test_an_answer_streams(ipython: Terminal) -> None:
    """Text appears while the answer still comes; thought and footer stand around it."""
    ipython.type("%glm ask show markdown")
    ipython.wait_for("Thought for ")
    ipython.wait_for("tokens in")
    ipython.wait_for("In [4]:")
    assert "no model was called" in ipython.text


def test_ctrl_c_keeps_the_answer(ipython: Terminal) -> None:
    """Ctrl-C ends an answer within a second; what came stays, and the next question works."""
    ipython.type("import glm_magic")
    ipython.wait_for("In [4]:")
    ipython.type("get_ipython().run_cell_magic('glm','','sandbox: rate 50\\nsandbox: 5000 tokens')")
    ipython.wait_for("The text goes on")
    began = time.monotonic()
    ipython.press_ctrl_c()
    ipython.wait_for("Stopped. The ")
    assert time.monotonic() - began < 1
    ipython.wait_for("Incomplete: interrupted.")
    ipython.type("%glm ask hello")
    ipython.wait_for("it speaks the GLM wire")


def test_escapes_in_an_answer_are_dead(ipython: Terminal) -> None:
    """What an answer says never reaches the terminal as a command."""
    ipython.type(
        "get_ipython().run_cell_magic('glm','','sandbox: echo\\n\\x1b]0;owned\\x07 \\x1b[2J!')"
    )
    ipython.wait_for("tokens in")
    assert "\x1b]0;owned" not in ipython.raw
    assert "\x1b[2J" not in ipython.raw


def test_a_panel_needs_a_notebook(ipython: Terminal) -> None:
    """Where there is none, two lines say so, and what there is instead."""
    for number, command in enumerate(("%glm panel", "import glm_magic; glm_magic.panel()")):
        seen = len(ipython.text)
        ipython.type(command)
        ipython.wait_for(f"In [{number + 4}]:", after=seen)
        assert "A panel needs a notebook." in ipython.text[seen:]
        assert "Traceback" not in ipython.text[seen:]


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """`glm-magic` with these words, its output in a pipe."""
    command = [sys.executable, "-m", "glm_magic", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=60)


def test_the_demo_answers(tmp_path: Path) -> None:
    """`glm-magic demo` asks about the penguins and prints an answer with code and footer."""
    ran = run("demo", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "%%glm -m glm-4.5-air --frame penguins" in ran.stdout
    assert 'groupby("species"' in ran.stdout
    assert "sent: penguins (344 × 8, values)" in ran.stdout
    assert ran.stderr == ""


def test_the_demo_streams_on_a_terminal(tmp_path: Path) -> None:
    """On a terminal the words come one after the other."""
    terminal = Terminal([sys.executable, "-m", "glm_magic", "demo"], tmp_path)
    try:
        terminal.wait_for("differs by")
        early = len(terminal.text)
        terminal.wait_for("sent: penguins")
        assert len(terminal.text) > early + 500
    finally:
        terminal.close()


def test_the_sandbox_serves_other_clients(tmp_path: Path) -> None:
    """`glm-magic sandbox --port 0` names its URL and key, answers, and ends on Ctrl-C."""
    import httpx

    terminal = Terminal([sys.executable, "-m", "glm_magic", "sandbox", "--port", "0"], tmp_path)
    try:
        terminal.wait_for("Ctrl-C")
        found = re.search(r"http://127\.0\.0\.1:\d+/api/paas/v4", terminal.text)
        key = re.search(r"[0-9a-f]{32}\.[0-9A-Za-z]{16}", terminal.text)
        assert found, terminal.text
        assert key, terminal.text
        headers = {"Authorization": f"Bearer {key.group()}"}
        with httpx.Client(trust_env=False) as client:
            models = client.get(f"{found.group()}/models", headers=headers)
        assert models.status_code == 200
        terminal.press_ctrl_c()
        assert terminal.process.wait(10) in (0, 130)
    finally:
        terminal.close()


@pytest.mark.parametrize(
    ("command", "does"),
    [("demo", "penguins"), ("sandbox", "stand-in"), ("doctor", "wrong"), ("hub", "a class's key")],
)
def test_help_explains(command: str, does: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command says what it does, in the list of all and in its own help."""
    for arguments in (["--help"], [command, "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
        shown = capsys.readouterr().out
        assert "usage: glm-magic" in shown
        assert does in " ".join(shown.split())


def test_a_taken_port_is_two_lines(tmp_path: Path) -> None:
    """A port that is in use gives what is wrong and what to do."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = run("sandbox", "--port", str(taken.getsockname()[1]), folder=tmp_path)
    assert ran.returncode == 1
    assert len(ran.stderr.strip().splitlines()) == 2


def test_a_terminal_that_knows_ascii_only_shows_what_it_can(tmp_path: Path) -> None:
    """Other characters become question marks; the demo runs to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "glm_magic", "demo", "What is it?"], cwd=tmp_path, timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "no model was called" in done.stdout
    assert "Error" not in done.stdout


def test_with_nowhere_to_write_the_status_tells(tmp_path: Path) -> None:
    """`glm-magic doctor >&-` in a script: no traceback, and the exit status."""
    for provider, status in (("sandbox", 0), ("nobody", 1)):
        command = [sys.executable, "-m", "glm_magic", "doctor"]
        done = subprocess.run(
            ["sh", "-c", 'exec "$@" >&-', "sh", *command], cwd=tmp_path, timeout=60,
            env={**os.environ, "GLM_PROVIDER": provider}, capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (status, "")
