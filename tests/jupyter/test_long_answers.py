"""A long answer full of formulas stays in the pieces that it came in; the file knows it whole."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from glm_magic.sandbox import Fault, Sandbox, Step
from glm_magic.sandbox.steps import Pause, chunk_of, record_of
from glm_magic.store.notebook_file import read_notebook
from tests.benchmarks.long_texts import long_text, mixed_text
from tests.kernel import Kernel, Ran

TEXT = long_text("dense mathematics", 8_000)
ASK = "%%glm{}\nsandbox: rate 2000"


def said(text: str, thought: str = "", afterthought: str = "", *, ends: bool = True) -> Fault:
    """An answer with exactly these words, and thoughts before and behind them."""

    def edit(steps: list[Step]) -> list[Step]:
        first, last = chunk_of(steps[0]), chunk_of(steps[-2])
        last["choices"][0]["delta"] = {"role": "assistant", "content": ""}
        deltas: list[dict[str, str]] = [{"reasoning_content": thought}] if thought else []
        deltas += [{"content": text[at : at + 8]} for at in range(0, len(text), 8)]
        deltas += [{"reasoning_content": afterthought}] if afterthought else []
        chunks = [{**first, "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        end = [record_of(last), steps[-1]] if ends else [Pause(None)]
        return [*map(record_of, chunks), *end]

    return Fault.edit(edit)


def notebook(ran: Ran, folder: Path) -> Path:
    """What a front end saves of a run."""
    untyped: Any = nbformat
    v4 = untyped.v4
    cell = v4.new_code_cell(ASK.format(""), id="cell-1")
    cell.outputs = [
        v4.new_output("display_data", one["data"], metadata=one["metadata"]) for one in ran.outputs
    ]
    document = v4.new_notebook(cells=[cell])
    untyped.validate(document)
    untyped.write(document, folder / "n.ipynb")
    return folder / "n.ipynb"


@pytest.mark.parametrize("thought", ["", "Let $n$ be large."])
def test_what_is_dear_is_not_shown_twice(
    thought: str, kernel: Kernel, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Its blocks are left, the last one gets footer and turn; the file alone gives it back."""
    sandbox.faults.append(said(TEXT, thought))
    ran = kernel.run(ASK.format(""), cell="cell-1")
    assert ran.status == "ok", ran.error
    assert "clear_output" not in ran.kinds()
    assert 1 < len(ran.outputs) <= 42
    records = [one["metadata"]["glm_magic"] for one in ran.outputs]
    assert records[:-1] == [{"schema": 1}] * (len(records) - 1)
    shown = [one["data"]["text/markdown"] for one in ran.outputs]
    assert shown[0].startswith("<details>") == bool(thought)
    assert "<small>glm-4.5" in shown[-1]
    assert sum(map(len, shown)) < 1.2 * len(TEXT)
    path = notebook(ran, tmp_path)
    (turn,) = getattr(read_notebook(path), "turns", ())
    assert (turn.text, turn.reasoning, turn.cell) == (TEXT, thought, "cell-1")
    assert path.stat().st_size < 1.5 * len(TEXT.encode())


@pytest.mark.parametrize(
    ("text", "stays"), [(mixed_text(5_000), True), (long_text("dense mathematics", 2_000), False)]
)
def test_a_short_freeze_is_not_worth_many_bytes(
    text: str, stays: bool, kernel: Kernel, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A third of a second is spared where the file still grows by less than half of the text."""
    sandbox.faults.append(said(text))
    ran = kernel.run(ASK.format(""), cell="cell-1")
    assert (len(ran.outputs) > 1) == stays
    assert notebook(ran, tmp_path).stat().st_size < 1.5 * len(text.encode())


def test_a_stopped_one_stays_too(kernel: Kernel, sandbox: Sandbox, tmp_path: Path) -> None:
    """What came until the interrupt is left in pieces, and says that it is not all."""
    text = f"{TEXT}\n\nThat is all that came."
    sandbox.faults.append(said(text, ends=False))
    message = kernel.start(ASK.format(" --once"), cell="cell-1")
    came = [("", {})]
    while "That is all that came." not in str(came[-1]):
        came.append(kernel.next_message(message, 20))
    kernel.interrupt()
    ran = kernel.finish(message, timeout_seconds=10)
    ran.messages[:0] = came[1:]
    assert ran.error.startswith("Stopped. The ")
    assert len(ran.outputs) > 1
    assert "⚠ *Incomplete" in ran.outputs[-1]["data"]["text/markdown"]
    (turn,) = getattr(read_notebook(notebook(ran, tmp_path)), "turns", ())
    assert (turn.status, turn.text) == ("partial", text)


@pytest.mark.parametrize("options", [" --as text", " --as json"])
def test_what_becomes_one_block_is_one_output(
    options: str, kernel: Kernel, sandbox: Sandbox
) -> None:
    """An answer that is shown otherwise in the end than on its way is replaced whole."""
    sandbox.faults.append(said(json.dumps([TEXT.replace("`", "")]) + "\n\n" + TEXT))
    ran = kernel.run(ASK.format(options))
    assert len(ran.outputs) == 1


@pytest.mark.parametrize(
    "answer",
    [said(TEXT, "", "Is it?"), said(f"[The docs][1].\n\n{TEXT}\n\n[1]: https://a.example")],
    ids=["late thoughts", "a link defined below"],
)
def test_what_pieces_would_not_show_is_one_output(
    answer: Fault, kernel: Kernel, sandbox: Sandbox
) -> None:
    """Thoughts that came after the first words, and links that another block defines."""
    sandbox.faults.append(answer)
    (output,) = kernel.run(ASK.format("")).outputs
    shown = output["data"]["text/markdown"]
    assert "Is it?" in shown or "[1]: https://a.example" in shown


def test_late_thoughts_are_folded_with_the_others(kernel: Kernel, sandbox: Sandbox) -> None:
    """What a model thinks between its words stands above them in the end."""
    sandbox.faults.append(said(TEXT, "Hm.", "Is it?"))
    ran = kernel.run(ASK.format(""))
    assert "Hm.Is it?" in ran.outputs[0]["data"]["text/markdown"]
    assert len(ran.outputs) > 5


def test_pieces_do_not_depend_on_time(
    kernel: Kernel, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answer, fast and slow, leaves the same outputs."""
    left = []
    for rate in ("none", "2000"):
        sandbox.faults.append(said(TEXT))
        ran = kernel.run(f"%%glm --once --no-think\nsandbox: rate {rate}")
        left.append([one["data"]["text/markdown"] for one in ran.outputs[:-1]])
    assert left[0] == left[1]
    assert len(left[0]) > 5


def test_what_is_cheap_is_one_output(kernel: Kernel, sandbox: Sandbox) -> None:
    """As long, but without formulas: one output."""
    sandbox.faults.append(said(long_text("English prose", 8_000)))
    ran = kernel.run(ASK.format(""))
    assert "clear_output" in ran.kinds()
    assert len(ran.outputs) == 1
