"""The widget in a real kernel: what it sends, what is saved of it, and its way in while busy."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from glm_magic.sandbox import Sandbox
from glm_magic.store.cleaning import strip_notebook
from tests.canary import CANARY
from tests.kernel import Kernel

PLAIN = """
from glm_magic.jupyter.plain_panel import PlainPanel
from glm_magic.jupyter.panel_command import make_session
import time
ip = get_ipython()
one = PlainPanel(make_session(ip), ip)
one.show()
prompt, frames, buttons, hint = one.form.children
prompt.value = 'sandbox: echo\\nan unusual sentence'
buttons.children[0].click()
time.sleep(1.5)
"""
SLOW = "sandbox: 5000 tokens\nsandbox: rate 100\ngo on"


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Where the kernels' questions go."""
    with Sandbox(key=CANARY, tokens_per_second=None) as server:
        monkeypatch.setenv("GLM_PROVIDER", "zai")
        monkeypatch.setenv("GLM_BASE_URL", server.base_url)
        monkeypatch.setenv("GLM_API_KEY", CANARY)
        yield server


@pytest.fixture
def kernel(sandbox: Sandbox) -> Iterator[Kernel]:
    """A kernel with a panel."""
    with Kernel() as running:
        running.run("%load_ext glm_magic")
        running.run("%glm panel", cell="here")
        yield running


def command(kernel: Kernel, **content: Any) -> None:
    """What the page sends when the kernel takes it on its control channel."""
    kernel.client.control_channel.send(kernel.client.session.msg("glm_magic_panel", content))


def told(kernel: Kernel, kind: str, *, seconds: float = 20) -> dict[str, Any]:
    """The next event of a kind that the page would get."""
    end = time.monotonic() + seconds
    while True:
        message = kernel.client.get_iopub_msg(timeout=max(0.0, end - time.monotonic()))
        data = message["content"].get("data", {})
        if message["header"]["msg_type"] == "comm_msg" and isinstance(data, dict):
            event = data.get("content")
            if isinstance(event, dict) and event.get("kind") == kind:
                return event


def test_loading_imports_no_widget_library(sandbox: Sandbox) -> None:
    """`%load_ext` and a question import neither ipywidgets nor anywidget."""
    with Kernel() as kernel:
        kernel.run("%load_ext glm_magic\n%glm ask --once hi")
        ran = kernel.run("import sys; print({'ipywidgets', 'anywidget'} & set(sys.modules))")
    assert ran.printed.strip() == "set()"


def test_the_output_has_a_line_for_who_cannot_show_it(kernel: Kernel) -> None:
    """Where no widget shows, the output says what to do; it holds nothing else."""
    (output,) = kernel.run("%glm panel", cell="here").outputs
    assert "%glm panel --plain" in output["data"]["text/plain"]
    assert set(output["data"]) == {"text/plain", "application/vnd.jupyter.widget-view+json"}


def test_panels_are_one(kernel: Kernel) -> None:
    """However often the cell runs, there is one widget and one comm."""
    for _ in range(3):
        kernel.run("%glm panel", cell="here")
    code = (
        "import glm_magic; glm_magic.panel()\nprint(len(get_ipython().kernel.comm_manager.comms))"
    )
    first, second = (kernel.run(code).printed for _ in range(2))
    assert first == second


def test_it_answers_while_a_cell_runs(kernel: Kernel) -> None:
    """A question asked on the control channel is answered, though a cell keeps the kernel busy."""
    cell = kernel.start("import time\nfor _ in range(100): time.sleep(0.1)")
    command(kernel, kind="ask", prompt="hello")
    assert told(kernel, "ended", seconds=5)["turn"]["partial"] is False
    kernel.interrupt()
    assert "KeyboardInterrupt" in kernel.finish(cell).error


def test_stop_while_a_cell_runs(kernel: Kernel, sandbox: Sandbox) -> None:
    """Stop reaches the answer within a second, the cell goes on, and what came is kept."""
    cell = kernel.start("import time\nfor _ in range(30): time.sleep(0.1)\nprint('done')")
    command(kernel, kind="ask", prompt=SLOW)
    told(kernel, "delta")
    pressed = time.monotonic()
    command(kernel, kind="stop")
    ended = told(kernel, "ended")
    assert time.monotonic() - pressed < 1
    assert ended["turn"]["warnings"] == ["Incomplete: stopped."]
    assert kernel.finish(cell).printed.strip() == "done"
    assert "stopped" in str(kernel.run("%glm show").outputs[0]["data"])


