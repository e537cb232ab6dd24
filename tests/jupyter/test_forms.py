"""Answers as code, JSON or text; code as a cell; explain, retry, continue."""

import base64
import itertools
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glm_magic.chat.deltas import Delta, ToolCallPiece
from glm_magic.render.answer import CodeBlock, code_blocks, fenced
from glm_magic.render.cells import as_cell, cell_source
from glm_magic.surroundings import AROUND
from glm_magic.testing import scripted
from tests.jupyter.conftest import Shell

CODE = """Here:

```python
x = 1
```

and

```python
y = x + 1
```

in the shell

```bash
ls
```
"""


@pytest.fixture
def offered(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cells that a front end would have inserted, as a notebook's would."""
    cells: list[str] = []

    def take(text: str, replace: bool = False) -> None:
        assert not replace
        cells.append(text)

    monkeypatch.setattr(shell.ip, "set_next_input", take)
    monkeypatch.setattr("glm_magic.jupyter.host.Host.front_end", "lab")
    return cells


def test_as_code_offers_a_cell_and_runs_nothing(shell: Shell, offered: list[str]) -> None:
    """`--as code` asks for code alone and offers it as a cell; no name of it exists afterwards."""
    with scripted(CODE) as client:
        printed = shell.run("%%glm --as code\ncount")
    assert client.requests[0].messages[-1].content.endswith("\n\ncount")
    assert "fenced Python code block" in client.requests[0].messages[-1].content
    assert offered == ["x = 1\n\ny = x + 1"]
    assert "x" not in shell.ip.user_ns
    assert "not run" in printed


def test_code_takes_a_block_after_the_fact(shell: Shell, offered: list[str]) -> None:
    """`%glm code` takes all Python of the newest answer, `%glm code 3` the third block."""
    with scripted(CODE):
        shell.run("%%glm\ncount")
    assert not offered
    shell.run("%glm code")
    shell.run("%glm code 3")
    assert offered == ["x = 1\n\ny = x + 1", "%%bash\nls"]
    for number in ("4", "0", "-1", "9" * 5000):
        told = f"There is no block {number[:20]}; the answer has 3 blocks."
        assert told in shell.run(f"%glm code {number}")
        assert f"There is no turn {number[:20]};" in shell.run(f"%glm show {number}")


def test_a_cell_magic_of_an_answer_stands_alone(shell: Shell, offered: list[str]) -> None:
    """Code below `%%writefile` would be written into the file: each block is a cell of its own."""
    with scripted("```python\n%%writefile a.py\nx = 1\n```\nthen\n```python\nimport a\n```"):
        shell.run("%%glm\ncount")
    told = shell.run("%glm code")
    shell.run("%glm code 2")
    assert offered == ["%%writefile a.py\nx = 1", "import a"]
    assert "Left out: 1 more block; a cell magic stands alone. %glm code N takes" in told


def test_no_code_is_an_error_that_keeps_the_answer(shell: Shell, offered: list[str]) -> None:
    """An answer without code is shown and kept, and the cell says that there was none."""
    with scripted("only words"):
        printed = shell.run("%%glm --as code --out said\ncount")
    assert "holds no code" in printed
    assert shell.ip.user_ns["said"].text == "only words"
    assert not offered


def test_the_same_code_is_not_offered_twice(
    shell: Shell, offered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Re-running a cell whose code is the same inserts nothing; other code is told of."""
    monkeypatch.setattr("glm_magic.jupyter.host.Host.cell", "cell-1")
    with scripted("```python\na\n```", "```python\na\n```", "```python\nb\n```"):
        first, second, third = (shell.run("%%glm --as code\ncount") for _ in range(3))
    assert offered == ["a", "b"]
    assert "new cell below" in first
    assert "already" in second
    assert "older cell" in third


def ran(code: str) -> list[Delta]:
    """An answer that runs a cell."""
    piece = ToolCallPiece(0, "one", "run_cell", json.dumps({"code": code}))
    return [Delta(tool_calls=(piece,)), Delta(finish_reason="tool_calls", ended=True)]


@pytest.mark.parametrize(
    ("answer", "cells", "said"),
    [
        ("```python\nprint(n)\n```", ["n = 41 + 1\n\nprint(n)"], "What ran stands in a cell below"),
        ("No code.", [], "What ran stands in the output above"),
    ],
)
def test_what_an_agent_ran_and_the_code_it_says(
    shell: Shell, offered: list[str], monkeypatch: pytest.MonkeyPatch,
    answer: str, cells: list[str], said: str,
) -> None:  # fmt: skip
    """A front end inserts one cell, and none below a cell that fails."""
    monkeypatch.setattr("glm_magic.jupyter.host.Host.cell", "cell-1")
    monkeypatch.setattr(AROUND, "person", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _="": "y")
    with scripted(ran("n = 41 + 1"), answer):
        printed = shell.run("%%glm --agent --as code\ngo")
    assert offered == cells
    assert said in printed


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        ('Here:\n```json\n{"a": 1}\n```', {"a": 1}),
        ('Here:\n```\n{"a": 1}\n```', {"a": 1}),
        ("3", None),
        ("[1, 2]", None),
        ('"just text"', None),
        ("null", None),
        ('{"a": NaN}', None),
        ("Sorry, no.\n```\n5\n```", None),
        ("```json\n[1]\n```", None),
    ],
)
def test_json_is_one_object(shell: Shell, answer: str, found: Any) -> None:
    """What is no object is an error, and stays as text."""
    with scripted(answer):
        printed = shell.run("%%glm --as json --once --out found\nlist")
    assert ("AnswerError" in printed) is (found is None)
    bound = shell.ip.user_ns["found"]
    assert bound.text == answer
    if found is not None:
        assert bound.value == found


def test_json_is_asked_for_and_checked(shell: Shell) -> None:
    """`--as json` asks for an object; the bound answer parses; what is none is an error."""
    with scripted('{"a": [1, 2]}', "sorry") as client:
        shell.run("%%glm --as json --once --out found\nlist")
        printed = shell.run("%%glm --as json --once --out other\nlist")
    assert client.requests[0].json_object
    assert shell.ip.user_ns["found"].json() == {"a": [1, 2]}
    assert "not JSON" in printed
    assert shell.ip.user_ns["other"].text == "sorry"


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000])
def test_json_without_an_end_of_nesting_is_an_error_of_two_lines(shell: Shell, text: str) -> None:
    """As any other answer that is no JSON; no internals are shown."""
    with scripted(text):
        printed = shell.run("%%glm --as json --once\nlist")
    assert "Traceback" not in printed
    assert "not JSON" in printed


def test_text_is_shown_as_it_is(shell: Shell) -> None:
    """`--as text` asks for plain text and shows it without reading it as Markdown."""
    with scripted("# no heading\n*no emphasis* `` ``` ``") as client:
        shell.run("%%glm --as text --once --out said\nlist")
    assert "plain text" in client.requests[0].messages[-1].content
    markdown = shell.ip.user_ns["said"].markdown()
    assert code_blocks(markdown)[0].source == "# no heading\n*no emphasis* `` ``` ``"


def test_an_unknown_form_names_the_forms(shell: Shell) -> None:
    """A misspelt form is refused before anything is sent."""
    with scripted() as client:
        assert "markdown" in shell.run("%%glm --as cdoe\nx")
    assert not client.requests


def test_explain_takes_the_cell_before(shell: Shell) -> None:
    """`%glm explain` attaches the cell that ran before this one, with its output."""
    shell.ip.run_cell("6 * 7", store_history=True)
    with scripted("It multiplies.") as client:
        shell.ip.run_cell("%glm explain in French", store_history=True)
    sent = client.requests[0].messages[-1].content
    assert "6 * 7" in sent
    assert "\n42\n" in sent
    assert sent.endswith("in French")


@pytest.mark.parametrize("end", [[Delta(finish_reason="length")], []], ids=["cut", "broken"])
def test_continue_goes_on_after_a_cut_answer(shell: Shell, end: list[Delta]) -> None:
    """`%glm continue` sends what came, and asks for the rest; a whole answer needs none."""
    with scripted([Delta(text="One, two"), *end], ", three") as client:
        shell.run("%%glm\ncount")
        shell.run("%glm continue")
        printed = shell.run("%glm continue")
    assert [one.content for one in client.requests[1].messages[-2:-1]] == ["One, two"]
    assert "exactly where it ended" in client.requests[1].messages[-1].content
    assert "whole" in printed


def test_continue_goes_on_from_what_stands_before_its_cell(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run again, a cell asks for the same rest again; its own answer is not the last one then."""
    runs = itertools.count()

    def run(cell: str, code: str) -> str:
        parent = {"header": {"msg_id": str(next(runs))}, "metadata": {"cellId": cell}}
        kernel = SimpleNamespace(get_parent=lambda *_: parent)
        monkeypatch.setattr(shell.ip, "kernel", kernel, raising=False)
        return shell.run(code)

    cut = [Delta(text="One, two"), Delta(finish_reason="length", ended=True)]
    with scripted(cut, ", three", ", four", cut, ", five", "whole", cut, ", six") as client:
        run("a", "%%glm\ncount")
        for _ in range(2):
            run("b", "%glm continue")
        assert client.requests[1].messages == client.requests[2].messages
        run("c", "%glm ask again\n%glm continue")
        assert "exactly where it ended" in client.requests[4].messages[-1].content
        assert [one.content for one in client.requests[4].messages[-3:-1]] == ["again", "One, two"]
        run("a", "%%glm\nwhole")
        assert "The last answer is whole" in run("b", "%glm continue")
        run("a", "%%glm\ncount")
        run("b", "%glm continue")
    assert client.requests[-1].messages == client.requests[1].messages


@pytest.mark.parametrize("reason", ["length", "model_context_window_exceeded"])
def test_continue_goes_on_from_what_the_footer_calls_cut(shell: Shell, reason: str) -> None:
    """Both limits leave the beginning of an answer."""
    cut = [Delta(text="One, two"), Delta(finish_reason=reason, ended=True)]
    with scripted(cut, ", three") as client:
        assert "was cut" in shell.run("%glm ask count")
        shell.run("%glm continue")
    assert "exactly where it ended" in client.requests[-1].messages[-1].content


def test_continue_of_an_answer_of_which_nothing_came(shell: Shell) -> None:
    """It is told as that, though the question is in no later request; nothing is sent."""
    with scripted("whole", [Delta(finish_reason="length", ended=True)]) as client:
        assert "Nothing was asked" in shell.run("%glm continue")
        shell.run("%%glm\nfirst")
        shell.run("%%glm\nsecond")
        assert "Nothing came of the last answer" in shell.run("%glm continue")
    assert len(client.requests) == 2


def test_retry_asks_the_newest_question_again(shell: Shell) -> None:
    """`%glm retry` replaces the newest turn; its options hold for this time."""
    with scripted("first", "second") as client:
        shell.run("%%glm -t 0.2\ncount")
        shell.run("%glm retry -m glm-4.5-air")
        shown = shell.run("%glm show")
    one, other = client.requests
    assert one.messages == other.messages
    assert (other.model, other.temperature) == ("glm-4.5-air", 0.2)
    assert len(re.findall("count", shown)) == 1


@pytest.mark.parametrize("word", ["ask", "context", "continue", "explain", "fix", "retry"])
def test_help_of_what_asks_is_free(shell: Shell, word: str) -> None:
    """`%glm retry --help` tells of that subcommand, not of `%%glm`, and nothing is sent."""
    with scripted([Delta(text="half"), Delta(finish_reason="length", ended=True)]) as client:
        shell.run("%%glm\ncount")
        shown = shell.run(f"%glm {word} --help")
    assert f"usage: %glm {word} " in shown
    assert "--preview" in shown
    assert "streams into the cell" not in shown
    assert "below the first line" not in shown
    assert len(client.requests) == 1


def test_a_preview_of_retry_is_the_request(shell: Shell) -> None:
    """`%glm retry --preview` shows what would be sent, the new model in it, and sends nothing."""
    with scripted("first") as client:
        shell.run("%%glm --system brief\nbefore all")
        shell.run("x = 1")
        shown = shell.run("%glm retry -m glm-4.5-air --preview")
    assert len(client.requests) == 1
    assert "Preview: nothing was sent." in shown
    assert '"model": "glm-4.5-air"' in shown
    assert "before all" in shown
    assert "first" not in shown


@pytest.mark.parametrize("apart", ["--once", "--chat work"])
def test_the_newest_answer_may_stand_outside(
    shell: Shell, offered: list[str], apart: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`%glm code` and `last` take the answer shown last; `retry` asks nothing that is not meant."""
    shown: list[str] = []
    path = "glm_magic.jupyter.conversation_commands.display"
    monkeypatch.setattr(path, lambda bundle, **_: shown.append(bundle["text/plain"]))
    replies = [f"```python\nx = {number}\n```" for number in range(3)]
    with scripted(*replies) as client:
        shell.run("%%glm\nfirst")
        shell.run(f"%%glm {apart}\nsecond")
        shell.run("%glm code")
        shell.run("%glm last")
        told = shell.run("%glm retry").strip().splitlines()
        assert len(client.requests) == 2
        shell.run("%%glm\nthird")
        shell.run("%glm code")
    assert offered == ["x = 1", "x = 2"]
    assert "x = 1" in shown[0]
    assert told == [
        "ArgumentError: The newest answer stands outside of this conversation.",
        "To ask again, run the cell of the question that you mean.",
    ]


def test_another_chat_that_we_are_in_is_not_outside(shell: Shell) -> None:
    """`--chat NAME` of the conversation that goes on here is asked again as any question."""
    with scripted("first", "second") as client:
        shell.run("%%glm --chat work\ncount")
        shell.run("%glm chats work")
        shell.run("%glm retry")
    assert len(client.requests) == 2


@pytest.mark.parametrize("option", ["--out zz", "--as json", "--frame df", "--once", "--chat work"])
def test_retry_refuses_what_it_cannot_change(shell: Shell, option: str) -> None:
    """An option that `%glm retry` would not heed is told before anything is sent."""
    with scripted("first") as client:
        shell.run("%%glm\ncount")
        first, _ = shell.run(f"%glm retry {option}").strip().splitlines()
    assert f"Unknown option: {option.split()[0]}" in first
    assert len(client.requests) == 1


def test_copy_is_for_terminals(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal is given the answer for its clipboard; a notebook says what to do instead."""
    with scripted(CODE):
        shell.run("%%glm\ncount")
    assert "%glm code" in shell.run("%glm copy")
    monkeypatch.setattr("glm_magic.jupyter.host.Host.front_end", "terminal")
    printed = shell.run("%glm copy --code")
    held = re.search(r"\x1b\]52;c;([^\x07]*)\x07", printed)
    assert held
    assert base64.b64decode(held[1]).decode() == "x = 1\n\ny = x + 1"


LINES = st.one_of(
    st.sampled_from(
        ["!rm -rf /", "%glm ask x", "%%bash", "import os", "get_ipython()", "?x", "x?"]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40),
)


@given(st.lists(LINES, min_size=1, max_size=6), st.sampled_from(["python", "", "sh", "rust", "py"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_fuzzed_code_is_offered_and_never_run(
    shell: Shell, offered: list[str], lines: list[str], language: str
) -> None:
    """Whatever the code is, also `!`, `%` and `%%` lines, a cell is offered and nothing runs."""
    ran: list[Any] = []
    shell.ip.events.register("pre_run_cell", ran.append)
    source = "\n".join(lines)
    try:
        with scripted(f"Take this:\n\n{fenced(source + chr(10) + 'x', language)}"):
            shell.run("%%glm --as code --once\ngo")
    finally:
        shell.ip.events.unregister("pre_run_cell", ran.append)
    assert len(ran) <= 1
    assert len(offered) == 1
    offered.clear()


@pytest.mark.parametrize(
    ("language", "source", "cell"),
    [
        ("python", "a = 1", "a = 1"), ("", "a = 1", "a = 1"), ("py", "a", "a"),
        ("bash", "ls", "%%bash\nls"), ("js", "f()", "%%javascript\nf()"),
        ("sql", "select 1", "# sql:\n# select 1"),
        ("pycon", ">>> a = 1\n>>> a\n1", "a = 1\na"), ("{python}", "a", "a"),
    ],
)  # fmt: skip
def test_a_block_becomes_a_cell_of_its_language(language: str, source: str, cell: str) -> None:
    """Another language gets its cell magic, one without becomes comments; sessions lose prompts."""
    assert as_cell(CodeBlock(language, source)) == cell


def test_the_code_of_an_answer_is_its_python() -> None:
    """All Python together; without Python the first block; nothing without blocks."""
    blocks = [CodeBlock("sh", "ls"), CodeBlock("python", "a"), CodeBlock("py", "b")]
    assert cell_source(blocks) == "a\n\nb"
    assert cell_source(blocks[:1]) == "%%bash\nls"
    assert cell_source([]) == ""
    blocks.append(CodeBlock("python", "%%timeit\nb"))
    assert cell_source(blocks) == "a"
    assert cell_source(blocks, 4) == "%%timeit\nb"
