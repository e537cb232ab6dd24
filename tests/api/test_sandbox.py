"""The client against the sandbox: another author's server, with every fault it knows."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from glm_magic import errors
from glm_magic.api.client import Client
from glm_magic.api.documents import model_ids
from glm_magic.api.failures import CODES
from glm_magic.keys import APIKey
from glm_magic.sandbox import Fault, Sandbox
from glm_magic.sandbox.refusals import CODES as DOCUMENTED

from .asking import QUICK, Way

Connect = Callable[..., Client]

ECHO = "sandbox: echo\nHello 你好 🐧 \u2028 end"
TEXT = ECHO.partition("\n")[2]


@pytest.fixture
def sandbox(no_leaked_threads: None, no_leaked_sockets: None) -> Iterator[Sandbox]:
    """A sandbox at full speed."""
    with Sandbox(tokens_per_second=None) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox, connect: Connect) -> Client:
    """A client of the sandbox."""
    return connect(sandbox.base_url, key=APIKey(sandbox.key), provider="sandbox")


HARMLESS = {
    "none": Fault(),
    "trickle": Fault.trickle(),
    "crlf_comments": Fault.crlf() | Fault.comments(),
    "no_done": Fault.without_done(),
    "done_twice": Fault.done_twice(),
    "held_open": Fault.held_open(),
    "null_deltas": Fault.null_deltas(),
    "leading_newline": Fault.leading_newline(),
    "empty_choices": Fault.empty_choices(),
    "usage_apart": Fault.usage_apart(),
    "glued": Fault.glued_records(),
    "all": Fault.usage_apart()
    | Fault.null_deltas()
    | Fault.crlf()
    | Fault.comments()
    | Fault.trickle(),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_what_hosts_do_does_no_harm(way: Way, sandbox: Sandbox, client: Client, case: str) -> None:
    """However the stream looks, the turn is the one of a clean stream."""
    clean = way.ask(client, ECHO).turn
    sandbox.faults.append(HARMLESS[case])
    turn = way.ask(client, ECHO).turn
    assert (turn.text, turn.status, turn.warnings) == (TEXT, "complete", ())
    assert (turn.reasoning, turn.finish_reason) == (clean.reasoning, clean.finish_reason)
    assert turn.usage is not None
    assert clean.usage is not None
    assert turn.usage.completion_tokens == clean.usage.completion_tokens > 0


HARMFUL: dict[str, tuple[Fault, type[errors.GLMError] | None, str]] = {
    "cut": (Fault.cut(chunks=3), errors.ConnectionFailedError, "lost"),
    "reset": (Fault.cut(chunks=3, reset=True), errors.ConnectionFailedError, "lost"),
    "no_finish": (Fault.without_finish(), None, "connection lost"),
    "error": (Fault.error_in_stream("1305", chunks=3), errors.OverloadedError, "1305"),
    "error_event": (
        Fault.error_in_stream("1234", chunks=3, event=True),
        errors.ServerError,
        "1234",
    ),
    "page": (Fault.answer("<html>"), errors.ProtocolError, "not an answer"),
    "wrong_path": (Fault.wrong_path(), errors.BadRequestError, "404 NOT_FOUND"),
    "redirect": (Fault.redirect("https://evil.example/"), errors.RedirectRefusedError, "307"),
    "sensitive": (Fault.finish("sensitive"), None, "withdrawn"),
    "network_error": (Fault.finish("network_error"), None, "connection lost"),
    "stall": (Fault.stall(3), errors.TimedOutError, "Nothing came"),
    "comments": (Fault.only_comments(chunks=3), errors.TimedOutError, "Nothing came"),
    "delay": (Fault.delay(2), errors.TimedOutError, "Nothing came"),
}


@pytest.mark.parametrize("case", HARMFUL)
def test_what_goes_wrong_is_told(way: Way, sandbox: Sandbox, connect: Connect, case: str) -> None:
    """Each misfortune is a partial turn with its reason, and an error where there is one."""
    fault, kind, reason = HARMFUL[case]
    sandbox.faults.append(fault)
    limits = replace(QUICK, idle_seconds=0.3)
    client = connect(sandbox.base_url, limits, key=APIKey(sandbox.key), provider="sandbox")
    outcome = way.ask(client, ECHO)
    assert type(outcome.error) is (kind or type(None))
    assert outcome.turn.status == "partial"
    assert reason in outcome.turn.partial_reason
    assert way.ask(client, ECHO).turn.text == TEXT


def test_warnings_of_broken_records(way: Way, sandbox: Sandbox, client: Client) -> None:
    """A truncated record is skipped, counted and told; invalid UTF-8 is not even that."""
    sandbox.faults += [Fault.truncated_record(), Fault.invalid_utf8(), Fault.finish("length")]
    warnings = [way.ask(client, ECHO).turn.warnings for _ in range(3)]
    assert warnings == [
        ("1 broken record was left out of the stream.",), (),
        ("The answer was cut at max_tokens.",),
    ]  # fmt: skip


@pytest.mark.parametrize("code", sorted(DOCUMENTED))
def test_each_code_over_the_line(client: Client, sandbox: Sandbox, code: str) -> None:
    """Each business code of the sandbox arrives as its error, before an answer and inside one."""
    for fault in (Fault.refuse(code), Fault.error_in_stream(code)):
        sandbox.faults.append(fault)
        outcome = Way("sync").ask(client, "Hello")
        assert type(outcome.error) is CODES[code].error
        assert outcome.refusal.code == code
        assert outcome.refusal.retryable is CODES[code].retryable


def test_the_documented_client_refuses_itself(way: Way, sandbox: Sandbox, connect: Connect) -> None:
    """A wrong key, no key, and an unknown model are refused by the sandbox as by the service."""
    for key, code in ((APIKey("wrong-key-entirely"), "1000"), (None, "1001")):
        client = connect(sandbox.base_url, key=key, provider="sandbox")
        assert way.ask(client).refusal.code == code
    client = connect(sandbox.base_url, key=APIKey(sandbox.key), provider="sandbox")
    refusal: Any = way.ask(client, model="glm-4.5-flsh").refusal
    assert type(refusal) is errors.ModelNotFoundError
    assert "glm-4.5-flash" in refusal.remedy


def test_a_busy_sandbox_is_waited_for(way: Way, sandbox: Sandbox, connect: Connect) -> None:
    """1302 with Retry-After is asked again, and the answer comes."""
    sandbox.faults += [Fault.refuse("1302", retry_after_seconds=0.1)] * 2
    limits = replace(QUICK, retries=3)
    client = connect(sandbox.base_url, limits, key=APIKey(sandbox.key), provider="sandbox")
    outcome = way.ask(client, ECHO)
    assert outcome.turn.text == TEXT
    assert len(outcome.notices) == 2


def test_streamed_or_not_the_turn_is_the_same(way: Way, client: Client) -> None:
    """Text, reasoning, usage and finish_reason do not depend on streaming, nor on the way."""
    turns = [way.ask(client, ECHO, stream=stream).turn for stream in (True, False)]
    kept = [(t.text, t.reasoning, t.finish_reason, t.status) for t in turns]
    assert kept[0] == kept[1]


def test_the_models_of_the_sandbox(client: Client) -> None:
    """Its list is read like any host's."""
    assert "glm-4.5" in model_ids(client)
