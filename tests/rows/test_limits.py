"""Limits, storms and broken lines over real sockets: followed, and no row is lost.

What the window does in every case is in `test_window`, in simulated time; here a few cases show
that host and window understand each other.
"""

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import glm_magic as glm
from glm_magic.sandbox import Fault, Sandbox
from glm_magic.sandbox.scripts import at_most, first_of, storm

from .samples import LABELS, SORT, labels, records

Host = Callable[..., Sandbox]


def ask(count: int, **options: Any) -> None:
    """Ask so many rows, and find all of them answered rightly."""
    found = glm.map(records(count), SORT, schema=LABELS, progress=False, **options)
    assert [row["_error"] for row in found if row["_error"]] == []
    assert [row["answer"] for row in found] == labels(count)


def test_a_limit_in_flight_is_found(host: Host) -> None:
    """Above 16 at once the host refuses: few refusals, none lost, the places are used."""
    sandbox = host(max_in_flight=16, latency_seconds=0.1)
    ask(400)
    assert sandbox.load.peak == 16
    assert sandbox.load.refused <= 20


def test_a_limit_that_the_user_says_is_kept(host: Host) -> None:
    """With `in_flight` never more are sent."""
    sandbox = host(latency_seconds=0.05)
    ask(100, in_flight=5)
    assert sandbox.load.peak == 5


def test_a_limit_that_moves_is_followed(host: Host) -> None:
    """It falls and rises while rows are asked; afterwards more fly than the low limit."""
    sandbox = host(max_in_flight=12, latency_seconds=0.05)
    changes = [(0.5, 4), (1.5, 24)]
    timers = [
        threading.Timer(seconds, setattr, (sandbox, "max_in_flight", limit))
        for seconds, limit in changes
    ]
    for timer in timers:
        timer.start()
    ask(1_000)
    assert sandbox.load.peak > 12
    assert sandbox.load.refused <= 60
    for timer in timers:
        timer.join()


@pytest.mark.parametrize("code", ["1302", "1303"])
def test_a_limit_per_time_is_waited_for(host: Host, code: str) -> None:
    """40 in each second."""
    host(script=at_most(40, 1.0, code))
    ask(120)


def test_a_retry_after_is_obeyed(host: Host) -> None:
    """While the host asks for silence, it is silent."""
    sandbox = host(script=at_most(40, 60.0, retry_after_seconds=1.5))
    timer = threading.Timer(1.2, setattr, (sandbox, "script", None))
    timer.start()
    ask(60)
    times = [request.time for request in sandbox.requests]
    assert max(b - a for a, b in itertools.pairwise(times)) >= 1.3
    timer.join()


def test_a_storm_is_sat_out(host: Host) -> None:
    """The platform is busy for a second: everything is answered afterwards."""
    sandbox = host(script=storm(1.0, after_seconds=0.1), latency_seconds=0.05)
    ask(150, in_flight=8)
    assert sandbox.load.asked <= 150 + 40


def test_two_runs_share_a_key(host: Host) -> None:
    """Both end, within the account's limit."""
    sandbox = host(max_in_flight=16, latency_seconds=0.05)
    other = threading.Thread(target=ask, args=(200,), kwargs={"temperature": 0.1})
    other.start()
    ask(200)
    other.join()
    assert sandbox.load.peak <= 16


def test_everything_at_once(host: Host) -> None:
    """A limit, a storm, a cut line and a server error together lose nothing."""
    faults = [Fault(), Fault.cut(size_bytes=20), Fault.refuse("1234"), Fault.refuse("1312")]
    script = first_of(storm(0.3, after_seconds=0.2), at_most(80, 0.5))
    sandbox = host(faults=faults, script=script, max_in_flight=10, latency_seconds=0.02)
    began = time.monotonic()
    ask(200)
    assert sandbox.load.peak <= 10
    assert time.monotonic() - began < 60
