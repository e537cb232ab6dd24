"""The model works in cells, through a real kernel: what runs, what it is told, what is kept."""

import time
from typing import Any

import pytest

from glm_magic.sandbox import Sandbox
from tests.kernel import Kernel, Ran

from .conftest import call, calls, markdown, record
from .wire import bodies

SETUP = "import palmerpenguins\npenguins = palmerpenguins.load_penguins()"
ASK = "%%glm --agent --frame penguins{}\nHow do the species differ in body mass?"


def offered(kernel: Kernel, code: str, says: list[str]) -> tuple[Ran, list[str]]:
    """Run a cell; also what it offers as the next one."""
    started = kernel.start(code, cell="a", person=True)
    found: list[str] = []
    get = kernel.client.get_shell_msg

    def keep(**options: Any) -> Any:
        message = get(**options)
        found.extend(one["text"] for one in message["content"].get("payload", []))
        return message

    kernel.client.get_shell_msg = keep  # type: ignore[method-assign]
    try:
        return kernel.finish(started, says=says), found
    finally:
        kernel.client.get_shell_msg = get  # type: ignore[method-assign]


def pictures(body: dict[str, Any]) -> int:
    """How many pictures a request holds."""
    return str(body["messages"]).count("data:image/png;base64,")


def test_five_cells(kernel: Kernel, sandbox: Sandbox) -> None:
    """Each is asked for; outputs are real and go back; figures stay with a model that is blind."""
    kernel.run(SETUP)
    ran, next_cell = offered(kernel, ASK.format(""), ["y"] * 5)
    assert ran.status == "ok"
    assert ran.asked == ["Run this cell? y: run it, n: don't, or say what to change: "] * 5
    assert sum("image/png" in one["data"] for one in ran.outputs) == 3
    assert "largest gap between means: 1375.35" in ran.printed
    found = bodies(sandbox)
    assert len(found) == 6
    assert "5076.02" in found[-1]["messages"][-3]["content"]
    assert pictures(found[-1]) == 0
    assert record(ran)["options"]["agent"] is True
    (source,) = next_cell
    assert source.count("\n\n") > 3
    assert kernel.run(source).error == ""


def test_figures_go_to_a_model_that_sees(kernel: Kernel, sandbox: Sandbox) -> None:
    """After the results, in a user message, and not into the notebook's metadata."""
    kernel.run(SETUP)
    ran = kernel.run(ASK.format(" -m glm-4.6v"), cell="a", says=["y", "y", "y", "n"])
    assert pictures(bodies(sandbox)[-1]) == 1
    assert "data:image" not in str(record(ran))
    kernel.run("%%glm -m glm-4.6v\nAnd now?", cell="b")
    assert pictures(bodies(sandbox)[-1]) == 1
    kernel.run("%%glm\nAnd now?", cell="c")
    assert pictures(bodies(sandbox)[-1]) == 0


TROUBLE = {
    "1/0": "ZeroDivisionError: division by zero",
    "def f(:": "SyntaxError",
    "import asyncio\nawait asyncio.sleep(0)": "Top-level await does not work",
    "print('a' * 50_000)": "characters left out",
    "import sys; sys.exit()": "SystemExit",
    "%%time\nprint('magic')": "magic",
}


def test_trouble_is_told_to_the_model(kernel: Kernel, sandbox: Sandbox) -> None:
    """Errors without this machine's paths, long outputs cut; the session goes on."""
    sandbox.faults += [calls(call("run_cell", {"code": code}, id="c")) for code in TROUBLE]
    ran, next_cell = offered(kernel, "%%glm --agent\nTry.", ["y"] * len(TROUBLE))
    assert ran.status == "ok"
    results = [m["content"] for m in bodies(sandbox)[-1]["messages"] if m["role"] == "tool"]
    for result, told in zip(results, TROUBLE.values(), strict=True):
        assert told in result
        assert len(result) < 9_000
        assert "site-packages" not in result or "UserWarning" in result  # that is printed
    assert "1/0" not in str(next_cell)


@pytest.mark.parametrize("says", ["n", "use the median instead"])
def test_a_refused_cell_is_not_run(kernel: Kernel, sandbox: Sandbox, says: str) -> None:
    """Nothing of it happens; every cell is asked for anew, "always" is none here."""
    sandbox.faults.append(calls(call("run_cell", {"code": "broken = 1"}, id="c")))
    ran = kernel.run("%%glm --agent\nTry.", cell="a", says=["always", says])
    assert ran.status == "ok"
    assert kernel.run("print('broken' in globals())").printed == "False\n"
    assert "You did not let a cell run." in markdown(ran)


def test_nobody_is_there(kernel: Kernel, sandbox: Sandbox) -> None:
    """A headless run runs no cell."""
    sandbox.faults.append(calls(call("run_cell", {"code": "broken = 1"}, id="c")))
    ran = kernel.run("%%glm --agent\nTry.", cell="a")
    assert ran.status == "ok"
    assert kernel.run("print('broken' in globals())").printed == "False\n"


def test_an_interrupted_cell_ends_the_turn(kernel: Kernel, sandbox: Sandbox) -> None:
    """What ran before it stays, and the conversation goes on."""
    code = "print('begun')\nimport time\ntime.sleep(60)"
    sandbox.faults.append(calls(call("run_cell", {"code": code}, id="c")))
    started = kernel.start("%%glm --agent\nTry.", cell="a", person=True)
    kernel.wait_for_question()
    kernel.client.input("y")
    kernel.wait_for_display(started, "Cell")
    time.sleep(1)  # its output is shown when it ends: there is nothing to wait for
    kernel.interrupt()
    ran = kernel.finish(started, timeout_seconds=10)
    assert "Stopped" in ran.error
    assert "begun" in ran.printed
    assert record(ran)["status"] == "partial"
    assert kernel.run("%%glm\nGo on.", cell="b").status == "ok"
    bodies(sandbox)


def test_from_python(kernel: Kernel) -> None:
    """`ask_async` runs cells in the notebook too; the caller may decide in a person's place."""
    kernel.run(SETUP + "\nimport glm_magic as glm")
    ran = kernel.run(
        "answer = await glm.ask_async('How do species differ in body mass?', penguins, agent=True,"
        " approve=lambda call: 'once')\nprint(answer.text.count('- '), kept.shape)"
    )
    assert ran.error == ""
    assert "(342, 8)" in ran.printed
    assert sum("image/png" in one["data"] for one in ran.outputs) == 3
