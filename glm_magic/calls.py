"""The Python face: `ask`, `ask_async`, `stream`, `Chat`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

from .chat.conversation import Conversation
from .chat.deltas import Delta
from .errors import ArgumentError, Stopped
from .surroundings import AROUND
from .wiring import workbench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator
    from types import FrameType

    from .answer import Answer
    from .chat.asking import Asking
    from .chat.turns import Turn
    from .questions import Question

_EXAMPLE = 'glm_magic.ask("What stands out?", df)'
# What an option that is no setting must be.
_KINDS: Mapping[str, tuple[Any, str]] = {
    "approve": (Callable, "a function"),
    "cell": (str, "a text"),
    "chat": (str, "the name of a conversation"),
    "conversation": (Conversation, "a conversation"),
    "level": (str, "schema, stats or values"),
    "pictures": (Mapping, "pictures by name"),
    "rows": (SupportsIndex, "a number of rows"),
}


class Stream:
    """An answer under way: iterate for the deltas, `for` or `async for`; then `answer` holds it.

    Leaving early, by `break` or an error, stops the exchange and keeps what came as partial.
    """

    def __init__(self, question: Question) -> None:
        self._question = question
        self._asking = question.ask()

    def __iter__(self) -> Iterator[Delta]:
        with self._asking as asking:
            deltas = iter(asking)
            while True:
                # Not around the yield: what is stopped there is the caller's.
                with _stops_told(self._question, asking):
                    delta = next(deltas, None)
                if delta is None:
                    return
                if delta != Delta():
                    yield delta

    async def __aiter__(self) -> AsyncIterator[Delta]:
        with self._asking as asking:
            deltas = aiter(asking)
            while True:
                with _stops_told(self._question, asking):
                    delta = await anext(deltas, None)
                if delta is None:
                    return
                if delta != Delta():
                    yield delta

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it now, from any thread; what came is kept."""
        self._asking.stop()

    @property
    def answer(self) -> Answer:
        """The answer as far as it has come."""
        return self._question.answer(self._asking)


class Chat:
    """A conversation of its own, apart from the notebook's.

    Args:
        **options: For all its questions, as `glm_magic.ask` takes them: `model="glm-4.5-air"`,
            `system="Answer in French."`, `thinking=False`.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._conversation = Conversation()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was said so far, oldest first."""
        return tuple(self._conversation)

    def ask(self, prompt: str, *frames: object, **options: Any) -> Answer:
        """Ask and wait for the answer; see `glm_magic.ask`."""
        return _wait(self._question(prompt, frames, options))

    def ask_async(
        self, prompt: str, *frames: object, **options: Any
    ) -> Coroutine[Any, Any, Answer]:
        """Ask without blocking the event loop; see `glm_magic.ask_async`."""
        return _wait_async(self._question(prompt, frames, options))

    def stream(self, prompt: str, *frames: object, **options: Any) -> Stream:
        """Ask and get the deltas; see `glm_magic.stream`."""
        return Stream(self._question(prompt, frames, options))

    def _question(
        self, prompt: str, frames: tuple[object, ...], options: dict[str, Any]
    ) -> Question:
        named = _named(frames, sys._getframe(2))
        merged = {"conversation": self._conversation, **self._options, **options}
        return workbench().question(prompt, named, **_checked(prompt, merged))


def ask(prompt: str, *frames: object, **options: Any) -> Answer:
    """Ask a model, in the notebook's conversation.

    Args:
        prompt: The question; sent unchanged.
        *frames: DataFrames, or other variables, to describe: no rows, unless `rows` says so.
        **options: Any setting of `%glm config`, such as `model`, `thinking`, `temperature`,
            `max_tokens`, `system`, `provider`; `level="schema" | "stats" | "values"`, `rows=N`
            and `quantiles=True` for the frames; `form="code" | "json" | "text"`; `schema=TYPE` for
            an answer whose `value` is of that type; `tools=[function, …]` the model may call;
            `agent=True` to let it propose cells, and `approve=function` to decide in a person's
            place, given the call and giving "once", "always", "no" or "never"; `images=[url, …]`;
            `chat=NAME` to ask in another conversation, `once=True` to leave all out; `fresh=True`
            to ask a model although there is a recording.

    Returns:
        The answer; its `text`, `reasoning`, `code`, `usage`, `cost`, `model`, `finish_reason`.

    Raises:
        GLMError: Two lines: what happened, and what to do.
        Stopped: The user interrupted; a `KeyboardInterrupt`.
    """
    return _wait(_question(prompt, frames, options))


