"""Promise 3: what a model says is text; no answer runs code, calls, fetches, reads or writes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.host import DONE, Host, delta, last, said, stream
from tests.jupyter.conftest import Shell

At = Callable[[str], Shell]
LURES = [
    "touched = True", "!touch touched", "%%bash\ntouch touched", "%sx touch touched",
    "%%writefile touched\nx", "import os; os.system('touch touched')", "get_ipython().quit()",
    "%load_ext evil", "%%glm\nAsk again", "%glm ask once more", "?open", "open??", ",open touched",
    "/open 'touched'", "exit", "raise SystemExit", "{open('touched','w')}", "$(touch touched)",
    "`touch touched`", "%run touched.py", "%%capture x\nopen('touched','w')", "\x04", "\x1b[2J",
]  # fmt: skip
FORMS = ["", "--as code", "--as text", "--as json", "--out answer"]


def _left(shell: Shell, folder: Path) -> tuple[Any, ...]:
    """What code that ran would have changed."""
    names = set(shell.ip.user_ns) - {"answer"}
    return sorted(one for one in names if not one.startswith("_")), list(folder.iterdir())


def fenced(code: str, language: str = "python") -> str:
    """A code answer."""
    return f"Run this:\n\n```{language}\n{code}\n```\n"


@pytest.mark.parametrize("form", FORMS)
def test_no_answer_is_run(
    at: At, host: Host, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python, shell lines, magics, help, quotes that auto-call, in every form of an answer."""
    monkeypatch.chdir(tmp_path)
    shell = at(host.base_url)
    before = _left(shell, tmp_path)
    for lure in LURES:
        asked = len(host.asked)
        host.scripts[0] = said(
            fenced(lure) if form == "--as code" else lure + "\n\n" + fenced(lure)
        )
        shell.run(f"%%glm --no-think --once {form}\nHow?")
        shell.run("%glm code")
        assert len(host.asked) == asked + 1, lure
        assert shell.ip.ast_node_interactivity == "last_expr"
    assert _left(shell, tmp_path) == before


@given(code=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("start", ["", "!", "%", "%%", "?", ";"])
def test_code_is_offered_and_not_run(
    at: At, host: Host, code: str, start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the code is, the most that happens is one next input, which a person must run."""
    monkeypatch.chdir(tmp_path)
    shell = at(host.base_url)
    executed: list[Any] = []
    shell.ip.events.register("pre_run_cell", executed.append)
    try:
        host.scripts[0] = said(fenced(start + code))
        before = _left(shell, tmp_path)
        shell.run("%%glm --no-think --once --as code\nHow?")
        assert len(executed) == 1  # the question's own cell
        assert _left(shell, tmp_path) == before
        shell.ip.rl_next_input = None
    finally:
        shell.ip.events.unregister("pre_run_cell", executed.append)


CALL = {"id": "c1", "function": {"name": "drop", "arguments": '{"table": "all"}'}}
CALLS = {
    "on the wire": stream(delta(tool_calls=[CALL]), last("tool_calls"), DONE),
    "of the agent": stream(
        delta(tool_calls=[{"id": "c", "function": {
            "name": "run_cell", "arguments": '{"code": "open(\'touched\', \'w\')"}'}}]),
        last("tool_calls"), DONE),
    "in the text": said(
        "<tool_call>drop\n<arg_key>table</arg_key>\n<arg_value>all</arg_value>\n</tool_call>"),
    "of a built-in": stream(
        delta(tool_calls=[{"id": "c", "function": {
            "name": "frame_query", "arguments": '{"sql": "SELECT 1"}'}}]),
        last("tool_calls"), DONE),
    "of a Python name": stream(
        delta(tool_calls=[{"id": "c", "function": {"name": "exec", "arguments": '{"x": "1"}'}}]),
        last("tool_calls"), DONE),
}  # fmt: skip


@pytest.mark.parametrize("case", CALLS)
@pytest.mark.parametrize("offered", [False, True])
def test_no_tool_runs_unasked(
    at: At, host: Host, case: str, offered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not offered, or nobody is there to approve, is not called; the turn is valid."""
    monkeypatch.chdir(tmp_path)
    shell = at(host.base_url)
    shell.run(
        "import glm_magic\ncalled = []\n@glm_magic.tool\n"
        "def drop(table: str) -> None:\n    'Drop a table.'\n    called.append(table)"
    )
    host.scripts.appendleft(CALLS[case])
    shown = shell.run(f"%%glm --no-think {'--tools drop' if offered else ''}\nDrop all.")
    assert "Traceback" not in shown, shown
    assert shell.ip.user_ns["called"] == []
    assert list(tmp_path.iterdir()) == []
    assert len(host.asked) == (2 if offered else 1)
    assert "All is well." in shell.run("%%glm --no-think\nAgain.")
