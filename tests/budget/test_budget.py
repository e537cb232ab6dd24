"""Budgets bite also where no host says what was used."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

import glm_magic
from glm_magic import errors
from glm_magic.api.responses import line_error
from glm_magic.budget import TYPICAL_ANSWER_TOKENS
from glm_magic.catalog import find_provider
from glm_magic.chat.deltas import Delta, ToolCallPiece
from glm_magic.chat.messages import Message, Request, ToolCall, Usage
from glm_magic.chat.tokens import estimate_tokens
from glm_magic.questions import message_tokens, prompt_tokens
from glm_magic.store.ledger import Ledger
from glm_magic.store.spent import Spent, event_of, spent_from
from glm_magic.testing import Reply, scripted
from glm_magic.wiring import workbench

ZAI = find_provider("zai")
PROMPT = "word " * 400
WORDS = "answer " * 100
NO_END = [Delta(text=WORDS)]
NO_USAGE = [Delta(text=WORDS), Delta(finish_reason="stop", ended=True)]
WITHDRAWN = [Delta(text=WORDS), Delta(finish_reason="sensitive", ended=True)]
SILENT = errors.TimedOutError("Nothing came for 60 s.")


@pytest.fixture(autouse=True)
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A new workbench with a folder of its own, at a host that has prices."""
    monkeypatch.setenv("GLM_PROVIDER", "zai")
    monkeypatch.setenv("GLM_DATA_DIR", str(tmp_path))
    workbench.cache_clear()
    yield
    workbench().ledger.close()
    workbench().shelf.store.close()
    workbench.cache_clear()


def booked(*replies: Reply) -> list[Spent]:
    """What the ledger says when each reply has come, or failed."""
    with scripted(*replies):
        for _ in replies:
            with suppress(errors.GLMError, KeyboardInterrupt):
                glm_magic.ask(PROMPT, once=True)
    return workbench().ledger.read()


@pytest.mark.parametrize("reply", [NO_USAGE, NO_END, WITHDRAWN])
def test_an_answer_without_usage_is_estimated(reply: Sequence[Delta]) -> None:
    """The whole request and all that came are booked at the price, marked as an estimate."""
    (spent,) = booked(reply)
    assert spent.estimated
    assert spent.prompt_tokens > estimate_tokens(PROMPT)
    assert spent.completion_tokens == estimate_tokens(WORDS)
    assert spent.cost_usd is not None
    assert spent.cost_usd > 0


def test_reasoning_and_tool_calls_count_too() -> None:
    """What the model thought and which calls it wished for is part of the estimate."""
    call = ToolCallPiece(0, "id", "look", '{"at": "the penguins"}')
    (spent,) = booked([Delta(reasoning=WORDS), Delta(tool_calls=(call,))])
    assert spent.completion_tokens > estimate_tokens(WORDS)


@pytest.mark.parametrize(
    ("answered", "price"),
    [("glm-4.5-air", 0.2), ("zai-org/GLM-4.5-Air", 0.2), ("glm-4.5-0728", 0.6), ("", 0.6)],
)
def test_the_model_that_answered_is_paid(answered: str, price: float) -> None:
    """A router may pass a question on; the footer and the ledger say what that cost."""
    usage = Usage(1_000_000, 0, 0)
    said = [Delta(text="Hi.", model=answered), Delta(finish_reason="stop", usage=usage, ended=True)]
    with scripted(said):
        answer = glm_magic.ask("Hello", model="glm-4.5", once=True)
    (spent,) = workbench().ledger.read()
    assert (answer.cost, spent.cost_usd) == (price, price)


LOST = line_error("RemoteProtocolError", "http://localhost", timed_out=False, tls=False)
LATE = line_error("ReadTimeout", "http://localhost", timed_out=True, tls=False)


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), SILENT, LOST, LATE])
def test_a_question_left_waiting_costs_its_prompt(failure: BaseException) -> None:
    """A host that was asked and then left, before a word came, is taken to have read it all."""
    (spent,) = booked(failure)
    assert spent.estimated
    assert spent.prompt_tokens > estimate_tokens(PROMPT)
    assert spent.completion_tokens == 0