def ask_async(prompt: str, *frames: object, **options: Any) -> Coroutine[Any, Any, Answer]:
    """Ask without blocking the event loop; takes and raises what `ask` does.

    Frames and options are looked at now, and errors in them are raised now; the question is sent
    when the result is awaited. Who cancels its task, as a kernel's stop button does, gets an
    `asyncio.CancelledError`, which a notebook shows like `Stopped`.
    """
    return _wait_async(_question(prompt, frames, options))


def stream(prompt: str, *frames: object, **options: Any) -> Stream:
    """Ask and get the deltas as they come; takes and raises what `ask` does."""
    return Stream(_question(prompt, frames, options))


def _question(prompt: str, frames: tuple[object, ...], options: dict[str, Any]) -> Question:
    bench = workbench()
    named = _named(frames, sys._getframe(2))
    given = _checked(prompt, options)
    return bench.question(prompt, named, **{"cell": AROUND.place(), **given})


def _checked(prompt: object, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were said, a single image or tool as a list of one.

    Raises:
        ArgumentError: The prompt is none, or an option is not of its kind.
    """
    if not isinstance(prompt, str):
        message = f"The prompt is of type {type(prompt).__name__}, not a text."
        raise ArgumentError(message, f"It stands before the frames: {_EXAMPLE}")
    if not prompt.strip():
        raise ArgumentError("There is no prompt.", f"Say what you ask: {_EXAMPLE}")
    if "frames" in options:
        raise ArgumentError("frames is no option.", f"They follow the prompt: {_EXAMPLE}")
    found = {name: one for name, one in options.items() if one is not None or name == "cell"}
    for name in {"images", "tools"} & set(found):
        found[name] = one if isinstance(one := found[name], list | tuple) else (one,)
    for url in found.get("images", ()):
        _refuse_unless(url, str, "images", "addresses, as texts")
    for name, (kind, what) in _KINDS.items():
        if found.get(name) is not None:
            _refuse_unless(found[name], kind, name, what)
    return found


def _refuse_unless(value: object, kind: Any, name: str, what: str) -> None:
    if not isinstance(value, kind):
        message = f"{name} is of type {type(value).__name__}, not {what}."
        raise ArgumentError(message, "help(glm_magic.ask) says what each option takes.")


def _wait(question: Question) -> Answer:
    asking = question.ask()
    with _stops_told(question, asking), asking:
        for _ in asking:
            pass
    return question.answer(asking)


async def _wait_async(question: Question) -> Answer:
    asking = question.ask()
    with _stops_told(question, asking), asking:
        async for _ in asking:
            pass
    return question.answer(asking)


@contextmanager
def _stops_told(question: Question, asking: Asking) -> Iterator[None]:
    """An interrupt within it becomes `Stopped`, which says what is kept.

    A cancelled task stays one for whoever cancels it; IPython prints it as a stop.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise _stopped(question, asking) from None
    except asyncio.CancelledError as error:
        vars(error)["_render_traceback_"] = _stopped(question, asking)._render_traceback_
        raise


def _stopped(question: Question, asking: Asking) -> Stopped:
    length = len(asking.turn.text)
    lost = question.fields["once"] or not length
    kept = [] if lost else [f"The {length:,} characters that came are kept."]
    return Stopped(" ".join([*kept, *asking.turn.warnings]))


def _named(frames: tuple[object, ...], caller: FrameType) -> dict[str, object]:
    """The frames by the names the caller's variables have, each once.

    A nameless one is called frame_N, by a name that nothing else has.
    """
    # A local name stands before a global one, and hides it.
    visible: dict[str, object] = dict(caller.f_locals)
    visible |= {name: one for name, one in caller.f_globals.items() if name not in visible}
    distinct = list({id(frame): frame for frame in frames}.values())
    names = {
        id(value): name for name, value in reversed(visible.items()) if not name.startswith("_")
    }
    named: dict[str, object] = {}
    for number, frame in enumerate(distinct, 1):
        free = (name for n in count(number) if (name := f"frame_{n}") not in visible)
        name = names.get(id(frame)) or next(name for name in free if name not in named)
        named[name] = frame
    return named
