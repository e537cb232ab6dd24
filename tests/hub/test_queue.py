"""The queue: fair, never more than the places, and a class that presses Run together."""

import asyncio
import random
import re
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.hub.places import Places, Ticket
from glm_magic.hub.refusing import Refused
from glm_magic.sandbox import Sandbox
from tests.canary import CANARY

from .course import OPEN, Course, Reply, body_of


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), max_size=60), st.integers(1, 4))
def test_places_are_never_more_and_never_idle(deeds: list[tuple[str, bool]], count: int) -> None:
    """Of each student at most one asks, at most `count` in all, and no place is free in vain."""
    places, tickets = Places(), list[Ticket]()
    for student, joins in deeds:
        if joins or not tickets:
            tickets.append(places.join(student, count=count, most_waiting=99))
        else:
            places.leave(tickets.pop(ord(student) % len(tickets)))
        asking = [ticket for ticket in tickets if ticket.turn.is_set()]
        assert len(asking) == places.asking <= count
        assert len({ticket.student for ticket in asking}) == len(asking)
        waiting = {ticket.student for ticket in tickets} - {ticket.student for ticket in asking}
        assert not waiting or len(asking) == count
    while tickets:
        places.leave(tickets.pop())
    assert (places.asking, places.waiting) == (0, 0)


def test_students_take_turns() -> None:
    """Who asks three things waits with the last two until everybody else had one answered."""
    places, order = Places(), []
    names = ["ann", "ann", "ann", "bob", "cleo"]
    left = [(name, places.join(name, count=1, most_waiting=5)) for name in names]
    ahead = [places.ahead(ticket) for _, ticket in left]
    assert ahead == [0, 2, 3, 0, 1]
    while left:
        name, ticket = next(one for one in left if one[1].turn.is_set())
        order.append(name)
        left.remove((name, ticket))
        places.leave(ticket)
    assert order == ["ann", "bob", "cleo", "ann", "ann"]


def test_one_student_does_not_fill_the_queue() -> None:
    """More than the allowed questions of one student are refused, with their number."""
    places = Places()
    for _ in range(3):
        places.join("ann", count=1, most_waiting=2)
    with pytest.raises(Refused, match="2 questions of yours are waiting already"):
        places.join("ann", count=1, most_waiting=2)


def test_what_is_told_comes_true() -> None:
    """The number of those ahead is the number that really go before."""
    generator = random.Random(7)
    places = Places()
    blocker = places.join("zoe", count=1, most_waiting=9)
    waiting = [places.join(generator.choice("abcd"), count=1, most_waiting=99) for _ in range(20)]
    told = {id(ticket): places.ahead(ticket) for ticket in waiting}
    places.leave(blocker)
    gone: list[int] = []
    while waiting:
        ticket = next(one for one in waiting if one.turn.is_set())
        gone.append(told[id(ticket)])
        waiting.remove(ticket)
        places.leave(ticket)
    assert gone == list(range(20))


async def class_presses_run(course: Course, tokens: list[str], prompt: str) -> list[Reply]:
    """All at once; the replies in the order of `tokens`."""
    body = body_of(prompt, thinking={"type": "disabled"})  # so that its length is known
    return await asyncio.gather(*(course.ask_async(token, body) for token in tokens))


def overspent(course: Course, limit: int) -> list[str]:
    """Students over the limit, from the ledger itself."""
    lines = sqlite3.connect(course.data / "budgets.sqlite")
    rows = lines.execute("SELECT student FROM spent WHERE tokens > ?", (limit,)).fetchall()
    held = lines.execute("SELECT count(*) FROM held").fetchone()[0]
    lines.close()
    assert held == 0
    return [student for (student,) in rows]


def load(folder: Path, students: int, places: int, *, tokens: int, rate: int) -> dict[str, float]:
    """A class against a host that allows `places` in flight; checks, and what was measured."""
    rules = OPEN + f"places = {places}\nstudent_tokens = 6000\n"
    prompt = f"sandbox: {tokens} tokens\nsandbox: rate {rate}\nGo on."
    ideal = students / places * tokens / rate
    upstream = Sandbox(key=CANARY, max_in_flight=places)
    with upstream, Course(folder, upstream, rules) as course:
        people = [course.hub.person(f"student{number:03}") for number in range(students)]
        asyncio.run(class_presses_run(course, people[:places], "Warm up."))
        before = course.memory_kib()
        replies = asyncio.run(class_presses_run(course, people, prompt))
        after = course.memory_kib()
        assert [reply.code for reply in replies] == [""] * students
        assert all(reply.done and reply.status == 200 for reply in replies)
        assert overspent(course, 6000) == []
    waits = sorted(reply.seconds for reply in replies)
    told = [[int(n) for n in re.findall(r"(\d+) before you", " ".join(reply.notices))]
            for reply in replies]  # fmt: skip
    for reply, positions in zip(replies, told, strict=True):
        assert positions == sorted(positions, reverse=True), reply.notices
    # Fair: who was told to be further back came later.
    firsts = sorted(
        (p[0], reply.first_seconds) for p, reply in zip(told, replies, strict=True) if p
    )
    late = [max(0.0, before[1] - after[1]) for before, after in pairwise(firsts)]
    return {
        "ideal": ideal, "longest": waits[-1], "median": waits[len(waits) // 2],
        "out of order": max(late, default=0.0), "MiB more": (after - before) / 1024,
    }  # fmt: skip


def test_a_small_class_presses_run_together(tmp_path: Path) -> None:
    """24 students, 4 places: all are answered in order, none over the budget."""
    seen = load(tmp_path, 24, 4, tokens=60, rate=60)
    assert seen["out of order"] < 1.5  # a place's answer takes 1 s
    assert seen["MiB more"] < 30


@pytest.mark.soak
@pytest.mark.timeout(400)
def test_two_hundred_students_press_run_together(tmp_path: Path) -> None:
    """200 students, 10 places: the longest wait is at most 1.5 times the ideal, memory is flat."""
    seen = load(tmp_path, 200, 10, tokens=150, rate=100)
    print({name: round(value, 2) for name, value in seen.items()})
    assert seen["longest"] <= 1.5 * seen["ideal"]
    assert seen["out of order"] < 3.0  # two answers
    assert seen["MiB more"] < 30
