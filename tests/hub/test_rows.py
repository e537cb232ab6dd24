"""One prompt over rows in a class: through the service, as a student's kernel sends it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import glm_magic as glm
from glm_magic.surroundings import AROUND

from .course import OPEN, Course

HINTS = OPEN + 'mode = "hints"\n'
LEFT_OUT = "Code was left out here"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the student reads beside the answers."""
    said: list[str] = []
    monkeypatch.setattr(AROUND, "warn", said.append)
    return said


def answers_of(rows: int, **options: Any) -> pd.DataFrame:
    """The rows with their answers, in which there is code."""
    frame = pd.DataFrame({"x": [f"show markdown, please {number}" for number in range(rows)]})
    answered: pd.DataFrame = glm.map(frame, "Do {x}", progress=False, **options)
    return answered


def test_every_row_is_answered_and_charged_once(
    course: Course, at_home: Callable[..., str], told: list[str]
) -> None:
    """As many questions as rows, all answered; a second run asks nobody."""
    token = at_home("lena")
    for _ in range(2):
        answered = answers_of(12)
        assert answered["_error"].isna().all()
        assert answered["answer"].str.len().min() > 0
    assert len(course.upstream.requests) == 12
    assert course.usage(token)["requests"] == 12
    assert not told


def test_hints_mode_is_told_and_its_answers_hold_only_while_it_does(
    course: Course, at_home: Callable[..., str], told: list[str]
) -> None:
    """One sentence for the run; when the course is open again the same rows are asked again."""
    course.rules(HINTS)
    at_home("moritz")
    assert answers_of(3)["answer"].str.contains(LEFT_OUT).all()
    assert told == [
        "Hints mode is on: the course's assistant gives hints and leaves code out. "
        "These answers are not kept: run again when that is over."
    ]
    course.rules(OPEN)
    assert not answers_of(3)["answer"].str.contains(LEFT_OUT).any()
    assert len(course.upstream.requests) == 6
    assert len(told) == 1


def test_hints_that_are_recorded_for_a_notebook_are_not_kept_for_live_runs(
    course: Course, at_home: Callable[..., str], told: list[str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The recording is the notebook's; elsewhere the rows are asked when the course is open."""
    course.rules(HINTS)
    at_home("nils")
    monkeypatch.chdir(tmp_path)
    answers_of(1, replay="record")
    assert told[0].startswith("Hints mode is on")
    course.rules(OPEN)
    assert LEFT_OUT not in answers_of(1)["answer"][0]
