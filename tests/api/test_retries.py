"""A busy host is asked again; a host that said no is not."""

import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate

import pytest

from glm_magic import errors
from glm_magic.api.client import Client

from .asking import QUICK, Way
from .host import CUT, DONE, RESET, Host, delta, last, refused, said, stream, whole

Connect = Callable[..., Client]

AGAIN = replace(QUICK, retries=3)


@pytest.mark.parametrize(
    "failure",
    [
        refused("1302", 429),
        refused("1305", 429),
        refused("1234", 500),
        refused("", 503),
        refused("", 429),
        whole("<html>", 502, "text/html"),
        [RESET],
        [CUT],
        stream({"error": {"code": "1305", "message": "busy"}}),
        whole({"code": 500, "success": False}),
    ],
    ids=["1302", "1305", "1234", "503", "429", "page", "reset", "closed", "in_stream", "in_200"],
)
def test_a_passing_failure_is_asked_again(way: Way, connect: Connect, failure: list) -> None:  # type: ignore[type-arg]
    """Before anything was shown a busy or broken host gets another chance, and the user is told."""
    with Host(failure, failure, said("Hello")) as host:
        outcome = way.ask(connect(host.base_url, AGAIN))
    assert (outcome.turn.text, outcome.turn.status) == ("Hello", "complete")
    assert len(host.asked) == 3
    assert len({one.body for one in host.asked}) == 1
    assert len(outcome.notices) == 2
    assert all(notice.startswith("Asking again in 0 s: ") for notice in outcome.notices)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("1113", 429),
        ("1301", 400),
        ("1002", 401),
        ("1211", 400),
        ("1304", 429),
        ("1308", 429),
        ("1261", 400),
        ("", 400),
        ("", 403),
        ("", 404),
        ("", 422),
    ],
)
def test_a_refusal_is_final(way: Way, connect: Connect, code: str, status: int) -> None:
    """No money, no key, no such model, no such content: asked once."""
    with Host(refused(code, status), said("x")) as host:
        outcome = way.ask(connect(host.base_url, AGAIN))
    assert isinstance(outcome.error, errors.APIError)
    assert len(host.asked) == 1
    assert outcome.notices == []


@pytest.mark.parametrize("shown", ["content", "reasoning_content"])
@pytest.mark.parametrize("failure", ["reset", "error"])
def test_nothing_is_asked_again_after_it_was_shown(
    way: Way, connect: Connect, shown: str, failure: str
) -> None:
    """Once a word was shown, a failure is final, so that nothing is said or billed twice."""
    end = [RESET] if failure == "reset" else [{"error": {"code": "1305", "message": "busy"}}]
    with Host(stream(delta(**{shown: "Half"}), 0.05, *end), said("x")) as host:
        outcome = way.ask(connect(host.base_url, AGAIN))
    assert outcome.error is not None
    assert outcome.turn.text + outcome.turn.reasoning == "Half"
    assert len(host.asked) == 1


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_are_counted(way: Way, connect: Connect, retries: int) -> None:
    """A host that stays busy is asked `retries` times more, and then its own error is raised."""
    with Host(refused("1302", 429, "busy")) as host:
        outcome = way.ask(connect(host.base_url, replace(QUICK, retries=retries)))
    assert type(outcome.error) is errors.RateLimitError
    assert outcome.refusal.message == "busy (HTTP 429 code 1302)"
    assert len(host.asked) == retries + 1


@pytest.mark.parametrize(
    ("wish", "least", "most"),
    [
        ("0.3", 0.28, 1.5),
        ("0", 0, 0.3),
        ("", 0, 0.3),
        ("soon", 0, 0.3),
        ("past", 0, 0.3),
        ("date", 0.1, 3),
    ],
)
def test_the_hosts_wish_is_honoured(
    way: Way, connect: Connect, wish: str, least: float, most: float
) -> None:
    """Retry-After in seconds or as a date is waited for; without one our own pause holds."""
    now = time.time()
    dates = {"date": formatdate(now + 1.9, usegmt=True), "past": formatdate(now - 60, usegmt=True)}
    busy = refused("1302", 429, Retry_After=dates.get(wish, wish))
    with Host(busy, said("Hello")) as host:
        outcome = way.ask(connect(host.base_url, AGAIN))
    assert outcome.turn.text == "Hello"
    assert least <= outcome.seconds < most


@pytest.mark.parametrize("wish", ["3600", "9" * 400])
def test_a_wish_beyond_all_patience_is_an_error_now(way: Way, connect: Connect, wish: str) -> None:
    """A host that wants to be asked after the total timeout is not waited for at all."""
    with Host(refused("1302", 429, Retry_After=wish)) as host:
        outcome = way.ask(connect(host.base_url, AGAIN))
    assert type(outcome.error) is errors.RateLimitError
    assert outcome.seconds < 0.5
    assert len(host.asked) == 1


def test_our_own_pauses_grow_and_have_a_cap(way: Way, connect: Connect) -> None:
    """Pauses double, up to the longest one."""
    limits = replace(QUICK, retries=5, backoff_seconds=0.02, longest_backoff_seconds=0.05)
    with Host(refused("1302", 429)) as host:
        outcome = way.ask(connect(host.base_url, limits))
    assert len(host.asked) == 6
    assert 0.02 + 0.04 + 3 * 0.05 <= outcome.seconds < 1


def test_an_empty_beginning_may_be_asked_again(way: Way, connect: Connect) -> None:
    """Chunks that show nothing do not count as shown."""
    with Host(stream(delta(), delta(), 0.05, RESET), stream(delta("a"), last(), DONE)) as host:
        outcome = way.ask(connect(host.base_url, AGAIN))
    assert (outcome.turn.text, len(host.asked)) == ("a", 2)
