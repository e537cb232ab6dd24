"""What a student gets of the host's stream, without the service around it."""

import asyncio
from typing import Any

import pytest

from glm_magic.api.client import Client, Limits
from glm_magic.catalog import find_provider
from glm_magic.chat.messages import Message, Request
from glm_magic.hub.asking import Passing
from glm_magic.keys import APIKey
from tests.api.host import DONE, Host, Script, delta, last, stream
from tests.canary import CANARY

ENDING = CANARY[:1]  # held back until it is clear that the key does not begin there


class Student:
    """Keeps what is written to it."""

    gone = False

    def __init__(self) -> None:
        self.text = ""

    async def comment(self, text: str) -> None:
        """Nothing."""

    async def chunk(self, document: dict[str, Any]) -> None:
        """The words of it."""
        self.text += "".join(one["delta"].get("content", "") for one in document["choices"])


@pytest.mark.parametrize("hints", [False, True])
@pytest.mark.parametrize(
    "script",
    [
        stream(delta(f"It is {ENDING}"), last(), DONE),
        stream(delta("It "), delta(finish="stop"), delta(f"is {ENDING}"), DONE),
        stream(delta(finish="stop"), delta(f"It is {ENDING}")),
    ],
    ids=["usual", "late", "late_and_no_done"],
)
def test_the_last_character_arrives(script: Script, hints: bool) -> None:
    """Also when it could begin the key, and when words come behind the reason why it stopped."""
    request, student = Request("glm-4.5-air", (Message("user", "Hello"),)), Student()
    with Host(script) as host:
        client = Client(host.base_url, APIKey(CANARY), find_provider("zai"), Limits(retries=0))
        passing = Passing(client, request, student, hints=hints)
        asyncio.run(passing.run())
        client.close()
    assert student.text == f"It is {ENDING}" == passing.grown.text
