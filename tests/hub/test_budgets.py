"""What is held back, charged and refused; nothing is forgotten when the service is killed."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glm_magic
from glm_magic import errors
from glm_magic.hub.budgets import Budgets, Hold
from glm_magic.hub.refusing import Refused
from glm_magic.hub.rules import Rules
from glm_magic.sandbox import Sandbox
from tests.canary import CANARY

from .course import OPEN, Course

RULES = Rules(student_tokens=10_000, course_tokens=25_000, student_requests=50)
DAY = "2026-11-30"


@pytest.fixture
def budgets(tmp_path: Path) -> Iterator[Budgets]:
    """A course that has spent nothing."""
    ledger = Budgets(tmp_path / "budgets.sqlite")
    yield ledger
    ledger.close()


deeds = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.integers(1, 6_000), st.integers(1, 6_000),
        st.floats(0, 1), st.sampled_from(["settle", "kill", "release", "later"]),
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=25)
@given(deeds)
def test_no_limit_is_ever_passed(tmp_path_factory: pytest.TempPathFactory, deeds: list) -> None:
    """Whatever is held, settled or killed, and when: limits hold, and what was sent counts."""
    path = tmp_path_factory.mktemp("ledger") / "budgets.sqlite"
    ledger, open_holds = Budgets(path), []
    sent: dict[str, int] = dict.fromkeys("abc", 0)  # the most that the host may have billed
    for student, prompt, answer, share, end in deeds:
        try:
            hold = ledger.hold(student, DAY, prompt, answer, RULES)
        except Refused as refused:
            assert refused.code in ("course-student-budget", "course-budget")  # noqa: PT017
            continue
        used = int(share * hold.tokens)
        if end == "later":
            open_holds.append(hold)
        elif end == "release":
            ledger.settle(hold, 0)
        else:
            ledger.sent(hold)
            if end == "settle":
                ledger.settle(hold, used)
            else:
                ledger.close()
                ledger, open_holds = Budgets(path), []
            sent[student] += used
        mine, all_ = ledger.of(student, DAY), ledger.together()
        assert mine.tokens + mine.held <= 10_000
        assert all_.tokens + all_.held <= 25_000
        assert all(ledger.of(name, DAY).tokens >= sent[name] for name in sent)
    ledger.close()


def test_near_the_limit_the_answer_may_be_shorter(budgets: Budgets) -> None:
    """A question that fits is asked with fewer tokens for its answer, not refused."""
    first = budgets.hold("ada", DAY, 1_000, 4_000, RULES)
    second = budgets.hold("ada", DAY, 1_000, 4_000, RULES)
    assert (first.answer_tokens, second.answer_tokens) == (4_000, 4_000)
    budgets.settle(first, 4_500)
    assert budgets.hold("ada", DAY, 200, 4_000, RULES).answer_tokens == 300
    with pytest.raises(Refused, match="0 of 10,000 tokens left"):
        budgets.hold("ada", DAY, 200, 4_000, RULES)


def test_a_day_is_a_new_budget_and_the_course_has_one(budgets: Budgets) -> None:
    """Tomorrow the student may ask again, until the course's own limit."""
    for day in ("2026-11-28", "2026-11-29"):
        budgets.settle(budgets.hold("ada", day, 0, 10_000, RULES), 10_000)
    with pytest.raises(Refused) as caught:
        budgets.hold("bob", DAY, 0, 5_300, Rules(course_tokens=20_100))
    assert caught.value.code == "course-budget"


def test_settling_twice_charges_once(budgets: Budgets) -> None:
    """A second settlement of a question changes nothing."""
    hold = budgets.hold("ada", DAY, 10, 10, RULES)
    budgets.settle(hold, 20)
    budgets.settle(hold, 20)
    assert budgets.of("ada", DAY).tokens == 20
    assert budgets.of("ada", DAY).requests == 1


