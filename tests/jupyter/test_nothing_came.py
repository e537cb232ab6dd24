"""After an error before the first word nothing says any more that the answer is waited for."""

from collections.abc import Iterator
from typing import Any

import pytest

from glm_magic.chat.deltas import Delta
from glm_magic.errors import ServerError
from glm_magic.jupyter import live_output
from glm_magic.jupyter.show import show
from glm_magic.jupyter.terminal_output import PipeOutput, TerminalOutput
from glm_magic.testing import scripted
from glm_magic.wiring import workbench
from tests.jupyter.conftest import Shell


class Page:
    """The outputs of a cell, as its notebook would save them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outputs: list[dict[str, str]] = []
        self.most = 0
        page = self

        class Handle:
            def display(self, bundle: dict[str, str], **_: Any) -> None:
                self.at = len(page.outputs)
                page.outputs.append(bundle)
                page.most = max(page.most, len(page.outputs))

            def update(self, bundle: dict[str, str], **_: Any) -> None:
                page.outputs[self.at] = bundle

        monkeypatch.setattr(live_output, "DisplayHandle", Handle)
        monkeypatch.setattr(live_output, "clear_output", self.outputs.clear)
        monkeypatch.setattr(live_output, "_STATUS_SECONDS", 0.0)


def broken() -> Iterator[Delta]:
    """A host that lets us wait and then fails."""
    for _ in range(3):
        yield Delta()
    raise ServerError("The host is broken.", "Try later.")


@pytest.mark.parametrize("whole_cell", [True, False])
def test_a_notebook_keeps_no_status_line(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, whole_cell: bool
) -> None:
    """In a cell of its own, and for a line among other output."""
    page = Page(monkeypatch)
    cell = live_output.NotebookOutput(markdown=True)
    output = cell if whole_cell else live_output.InlineOutput()
    with scripted(broken()), pytest.raises(ServerError):
        show(workbench().question("hi", need_key=False), output)
    assert page.most == 1
    assert not any("Waiting" in str(one) for one in page.outputs)


def test_a_line_says_what_it_waits_for_now(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """That it is asked again is told until something comes, however many ticks pass before."""
    page = Page(monkeypatch)

    def deltas() -> Iterator[Delta]:
        yield from (Delta(notice="Asking again in 1 s: busy"), Delta())
        assert "busy" in str(page.outputs)
        yield Delta(reasoning="Let me think")
        yield Delta()
        assert "Let me think" in str(page.outputs)
        assert "busy" not in str(page.outputs)
        yield Delta(text="Yes.", finish_reason="stop", ended=True)

    with scripted(deltas()):
        show(workbench().question("hi", need_key=False), live_output.InlineOutput())
    assert "Yes." in str(page.outputs)


@pytest.mark.parametrize("output", [TerminalOutput(), PipeOutput()])
def test_a_terminal_keeps_none_either(
    shell: Shell, output: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its line is wiped out; a pipe never had one."""
    with scripted(broken()), pytest.raises(ServerError):
        show(workbench().question("hi", need_key=False), output)
    assert capsys.readouterr().out.rpartition("\r\x1b[K")[2] == ""
