"""What `glm-magic doctor` tells a student of the course's service."""

from collections.abc import Callable

import pytest

from glm_magic.cli import main

from .course import OPEN, Course


@pytest.fixture
def diagnosis(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What the command says."""

    def run() -> str:
        main(["doctor"])
        return capsys.readouterr().out

    return run


def test_all_is_well(
    course: Course, at_home: Callable[..., str], diagnosis: Callable[[], str]
) -> None:
    """The student's name, the mode, and what is left."""
    course.rules(OPEN + 'title = "Data 8"\nstudent_tokens = 9_000\nmode = "hints"\n')
    at_home("paula")
    said = diagnosis()
    assert "ok    course's service: Data 8 knows you as paula." in said
    assert "ok    mode: hints" in said
    assert "ok    budget: 0 of 9,000 tokens and 0 questions today" in said
    assert said.endswith("All is well: a question would be asked.\n")
    assert not course.upstream.requests


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ('mode = "off"\n', "bad   mode: The assistant is switched off."),
        (
            '[[window]]\nmode = "off"\nends = 2099-01-01T10:00:00\nnote = "Exam"\n',
            "bad   mode: The assistant is switched off (until 2099-01-01 10:00 UTC, Exam).",
        ),
        ("student_tokens = 100\n", "bad   budget: 0 of 100 tokens"),
        ("record_content = true\n", "note  records: Questions and answers are kept for 30 days."),
    ],
)
def test_what_holds_is_told(
    course: Course, at_home: Callable[..., str], diagnosis: Callable[[], str], rules: str, says: str
) -> None:
    """An exam, an empty budget, records: in plain words."""
    course.rules(OPEN + rules)
    at_home("quirin")
    assert says in diagnosis()


def test_a_model_that_is_not_offered(
    course: Course, at_home: Callable[..., str], diagnosis: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The models that are offered are named."""
    at_home("rosa")
    monkeypatch.setenv("GLM_MODEL", "glm-4.6")
    assert "bad   model: glm-4.6 is not offered; glm-4.5-air are." in diagnosis()


def test_no_scope_no_token_no_service(
    course: Course, at_home: Callable[..., str], diagnosis: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Each is told apart, with whom to ask."""
    at_home("stefan", scopes=["read:users:name!user=stefan"])
    said = diagnosis()
    assert "bad   host: This server's token may not use the course's service." in said
    assert "Tell your instructor: the hub must grant access:services" in said
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "0" * 32)
    assert "bad   key: The hub does not know this token, or no longer." in diagnosis()
    monkeypatch.delenv("JUPYTERHUB_API_TOKEN")
    assert "The hub's token is missing: this is no server that the hub has started." in diagnosis()
    at_home("stefan")
    monkeypatch.setenv("GLM_BASE_URL", "http://127.0.0.1:9/services/glm/v1")
    assert "bad   host: No answer from 127.0.0.1:9" in diagnosis()
    monkeypatch.delenv("GLM_BASE_URL")
    assert "bad   settings: The provider classroom has no base URL." in diagnosis()


def test_the_token_goes_to_the_service_only(
    course: Course, at_home: Callable[..., str], diagnosis: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """`%config` names another host: the hub's token does not go there."""
    from glm_magic.surroundings import AROUND

    at_home("tina")
    elsewhere = {"provider": "classroom", "base_url": "https://collects.example.org/v1"}
    monkeypatch.setattr(AROUND, "configured", lambda: elsewhere)
    said = diagnosis()
    assert "The key in JUPYTERHUB_API_TOKEN belongs to http://127.0.0.1:" in said
    assert "is not sent to https://collects.example.org:443" in said