@pytest.mark.parametrize(
    "failure",
    [
        line_error("ConnectError", "http://localhost", timed_out=False, tls=False),
        line_error("ConnectTimeout", "http://localhost", timed_out=True, tls=False),
        line_error("ConnectError", "https://localhost", timed_out=False, tls=True),
        errors.AuthenticationError("The key was not accepted.", status=401),
        errors.RateLimitError("Too many.", status=429),
        errors.ContentFilterError("The prompt was refused."),
    ],
)
def test_a_refused_question_costs_nothing(failure: BaseException) -> None:
    """Nothing is booked when no model was reached."""
    assert booked(failure) == []


@glm_magic.tool(auto=True)
def look(at: str) -> str:
    """Gives data."""
    return "row " * 4000


CALL = ToolCallPiece(0, "id", "look", '{"at": "all"}')


def calls(usage: Usage | None) -> list[Delta]:
    """A round that asks for data."""
    return [Delta(tool_calls=(CALL,)), Delta(finish_reason="tool_calls", usage=usage, ended=True)]


@pytest.mark.parametrize("last", [NO_END, NO_USAGE, KeyboardInterrupt(), LOST])
@pytest.mark.parametrize("first", [Usage(700, 20, 30), None])
def test_each_round_is_booked(first: Usage | None, last: Reply) -> None:
    """What the host told of a round stands; the other, with the data that it was sent, is guessed.

    No cost is shown: a part of it would pass for the whole.
    """
    with scripted(calls(first), last) as client, suppress(errors.GLMError, KeyboardInterrupt):
        answer = glm_magic.ask(PROMPT, tools=[look], once=True)
        assert (answer.usage, answer.cost) == (None, None)
    (spent,) = workbench().ledger.read()
    sent = [prompt_tokens(request, ZAI) for request in client.requests]
    assert spent.estimated
    assert spent.prompt_tokens == (first.prompt_tokens if first else sent[0]) + sent[1]
    assert spent.completion_tokens >= (first.completion_tokens if first else 5)
    assert sent[1] > sent[0] + 1000


def test_all_that_is_sent_is_counted() -> None:
    """Descriptions of tools, wished calls, and reasoning where the provider is sent it."""
    call = ToolCall("id", "look", f'{{"at": "{WORDS}"}}')
    message = Message("assistant", "Hm.", reasoning=WORDS * 2, tool_calls=(call,))
    bare, words = message_tokens(Message("assistant", "Hm."), ZAI), estimate_tokens(WORDS)
    assert bare + 3 * words <= message_tokens(message, ZAI) < bare + 3 * words + 10
    assert message_tokens(message, find_provider("openrouter")) < bare + words + 10
    tool = {"type": "function", "function": {"name": "look", "description": WORDS}}
    request = Request("glm-4.5", (Message("user", "Hi"),), tools=(tool,))
    assert prompt_tokens(request, ZAI) > words


def test_tools_count_before_they_are_sent() -> None:
    """The preview, `%glm context` and the budget's check know what their descriptions take."""
    question = workbench().question("Hi", tools=[look], once=True, need_key=False)
    bare = workbench().question("Hi", once=True, need_key=False)
    parts = {one.name: one.tokens for one in question.parts()}
    assert question.preview().tokens == bare.preview().tokens + parts["tools"]
    assert parts["together"] == sum(parts.values()) - parts["together"]
    most = bare.preview().tokens + TYPICAL_ANSWER_TOKENS
    with scripted(), pytest.raises(errors.BudgetError):
        glm_magic.ask("Hi", tools=[look], once=True, budget_tokens=most)


