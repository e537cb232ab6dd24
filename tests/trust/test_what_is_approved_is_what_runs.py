"""Promise 3: the cell that a person approves is the cell that runs, to the character."""

import json
import re
from html import unescape

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import glm_magic
from glm_magic.chat.deltas import Delta, ToolCallPiece
from glm_magic.testing import ScriptedClient, scripted
from glm_magic.tools.approving import Proposal
from glm_magic.tools.declaring import Outcome
from tests.render.oracle import html

_CODE = re.compile(r"<pre><code[^>]*>(.*?)\n?</code></pre>", re.DOTALL)
HIDDEN = "open('touched', 'w')"
# Each hides a line, or a part of one, from who looks at it.
TRICKS = {
    "an operating system command": f"1  # a sum\x1b]0;\r{HIDDEN} #\x07",
    "a C1 string": f"1  # a sum\x9d\r{HIDDEN} #\x9c",
    "a device control string": f"1  # a sum\x1bP\r{HIDDEN} #\x1b\\",
    "a carriage return": f"1  # a sum\r{HIDDEN}",
    "a vertical tab": f"1  # a sum\x0b{HIDDEN}",
    "a form feed": "1  # a sum\x0c!touch touched",
    "a next line": f"1  # a sum\x85{HIDDEN}",
    "a line separator": f"1  # a sum\u2028{HIDDEN}",
    "a right-to-left override": "if level != 'user\u202e \u2066# is it\u2069 \u2066':\n    1",
    "a zero-width space": "is\u200b_admin = 1",
    "a byte order mark": "\ufeff1",
    "a tag character": "1  # \U000e0041",
    "variation selectors": "x\ufe00\ufe01 = 1",
}
codes = st.lists(
    st.one_of(
        st.text(max_size=6),
        st.sampled_from(["\x1b]0;", "\x1b[2J", "\x9d", "\x9c", "\x07", "\r", "\r\n", "\n", "\t"]),
        st.sampled_from(["\u2028", "\x85", "\x0c", "#", "`", "`" * 4, "`" * 20, "~~~", " "]),
        st.sampled_from(["\\begin{x}", "\\\\[", "@@0@@", "</code>", "<script>", "$$", "x = 1"]),
    ),
    max_size=12,
).map("".join)


def proposed(code: str) -> tuple[list[str], list[str], ScriptedClient]:
    """What a person saw of a cell, and what ran, when they said yes."""
    piece = ToolCallPiece(0, "c", "run_cell", json.dumps({"code": code}))
    call = [Delta(tool_calls=(piece,)), Delta(finish_reason="tool_calls", ended=True)]
    seen: list[str] = []
    ran: list[str] = []

    def approve(proposal: Proposal) -> str:
        found = _CODE.findall(html(proposal.markdown))
        seen.append("\n".join(map(unescape, found)))
        return "once"

    def run(code: str) -> Outcome:
        ran.append(code)
        return Outcome("done")

    with scripted(call, "Done.") as client:
        glm_magic.ask("Add.", agent=True, approve=approve, run_cell=run, once=True)
    return seen, ran, client


def bare(code: str) -> str:
    """Without empty lines around it, which do nothing."""
    return code.strip("\n") if code.strip() else ""


@given(code=codes)
@example(code="print(1)\n\n\tprint(2)\r\n")
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_seen_is_what_runs(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For any code: it runs as it was shown, or it is not even asked about."""
    monkeypatch.setenv("GLM_PROVIDER", "sandbox")
    seen, ran, _ = proposed(code)
    assert list(map(bare, ran)) == list(map(bare, seen))


@pytest.mark.parametrize("trick", TRICKS)
def test_a_cell_that_hides_something_is_refused(
    trick: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked, nothing runs, and the model is told which characters not to use."""
    monkeypatch.setenv("GLM_PROVIDER", "sandbox")
    seen, ran, client = proposed(TRICKS[trick])
    assert (seen, ran) == ([], [])
    told = client.requests[1].messages[-1].content
    assert told.startswith("Not run: ")
    assert re.search(r"U\+[0-9A-F]{4}", told)


@pytest.mark.parametrize("code", ["print('👩‍💻 ⚠️ نمی‌خواهم')", "a = 1\r\nb = 2", "\tif x:\n\t\t1"])
def test_ordinary_cells_are_asked_about(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Emoji, joined scripts, tabs and the line ends of Windows hide nothing."""
    monkeypatch.setenv("GLM_PROVIDER", "sandbox")
    seen, ran, _ = proposed(code)
    assert ran == seen == [code.replace("\r\n", "\n")]
