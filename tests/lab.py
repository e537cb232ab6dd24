"""A real JupyterLab in a headless Chromium, for tests that must see what a user sees.

    with Server(folder) as server, Lab(server, notebook) as lab:
        lab.run_all()
        assert lab.text(0) == "2"

The server and its kernels listen on loopback only, keep to folders of their own, and get none of
the user's environment. The page may talk to that server and to nobody else: `lab.foreign_requests`
lists what was refused. In tests use the fixture `lab` of `tests/browser/conftest.py`.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import nbformat

from tests.chromium import chromium, executable

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True,
    },
    # A cell that is scrolled out of sight is still on the page, and can be read.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}  # fmt: skip
_NAMES = """
const app = window.jupyterapp, panel = app && app.shell.currentWidget;
const notebook = panel && panel.content, session = panel && panel.sessionContext;
const kernel = session && session.session && session.session.kernel;
"""
_READY = """() => { %s
    return !!(notebook && notebook.widgets && panel.context.isReady && kernel
              && kernel.connectionStatus === 'connected' && kernel.status === 'idle'); }"""
_IDLE = """() => { %s
    return !!kernel && kernel.status === 'idle' && !notebook.widgets.some(
        cell => cell.model.type === 'code' && cell.model.executionState === 'running'
                || (cell.promptNode && cell.promptNode.textContent.includes('*'))); }"""

Notebook = Path | list[str]


def missing() -> str:
    """What keeps the browser tests from running, with its remedy, in one line; "" if nothing."""
    for module in ("playwright", "jupyterlab", "ipykernel"):
        if find_spec(module) is None:
            return f"{module} is not installed: pip install -e '.[test]', or run `make test`."
    return "" if executable() else "No Chromium: run .ci/chromium, or set CHROMIUM=/path/to/it."


class Server:
    """A throw-away Jupyter server over the folder `files` below the given folder.

    Args:
        folder: Where everything that the server writes goes.
        environment: More environment variables, for the kernels too.
        settings: JupyterLab settings by plugin, over those that keep it quiet.
        arguments: More command-line arguments for the server.
    """

    def __init__(
        self,
        folder: Path,
        *,
        environment: dict[str, str] | None = None,
        settings: dict[str, dict[str, Any]] | None = None,
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.folder, self.files = folder, folder / "files"
        self.log_file = folder / "server.log"
        self._token = secrets.token_hex(16)
        self._more_environment = environment or {}
        self._settings = _SETTINGS | (settings or {})
        self._arguments = arguments

    def __enter__(self) -> Self:
        self.files.mkdir(parents=True)
        self._write_settings()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                self._command(port), cwd=self.files, env=self._environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            self._wait_until_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)  # it ends its kernels itself
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(5)

    def address(self, notebook: Path) -> str:
        """The page that shows a notebook, logged in, with nothing else open."""
        where = notebook.relative_to(self.files).as_posix()
        return f"{self.url}/lab/tree/{where}?reset&token={self._token}"

    def _command(self, port: int) -> list[str]:
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": port,
            "ServerApp.port_retries": 0,
            "ServerApp.open_browser": False,
            "ServerApp.root_dir": self.files,
            "ServerApp.allow_root": True,
            "LabApp.expose_app_in_browser": True,  # as window.jupyterapp
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "LabApp.extension_manager": "readonly",
        }
        given = [f"--{name}={value}" for name, value in options.items()]
        return [sys.executable, "-m", "jupyterlab", *given, *self._arguments]

    def _environment(self) -> dict[str, str]:
        """Little: where programs and fonts are, our own folders, and what the caller wants."""
        kept = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "MPLCONFIGDIR", "SYSTEMROOT", "TMPDIR")
        moved = {
            "HOME": "home",
            "IPYTHONDIR": "ipython",
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        }
        for name in moved.values():
            (self.folder / name).mkdir(exist_ok=True)
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            **{name: str(self.folder / folder) for name, folder in moved.items()},
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "JUPYTER_TOKEN": self._token,  # not an argument: those are for all eyes
            **self._more_environment,
        }

    def _write_settings(self) -> None:
        for plugin, values in self._settings.items():
            package, _, name = plugin.partition(":")
            path = self.folder / "settings" / package / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values), encoding="utf-8")

    def _wait_until_up(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/api", timeout=2):
                    return
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.1)
        message = "JupyterLab did not start:\n" + self.log_file.read_text(errors="replace")[-2000:]
        raise RuntimeError(message)


class Lab:
    """One notebook in one browser page.

    Cells are counted from 0. `page` is Playwright's own page, for what is not here.

    Attributes:
        path: The notebook's file, a copy.
        console_errors: What the page complained about.
        foreign_requests: What the page tried to fetch from other hosts; none got through.
    """

    def __init__(
        self, server: Server, notebook: Notebook, *, size: tuple[int, int] = (1200, 900)
    ) -> None:
        self._server, self._size = server, size
        folder = server.files / secrets.token_hex(4)
        folder.mkdir()
        self.path = folder / (notebook.name if isinstance(notebook, Path) else "test.ipynb")
        if isinstance(notebook, Path):
            shutil.copy(notebook, self.path)
        else:
            self.path.write_text(json.dumps(document(notebook)), encoding="utf-8")
        self.console_errors: list[str] = []
        self.foreign_requests: list[str] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._open_page(stack.enter_context(chromium()))
            self.reload()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _open_page(self, browser: Any) -> None:
        width, height = self._size
        # A proxy that is not there keeps the page from all that passes by it. Looking at each
        # request before it leaves would do so too, but switches off the browser's cache.
        context = browser.new_context(
            viewport={"width": width, "height": height},
            reduced_motion="reduce",  # a screenshot shows the end of a movement, not its middle
            proxy={"server": "http://127.0.0.1:9", "bypass": ",".join(self._reachable())},
        )
        self.page = context.new_page()
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        self.page.on("console", self._hear)
        context.on("request", lambda request: self._notice(request.method, request.url))
        self.page.on("websocket", lambda socket: self._notice("SOCKET", socket.url))

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self.console_errors.append(message.text)

    def _reachable(self) -> list[str]:
        """Whom the page may talk to, with their ports."""
        return [urlsplit(self._server.url).netloc]

    def _notice(self, method: str, url: str) -> None:
        where = urlsplit(url)
        if where.scheme in ("http", "https", "ws", "wss") and where.netloc not in self._reachable():
            self.foreign_requests.append(f"{method} {url}")

    # -- running -----------------------------------------------------------------------------

    def run_all(self, *, timeout_seconds: float = 60) -> None:
        """Run every cell and wait."""
        self.start("notebook:run-all-cells")
        self.wait_until_idle(timeout_seconds=timeout_seconds)

    def run(self, cell: int, *, timeout_seconds: float = 60) -> None:
        """Run one cell and wait."""
        self.start_cell(cell)
        self.wait_until_idle(timeout_seconds=timeout_seconds)

    def start_cell(self, cell: int) -> None:
        """Run one cell and do not wait."""
        self.select(cell)
        self.start("notebook:run-cell")

    def start(self, command: str) -> None:
        """Execute a JupyterLab command by its id and do not wait."""
        self.page.evaluate("id => { window.jupyterapp.commands.execute(id); }", command)

    def wait_until_idle(self, *, timeout_seconds: float = 60, settle_seconds: float = 0.3) -> None:
        """Wait until the kernel is idle and no cell waits, for a little while on end."""
        end, calm_since = time.monotonic() + timeout_seconds, None
        while time.monotonic() < end:
            now = time.monotonic()
            if not self.page.evaluate(_IDLE % _NAMES):
                calm_since = None
            elif calm_since is None:
                calm_since = now
            elif now - calm_since >= settle_seconds:
                return
            self.page.wait_for_timeout(50)
        self.screenshot("timeout")
        message = f"Cells still ran after {timeout_seconds} s; see screenshots/timeout.png."
        raise TimeoutError(message)

    def wait_for(self, holds: Callable[["Lab"], object], *, timeout_seconds: float = 20) -> None:
        """Wait until something holds, for example `lambda lab: "half" in lab.text(0)`."""
        end = time.monotonic() + timeout_seconds
        while not holds(self):
            if time.monotonic() > end:
                self.screenshot("timeout")
                message = f"Not so after {timeout_seconds} s; see screenshots/timeout.png."
                raise TimeoutError(message)
            self.page.wait_for_timeout(50)

    def interrupt(self) -> None:
        """Press the stop button, as it were."""
        self.js("kernel.interrupt()")

    def restart(self) -> None:
        """A new kernel; the outputs stay."""
        self.js("kernel.restart()")
        self._wait_until_ready()

    def restart_from_menu(self) -> None:
        """A new kernel as users ask for it: the Kernel menu, Restart, and yes."""
        self.page.click(".lm-MenuBar-itemLabel:text-is('Kernel')")
        self.page.click(".lm-Menu-item[data-command='kernelmenu:restart']")
        self._agree()
        self.wait_for(lambda _: self.js("!kernel || kernel.status !== 'idle'"))
        self._wait_until_ready()

    def rename(self, name: str) -> None:
        """Give the notebook another name, in JupyterLab's own dialog; the kernel lives on."""
        self.start("docmanager:rename")
        self.page.fill(".jp-Dialog input", name)
        self._agree()
        self.path = self.path.with_name(name)
        self.wait_for(lambda _: self.js("panel.context.path").endswith(name))

    def duplicate(self) -> Path:
        """Copy the notebook's file, as the menu's Duplicate does; where the copy is."""
        before = set(self.path.parent.glob("*.ipynb"))
        self.start("docmanager:duplicate")
        self.wait_for(lambda _: set(self.path.parent.glob("*.ipynb")) - before)
        return (set(self.path.parent.glob("*.ipynb")) - before).pop()

    def open(self, notebook: Path) -> None:
        """Show another notebook of the same server in a tab of its own, with its own kernel."""
        self.path = notebook
        path = notebook.relative_to(self._server.files).as_posix()
        self.js("app.commands.execute('docmanager:open', {path: argument}).then(() => null)", path)
        self.wait_for(lambda _: self.js("!!panel && panel.context.path === argument", path))
        self._wait_until_ready()

    def leave(self) -> None:
        """End the notebook's kernel and close its tab; the page stays open for another one."""
        self.js("session.shutdown().then(() => { panel.dispose(); })")

    def _agree(self) -> None:
        self.page.click(".jp-Dialog .jp-mod-accept")

    def save(self) -> dict[str, Any]:
        """Save the notebook; what the file then holds, valid, with its lines joined."""
        self.js("panel.context.save()")
        return nbformat.read(self.path, as_version=4)  # type: ignore[no-any-return,no-untyped-call]

    def reload(self) -> None:
        """Open the page anew, from the file; the kernel lives on."""
        self.page.goto(self._server.address(self.path), wait_until="domcontentloaded")
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        self.page.wait_for_function(_READY % _NAMES, timeout=60_000)

    # -- writing -----------------------------------------------------------------------------

    def select(self, cell: int) -> None:
        """Make a cell the active one."""
        self.js("notebook.deselectAll(), notebook.activeCellIndex = argument", cell)

    def edit(self, cell: int) -> None:
        """Put the cursor at the end of a cell's text."""
        self.select(cell)
        self.js("notebook.mode = 'edit', notebook.activeCell.editor.focus()")
        self.press("Control+End")

    def rewrite(self, cell: int, text: str) -> None:
        """Replace a cell's text, as by pasting over all of it."""
        self.edit(cell)
        self.press("Control+A")
        self.page.keyboard.insert_text(text)

    def type(self, text: str) -> None:
        """Type where the cursor is."""
        self.page.keyboard.type(text)

    def press(self, keys: str) -> None:
        """Press a key or a chord, for example "Shift+Enter"."""
        self.page.keyboard.press(keys)

    # -- reading -----------------------------------------------------------------------------

    def cells(self) -> list[dict[str, Any]]:
        """The cells of the live document, as nbformat would write them."""
        return self.js("notebook.model.toJSON().cells")  # type: ignore[no-any-return]

    def outputs(self, cell: int) -> list[dict[str, Any]]:
        """The outputs of a cell, as nbformat would write them."""
        return self.cells()[cell]["outputs"]  # type: ignore[no-any-return]

    def text(self, cell: int) -> str:
        """What a reader sees below a code cell, or in a Markdown cell."""
        return str(self._rendered(cell, "innerText")).strip()

    def html(self, cell: int) -> str:
        """The same as the HTML that the page made of it."""
        return str(self._rendered(cell, "innerHTML"))

    def _rendered(self, cell: int, what: str) -> object:
        cell_node = "const cell = notebook.widgets[argument[0]];"
        return self.js(
            cell_node + "return (cell.outputArea ? cell.outputArea.node : cell.node)[argument[1]]",
            [cell, what],
        )

    def js(self, code: str, argument: object = None) -> Any:
        """Evaluate an expression, or statements with `return`, in the page.

        `app`, `panel`, `notebook`, `session`, `kernel` and `argument` are bound.
        """
        body = code if "return " in code else f"return ({code});"
        return self.page.evaluate(f"async argument => {{ {_NAMES} {body} }}", argument)

    def screenshot(self, name: str) -> Path:
        """What the page looks like, in `screenshots/NAME.png`, which git ignores."""
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


def document(sources: list[str]) -> dict[str, Any]:
    """A notebook of code cells; a source that begins with "%%markdown" is a Markdown cell."""
    return {
        "cells": [_cell(number, source) for number, source in enumerate(sources)],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(number: int, source: str) -> dict[str, Any]:
    head, _, rest = source.partition("\n")
    common = {"id": f"cell-{number}", "metadata": {}}
    if head == "%%markdown":
        return {**common, "cell_type": "markdown", "source": rest}
    code = {"cell_type": "code", "execution_count": None, "outputs": []}
    return {**common, **code, "source": source}