@pytest.mark.parametrize("refusal", [errors.RateLimitError("Too many.", status=429), None])
def test_a_refused_round_costs_nothing(refusal: Reply | None) -> None:
    """The rounds before it are booked as they were told."""
    refusal = refusal or line_error("ConnectError", "http://localhost", timed_out=False, tls=False)
    with scripted(calls(Usage(700, 20)), refusal), pytest.raises(errors.GLMError):
        glm_magic.ask(PROMPT, tools=[look], once=True)
    (spent,) = workbench().ledger.read()
    assert (spent.prompt_tokens, spent.completion_tokens) == (700, 20)
    assert not spent.estimated


def test_an_interrupt_between_rounds_keeps_what_was_told() -> None:
    """While a tool runs no request is under way."""
    with scripted(calls(Usage(700, 20))):
        asking = glm_magic.stream(PROMPT, tools=[look], once=True)
        with asking as deltas:
            next(one for one in deltas if one.step)
    (spent,) = workbench().ledger.read()
    assert (spent.prompt_tokens, spent.completion_tokens) == (700, 20)
    assert not spent.estimated


def test_a_stream_that_was_never_begun_costs_nothing() -> None:
    """A stream that is closed before the first delta was asked for has sent nothing."""
    with scripted(WORDS) as client, glm_magic.stream(PROMPT, once=True):
        pass
    assert client.requests == []
    assert workbench().ledger.read() == []


def test_reported_usage_is_booked_as_it_is() -> None:
    """Where the host counts, its counts stand, also for an answer that broke off."""
    (spent,) = booked([Delta(text=WORDS, usage=Usage(7, 5, 3))])
    assert (spent.prompt_tokens, spent.completion_tokens, spent.cached_tokens) == (7, 5, 3)
    assert not spent.estimated


@pytest.mark.parametrize(("name", "limit"), [("budget_tokens", 2000), ("budget_usd", 0.003)])
def test_a_host_without_usage_reaches_the_budget(name: str, limit: float) -> None:
    """Estimates add up until a question is refused before it is sent."""
    with scripted(NO_USAGE, NO_USAGE) as client:
        glm_magic.ask(PROMPT, once=True, **{name: limit})
        with pytest.raises(errors.BudgetError):
            glm_magic.ask(PROMPT, once=True, **{name: limit})
    assert len(client.requests) == 1


@pytest.mark.parametrize(("name", "limit"), [("budget_tokens", 2000), ("budget_usd", 0.003)])
def test_what_is_under_way_counts(name: str, limit: float) -> None:
    """Of two questions at once the second is refused; one that ended, or never began, is out."""
    with scripted(*[[Delta(text="x", usage=Usage(9, 9), ended=True)]] * 2) as client:
        first = glm_magic.stream(PROMPT, **{name: limit})
        for once in (False, True):
            with pytest.raises(errors.BudgetError, match="under way"):
                glm_magic.ask(PROMPT, once=once, **{name: limit})
        list(first)
        never = glm_magic.stream(PROMPT, once=True, **{name: limit})
        del never
        stopped = glm_magic.stream(PROMPT, once=True, **{name: limit})
        stopped.stop()
        glm_magic.ask(PROMPT, once=True, **{name: limit})
    assert len(client.requests) == 2


def test_older_records_are_no_estimates(tmp_path: Path) -> None:
    """A record without the field is a host's own count; one with it comes back as it was."""
    words = ("2026-03-01T10:00:00+00:00", "c", "zai", "glm-4.5")
    counted, estimated = Spent(*words, 1, 2, 0, 0.5), Spent(*words, 1, 2, 0, 0.5, estimated=True)
    assert "estimated" not in event_of(counted)
    assert spent_from(event_of(counted)) == counted
    assert spent_from(event_of(estimated)) == estimated
    assert spent_from(event_of(counted) | {"estimated": "yes"}) is None
    ledger = Ledger(tmp_path / "other")
    ledger.add(**{k: v for k, v in event_of(estimated).items() if k != "kind"})
    assert Ledger(tmp_path / "other").read() == [estimated]
    ledger.close()
