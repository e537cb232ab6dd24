"""Async tools end with the turn when the user has stopped it; plain ones are told to go on."""

import _thread
import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from typing import Any

import pytest

import glm_magic
from glm_magic.sandbox import Sandbox
from glm_magic.tools import awaiting
from glm_magic.tools.awaiting import Awaiting
from glm_magic.wiring import workbench

from .conftest import call, calls
from .wire import bodies


class Slow:
    """A tool that takes long.

    Attributes:
        began: Set when it runs.
        cancelled: Set when it was cancelled.
    """

    def __init__(self) -> None:
        self.began, self.cancelled = threading.Event(), threading.Event()
        slow = self

        @glm_magic.tool(auto=True)
        async def send_all() -> str:
            """Send all."""
            slow.began.set()
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                slow.cancelled.set()
                raise
            return "sent"

        self.tool = send_all


@pytest.fixture
def slow(sandbox: Sandbox, settings_for: Any) -> Iterator[Slow]:
    """A model that wants to call the tool."""
    settings_for(sandbox)
    workbench.cache_clear()
    sandbox.faults.append(calls(call("send_all", "{}", id="a", index=0)))
    yield Slow()
    workbench().close()
    workbench.cache_clear()


def test_an_interrupt_cancels_it(slow: Slow) -> None:
    """Ctrl-C in a cell, even one that wakes no wait: it came in the moment before."""

    def interrupt() -> None:
        slow.began.wait(60)
        _thread.interrupt_main()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        glm_magic.ask("Go.", tools=[slow.tool])
    thread.join()
    assert slow.cancelled.wait(30)


def test_the_end_of_an_asyncio_question_cancels_it(slow: Slow) -> None:
    """It runs on the loop of who asked, and ends with their task."""

    async def ask() -> None:
        asking = asyncio.create_task(glm_magic.ask_async("Go.", tools=[slow.tool]))
        while not slow.began.is_set():
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        while not slow.cancelled.is_set():
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(ask(), 60))


def test_an_exit_of_it_ends_no_loop(sandbox: Sandbox, slow: Slow) -> None:
    """Neither the one of who asked, which is the kernel's."""

    @glm_magic.tool(auto=True)
    async def send_all() -> None:
        """Send all."""
        raise SystemExit(3)

    asyncio.run(glm_magic.ask_async("Go.", tools=[send_all]))
    assert bodies(sandbox)[-1]["messages"][-1]["content"] == "send_all failed: SystemExit: 3"


def test_a_plain_tool_that_was_stopped_does_not_begin() -> None:
    """Between its call and its thread there is a moment."""
    ran: list[str] = []
    left: Future[None] = Future()
    left.cancel()
    awaiting._told(lambda: ran.append("it"), left)
    assert not ran


def test_after_a_stop_none_begins() -> None:
    """Stop may come while the tool is being called."""

    async def never() -> None:
        raise AssertionError

    stopped = Awaiting()
    stopped.stop()
    with pytest.raises(CancelledError):
        stopped.result(never())


PLAIN = """
import asyncio, threading, time
import glm_magic
from glm_magic.chat.deltas import Delta, ToolCallPiece
from glm_magic.testing import scripted

began = threading.Event()

@glm_magic.tool(auto=True)
def send_all() -> str:
    "Send all."
    began.set()
    time.sleep(60)
    print("too late")

async def ask():
    asking = asyncio.create_task(glm_magic.ask_async("Go.", tools=[send_all]))
    while not began.is_set():
        await asyncio.sleep(0.01)
    asking.cancel()
    try:
        await asking
    except asyncio.CancelledError as error:
        print(*error._render_traceback_())
    print((await glm_magic.ask_async("And now?")).text)

calls = [
    Delta(tool_calls=(ToolCallPiece(0, "a", "send_all", "{}"),)),
    Delta(finish_reason="tool_calls", ended=True),
]
with scripted(calls, "Hello."):
    asyncio.run(ask())
"""


def test_nothing_waits_for_a_plain_tool() -> None:
    """It goes on and the user is told; neither the next question nor the exit waits for it."""
    ran = subprocess.run(
        [sys.executable, "-c", PLAIN], capture_output=True, text=True, timeout=30, check=True
    )
    stopped, hello = ran.stdout.splitlines()
    assert stopped.startswith("Stopped. send_all cannot be stopped")
    assert hello == "Hello."
    assert ran.stderr == ""
