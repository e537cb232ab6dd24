"""`%glm doctor` and `glm-magic doctor`: what is wrong, in plain words."""

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

import glm_magic
from glm_magic.cli import main
from glm_magic.sandbox import Sandbox
from glm_magic.sandbox.faults import Fault
from glm_magic.surroundings import AROUND
from tests.jupyter.conftest import Shell


def diagnosis(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """What the command says, and its exit status."""
    status = main(["doctor"])
    return status, capsys.readouterr().out


def test_all_is_well(
    sandbox: Sandbox, settings_for: Callable[[Sandbox], None], capsys: pytest.CaptureFixture[str],
    shell: Shell,
) -> None:  # fmt: skip
    """Versions, key and host are fine: said so, exit 0; the same in a notebook."""
    settings_for(sandbox)
    status, said = diagnosis(capsys)
    assert (status, said.splitlines()[-1]) == (0, "All is well: a question would be asked.")
    assert "ok    key: set, from GLM_API_KEY in the environment" in said
    assert "It answers, takes the key and lists" in said
    shown = shell.run("%glm doctor")
    assert "All is well" in shown
    assert all(request.path.endswith("/models") for request in sandbox.requests)


def test_no_key(capsys: pytest.CaptureFixture[str], shell: Shell) -> None:
    """What is missing, and how to go on without it."""
    status, said = diagnosis(capsys)
    assert status == 1
    assert "bad   key: No API key for Z.ai: set GLM_API_KEY or ZAI_API_KEY" in said
    assert "%config GLM.provider = 'sandbox'" in said
    assert said.splitlines()[-1] == "Not well: key."


def test_a_wrong_key(
    settings_for: Callable[[Sandbox], None], capsys: pytest.CaptureFixture[str], shell: Shell
) -> None:
    """The host refuses the key: the remedy of the error is there."""
    with Sandbox() as other:
        settings_for(other)
        status, said = diagnosis(capsys)
    assert status == 1
    assert "bad   key: Authentication failed." in said
    assert "%glm login" in said


def test_no_network(
    settings_for: Callable[[Sandbox], None], capsys: pytest.CaptureFixture[str], shell: Shell
) -> None:
    """Nobody answers: which host, and what to look at."""
    with Sandbox() as gone:
        settings_for(gone)
    status, said = diagnosis(capsys)
    assert status == 1
    assert "bad   host: No answer from 127.0.0.1" in said


def test_a_host_without_a_list_is_no_fault(
    settings_for: Callable[[Sandbox], None], capsys: pytest.CaptureFixture[str], shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Some hosts list no models; that alone is no fault."""
    from tests.canary import CANARY

    with Sandbox(key=CANARY) as server:
        settings_for(server)
        monkeypatch.setenv("GLM_BASE_URL", server.base_url.replace("/v4", "/v5"))
        status, said = diagnosis(capsys)
    assert status == 0
    assert "note  host: It answers, and offers no list of models." in said


def test_old_packages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    """A package older than what we need is named, with both versions."""
    monkeypatch.setenv("GLM_PROVIDER", "sandbox")
    real = metadata.version

    def version(name: str) -> str:
        return {"ipywidgets": "7.8.1", "tornado": "6.10"}.get(name) or real(name)

    monkeypatch.setattr(metadata, "version", version)
    status, said = diagnosis(capsys)
    assert status == 1
    assert "bad   packages: ipywidgets 7.8.1 is older than 8.1\n" in said
    assert "pip install --upgrade glm_magic" in said


def test_the_course_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    shell: Shell,
) -> None:  # fmt: skip
    """What it fixes is told, and a fault in it is named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLM_PROVIDER", "sandbox")
    Path("glm.toml").write_text('mode = "off"\n')
    status, said = diagnosis(capsys)
    assert status == 1
    assert "bad   course file: The course file glm.toml switches the assistant off." in said
    Path("glm.toml").write_text("mode = 1\n")
    assert "bad   settings: The course file glm.toml is wrong" in diagnosis(capsys)[1]


def test_settings_that_cannot_be(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    """An impossible setting ends the examination with its own two lines."""
    monkeypatch.setenv("GLM_PROVIDER", "zia")
    status, said = diagnosis(capsys)
    assert status == 1
    assert "bad   settings: Unknown provider: zia\n      Did you mean zai" in said


def test_a_fault_of_the_host(
    sandbox: Sandbox, settings_for: Callable[[Sandbox], None], capsys: pytest.CaptureFixture[str],
    shell: Shell,
) -> None:  # fmt: skip
    """Faults are for answers; the doctor asks none, so none is used up."""
    sandbox.faults.append(Fault.refuse("1113"))
    settings_for(sandbox)
    assert diagnosis(capsys)[0] == 0
    assert len(sandbox.faults) == 1


@pytest.mark.parametrize("budget", [{"budget_tokens": 50}, {"budget_usd": 0.00001}])
def test_a_budget_that_is_used_up(
    sandbox: Sandbox, settings_for: Callable[[Sandbox], None], capsys: pytest.CaptureFixture[str],
    shell: Shell, budget: dict[str, float], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The next question would be refused: said so, with how to raise it; else what is left."""
    settings_for(sandbox)
    shell.run("%%glm\nHello")
    monkeypatch.setattr(AROUND, "configured", lambda: dict.fromkeys(budget, 50_000))
    status, said = diagnosis(capsys)
    assert status == 0
    assert "ok    budget: today " in said
    assert " of 50,000 tokens" in said or " of $50,000" in said
    monkeypatch.setattr(AROUND, "configured", lambda: budget)
    status, said = diagnosis(capsys)
    assert status == 1
    (name,) = budget
    assert f"raise it with %config GLM.{name} = …" in said
    assert said.splitlines()[-1] == "Not well: budget."


def test_recordings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    shell: Shell,
) -> None:  # fmt: skip
    """In replay nothing is asked: how many answers there are, and where; none is a fault."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(AROUND, "configured", lambda: {"replay": "replay"})
    monkeypatch.setattr(AROUND, "notebook", lambda: tmp_path / "analysis.ipynb")
    status, said = diagnosis(capsys)
    assert status == 1
    assert "bad   recordings: There is none in analysis.glm.jsonl." in said
    monkeypatch.setattr(AROUND, "configured", lambda: {"replay": "record", "provider": "sandbox"})
    glm_magic.ask("Hello")
    monkeypatch.setattr(AROUND, "configured", lambda: {"replay": "replay"})
    status, said = diagnosis(capsys)
    assert status == 0
    assert "ok    recordings: 1 answer\n" in said
    assert said.splitlines()[-1] == "All is well: a question that is recorded would be answered."
    Path("analysis.glm.jsonl").unlink()
    Path("analysis.glm.jsonl").mkdir()
    assert "bad   recordings:" in diagnosis(capsys)[1]
