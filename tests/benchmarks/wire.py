"""The sandbox in a process of its own, so that its work is nobody else's CPU time.

It also notes when it wrote the first piece of each answer's text. `time.monotonic` counts from the
same moment in every process of a machine.
"""

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Self

from glm_magic.sandbox import Fault, Sandbox
from glm_magic.sandbox.running import Load
from glm_magic.sandbox.scripts import Script

_TEXT = b'"content":"'
_STOP_SECONDS = 5


class Wire:
    """A running sandbox at full speed, and the thread of control to its process.

    Args:
        scripted: Makes a script for the sandbox, in its own process.
        **options: For the `Sandbox`; all of them must travel to another process.
    """

    base_url: str
    key: str

    def __init__(self, *, scripted: Callable[[], Script] | None = None, **options: Any) -> None:
        self._options = {"tokens_per_second": None, **options, "scripted": scripted}

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._options), daemon=True)
        self._process.start()
        self.base_url, self.key = self._pipe.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.send(("stop", ()))
        self._process.join(_STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()

    def fault(self, name: str, *arguments: object) -> None:
        """Let the next answer go wrong, as the `Fault` of this name does."""
        self._ask("fault", name, *arguments)

    def load(self) -> Load:
        """What it has been through since it began, or since `limit` was called."""
        found: Load = self._ask("load")
        return found

    def limit(self, in_flight: int | None, *, keep: bool = False) -> None:
        """Let so many be in flight from now on; the counts begin anew, or are kept."""
        self._ask("limit", in_flight, keep)

    def first_text_written(self) -> float:
        """When the latest answer's first text was written, on the monotonic clock."""
        return float(self._ask("first_text_written"))

    def _ask(self, *question: Any) -> Any:
        self._pipe.send((question[0], question[1:]))
        return self._pipe.recv()


def _serve(pipe: Connection, options: dict[str, Any]) -> None:
    written: list[float] = []
    _note_first_text(written)
    make_script = options.pop("scripted")
    with Sandbox(**options, script=make_script and make_script()) as sandbox:
        pipe.send((sandbox.base_url, sandbox.key))
        while True:
            word, arguments = pipe.recv()
            if word == "stop":
                return
            if word == "fault":
                name, *rest = arguments
                sandbox.faults.append(getattr(Fault, name)(*rest))
            if word == "limit":
                sandbox.max_in_flight = arguments[0]
                sandbox.load = sandbox.load if arguments[1] else Load()
            answers = {"first_text_written": written[-1:] and written[-1], "load": sandbox.load}
            pipe.send(answers.get(word))


def _note_first_text(written: list[float]) -> None:
    """Have the sandbox's route for answers note the time just before it writes."""
    from glm_magic.sandbox.server import Answers

    write = Answers.write

    def noting(route: Any, chunk: Any) -> None:
        # A route lives for one request.
        if not hasattr(route, "text_noted") and isinstance(chunk, bytes) and _TEXT in chunk:
            route.text_noted = True
            written.append(time.monotonic())
        write(route, chunk)

    Answers.write = noting  # type: ignore[method-assign]
