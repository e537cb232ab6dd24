"""Compatible hosts: what each was seen to answer, and one that refuses unknown fields."""

from collections.abc import Callable
from typing import Any

import pytest

from glm_magic import errors
from glm_magic.api.client import Client

from .asking import Way
from .host import (
    CUT,
    DONE,
    Host,
    Script,
    delta,
    head,
    last,
    record,
    refused,
    said,
    stream,
    whole,
)

Connect = Callable[..., Client]

STRICT = {
    "model",
    "messages",
    "stream",
    "temperature",
    "top_p",
    "max_tokens",
    "stop",
    "tools",
    "response_format",
}


class Strict(Host):
    """A host that answers 422 to every field outside the list, as `transformers serve` does."""

    def _play(self, line: Any, script: Script) -> bool:
        unknown = set(self.asked[-1].json) - STRICT
        detail = {"detail": [{"type": "extra_forbidden", "loc": ["body", *sorted(unknown)]}]}
        return super()._play(line, whole(detail, 422) if unknown else script)


@pytest.mark.parametrize("thinking", [None, True, False])
def test_a_strict_host_takes_the_custom_profile(
    way: Way, connect: Connect, thinking: bool | None
) -> None:
    """Only fields that every compatible host accepts are sent, whatever was asked for."""
    fields: dict[str, Any] = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 5, "stop": "x"}
    with Strict(said("Hello")) as host:
        client = connect(host.base_url, provider="custom")
        outcome = way.ask(client, thinking=thinking, effort="high", json_object=True, **fields)
    assert outcome.turn.text == "Hello"


def test_a_strict_host_refuses_the_makers_profile(way: Way, connect: Connect) -> None:
    """With another profile the 422 names the field, in two lines, and is final."""
    with Strict(said("Hello")) as host:
        outcome = way.ask(connect(host.base_url), thinking=True)
    assert type(outcome.error) is errors.BadRequestError
    assert "thinking" in outcome.refusal.message
    assert len(host.asked) == 1


def _served(*records: Any) -> Any:
    return stream(*records)


HOSTS: dict[str, tuple[Any, str, str, str]] = {
    "transformers": (stream(delta("Hi"), delta(finish="stop")), "Hi", "", ""),
    "vllm": (
        stream(delta("", role="assistant"), delta(reasoning="Hm."), delta("Hi"), last(), DONE),
        "Hi",
        "Hm.",
        "",
    ),
    "llama.cpp": (
        stream(
            {"choices": [{"delta": {"role": "assistant", "content": None}}]},
            delta(reasoning_content="Hm."),
            delta("Hi"),
            last(),
            {"choices": [], "timings": {"n": 1}},
            DONE,
        ),
        "Hi",
        "Hm.",
        "",
    ),
    "llama-cpp-python": (
        stream(delta("<think>\n"), delta("Hm."), delta("\n</think>\n\nHi"), last(), DONE),
        "Hi",
        "Hm.",
        "",
    ),
    "openrouter": (
        stream(
            b": OPENROUTER PROCESSING\n\n",
            delta(reasoning="Hm.", reasoning_details=[{}]),
            b": OPENROUTER PROCESSING\n\n",
            delta("Hi"),
            last(),
            DONE,
        ),
        "Hi",
        "Hm.",
        "",
    ),
    "together": (
        stream(delta("Hi"), delta(finish="eos"), {"choices": [], "usage": {}}, DONE),
        "Hi",
        "",
        "",
    ),
    "z.ai 2025": (
        stream(delta("\n"), delta(reasoning_content="\nHm."), delta("\nHi"), last(), DONE),
        "Hi",
        "Hm.",
        "",
    ),
    "litellm error": (
        stream(delta("Hi"), {"error": {"message": "upstream", "code": "500"}}),
        "Hi",
        "",
        "upstream",
    ),
    "openrouter error": (
        stream(
            delta("Hi"),
            {
                "error": {"code": 502, "message": "upstream"},
                "choices": [{"delta": {}, "finish_reason": "error"}],
            },
        ),
        "Hi",
        "",
        "upstream",
    ),
    "vllm key": (whole({"error": "Unauthorized"}, 401), "", "", "Unauthorized"),
    "litellm key": (refused("400", 400, "Authentication Error"), "", "", "Authentication Error"),
    "z.ai path": (
        whole({"code": 500, "msg": "404 NOT_FOUND", "success": False}),
        "",
        "",
        "NOT_FOUND",
    ),
    "success false": (whole({"code": 500, "success": False}), "", "", "code 500"),
    "sensitive": (
        stream(
            delta("Bad"),
            {**delta(finish="sensitive"), "content_filter": [{"role": "assistant", "level": 1}]},
            DONE,
        ),
        "",
        "",
        "withdrawn",
    ),
    "network_error": (
        stream(delta("Hi"), delta(finish="network_error"), DONE),
        "Hi",
        "",
        "connection",
    ),
    "finish error": (
        stream(delta("Hi"), delta(finish="error"), DONE),
        "Hi",
        "",
        "error from the host",
    ),
    "http/1.0": (
        [
            head(Connection="close").replace(b"Transfer-Encoding: chunked\r\n", b""),
            record(delta("Hi")),
            record(last()),
            CUT,
        ],
        "Hi",
        "",
        "",
    ),
}


@pytest.mark.parametrize("case", HOSTS)
def test_hosts_as_they_were_seen(way: Way, connect: Connect, case: str) -> None:
    """What each host was seen to send is read, or is an error or a reason that names it."""
    script, text, reasoning, reason = HOSTS[case]
    with Host(script) as host:
        turn = way.ask(connect(host.base_url, provider="custom")).turn
    assert (turn.text, turn.reasoning.strip()) == (text, reasoning)
    assert reason in turn.partial_reason
    assert (turn.status == "complete") is (not reason)
