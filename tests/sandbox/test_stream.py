"""The shape of answers, streamed and whole."""

import json
import re
import time

import pytest

from glm_magic.sandbox import Sandbox

from .line import PENGUINS, send, user

HELLO = user("Hello", stream=True)


def test_a_stream_is_the_documented_bytes(sandbox: Sandbox) -> None:
    """Byte by byte: repeated role, finish and usage on the last chunk, `[DONE]` at the end."""
    body = user("sandbox: echo\nHi there", stream=True, thinking={"type": "disabled"})
    response = send(sandbox, body)
    assert response.headers["content-type"] == "text/event-stream;charset=UTF-8"
    first = response.chunks[0]
    head = f'{{"id":"{first["id"]}","created":{first["created"]},"object":"chat.completion.chunk",'
    head += '"model":"glm-4.5","choices":[{"index":0,'
    usage = (
        '{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12,'
        '"prompt_tokens_details":{"cached_tokens":0},'
        '"completion_tokens_details":{"reasoning_tokens":0}}'
    )
    assert response.body.decode() == (
        f'data: {head}"delta":{{"role":"assistant","content":"Hi"}}}}]}}\n\n'
        f'data: {head}"delta":{{"role":"assistant","content":" there"}}}}]}}\n\n'
        f'data: {head}"finish_reason":"stop","delta":{{"role":"assistant","content":""}}}}],'
        f'"usage":{usage}}}\n\n'
        "data: [DONE]\n\n"
    )


def test_reasoning_comes_first(sandbox: Sandbox) -> None:
    """All reasoning deltas stand before the first delta of the answer."""
    deltas = [chunk["choices"][0]["delta"] for chunk in send(sandbox, HELLO).chunks]
    kinds = ["reasoning_content" if "reasoning_content" in delta else "content" for delta in deltas]
    assert kinds == sorted(kinds, reverse=True)
    assert kinds[0] == "reasoning_content"


def test_every_delta_repeats_the_role(sandbox: Sandbox) -> None:
    """No chunk opens with the role alone, and none is without it."""
    deltas = [chunk["choices"][0]["delta"] for chunk in send(sandbox, HELLO).chunks]
    assert {delta["role"] for delta in deltas} == {"assistant"}
    assert all(len(delta) == 2 for delta in deltas)


def test_a_whole_answer_says_what_the_stream_says(sandbox: Sandbox) -> None:
    """Text, reasoning and usage are the same, streamed or not."""
    whole = send(sandbox, user("Hello")).json
    chunks = send(sandbox, HELLO).chunks
    message = whole["choices"][0]["message"]
    for name in ("content", "reasoning_content"):
        joined = "".join(c["choices"][0]["delta"].get(name, "") for c in chunks)
        assert message[name] == joined
    counts = whole["usage"]
    assert chunks[-1]["usage"]["completion_tokens"] == counts["completion_tokens"] > 0
    assert whole["id"] == whole["request_id"]
    assert re.fullmatch(r"\d{14}[0-9a-f]{18}", whole["id"])


def test_usage_counts_the_deltas(sandbox: Sandbox) -> None:
    """Each delta is a token, reasoning is part of the completion."""
    chunks = send(sandbox, HELLO).chunks
    counts = chunks[-1]["usage"]
    thought = sum("reasoning_content" in chunk["choices"][0]["delta"] for chunk in chunks)
    assert counts["completion_tokens"] == len(chunks) - 1
    assert counts["completion_tokens_details"]["reasoning_tokens"] == thought
    assert counts["total_tokens"] == counts["prompt_tokens"] + counts["completion_tokens"]


@pytest.mark.parametrize("count", [1, 2, 50, 2000])
def test_as_many_tokens_as_asked_for(sandbox: Sandbox, count: int) -> None:
    """The directive `sandbox: N tokens` gives exactly N deltas."""
    chunks = send(sandbox, user(f"sandbox: {count} tokens", stream=True)).chunks
    texts = [chunk["choices"][0]["delta"].get("content") for chunk in chunks]
    assert sum(1 for text in texts if text) == count
    assert sandbox.requests[-1].chunks_sent == len(chunks)


def test_reasoning_counts_against_max_tokens(sandbox: Sandbox) -> None:
    """A limit cuts reasoning first, then the answer, and says length."""
    prompt = "sandbox: 10 tokens\nsandbox: 5 reasoning tokens"
    for limit, thought, text in ((3, 3, 0), (8, 5, 3), (15, 5, 10)):
        whole = send(sandbox, user(prompt, max_tokens=limit)).json
        counts = whole["usage"]
        assert counts["completion_tokens"] == thought + text
        assert counts["completion_tokens_details"]["reasoning_tokens"] == thought
        assert whole["choices"][0]["finish_reason"] == ("stop" if limit == 15 else "length")


def test_the_answer_ends_before_the_stop_string(sandbox: Sandbox) -> None:
    """The stop string itself is not sent."""
    whole = send(sandbox, user("sandbox: echo\none two three", stop=["two"])).json
    assert whole["choices"][0]["message"]["content"] == "one "


@pytest.mark.parametrize(
    ("fields", "thinks"),
    [
        ({}, True),
        ({"thinking": {"type": "enabled"}}, True),
        ({"thinking": {"clear_thinking": False}}, True),
        ({"thinking": None}, True),
        ({"thinking": {"type": "disabled"}}, False),
        ({"model": "glm-4-32b-0414-128k"}, False),
        ({"model": "glm-5.2", "reasoning_effort": "none"}, False),
        ({"model": "glm-5.3", "reasoning_effort": "high"}, True),
        ({"model": "glm-4.5", "reasoning_effort": "none"}, True),
    ],
)
def test_thinking_is_on_unless_switched_off(
    sandbox: Sandbox, fields: dict[str, object], thinks: bool
) -> None:
    """The documented switches decide whether there is reasoning; older models ignore effort."""
    message = send(sandbox, {**user("Hello"), **fields}).json["choices"][0]["message"]
    assert ("reasoning_content" in message) is thinks


