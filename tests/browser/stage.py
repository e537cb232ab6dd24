"""What the tests of answers on a page share: scripted answers, Notebook 7, and a witness.

The witness is a server on another port that writes down whoever connects to it. The page is free
to reach it, its own content policy is switched off, and so an empty log says that nothing tried.
"""

import json
import socketserver
import sys
import threading
from pathlib import Path
from typing import Any, Self

import pytest

from glm_magic.sandbox import Fault, Pause, Step
from glm_magic.sandbox.steps import chunk_of, record_of
from tests.lab import Lab, Server, document

_FINISH = 2  # the last steps of a stream: finish_reason with usage, and [DONE]


def says(text: str, reasoning: str = "", *, piece: int = 8, seconds: float = 0.0) -> Fault:
    """An answer with exactly this text, so many characters at a time, over so many seconds."""

    def edit(steps: list[Step]) -> list[Step]:
        whole = [("reasoning_content", reasoning), ("content", text)]
        pieces = [
            (name, said[at : at + piece])
            for name, said in whole
            for at in range(0, len(said), piece)
        ]
        first = chunk_of(steps[0])
        written: list[Step] = []
        for name, said in pieces:
            choice = {"index": 0, "delta": {"role": "assistant", name: said}}
            written.append(record_of({**first, "choices": [choice]}))
            if seconds:
                written.append(Pause(seconds / len(pieces)))
        return [*written, *_ended(steps[-_FINISH:])]

    return Fault.edit(edit)


def _ended(steps: list[Step]) -> list[Step]:
    """The end of a stream, without the words that ride on it."""
    last = chunk_of(steps[0])
    for choice in last["choices"]:
        choice["delta"] = {"role": "assistant", "content": ""}
    return [record_of(last), *steps[1:]]


class Witness:
    """A loopback server that nobody should ever talk to.

    Attributes:
        log: The first line of everything that was said to it.
    """

    def __enter__(self) -> Self:
        log = self.log = list[str]()

        class Hear(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                log.append(self.rfile.readline(1000).decode("latin-1").strip())
                self.wfile.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Hear)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Page(Lab):
    """A notebook whose every dialog, new tab and step to another page is written down.

    Attributes:
        surprises: What happened on the page that nobody asked for.
    """

    witness = ""

    def _open_page(self, browser: Any) -> None:
        super()._open_page(browser)
        self.surprises: list[str] = []
        context = self.page.context
        devtools = context.new_cdp_session(self.page)
        devtools.send("Page.enable")
        devtools.send("Page.setBypassCSP", {"enabled": True})
        self.page.on("dialog", lambda dialog: self.surprises.append(f"dialog {dialog.message}"))
        context.on("page", lambda page: self.surprises.append(f"tab {page.url}"))
        self.page.on("framenavigated", self._notice_frame)

    def show(self, notebook: Path, sources: list[str]) -> None:
        """Write a notebook with these cells, and show it in place of the one that is shown."""
        notebook.parent.mkdir()
        notebook.write_text(json.dumps(document(sources)), encoding="utf-8")
        if isinstance(self._server, Notebook7):  # which shows one notebook a page
            self.path = notebook
            self.reload()
        else:
            self.leave()
            self.open(notebook)

    def _notice_frame(self, frame: Any) -> None:
        if not frame.url.startswith((f"{self._server.url}/", "about:blank")):
            self.surprises.append(f"page {frame.url}")

    def _reachable(self) -> list[str]:
        return [*super()._reachable(), *filter(None, [self.witness])]


class Notebook7(Server):
    """The same as `Server`, with Notebook 7 for its page."""

    def address(self, notebook: Any) -> str:
        """The page that shows a notebook, logged in."""
        return super().address(notebook).replace("/lab/tree/", "/notebooks/").replace("reset&", "")

    def _command(self, port: int) -> list[str]:
        given = [argument for argument in super()._command(port)[3:] if "LabApp" not in argument]
        expose = "--JupyterNotebookApp.expose_app_in_browser=True"
        return [sys.executable, "-m", "notebook", *given, expose]


# Both are driven by the same pages; the second doubles the time.
FRONT_ENDS = [
    pytest.param(Server, id="lab"),
    pytest.param(Notebook7, id="notebook7", marks=pytest.mark.soak),
]
