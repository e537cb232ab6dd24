"""While nbgrader runs a notebook (NBGRADER_EXECUTION), recordings answer and nobody is asked."""

from pathlib import Path

import pytest

import glm_magic
from glm_magic import errors
from glm_magic.jupyter.magics import NOT_ASKED
from glm_magic.testing import scripted
from tests.jupyter.conftest import Shell, bare_shell, shell

__all__ = ["bare_shell", "shell"]  # fixtures

ASKING = [
    "%%glm\nWhich?",
    "%%glm --fresh\nWhich?",
    "%%glm --out answer --as code\nWhich?",
    "%%glm --provider sandbox\nWhich?",
    "%%glm --provider custom\nWhich?",
    "%glm ask Which?",
]


@pytest.fixture(autouse=True)
def _grading(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")


@pytest.mark.parametrize("cell", ASKING)
@pytest.mark.parametrize("mode", [None, "live", "record", "auto", "replay"])
def test_a_cell_without_a_recording_prints_one_line(
    shell: Shell, cell: str, mode: str | None
) -> None:
    """Always the same line, no error, whatever the notebook has set; nobody is asked."""
    if mode:
        shell.run(f"%config GLM.replay = {mode!r}")
    with scripted() as client:
        assert shell.run(cell) == NOT_ASKED
    assert client.requests == []
    assert shell.ip.last_execution_succeeded


def test_a_cell_with_a_recording_shows_it(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the student recorded is there for the grader, without a key."""
    monkeypatch.delenv("NBGRADER_EXECUTION")
    with scripted("Gentoo."):
        glm_magic.ask("Which?", once=True, replay="record")
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    printed = shell.run("%%glm --once\nWhich?")
    assert "Gentoo." in printed
    assert "recorded" in printed


def test_python_is_told_by_an_error(shell: Shell) -> None:
    """`glm_magic.ask` has no answer to give, so it raises."""
    with pytest.raises(errors.NotRecordedError):
        glm_magic.ask("Which?")


def test_nothing_else_reaches_a_host(shell: Shell) -> None:
    """Neither the list of models nor a login."""
    assert "No host is asked while nbgrader runs" in shell.run("%glm models --refresh")
    assert "no key is needed" in shell.run("%glm login zai")
    assert "NBGRADER_EXECUTION in the environment" in shell.run("%glm config")
