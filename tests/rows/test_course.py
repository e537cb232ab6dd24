"""A course file holds for rows as it holds for questions."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import glm_magic as glm
from glm_magic.errors import CourseError
from glm_magic.rows.plan import Plan
from glm_magic.sandbox import Sandbox
from glm_magic.surroundings import AROUND
from tests.jupyter.conftest import Shell, bare_shell, shell

from .samples import SORT, records

__all__ = ["bare_shell", "shell"]


@pytest.fixture
def asked(host: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The host, asked from a folder for a course file."""
    monkeypatch.chdir(tmp_path)
    return host()


@pytest.mark.parametrize(
    ("rules", "tags", "says"),
    [
        ('mode = "off"', (), "switches the assistant off"),
        ("", ("exam",), "no questions from cells tagged exam"),
        ('frame_detail = "stats"', (), "rows of frames is more than stats"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_what_it_forbids_is_not_asked(
    asked: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    rules: str,
    tags: tuple[str, ...],
    says: str,
    dry_run: bool,
) -> None:
    """The assistant switched off, a cell of an exam, rows where only statistics may leave."""
    Path("glm.toml").write_text(rules)
    monkeypatch.setattr(AROUND, "tags", lambda: tags)
    with pytest.raises(CourseError, match=says):
        glm.map(records(2), SORT, dry_run=dry_run, progress=False)
    assert not asked.requests


def test_a_cell_of_an_exam_asks_no_rows(
    asked: Sandbox, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cell's own tags count."""
    Path("glm.toml").write_text('exam_tag = "quiz"')
    shell.ip.user_ns["reviews"] = pd.DataFrame(records(2))
    parent = {"header": {"msg_id": "1"}, "metadata": {"cellId": "a", "tags": ["quiz"]}}
    kernel = type("Kernel", (), {"get_parent": lambda *_: parent})()
    monkeypatch.setattr(shell.ip, "kernel", kernel, raising=False)
    assert "from cells tagged quiz" in shell.run("%%glm_map reviews\nSort {review}")
    assert not asked.requests


@pytest.mark.parametrize("system", [None, "Be brief."])
def test_hints_are_asked_for(asked: Sandbox, system: str | None) -> None:
    """The tutor's prompt stands in front, once, also where a worker reads the file again."""
    Path("glm.toml").write_text('mode = "hints"')
    options = {} if system is None else {"system": system}
    glm.map(records(1), SORT, progress=False, **options)
    said = asked.requests[-1].json["messages"][0]["content"]
    assert said.startswith("You are a tutor")
    assert f"{system or ''}\n\nYou do one task for one row" in said
    plan = Plan(SORT, options=options)
    task = plan.task()
    assert plan.pinned(task).task().system == task.system == said