def test_parallel_questions_cannot_pass_a_limit_of_questions(budgets: Budgets) -> None:
    """Those under way count; one that was refused by the host may be asked again."""
    rules = Rules(student_requests=2)
    first, second = (budgets.hold("ada", DAY, 10, 10, rules) for _ in range(2))
    budgets.settle(first, 20)
    with pytest.raises(Refused) as caught:
        budgets.hold("ada", DAY, 10, 10, rules)
    assert caught.value.message == "Today's 2 questions are used up or under way."
    assert budgets.hold("bob", DAY, 10, 10, rules)
    assert budgets.hold("ada", "2026-12-01", 10, 10, rules)
    budgets.settle(second, 0)
    assert budgets.hold("ada", DAY, 10, 10, rules)


def test_names_are_forgotten_and_sums_stay(budgets: Budgets) -> None:
    """After their time, days have no names any more; the course's total is the same."""
    for name, day in (("ada", "2026-01-01"), ("bob", "2026-01-01"), ("ada", DAY)):
        budgets.settle(budgets.hold(name, day, 10, 90, RULES), 100)
    budgets.settle(Hold(0, "nobody", DAY, 0, 0), 100)  # never held: not there
    for _ in range(2):
        budgets.forget_names("2026-11-01")
    assert budgets.by_day() == [("ada", DAY, 1, 100), ("", "2026-01-01", 2, 200)]
    assert budgets.together().tokens == 300


def test_students_read_what_is_left(course: Course, at_home: Callable[..., str]) -> None:
    """Over the budget is 429: what is left, what it would take, whom to ask."""
    course.rules(OPEN + "student_tokens = 700\n")
    at_home("karl")
    with pytest.raises(errors.QuotaError) as caught:
        glm_magic.ask("x" * 2_000, once=True)
    assert str(caught.value).startswith("Your budget for today has 700 of 700 tokens left, and ")
    assert str(caught.value).endswith(
        "%glm doctor shows what is left; ask your instructor if you need more."
    )
    assert not course.upstream.requests


def test_questions_are_counted_too(course: Course) -> None:
    """So many answers a day; a question that was refused is none."""
    from glm_magic.sandbox.faults import Fault

    course.rules(OPEN + "student_requests = 2\n")
    token = course.hub.person("lena")
    course.upstream.faults.append(Fault.refuse("1113"))
    assert [course.ask(token).code for _ in range(4)] == [
        "course-account", "", "", "course-student-budget",
    ]  # fmt: skip
    assert course.usage(token)["requests"] == 2


def test_usage_is_the_hosts_own_count(course: Course) -> None:
    """What is charged is what the host told, and the student sees it."""
    token = course.hub.person("mia")
    reply = course.ask(token, "How many?")
    assert course.usage(token)["tokens"] == reply.usage["total_tokens"]


def test_killed_in_the_middle_nothing_is_forgotten(tmp_path: Path) -> None:
    """Kill -9 with questions upstream and in the queue: the first count, the others do not."""
    rules = OPEN + "places = 2\n"
    with Sandbox(key=CANARY) as upstream, Course(tmp_path, upstream, rules) as course:
        tokens = [course.hub.person(f"student{number}") for number in range(5)]

        def ask(token: str) -> None:
            try:
                course.ask(token, "sandbox: 3000 tokens\nsandbox: rate 20\nGo on.")
            except Exception:
                return  # the service is killed meanwhile

        threads = [threading.Thread(target=ask, args=(token,)) for token in tokens]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 20
        while time.monotonic() < end and (
            len(upstream.requests) < 2 or course.usage(tokens[0])["waiting"] < 3
        ):
            time.sleep(0.05)
        assert len(upstream.requests) == 2
        course.kill()
        for thread in threads:
            thread.join()
        course.start()
        charged = [course.usage(token)["tokens"] for token in tokens]
        asked = [request.json["max_tokens"] for request in upstream.requests]
        assert sorted(charged, reverse=True)[2:] == [0, 0, 0]
        assert sum(charged) >= sum(asked) == 4_000
        assert course.ask(tokens[0], "Are you there?").done
