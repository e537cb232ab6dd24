"""A session without a page: what it tells is kept."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from glm_magic.jupyter.asking_again import question_again
from glm_magic.widget.session import Session
from glm_magic.wiring import workbench


class Page:
    """Sends commands as a page does, and keeps every event.

    Attributes:
        events: All that was told, in order.
        names: The variables of the notebook.
    """

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.names: dict[str, object] = {}
        self.loop = asyncio.new_event_loop()  # a kernel's, which no cell keeps busy
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.session = Session(
            workbench(),
            self.names,
            lambda turn, changes: question_again(turn, self, changes),
            loop=self.loop,
        )
        self.session.tell = lambda event: self.events.append(dict(event))

    # What `question_again` asks of the magics.
    workbench = staticmethod(workbench)

    @property
    def host(self) -> Any:
        """Where the variables are."""

        class Host:
            namespace = self.names

        return Host

    def send(self, kind: str, **more: Any) -> None:
        """Send a command and do not wait."""
        self.session.handle({"kind": kind, **more})

    def ask(self, prompt: str, **more: Any) -> None:
        """Ask and wait for the end."""
        before = len(self.told("idle"))
        self.send("ask", prompt=prompt, **more)
        self.wait(lambda: len(self.told("idle")) > before)

    def do(self, kind: str, **more: Any) -> dict[str, Any]:
        """Send a command; the note or the failure that comes of it."""
        before = len(self.events)
        self.send(kind, **more)
        answers = ("note", "failed")
        self.wait(lambda: [one for one in self.events[before:] if one["kind"] in answers])
        return next(one for one in self.events[before:] if one["kind"] in answers)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """All events of a kind."""
        return [event for event in self.events if event["kind"] == kind]

    def wait(self, holds: Callable[[], object], seconds: float = 10) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, [event["kind"] for event in self.events]
            time.sleep(0.005)

    def calm(self) -> None:
        """Wait until no thread of the panel is left."""
        self.wait(lambda: not [t for t in threading.enumerate() if t.name.startswith("glm-panel")])

    def prompts(self) -> list[str]:
        """The prompts on the page, as the newest order has them."""
        known = {turn["id"]: turn for event in self.told("turns") for turn in event["turns"]}
        known |= {event["turn"]["id"]: event["turn"] for event in self.told("begun")}
        return [known[name]["prompt"] for name in self.told("turns")[-1]["order"]]


@pytest.fixture
def page() -> Iterator[Page]:
    """A page that has just opened, in a process whose workbench begins empty."""
    workbench.cache_clear()
    opened = Page()
    yield opened
    opened.session.close()
    opened.calm()
    opened.loop.call_soon_threadsafe(opened.loop.stop)
    opened.wait(lambda: not opened.loop.is_running())
    opened.loop.close()
    workbench().close()
    workbench.cache_clear()
