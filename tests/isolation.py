"""Every test runs in an empty house: no settings of the user, no home folder, no network.

A pytest plugin, loaded by `conftest.py`; nothing has to be asked for.
"""

import ipaddress
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest

# Whatever could hold a key, point at another host, or at the user's own Jupyter.
_FOREIGN_PREFIXES = (
    "ANTHROPIC", "COMETAPI", "GLM_", "IPYTHON", "JPY_", "JUPYTER", "NBGRADER", "OPENAI",
    "OPENROUTER", "XDG_", "ZAI_", "ZHIPU",
)  # fmt: skip
_GRACE_SECONDS = 2.0


def clean_environment(home: Path) -> dict[str, str]:
    """The present environment without the user's settings, at home in `home`.

    The interpreter's own `share/jupyter` stays reachable: Jupyter finds it through `sys.prefix`.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(_FOREIGN_PREFIXES) and not name.lower().endswith("_proxy")
    }
    moved = {
        "HOME": home,
        "USERPROFILE": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "jupyter" / "config",
        "JUPYTER_DATA_DIR": home / "jupyter" / "data",
        "JUPYTER_RUNTIME_DIR": home / "jupyter" / "runtime",
        "XDG_CACHE_HOME": home / "cache",
        "XDG_CONFIG_HOME": home / "config",
        "XDG_DATA_HOME": home / "data",
        "XDG_STATE_HOME": home / "state",
        # Newer jupyter_core says what will change one day; that is not about us.
        "JUPYTER_PLATFORM_DIRS": "1",
    }
    return kept | {name: str(place) for name, place in moved.items()}


@pytest.fixture(scope="session", autouse=True)
def session_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for what lives longer than one test, for example a Jupyter server."""
    home = tmp_path_factory.mktemp("session_home")
    # One folder for all: matplotlib takes seconds to list the fonts, once per folder.
    fonts = {"MPLCONFIGDIR": str(home / "matplotlib")}
    with mock.patch.dict(os.environ, clean_environment(home) | fonts, clear=True):
        yield home


@pytest.fixture(autouse=True)
def home(session_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty home folder for each test; what a test does to `os.environ` ends with it."""
    folder = tmp_path_factory.mktemp("home")
    with mock.patch.dict(os.environ, clean_environment(folder), clear=True):
        yield folder


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host in (None, "", "localhost", socket.gethostname()):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _is_number(host: object) -> bool:
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return True


class _Guard:
    """Refuses to leave the machine, and remembers who tried although the refusal was swallowed."""

    def __init__(self) -> None:
        self.attempts: list[str] = []

    def refuse(self, host: object) -> None:
        self.attempts.append(str(host))
        message = f"A test tried to reach {host}; tests stay on this machine."
        raise RuntimeError(message)

    def method(self, original: Callable[..., object], address_index: int = 0) -> object:
        """`socket.connect` and its kin: the address is the argument at the given index."""

        def guarded(sock: socket.socket, *arguments: object) -> object:
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                host = arguments[address_index][0]  # type: ignore[index]
                if not _is_local(host):
                    self.refuse(host)
            return original(sock, *arguments)

        return guarded

    def lookup(self, original: Callable[..., object]) -> object:
        """`socket.getaddrinfo`: a name that must be looked up is a message to the outside."""

        def guarded(host: object, *arguments: object, **options: object) -> object:
            if not (_is_local(host) or _is_number(host)):
                self.refuse(host)
            return original(host, *arguments, **options)

        return guarded


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Only loopback can be reached from this process; an attempt to go further fails the test."""
    guard = _Guard()
    with (
        mock.patch.object(socket.socket, "connect", guard.method(socket.socket.connect)),
        mock.patch.object(socket.socket, "connect_ex", guard.method(socket.socket.connect_ex)),
        mock.patch.object(socket.socket, "sendto", guard.method(socket.socket.sendto, -1)),
        mock.patch.object(socket, "getaddrinfo", guard.lookup(socket.getaddrinfo)),
    ):
        yield
    if guard.attempts:
        pytest.fail(f"The test tried to reach {', '.join(guard.attempts)}.", pytrace=False)


def _wait_until(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + _GRACE_SECONDS
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


@pytest.fixture
def no_leaked_threads() -> Iterator[None]:
    """Every thread that the test starts, a daemon too, ends within two seconds of the test."""
    before = set(threading.enumerate())
    yield
    _wait_until(lambda: set(threading.enumerate()) <= before)
    left = sorted(thread.name for thread in set(threading.enumerate()) - before)
    if left:
        pytest.fail(f"Threads that did not end: {', '.join(left)}", pytrace=False)


def _open_sockets() -> set[str]:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():  # only Linux shows them; there CI looks
        return set()
    links = (_target(entry) for entry in folder.iterdir())
    return {link for link in links if link.startswith("socket:")}


def _target(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:  # closed since the folder was listed
        return ""


@pytest.fixture
def no_leaked_sockets() -> Iterator[None]:
    """Every socket that the test opens is closed within two seconds of the test."""
    # An earlier test's garbage may be among them, and may go: only what comes is looked at.
    before = _open_sockets()
    yield
    _wait_until(lambda: _open_sockets() <= before)
    left = len(_open_sockets() - before)
    if left:
        pytest.fail(f"{left} sockets were left open.", pytrace=False)