def test_the_kernel_stays_busy_for_its_front_end(kernel: Kernel) -> None:
    """A command does not make a running cell look as if it had ended."""
    cell = kernel.start("import time\nfor _ in range(20): time.sleep(0.1)")
    command(kernel, kind="undo")
    told(kernel, "note")
    states, end = [], time.monotonic() + 0.6
    while time.monotonic() < end:
        try:
            message = kernel.client.get_iopub_msg(timeout=0.1)
        except Exception:  # nothing came
            continue
        if message["header"]["msg_type"] == "status":
            states.append(message["content"]["execution_state"])
    assert states[-1] == "busy"
    kernel.finish(cell)


def test_what_cells_ask_is_told(kernel: Kernel) -> None:
    """When a cell that asked has ended, the panel hears of its turn."""
    kernel.run("%%glm\nfrom a cell", cell="one")
    command(kernel, kind="hello")
    event = told(kernel, "turns")
    assert [turn["prompt"] for turn in event["turns"]] == ["from a cell"]
    assert event["turns"][0]["cell"]


def test_saved_widget_state_holds_nothing_that_was_said(sandbox: Sandbox) -> None:
    """The widget state that a saved notebook holds has no word of it, and no key."""
    cells = [
        "%load_ext glm_magic",
        "import glm_magic, time\np = glm_magic.panel()\np",
        "p.session.handle({'kind': 'hello'})\n"
        "p.session.handle({'kind': 'ask', 'prompt': 'sandbox: echo\\nan unusual sentence'})\n"
        "time.sleep(2)",
        "%glm show",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    NotebookClient(notebook, timeout=60, store_widget_state=True).execute()
    assert "an unusual sentence" in json.dumps(notebook.cells[3])  # it was asked
    state = json.dumps(notebook.metadata["widgets"])
    assert "anywidget" in state
    assert "unusual sentence" not in state
    assert CANARY not in state


def test_a_closed_panel_leaves_nothing(kernel: Kernel) -> None:
    """When the panel is closed, no comm and no command of ours is left."""
    kernel.run(
        "from glm_magic.jupyter.panel_command import close_panel\nclose_panel(get_ipython())"
    )
    code = (
        "k = get_ipython().kernel\n"
        "print('glm_magic_panel' in k.control_handlers, len(k.comm_manager.comms))"
    )
    assert kernel.run(code).printed.strip() == "False 0"


def test_the_plain_panel_answers_in_the_cell(kernel: Kernel) -> None:
    """Without page code the form is ipywidgets, and the words stand in the cell's output."""
    ran = kernel.run(PLAIN + "\nprint(repr(prompt.value))", cell="plain")
    assert "an unusual sentence" in ran.outputs[1]["data"]["text/markdown"]
    assert "''" in ran.printed


def test_a_stripped_notebook_has_nothing_of_the_panels(sandbox: Sandbox, tmp_path: Path) -> None:
    """`glm-magic strip` takes both panels out: their outputs, words and widget state."""
    cells = ["%load_ext glm_magic", "%glm panel", PLAIN]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    NotebookClient(notebook, timeout=60, store_widget_state=True).execute()
    path = tmp_path / "panel.ipynb"
    nbformat.write(notebook, path)
    assert "unusual sentence" in str(notebook.cells[2].outputs)
    strip_notebook(path)
    stripped = nbformat.read(path, as_version=4)
    assert [cell.outputs for cell in stripped.cells] == [[], [], []]
    assert "widgets" not in stripped.metadata


def test_the_plain_panel_can_be_asked_for(kernel: Kernel) -> None:
    """`%glm panel --plain` shows a form and an output for what is said."""
    outputs = kernel.run("%glm panel --plain", cell="here").outputs
    assert "application/vnd.jupyter.widget-view+json" in outputs[0]["data"]
    assert "text/markdown" in outputs[1]["data"]
