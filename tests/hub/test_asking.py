"""One question on its way, in this process: who leaves, who waits, and what the line hears."""

import asyncio
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from glm_magic.api.client import Client, Limits
from glm_magic.api.sse import NOTICE, EventDecoder
from glm_magic.catalog import find_provider
from glm_magic.chat.messages import Message, Request
from glm_magic.errors import OverloadedError
from glm_magic.hub import asking
from glm_magic.hub.asking import Gone, Passing, told
from glm_magic.hub.refusing import Refused
from glm_magic.keys import APIKey
from glm_magic.sandbox import Sandbox
from glm_magic.sandbox.faults import Fault


@dataclass
class Student:
    """The student's side of the line.

    Attributes:
        leaves_at: The comment with these words is the last one that is read.
        comments: What is no part of the answer.
        chunks: The answer.
    """

    leaves_at: str = "\n"
    gone: bool = False
    comments: list[str] = field(default_factory=list)
    chunks: list[dict[str, Any]] = field(default_factory=list)

    async def comment(self, text: str) -> None:
        """Read it, and perhaps go."""
        self.comments.append(text)
        self.gone = self.gone or self.leaves_at in text

    async def chunk(self, document: dict[str, Any]) -> None:
        """Read it."""
        self.chunks.append(document)


@pytest.fixture
def host() -> Iterator[Sandbox]:
    """The model's host."""
    with Sandbox(tokens_per_second=None) as sandbox:
        yield sandbox


@pytest.fixture
def client(host: Sandbox) -> Iterator[Client]:
    """The service's client, as `serving` makes it."""
    limits = Limits(retries=0, requests_in_flight=100)
    made = Client(host.base_url, APIKey(host.key), find_provider("zai"), limits)
    yield made
    made.close()


def passing(client: Client, student: Student, prompt: str = "Hello", *, hints: bool) -> Passing:
    """A question of this student."""
    request = Request("glm-4.5-air", (Message("user", prompt),), max_tokens=4096)
    return Passing(client, request, student, hints=hints)


def test_who_leaves_while_the_host_is_busy_frees_the_place_and_pays_nothing(
    host: Sandbox, client: Client
) -> None:
    """The pause ends soon, and nothing more is sent for a closed cell."""
    host.faults.append(Fault.refuse("1302", retry_after_seconds=25))
    student = Student(leaves_at="busy")
    one, began = passing(client, student, hints=False), time.monotonic()
    with pytest.raises(Gone):
        asyncio.run(one.run())
    assert time.monotonic() - began < 2
    assert len(host.requests) == 1
    assert one.charge(4100) == 0


def test_nothing_is_sent_for_who_left_before(host: Sandbox, client: Client) -> None:
    """The turn may come in the moment in which the student goes."""
    one = passing(client, Student(gone=True), hints=False)
    with pytest.raises(Gone):
        asyncio.run(one.run())
    assert not host.requests
    assert one.charge(4100) == 0


@pytest.mark.parametrize(("seconds", "asked"), [(31, 1), (3600, 1), (1.5, 4)])
def test_a_host_that_names_a_time_is_not_asked_before(
    host: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch, seconds: float, asked: int
) -> None:
    """A long time is told instead of waited for, and so is a short one that did not help."""
    monkeypatch.setattr(Passing, "_pause", no_pause)
    host.faults.extend([Fault.refuse("1302", retry_after_seconds=seconds)] * 4)
    one = passing(client, Student(), hints=False)
    with pytest.raises(Refused, match=f"busy and says to wait {math.ceil(seconds):,} s") as caught:
        asyncio.run(one.run())
    assert (caught.value.code, caught.value.retry_after_seconds) == ("course-later", seconds)
    assert len(host.requests) == asked
    assert one.charge(4100) == 0


def test_a_host_may_say_any_number() -> None:
    """Nobody waits longer than a day."""
    refused = told(OverloadedError("Busy.", retry_after_seconds=math.inf))
    assert refused.message == "The model's host is busy and says to wait 86,400 s."


async def no_pause(self: Passing, seconds: float) -> None:
    """A pause in no time."""


def test_a_long_thought_in_hints_mode_is_no_silent_line(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left out leaves notices, which our client's idle clock hears; the same each time."""
    monkeypatch.setattr(asking, "_QUIET_SECONDS", 0.1)
    student = Student()
    prompt = "sandbox: 30 reasoning tokens\nsandbox: 5 tokens\nsandbox: rate 50\nHello"
    asyncio.run(passing(client, student, prompt, hints=True).run())
    assert len(student.comments) >= 2
    assert set(student.comments) == {"glm-notice The model is still at work"}
    decoder = EventDecoder()
    heard = [
        event for words in student.comments for event in decoder.feed(f": {words}\n\n".encode())
    ]
    assert [event.type for event in heard] == [NOTICE] * len(student.comments)
