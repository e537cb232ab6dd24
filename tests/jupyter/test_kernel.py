"""`%%glm` in a real kernel: messages, interrupt, re-run, failure."""

import time
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from glm_magic.sandbox import Fault, Sandbox
from glm_magic.store.metadata import turn_from_metadata
from tests.kernel import Kernel


def test_a_fast_answer_takes_few_messages(kernel: Kernel) -> None:
    """A 2,000-token answer at full speed costs at most 10 messages and leaves one output."""
    ran = kernel.run("%%glm --once\nsandbox: 2000 tokens")
    assert ran.status == "ok", ran.error
    assert len(ran.messages) <= 10, ran.kinds()
    (output,) = ran.outputs
    assert len(output["data"]["text/markdown"]) > 8000


def test_the_final_output_carries_its_turn(kernel: Kernel, sandbox: Sandbox) -> None:
    """The one output is Markdown and text, with the turn in its metadata and no key."""
    ran = kernel.run("%%glm -m glm-4.5-air\nhello", cell="cell-1")
    (output,) = ran.outputs
    assert set(output["data"]) == {"text/markdown", "text/plain"}
    turn = output["metadata"]["glm_magic"]
    assert (turn["schema"], turn["cell"], turn["status"]) == (1, "cell-1", "complete")
    assert (turn["model"], turn["provider"], turn["prompt"]) == ("glm-4.5-air", "zai", "hello")
    assert turn["usage"]["completion_tokens"] > 0
    assert len(turn["request_digest"]) == 64
    restored = turn_from_metadata(turn, output["data"]["text/markdown"])
    assert restored is not None
    assert restored.text.startswith("Hello. This is the sandbox")


def test_a_slow_answer_grows_at_most_ten_times_a_second(kernel: Kernel) -> None:
    """At 200 tokens/s the page gets about ten messages a second and bytes like the answer's."""
    ran = kernel.run("%%glm --once --no-think\nsandbox: rate 200\nsandbox: 400 tokens")
    shown = [c for k, c in ran.messages if k in ("display_data", "update_display_data")]
    sizes = [len(content["data"].get("text/markdown", "")) for content in shown]
    assert 5 <= len(shown) <= 2 * 10 + 5
    assert sum(sizes) <= 20 * len(ran.outputs[0]["data"]["text/markdown"])


def test_a_long_answer_never_repeats_itself_much(kernel: Kernel) -> None:
    """200 kB in small steps reaches the front end in at most six times its size."""
    ran = kernel.run("%%glm --once --no-think\nsandbox: rate 10000\nsandbox: 40000 tokens")
    shown = [c for k, c in ran.messages if k in ("display_data", "update_display_data")]
    sent = sum(len(content["data"].get("text/markdown", "")) for content in shown)
    final = sum(len(output["data"]["text/markdown"]) for output in ran.outputs)
    assert final > 150_000
    assert sent <= 6 * final
    assert sum(kind == "display_data" for kind, _ in ran.messages) <= 42


def interrupted(kernel: Kernel, prompt: str, wait: Callable[[str], object]) -> tuple[Any, float]:
    """Start a cell, wait, interrupt; the result and how long the stop took in seconds."""
    message = kernel.start(f"%%glm --once\n{prompt}", cell="stopped")
    wait(message)
    began = time.monotonic()
    kernel.interrupt()
    return kernel.finish(message, timeout_seconds=10), time.monotonic() - began


def test_interrupt_keeps_what_came(kernel: Kernel) -> None:
    """The stop button ends a streaming answer within a second and keeps it, marked partial."""
    ran, seconds = interrupted(
        kernel,
        "sandbox: rate 50\nsandbox: 5000 tokens",
        lambda message: kernel.wait_for_display(message, "The text goes on"),
    )
    assert seconds < 1
    assert ran.status == "error"
    assert ran.error.splitlines()[0].startswith("Stopped. The ")
    (output,) = ran.outputs
    assert output["metadata"]["glm_magic"]["status"] == "partial"
    assert output["metadata"]["glm_magic"]["partial_reason"] == "interrupted"
    assert "Incomplete: interrupted." in unescape(output["data"]["text/markdown"])
    assert kernel.run("%%glm --once\nsandbox: echo\nstill here").status == "ok"


def test_interrupt_works_before_the_first_byte(kernel: Kernel, sandbox: Sandbox) -> None:
    """A host that says nothing is left within a second, and the next question works."""

    def until_asked(_: str) -> None:
        while not sandbox.requests:
            time.sleep(0.01)

    ran, seconds = interrupted(kernel, "sandbox: delay 30\nhello", until_asked)
    assert seconds < 1
    assert ran.error.splitlines() == ["Stopped."]
    assert kernel.run("%%glm --once\nsandbox: echo\nstill here").status == "ok"


