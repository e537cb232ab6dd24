"""The tool loop: the model asks, a person approves, the result goes back."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ..chat.home import home
from ..chat.messages import Message, ToolCall
from ..errors import words_of
from ..render.steps import CELL
from .approving import Proposal
from .awaiting import Awaiting
from .declaring import NAME, BadArgumentsError, Outcome
from .inline_calls import with_calls_found
from .results import bounded, outcome_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..chat.messages import Request
    from ..gathering import Hiding
    from .approving import Approvals, Ask
    from .declaring import Tool

MOST_CALLS_AT_ONCE = 16
# For the model, and for the reader.
_REFUSED: Mapping[str, tuple[str, str]] = {
    "no": ("Not run: the user did not approve this call.", "You did not let {} run."),
    "never": ("Not run: the user does not want this tool.", "You never let {} run here."),
    "nobody": (
        "Not run: nobody was there to approve this call.",
        "Nobody was there to approve {}, so it did not run.",
    ),
}


class Limits(Protocol):
    """What a turn may take."""

    @property
    def sees(self) -> bool:
        """Whether the model reads pictures; else figures stay here."""

    @property
    def rounds(self) -> int:
        """Of tool calls, after which the model must answer."""

    def check(self, request: Request) -> None:
        """See a request before it is sent.

        Raises:
            BudgetError: It must not be.
        """


class ToolRounds:
    """Runs the calls of a turn, as `chat.rounds.Rounds` wants it.

    Args:
        tools: Those that are offered.
        approvals: What was approved before.
        ask: Asks a person.
        limits: After how many rounds the model must answer, and what it may cost.
        hiding: Columns and keys that leave in no result either.
    """

    def __init__(
        self,
        tools: Sequence[Tool],
        approvals: Approvals,
        ask: Ask,
        limits: Limits,
        hiding: Hiding | None = None,
    ) -> None:
        self._told: list[str] = []
        self._runs = ""  # a plain function, by the name of its tool
        self._tools = {tool.name: tool for tool in tools}
        self._approvals = approvals
        self._ask = ask
        self._left = limits.rounds
        self._limits = limits
        self._hiding = hiding
        self._ids: set[str] = set()
        self._awaiting = Awaiting()

    @property
    def warnings(self) -> Sequence[str]:
        """See `Rounds.warnings`; a turn that ends while a function runs cannot end that."""
        runs = f"{self._runs} cannot be stopped: it runs to its end, and its result is dropped."
        return [*self._told, *([runs] if self._runs else [])]

    def after(self, said: Message) -> Iterator[Message]:
        """See `Rounds.after`."""
        said = with_calls_found(said, self._tools)
        if not said.tool_calls:
            return
        if not self._left:
            self._warn("The model wanted to call tools again after the last round.")
            return
        self._left -= 1
        sent = self._sendable(said)
        yield sent
        images: list[str] = []
        for number, (call, id_) in enumerate(zip(said.tool_calls, sent.tool_calls, strict=True)):
            outcome = self._outcome(call, number)
            images += outcome.images
            yield Message("tool", outcome.text, tool_call_id=id_.id)
        if images and self._limits.sees:
            # A tool's message can hold no picture.
            yield Message("user", "The figures of that result.", images=tuple(images))

    def following(self, request: Request) -> Request:
        """See `Rounds.following`; the last round offers no tools, so that it must be an answer."""
        if not self._left:
            self._warn(
                f"The model was told to answer after {self._limits.rounds} rounds of tool calls."
            )
            request = replace(request, tools=(), tool_stream=False)
        self._limits.check(request)
        return request

    def stop(self) -> None:
        """See `Rounds.stop`; a function that is no coroutine runs to its end, and nobody waits."""
        self._awaiting.stop()

    def _outcome(self, call: ToolCall, number: int) -> Outcome:
        """What came of a call, in words for the model, whatever came of it."""
        tool = self._tools.get(call.name)
        if number >= MOST_CALLS_AT_ONCE:
            self._warn(f"Of more than {MOST_CALLS_AT_ONCE} calls at once the rest was not run.")
            return Outcome(f"Not run: at most {MOST_CALLS_AT_ONCE} calls at once.")
        if tool is None:
            offered = ", ".join(self._tools)
            return Outcome(f"There is no tool of this name. There are: {offered}.")
        try:
            arguments = tool.arguments(call.arguments)
        except BadArgumentsError as error:
            return Outcome(bounded(str(error)))
        proposal = Proposal(tool, arguments)
        decision = self._approvals.decide(proposal, self._ask)
        if not decision.runs:
            said, told = _REFUSED[decision.kind]
            self._warn(told.format("a cell" if tool.name == CELL else tool.name))
            words = f" The user says: {decision.words}" if decision.words else ""
            return Outcome(bounded(said + words))
        try:
            return outcome_of(self._value(tool, arguments), self._hiding)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a tool must not end the user's session
            return Outcome(bounded(f"{tool.name} failed: {words_of(error)}"))

    def _value(self, tool: Tool, arguments: Mapping[str, Any]) -> Any:
        """What the function returns, or raises."""
        function = partial(tool.function, **arguments)
        self._runs = "" if tool.each else tool.name
        try:
            # Cells, and what runs in the thread that asked, are ended by an interrupt.
            here = tool.each or home() is None
            value = function() if here else self._awaiting.aside(function)
        finally:
            self._runs = ""
        return self._awaiting.result(value) if inspect.iscoroutine(value) else value

    def _sendable(self, said: Message) -> Message:
        """What the model said, as every server takes it back.

        Each call has an id of its own, a sound name and a JSON object.
        """
        calls = []
        for call in said.tool_calls:
            id_, number = call.id[:64], 1
            while not id_ or id_ in self._ids:
                id_, number = f"call_{len(self._ids)}_{number}", number + 1
            self._ids.add(id_)
            name = call.name if NAME.fullmatch(call.name) else "unknown"
            calls.append(ToolCall(id_, name, call.arguments if _is_object(call) else "{}"))
        return replace(said, tool_calls=tuple(calls))

    def _warn(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.append(sentence)


def _is_object(call: ToolCall) -> bool:
    try:
        return isinstance(json.loads(call.arguments), dict)
    except (ValueError, RecursionError):
        return False
