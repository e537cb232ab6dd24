"""Kernels, shells and pages for tools: those of the other faces, with the tools of these tests."""

from typing import Any

import pytest

from glm_magic.sandbox import Fault, Sandbox, Step
from glm_magic.sandbox.steps import chunk_of, record_of
from tests.jupyter.conftest import (  # noqa: F401 - fixtures
    bare_shell,
    kernel,
    kernels,
    sandbox,
    settings_for,
    shell,
)
from tests.kernel import Kernel

DEFINED = '''
import glm_magic as glm
ran = []

@glm.tool
def get_weather(city: str, days: int = 1) -> dict:
    """The weather in a city."""
    ran.append(("get_weather", city, days))
    return {"city": city, "sunny": True}

@glm.tool
def forecast(city: str) -> str:
    """What the sales in a city will be."""
    ran.append(("forecast", city))
    raise RuntimeError("no sales there")

@glm.tool(auto=True)
def clock() -> str:
    """What time it is."""
    ran.append(("clock",))
    return "noon"
'''


@pytest.fixture
def tools(kernel: Kernel, sandbox: Sandbox) -> Kernel:  # noqa: F811
    """A kernel in which a few tools are defined."""
    assert kernel.run(DEFINED).status == "ok"
    return kernel


def calls(*pieces: dict[str, Any], finish: str = "tool_calls", text: str = "") -> Fault:
    """An answer that is these pieces of tool calls, each in a chunk of its own."""

    def edit(steps: list[Step]) -> list[Step]:
        first, last = chunk_of(steps[0]), chunk_of(steps[-2])
        first.pop("usage", None)
        last["choices"] = [{"index": 0, "finish_reason": finish, "delta": {"content": ""}}]
        said = [{"content": text}] if text else []
        deltas = [*said, *({"tool_calls": [piece]} for piece in pieces)]
        chunks = [{**first, "choices": [{"index": 0, "delta": one}]} for one in deltas]
        return [*map(record_of, chunks), record_of(last), steps[-1]]

    return Fault.edit(edit)


def call(name: object, arguments: object, **fields: object) -> dict[str, Any]:
    """A piece of a tool call."""
    return {"function": {"name": name, "arguments": arguments}, **fields}


def markdown(ran: Any) -> str:
    """The final answer of a cell."""
    return str(ran.outputs[-1]["data"]["text/markdown"])


def record(ran: Any) -> dict[str, Any]:
    """The turn in the final output's metadata."""
    found: dict[str, Any] = ran.outputs[-1]["metadata"]["glm_magic"]
    return found