def test_a_stopped_cell_stops_the_queue(kernel: Kernel) -> None:
    """Cells queued behind a stopped one do not run."""
    first = kernel.start("%%glm --once\nsandbox: rate 50\nsandbox: 5000 tokens")
    second = kernel.start("print('ran on')")
    kernel.wait_for_display(first, "The text goes on")
    kernel.interrupt()
    assert kernel.finish(first).status == "error"
    reply = kernel.client.get_shell_msg(timeout=10)
    assert reply["parent_header"]["msg_id"] == second
    assert reply["content"]["status"] == "aborted"


def test_a_failed_question_fails_its_cell(kernel: Kernel) -> None:
    """A refusal is two lines, and Run All stops there."""
    ran = kernel.run("%%glm --once\nsandbox: error 1113")
    assert ran.status == "error"
    first, second = ran.error.splitlines()
    assert first.startswith("BalanceError: ")
    assert "code 1113" in first
    assert "free model" in second


def test_a_broken_stream_keeps_what_came(
    kernels: Callable[..., Kernel], settings_for: Callable[[Sandbox], None]
) -> None:
    """An answer cut by the line is shown with its reason, and the cell fails."""
    with Sandbox(key=None, faults=[Fault.cut(chunks=12)], tokens_per_second=None) as server:
        kernel = kernels(GLM_PROVIDER="zai", GLM_BASE_URL=server.base_url, GLM_API_KEY=server.key)
        kernel.run("%load_ext glm_magic")
        ran = kernel.run("%%glm --no-think\nsandbox: 100 tokens")
    (output,) = ran.outputs
    assert output["metadata"]["glm_magic"]["status"] == "partial"
    assert "Incomplete: " in unescape(output["data"]["text/markdown"])


def contents(sandbox: Sandbox) -> list[list[str]]:
    """What each request said, without the system prompt."""
    return [[m["content"] for m in r.json["messages"][1:]] for r in sandbox.requests]


def test_a_cell_that_runs_again_replaces_its_turn(kernel: Kernel, sandbox: Sandbox) -> None:
    """The request of a re-run holds only what stands before its cell; what follows sees the new."""
    kernel.run("%%glm --no-think\nsandbox: echo\nfirst", cell="a")
    kernel.run("%%glm --no-think\nsandbox: echo\nsecond", cell="b")
    kernel.run("%%glm --no-think\nsandbox: echo\nchanged", cell="a")
    kernel.run("%%glm --no-think\nsandbox: echo\nthird", cell="c")
    asked = [[text for text in one if "echo" in text] for one in contents(sandbox)]
    assert [len(one) for one in asked] == [1, 2, 1, 3]
    assert "changed" in asked[2][0]
    assert "changed" in asked[3][0]
    assert "first" not in "".join(asked[3])


def test_run_all_twice_sends_the_same_requests(kernel: Kernel, sandbox: Sandbox) -> None:
    """Running every cell again sends byte-equal requests, also with several asks in one cell."""
    cells = {
        "a": "import pandas\nframe = pandas.DataFrame({'x': range(50), 'k': ['u', 'v'] * 25})",
        "b": "%%glm --frame frame\nWhat is in it?",
        "c": "import glm_magic\nfor n in range(2):\n    glm_magic.ask(f'number {n}', frame)",
        "d": "%%glm\nAnd now?",
    }
    for _ in range(2):
        for name, source in cells.items():
            assert kernel.run(source, cell=name).status == "ok"
    bodies = [request.body for request in sandbox.requests]
    assert len(bodies) == 8
    assert bodies[:4] == bodies[4:]


def test_a_line_magic_leaves_other_output_alone(kernel: Kernel) -> None:
    """`%glm ask` among other statements clears nothing of theirs."""
    ran = kernel.run("print('before')\n%glm ask --once sandbox: echo\nprint('after')")
    assert "clear_output" not in ran.kinds()
    assert ran.printed.split() == ["before", "after"]
    assert len(ran.outputs) == 1


def test_a_cell_magic_that_code_calls_leaves_other_output_alone(kernel: Kernel) -> None:
    """In a loop each question keeps its answer with its turn, and what was printed stays."""
    ran = kernel.run(
        "for word in ('one', 'two'):\n    print(word)\n"
        "    get_ipython().run_cell_magic('glm', '--no-think', "
        "f'sandbox: echo\\n{word}')"
    )
    assert ran.status == "ok", ran.error
    assert ran.printed.split() == ["one", "two"]
    assert [one["data"]["text/plain"].split()[0] for one in ran.outputs] == ["one", "two"]
    assert all("glm_magic" in one["metadata"] for one in ran.outputs)


