"""One row and its answer: ask, read, check, and have a wrong one put right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..catalog import CLASSROOM
from ..chat.deltas import Growing
from ..chat.messages import Message, Usage
from ..errors import NotRecordedError
from ..render.cleaning import plain
from ..replay import ReplayClient
from .outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..api.client import Client
    from ..api.posting import Poster
    from ..chat.client import Client as AnyClient
    from ..chat.messages import Request
    from .task import Task

_ENDS_WELL = ("stop", "")
_CUT_SHORT = {
    "length": "the answer was cut off at max_tokens",
    "sensitive": "the provider's content policy withdrew the answer",
    "network_error": "the provider lost the answer on its way",
}


class Asker(Protocol):
    """Sends one question and waits for its whole answer."""

    async def ask(self, request: Request) -> Growing:
        """The answer; raises `GLMError`."""

    async def close(self) -> None:
        """End all connections."""

    def replays(self, request: Request, /) -> bool:
        """Whether no model is asked this: a recording answers it, or none and nobody may."""


class HostAsker:
    """Asks a host, many questions at once.

    Args:
        client: Of the host.
        poster: Sends.
    """

    def __init__(self, client: Client, poster: Poster) -> None:
        self._client = client
        self._poster = poster

    async def ask(self, request: Request) -> Growing:
        """See `Asker.ask`."""
        from ..api.whole import read_whole

        reply = await self._poster.post(self._client.body(request))
        return read_whole(reply, key=self._client.key, model=request.model)

    async def close(self) -> None:
        """See `Asker.close`."""
        await self._poster.close()

    def replays(self, _: Request) -> bool:
        """See `Asker.replays`; a host is a model."""
        return False


class StandInAsker:
    """Asks what stands in for the host: a `ScriptedClient` in tests, recordings in a course."""

    def __init__(self, client: AnyClient) -> None:
        self._client = client

    async def ask(self, request: Request) -> Growing:
        """See `Asker.ask`."""
        grown = Growing()
        async for delta in self._client.send(request):
            grown.add(delta)
        return grown

    async def close(self) -> None:
        """See `Asker.close`; nothing was opened."""

    def replays(self, request: Request) -> bool:
        """See `Asker.replays`."""
        try:
            return isinstance(self._client, ReplayClient) and self._client.answers(request)
        except NotRecordedError:  # which is what the row will get
            return True


async def ask_row(
    asker: Asker, task: Task, row: str, repairs: int, heard: Callable[[Request, Growing], None]
) -> Outcome:
    """What comes of one row.

    Args:
        asker: Sends.
        task: What is asked.
        row: What is sent of the row.
        repairs: How often a wrong answer is sent back to be put right.
        heard: Told of each answer as it comes, the wrong ones too: they were paid.

    Raises:
        GLMError: The host refused, or the line failed.
    """
    said: tuple[Message, ...] = ()
    cells, wrong, recorded = task.cells, "", True
    usage: Usage | None = None
    for left in range(repairs, -1, -1):
        request = task.request(row, said)
        grown = await asker.ask(request)
        heard(request, grown)
        recorded = recorded and bool(grown.recorded)
        if grown.usage is not None:
            usage = grown.usage if usage is None else usage + grown.usage
        problem, told = problem_with(grown), _told(task, grown)
        if problem or cells is None:
            text = grown.text if not problem or grown.finish_reason == "length" else None
            return Outcome(text, usage, problem, recorded=recorded, warning=told)
        wrong = task.wrong(grown.text)
        if not wrong:
            return Outcome(grown.text, usage, recorded=recorded, warning=told)
        if left:
            said += _put_right(grown.text, wrong)
    return Outcome(None, usage, cells.error(wrong) if cells else "")


def _told(task: Task, grown: Growing) -> str:
    """What a course's service says beside an answer: that it is a hint, which may end any time."""
    told = grown.warnings if task.settings.provider.name == CLASSROOM else []
    return plain(" ".join(told))


def problem_with(grown: Growing) -> str:
    """Why an answer is none, whatever it should be; "" for a whole one."""
    reason = grown.finish_reason
    if reason in _CUT_SHORT:
        return _CUT_SHORT[reason]
    if reason not in _ENDS_WELL:
        return f"the model stopped for another reason: {reason[:40]}"
    return "" if grown.text.strip() else "the answer is empty"


def _put_right(text: str, wrong: str) -> tuple[Message, ...]:
    from ..tools.typed import REPAIR

    return Message("assistant", text), Message("user", REPAIR.format(problems=wrong))