@pytest.mark.parametrize("stream", [False, True])
def test_the_same_request_gets_the_same_words(sandbox: Sandbox, stream: bool) -> None:
    """Nothing but id, time and cached tokens changes between two equal requests."""
    body = user(f"{PENGUINS}\n\nCompare body mass by species", stream=stream)
    bodies = {_bare(send(sandbox, body).body) for _ in range(3)}
    with Sandbox(tokens_per_second=None) as other:
        bodies.add(_bare(send(other, body).body))
    assert len(bodies) == 1


def _bare(body: bytes) -> bytes:
    volatile = rb'"(id|request_id|created|cached_tokens)":("[^"]*"|\d+)'
    return re.sub(volatile, b"", body)


def test_ids_differ(sandbox: Sandbox) -> None:
    """Two equal requests have different ids, and all chunks of one stream the same."""
    streams = [send(sandbox, HELLO).chunks for _ in range(2)]
    ids = [{chunk["id"] for chunk in chunks} for chunks in streams]
    assert [len(found) for found in ids] == [1, 1]
    assert ids[0] != ids[1]


def test_the_callers_request_id_comes_back(sandbox: Sandbox) -> None:
    """A request_id that was sent is the answer's."""
    whole = send(sandbox, user("Hello", request_id="my-own-id")).json
    assert whole["request_id"] == "my-own-id"


def test_cached_tokens_are_the_common_prefix(sandbox: Sandbox) -> None:
    """Nothing is cached at first; then the messages that an earlier request began with."""
    system = {"role": "system", "content": "Be brief. " * 20}
    first = {"role": "user", "content": "Hello"}
    more = [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "And now?"}]

    def counts(*messages: object) -> tuple[int, int]:
        usage = send(sandbox, {"model": "glm-4.5", "messages": messages}).json["usage"]
        return usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"]

    fresh, cached = counts(system, first)
    assert cached == 0
    longer, cached = counts(system, first, *more)
    assert (cached, longer > fresh) == (fresh, True)
    _, cached = counts(system, {"role": "user", "content": "Something else"})
    assert 0 < cached < fresh
    _, cached = counts({"role": "system", "content": "Another"}, first)
    assert cached == 0


def test_another_model_has_another_cache(sandbox: Sandbox) -> None:
    """A prefix sent to one model is not cached for another."""
    send(sandbox, user("Hello"))
    counts = send(sandbox, {**user("Hello"), "model": "glm-4.6"}).json["usage"]
    assert counts["prompt_tokens_details"]["cached_tokens"] == 0


@pytest.mark.parametrize("text", ["a\u2028b\u0085c", "你好，世界", "🐧 {x} $y$ \\(z\\)", '"\\"\t'])
def test_echo_keeps_every_character(sandbox: Sandbox, text: str) -> None:
    """The directive `sandbox: echo` gives the prompt back, whatever it holds."""
    whole = send(sandbox, user(f"sandbox: echo\n{text}")).json
    assert whole["choices"][0]["message"]["content"] == text
    chunks = send(sandbox, user(f"sandbox: echo\n{text}", stream=True)).chunks_text
    assert chunks == text


def test_unknown_keys_are_ignored(sandbox: Sandbox) -> None:
    """A misspelt option never fails, as on the real service; nulls count as absent."""
    body = user("Hello", temprature=3, response_format=None, stop=None, tools=None)
    assert send(sandbox, body).status == 200


def test_both_bases_answer(sandbox: Sandbox) -> None:
    """GLM's own path and the one of OpenAI-like clients are the same service."""
    for base in ("/api/paas/v4", "/v1"):
        assert send(sandbox, user("Hello"), f"{base}/chat/completions").status == 200
        listed = send(sandbox, None, f"{base}/models", "GET").json
        assert "glm-4.5" in [record["id"] for record in listed["data"]]


def test_speed_is_what_was_asked_for() -> None:
    """Tokens come one by one at the given rate, and a directive changes it for one answer."""
    with Sandbox(tokens_per_second=500) as sandbox:
        for prompt, least in (
            ("sandbox: 100 tokens\nsandbox: 1 reasoning tokens", 0.2),
            ("sandbox: 20 tokens\nsandbox: rate 100\nsandbox: 1 reasoning tokens", 0.2),
        ):
            for stream in (True, False):
                body = user(prompt, stream=stream)
                assert least <= _seconds(sandbox, body) < 10 * least
        assert _seconds(sandbox, user("sandbox: 900 tokens\nsandbox: rate none")) < 1


def _seconds(sandbox: Sandbox, body: object) -> float:
    began = time.monotonic()
    assert send(sandbox, body).status == 200
    return time.monotonic() - began


def test_requests_are_recorded(sandbox: Sandbox) -> None:
    """A test can read what was sent; the record's repr does not show the key."""
    send(sandbox, HELLO)
    request = sandbox.requests[-1]
    assert (request.method, request.path) == ("POST", "/api/paas/v4/chat/completions")
    assert request.json == HELLO == json.loads(request.body)
    assert sandbox.key in request.headers["Authorization"]
    assert sandbox.key not in f"{request!r}{sandbox!r}"
    assert request.ended == "complete"