@pytest.mark.parametrize(
    "asking",
    ["run_cell_magic('glm', '--once', slow)", "run_line_magic('glm', f'ask --once {slow}')"],
)
def test_an_output_widget_is_left_with_the_answer(kernel: Kernel, asking: str) -> None:
    """It hears of no update of a display, so nothing is shown there but what shall stay."""
    kernel.run("import ipywidgets; slow, out = 'sandbox: delay 1.3', ipywidgets.Output()")
    ran = kernel.run(f"with out:\n    print('before')\n    get_ipython().{asking}")
    assert not {"update_display_data", "clear_output"} & set(ran.kinds()), ran.error
    assert ran.printed.split() == ["before"]
    (answer,) = (content for kind, content in ran.messages if kind == "display_data")
    assert answer["metadata"]["glm_magic"]["status"] == "complete"
    beside = kernel.run("get_ipython().run_line_magic('glm', f'ask --once {slow}')")
    assert "update_display_data" in beside.kinds()


def test_an_output_widget_keeps_no_progress_line(kernel: Kernel) -> None:
    """What is said while a table is measured could not be taken out of it."""
    kernel.run("import ipywidgets; out = ipywidgets.Output()")
    kernel.run(
        "from glm_magic.surroundings import AROUND\n"
        "def measure():\n    AROUND.progress('measuring')\n    AROUND.progress('')"
    )
    assert "display_data" in kernel.run("measure()", cell="a").kinds()
    assert "display_data" not in kernel.run("with out:\n    measure()", cell="a").kinds()


def test_the_sandbox_needs_no_key(kernels: Callable[..., Kernel]) -> None:
    """`%config GLM.provider = 'sandbox'` answers inside the kernel and says so."""
    kernel = kernels()
    kernel.run("%load_ext glm_magic")
    kernel.run("%config GLM.provider = 'sandbox'")
    ran = kernel.run("%%glm\nhello")
    (output,) = ran.outputs
    assert "no model was called" in unescape(output["data"]["text/markdown"])
    assert output["metadata"]["glm_magic"]["provider"] == "sandbox"


@pytest.mark.parametrize(
    "prompt",
    ["sandbox: delay 30", r"sandbox: rate 50\nsandbox: 3000 tokens"],
    ids=["silent", "busy"],
)
def test_an_async_question_can_be_interrupted(
    kernel: Kernel, sandbox: Sandbox, prompt: str
) -> None:
    """`await ask_async(...)` ends within a second of the stop button, whatever the host does."""
    kernel.run("import glm_magic")
    message = kernel.start(f"await glm_magic.ask_async('{prompt}', once=True)")
    while not sandbox.requests:
        time.sleep(0.01)
    time.sleep(0.5)  # an answer under way
    began = time.monotonic()
    kernel.interrupt()
    ran = kernel.finish(message, timeout_seconds=10)
    assert time.monotonic() - began < 1
    assert ran.status == "error"
    assert kernel.run("await glm_magic.ask_async('sandbox: echo', once=True)").status == "ok"


def test_what_the_user_should_know_is_left_on_the_page(kernel: Kernel) -> None:
    """A sentence of advice stands under the answer, although the answer replaced all output."""
    ran = kernel.run("%%glm --once -m glm-9\nsandbox: echo")
    assert "glm-9 is not in the catalog" in ran.printed


def test_forked_processes_ask_on_their_own(kernel: Kernel) -> None:
    """Children of a fork get their own answers, not each other's."""
    ran = kernel.run(FORKS, timeout_seconds=90)
    assert ran.status == "ok", ran.error
    assert ran.printed.split() == ["child-0", "child-1", "child-2", "child-3"]


FORKS = """
import glm_magic, os, warnings
warnings.simplefilter("ignore")  # of Python 3.12, about forks of processes with threads
glm_magic.ask("sandbox: echo", once=True)
pipes = []
for number in range(4):
    ours, theirs = os.pipe()
    if os.fork() == 0:
        answer = glm_magic.ask(f"sandbox: echo\\nchild-{number}", once=True, thinking=False)
        os.write(theirs, answer.text.encode())
        os._exit(0)
    os.close(theirs)
    pipes.append(ours)
for ours in pipes:
    print(os.read(ours, 1000).decode())
    os.wait()
"""
