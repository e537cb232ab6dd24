"""An answer that grows in a notebook: few messages, bytes in proportion to the answer.

Finished blocks are left as outputs of their own and only the tail is repainted, at most eight times
a second: repainting the whole text each time was measured to freeze JupyterLab for a minute on
200 kB. At the end everything is replaced by one output that needs no kernel; but where the page
would be busy for long to show it all once more, the blocks stay, and the tail becomes the last one.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from IPython.display import DisplayHandle, clear_output, display

from ..render.answer import thoughts
from ..render.blocks import BlockSplitter, stand_alone
from ..render.effort import pause_seconds, seconds_to_show
from ..render.headings import Levels, in_order
from ..render.inert import inert
from ..render.status import status_line
from ..render.steps import steps_markdown
from ..store.marking import MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..answer import Answer
    from ..chat.deltas import Delta
    from ..chat.messages import Message
    from ..chat.turns import TurnBuilder

REPAINT_SECONDS = 0.125
_STATUS_SECONDS = 1.0
_BYTES_PER_SECOND = 35_000
_LONGEST_MERGE_SECONDS = 0.4
_LONGEST_LIGHT_MERGE_SECONDS = 0.2  # where the outputs that stay are light
_OUTPUT_BYTES = 205  # that each of them takes more in the notebook's file
_LIGHT_SHARE = 0.1  # of the text


class LiveOutput(Protocol):
    """Shows one turn while it comes and when it is done."""

    def add(self, delta: Delta, builder: TurnBuilder) -> None:
        """Show a delta, or with an empty one that time goes on."""

    def close(self, answer: Answer) -> None:
        """Show the finished answer, and nothing else any more."""

    def drop(self) -> None:
        """Nothing came of it: take away what said that it is waited for."""


class NotebookOutput:
    """For a cell whose whole output is ours.

    Args:
        markdown: Whether the front end shows Markdown; then plain text is kept short.
        shown: Shows again, one after the other, what else was shown meanwhile and must stay.
    """

    def __init__(self, *, markdown: bool, shown: Sequence[Callable[[], None]] = ()) -> None:
        self._shown = shown
        self._markdown = markdown
        self._splitter = BlockSplitter()
        self._above: Levels = ()
        self._came: list[str] = []  # the text of the finished blocks
        self._begun: list[_Region] = []  # where it stands, and the thoughts above it
        self._status: _Region | None = None
        self._tail: _Region | None = None
        self._notice = ""
        self._next_paint = self._next_commit = 0.0
        self._dirty = False
        self._steps: list[Message] = []  # of this round
        self._calls: _Region | None = None

    def add(self, delta: Delta, builder: TurnBuilder) -> None:
        """Show a delta, at once when it is the first text, else soon."""
        if delta.step is not None:
            if self._dirty:  # the last words of the round
                self._paint(time.monotonic())
            self._add_step(delta.step)
            return
        self._notice = delta.notice or ("" if delta.text or delta.reasoning else self._notice)
        text = delta.text if self._tail else delta.text.lstrip("\r\n")
        if text:
            self._splitter.feed(text)
            self._dirty = True
        now = time.monotonic()
        if text and self._tail is None:
            self._end_status(builder, text)
            self._tail = self._tail or _Region()
            self._paint(now)
        elif self._dirty and now >= self._next_paint:
            self._paint(now)
        elif self._splitter.has_finished and now >= self._next_commit:
            self._commit(now)  # to wait for the tail's turn would make one large block of many
        elif self._tail is None and now >= self._next_paint:
            self._paint_status(builder)
            self._next_paint = now + _STATUS_SECONDS

    def _add_step(self, step: Message) -> None:
        """A round has ended: what is called stands below its words, then what came back."""
        if step.role == "assistant":
            self._steps = []
            self._calls = _Region()
            self._splitter, self._above, self._dirty = BlockSplitter(), (), False
            self._status = self._tail = None
        self._steps.append(step)
        # Its words stand there already.
        first = replace(self._steps[0], content="")
        region = self._calls = self._calls or _Region()
        region.show(steps_markdown([first, *self._steps[1:]]))

    def _paint(self, now: float) -> None:
        """Show all that has come."""
        committed, tail = self._commit(now)
        shown = inert(in_order(tail, self._above)[0])
        if tail:
            self._region().show(shown)
        # A commit is a message of its own, and a long or costly tail is repainted less often.
        messages = bool(committed) + bool(tail)
        full = (committed + len(tail)) / _BYTES_PER_SECOND
        pause = max(REPAINT_SECONDS * messages, full, pause_seconds(shown))
        self._next_paint, self._dirty = now + pause, False

    def _commit(self, now: float) -> tuple[int, str]:
        """Show the finished blocks, once and for all; how much that was, and the tail."""
        finished, tail = self._splitter.take()
        self._show_finished(finished)
        self._next_commit = now + REPAINT_SECONDS
        return sum(map(len, finished)), tail

    def _show_finished(self, blocks: Sequence[str]) -> None:
        """Each as an output of its own, so that what is left does not depend on time."""
        for text in blocks:
            block, self._above = in_order(text, self._above)
            self._region().show(inert(block))
            self._begun.append(self._region())
            self._tail = _Region()
        self._came += blocks

    def _region(self) -> _Region:
        self._tail = self._tail or _Region()
        return self._tail

    def _paint_status(self, builder: TurnBuilder) -> None:
        line = status_line(builder.growing.reasoning, builder.thought_seconds, self._notice)
        if line and builder.seconds >= _STATUS_SECONDS:
            self._status = self._status or _Region()
            self._status.show(line)

    def _end_status(self, builder: TurnBuilder, text: str) -> None:
        """The text begins: fold the reasoning as in the end, or let the line become the text."""
        reasoning, seconds = builder.growing.reasoning, builder.thought_seconds
        if folded := thoughts(reasoning, seconds or None, before=text):
            self._status = self._status or _Region()  # also of a quick thought: it stays
            self._status.show(folded)
            self._begun.append(self._status)
        else:
            self._tail, self._status = self._status, None

    def close(self, answer: Answer) -> None:
        """End with the one output that carries the turn, or, where that is dear, with the last."""
        finished, tail = self._splitter.take()
        if self._stays(answer, [*self._came, *finished], tail):
            if self._status:
                self._status.show(answer.thoughts())  # there may be late ones
            self._show_finished(finished)
            begun = [region.markdown for region in self._begun]
            shown = inert(in_order(tail, self._above)[0])
            self._region().show_bundle(*answer.ending(begun, shown))
            return
        if self._status or self._tail or self._calls:
            clear_output(wait=True)
        for show in self._shown:
            show()
        display(answer.bundle(brief=self._markdown), raw=True, metadata=answer.metadata())

    def drop(self) -> None:
        """See `LiveOutput.drop`."""
        if self._status or self._tail:
            clear_output()
            for show in self._shown:
                show()

    def _stays(self, answer: Answer, blocks: Sequence[str], tail: str) -> bool:
        """Whether what has come is left as it is, because showing it again would take long."""
        if not (blocks and self._markdown) or self._shown:
            return False
        came = "".join(blocks) + tail
        if not (stand_alone(came) and answer.is_shown_as(came)):
            return False
        if bool(self._status) != bool(answer.thoughts()):  # they came behind the text only
            return False
        light = len(blocks) * _OUTPUT_BYTES <= _LIGHT_SHARE * len(came)
        longest = _LONGEST_LIGHT_MERGE_SECONDS if light else _LONGEST_MERGE_SECONDS
        return seconds_to_show(answer.markdown()) > longest


class InlineOutput:
    """For a line magic among other output: one status line that becomes the answer.

    Args:
        updated: Whether what is shown can be updated; else there is only the answer.
    """

    def __init__(self, *, updated: bool = True) -> None:
        self._updated = updated
        self._region = _Region()
        self._painted_at = time.monotonic()
        self._notice = ""

    def add(self, delta: Delta, builder: TurnBuilder) -> None:
        """Show once a second how far it is; the text itself comes at the end."""
        self._notice = delta.notice or ("" if delta.text or delta.reasoning else self._notice)
        now = time.monotonic()
        if self._updated and now - self._painted_at >= _STATUS_SECONDS:
            growing = builder.growing
            count = len(growing.text)
            line = f"*Writing … {count:,} characters*" if count else ""
            thinking = status_line(growing.reasoning, builder.thought_seconds, self._notice)
            self._region.show(line or thinking)
            self._painted_at = now

    def close(self, answer: Answer) -> None:
        """Turn the status line into the answer."""
        self._region.show_bundle(answer.bundle(), answer.metadata())

    def drop(self) -> None:
        """See `LiveOutput.drop`."""
        if self._region.markdown:
            self._region.show_bundle({"text/plain": ""}, MARK)


class _Region:
    """One output that can be repainted."""

    def __init__(self) -> None:
        self._handle: DisplayHandle | None = None
        self._shown: dict[str, str] = {}

    @property
    def markdown(self) -> str:
        """What is shown."""
        return self._shown.get("text/markdown", "")

    def show(self, markdown: str) -> None:
        # One word of plain text: the whole text twice would double the bytes, and a console that
        # cannot show Markdown gets the final output.
        self.show_bundle({"text/markdown": markdown, "text/plain": "…"}, MARK)

    def show_bundle(self, bundle: dict[str, str], metadata: dict[str, Any]) -> None:
        if bundle == self._shown:
            return
        self._shown = bundle
        if self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(bundle, raw=True, metadata=metadata)
        else:
            self._handle.update(bundle, raw=True, metadata=metadata)
