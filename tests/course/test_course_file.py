"""The course file: what it sets, what it limits, and how it says no."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import glm_magic
from glm_magic import errors
from glm_magic.keys import APIKey
from glm_magic.sandbox import Sandbox
from glm_magic.surroundings import AROUND
from glm_magic.wiring import Workbench, workbench
from tests.canary import CANARY
from tests.jupyter.conftest import Shell

FULL = """
title = "Statistics 101"
models = ["glm-4.5-air", "glm-4.5-flash"]
frame_detail = "stats"
budget_tokens = 50_000
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, as a kernel's is that of its notebook."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def asks(shell: Shell, sandbox: Sandbox, settings_for: Callable[[Sandbox], None]) -> Shell:
    """A shell whose questions go to a sandbox."""
    settings_for(sandbox)
    shell.ip.user_ns["sales"] = pd.DataFrame({"a": range(20), "b": ["x", "y"] * 10})
    return shell


def write(text: str, path: Path | None = None) -> None:
    """Write the course file."""
    (path or Path("glm.toml")).write_text(text)


def test_it_stands_between_config_and_the_environment(
    asks: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment is below it, `%config` above; where a value came from is said."""
    monkeypatch.setenv("GLM_MODEL", "glm-4.6")
    write('model = "glm-4.5-x"\n')
    settings = workbench().settings(need_key=False)
    assert (settings.model.id, settings.sources["model"]) == ("glm-4.5-x", "course file glm.toml")
    asks.run("%config GLM.model = 'glm-4.5-air'")
    assert workbench().settings(need_key=False).model.id == "glm-4.5-air"
    assert workbench().settings({"model": "glm-4.5-flash"}).model.id == "glm-4.5-flash"
    Path("glm.toml").unlink()
    asks.run("%config GLM.model = None")
    assert workbench().settings(need_key=False).model.id == "glm-4.6"


def test_the_first_model_is_the_default_and_others_are_refused(
    asks: Shell, sandbox: Sandbox
) -> None:
    """Two lines say which model, who asked for it, and which there are; nothing is sent."""
    write(FULL)
    asks.run("%%glm --once\nHello")
    assert sandbox.requests[-1].json["model"] == "glm-4.5-air"
    said = asks.run("%%glm -m glm-4.6 --once\nHello")
    assert said == (
        "CourseError: glm-4.6 (option) is not among the models of the course file glm.toml.\n"
        "Choose one of glm-4.5-air, glm-4.5-flash.\n"
    )
    assert len(sandbox.requests) == 1


def test_frames_are_told_at_most_so_far(asks: Shell, sandbox: Sandbox) -> None:
    """The default is lowered; an option or `%config` above the limit is refused."""
    write(FULL)
    asks.run("%%glm --once --frame sales\nHello")
    assert "(level: stats)" in str(sandbox.requests[-1].json["messages"])
    assert "rows of frames is more than stats" in asks.run("%%glm -f sales --rows 3 --once\nHello")
    asks.run("%config GLM.frame_detail = 'values'")
    said = asks.run("%%glm --frame sales --once\nHello")
    assert "CourseError: values of frames is more than stats, the most that the course file" in said
    assert len(sandbox.requests) == 1
    asks.run("%%glm --once\nHello")
    assert len(sandbox.requests) == 2


@pytest.mark.parametrize("tool", ["frame_head", "frame_query"])
def test_tools_that_show_rows_are_told_rows(asks: Shell, sandbox: Sandbox, tool: str) -> None:
    """They are not offered where the course lets no rows leave; a description is, by its limit."""
    write(FULL)
    said = asks.run(f"%%glm --once --frame sales --tools describe,{tool}\nHello")
    assert "rows of frames is more than stats" in said
    assert not sandbox.requests
    asks.run("%%glm --once --frame sales --tools describe\nHello")
    assert len(sandbox.requests) == 1


def test_a_budget_can_be_lowered_and_not_raised(asks: Shell) -> None:
    """The course's budget holds by itself; a smaller one of the student's own does too."""
    write(FULL)
    assert workbench().settings().budget_tokens == 50_000
    asks.run("%config GLM.budget_tokens = 100")
    assert workbench().settings().budget_tokens == 100
    asks.run("%config GLM.budget_tokens = 60000")
    said = asks.run("%%glm\nHello")
    assert (
        "budget_tokens = 60,000 (%config) is above 50,000, set by the course file glm.toml" in said
    )


def test_exam_cells_ask_nothing(
    asks: Shell, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a cell tagged exam no question goes out; from its neighbour it does."""
    write(FULL)
    parent = {"header": {"msg_id": "1"}, "metadata": {"cellId": "a", "tags": ["exam"]}}
    kernel = type("Kernel", (), {"get_parent": lambda *_: parent})()
    monkeypatch.setattr(asks.ip, "kernel", kernel, raising=False)
    assert AROUND.tags() == ("exam",)
    with pytest.raises(errors.CourseError) as caught:
        glm_magic.ask("Hello", once=True)
    assert str(caught.value) == (
        "The course file glm.toml allows no questions from cells tagged exam.\n"
        "Ask from another cell."
    )
    parent["metadata"] = {"cellId": "b", "tags": ["other"]}
    glm_magic.ask("Hello", once=True)
    assert len(sandbox.requests) == 1


def test_off_is_off(asks: Shell, sandbox: Sandbox) -> None:
    """With `mode = "off"` nothing is asked from anywhere."""
    write('mode = "off"\n')
    assert "The course file glm.toml switches the assistant off." in asks.run("%%glm\nHello")
    assert not sandbox.requests


def test_hints_are_asked_for(asks: Shell, sandbox: Sandbox) -> None:
    """The tutor's prompt stands before the user's own, and the cell says so."""
    write('mode = "hints"\n')
    said = asks.run("%%glm --once --system Be_brief.\nHello")
    system = sandbox.requests[-1].json["messages"][0]["content"]
    assert system.startswith("You are a tutor")
    assert system.endswith("Be_brief.")
    assert "Hints mode is on" in said


def test_config_shows_what_is_fixed_and_why_something_is_refused(asks: Shell) -> None:
    """All that the file fixes is listed, and what `%config` asks for in vain."""
    write(FULL + 'mode = "hints"\n')
    asks.run("%config GLM.model = 'glm-4.6'")
    said = " ".join(asks.run("%glm config").split())
    for sentence in (
        "glm.toml: Statistics 101.",
        "Models allowed: glm-4.5-air, glm-4.5-flash.",
        "Frames are described by stats at most.",
        "budget_tokens is at most 50,000.",
        "The model is asked for hints, not for solutions.",
        "No questions from cells tagged exam.",
        "Refused: glm-4.6 (%config) is not among the models",
        "course file glm.toml",
    ):
        assert sentence in said


def test_a_file_that_came_along_does_not_choose_the_host(
    asks: Shell, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the notebook it may not send questions elsewhere; named by the hub it may."""
    write('base_url = "https://collects.example.org/v1"\n')
    said = asks.run("%%glm\nHello")
    assert "would send your questions to https://collects.example.org:443." in said
    assert "GLM_COURSE_FILE=" in said
    assert not sandbox.requests
    monkeypatch.setenv("GLM_COURSE_FILE", str(tmp_path / "glm.toml"))
    monkeypatch.setenv("ZAI_API_KEY", "a-key-for-zai")
    monkeypatch.delenv("GLM_API_KEY")
    settings = workbench().settings()
    assert settings.base_url == "https://collects.example.org/v1"
    assert settings.key is None


@pytest.mark.parametrize("provider", ["cometapi", "openrouter", "ollama", "bigmodel"])
def test_a_file_that_came_along_does_not_choose_whose_the_key_is(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    """`GLM_API_KEY` alone goes to another provider only if the user, or the hub, says so."""
    write(f'provider = "{provider}"\n')
    monkeypatch.setenv("GLM_API_KEY", CANARY)
    said = shell.run("%%glm\nHello")
    assert "KeyRefusedError: The key in GLM_API_KEY belongs to another host" in said
    assert "set GLM_API_KEY and GLM_BASE_URL together" in said
    monkeypatch.setenv("GLM_COURSE_FILE", str(tmp_path / "glm.toml"))
    assert Workbench().settings().key == APIKey(CANARY)
    monkeypatch.delenv("GLM_COURSE_FILE")
    monkeypatch.setenv("GLM_PROVIDER", provider)
    assert Workbench().settings().key == APIKey(CANARY)


def test_a_file_that_came_along_may_name_who_is_asked_anyway(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key goes where it would go without the file."""
    write('provider = "zai"\n')
    monkeypatch.setenv("GLM_API_KEY", CANARY)
    assert Workbench().settings().key == APIKey(CANARY)


def test_the_hub_names_one_for_all(
    asks: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The named file stands above the one beside the notebook; a missing one is told."""
    write('model = "glm-4.6"\n')
    named = tmp_path / "other" / "course.toml"
    named.parent.mkdir()
    write('model = "glm-4.5-x"\n', named)
    monkeypatch.setenv("GLM_COURSE_FILE", str(named))
    assert workbench().settings().model.id == "glm-4.5-x"
    named.unlink()
    assert "There is no course file" in asks.run("%%glm\nHello")


def test_it_is_looked_for_beside_the_notebook(
    asks: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notebook's folder counts, wherever the kernel has gone since."""
    other = tmp_path / "elsewhere"
    other.mkdir()
    write('model = "glm-4.5-x"\n')
    monkeypatch.setattr(AROUND, "notebook", lambda: tmp_path / "a.ipynb")
    monkeypatch.chdir(other)
    assert workbench().settings().model.id == "glm-4.5-x"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("model = ", "cannot be read"),
        (f"deep = {'[' * 10_000}", "cannot be read"),
        ("modle = 'x'", "Unknown name in glm.toml: modle\nDid you mean mode or model?"),
        ("qqqqqq = 'x'", "Unknown name in glm.toml: qqqqqq\nThere are: title, "),
        ("mode = 'strict'", "mode = 'strict' is not one of off, hints, open"),
        ("frame_detail = 'all'", "is not one of schema, stats, values, rows"),
        ("models = 'glm-4.5'", "models is not a list of names"),
        ("exam_tag = ['exam', 'quiz']", "exam_tag is not a text"),
        ("title = true", "title is not a text"),
        ("budget_tokens = 'many'", "budget_tokens = 'many' is not understood"),
        ("provider = 'nobody'", "Unknown provider: nobody"),
        ("base_url = 'http://example.org'", "is not safe for a key"),
    ],
)
def test_faults_are_told(asks: Shell, text: str, says: str) -> None:
    """A wrong line is named in two lines, and nothing is asked."""
    write(text)
    assert says in asks.run("%%glm\nHello")


def test_a_change_is_seen(asks: Shell) -> None:
    """The file is read again when it changes."""
    write('model = "glm-4.6"\n')
    assert workbench().settings().model.id == "glm-4.6"
    write('model = "glm-4.5-flash"\n')
    assert workbench().settings().model.id == "glm-4.5-flash"
