"""`%%glm` and `%glm` in a real IPython shell."""

import json
import re
import threading
from collections.abc import Callable, Iterator

import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glm_magic.chat.deltas import Delta
from glm_magic.keys import APIKey
from glm_magic.sandbox import Sandbox
from glm_magic.testing import scripted
from glm_magic.wiring import workbench
from tests.canary import CANARY
from tests.jupyter.conftest import Shell

AWKWARD = [
    "{x} and {{y}} and {0}",
    "$x $HOME $$E=mc^2$$",
    r"\frac{a}{b} \n \\[1em] \u2028",
    '{"a": [1, {"b": "%s %d %"}]}',
    "emoji 👩‍🔬 🇨🇳 and 漢字 かな 한글",
    "  leading and trailing  ",
    "%magic !shell ?help # comment\n%%cell\n!ls",
    "'single' \"double\" `back` ```fence```",
    "tab\there\nsecond line\n\n\nafter blanks",
]


@pytest.mark.parametrize("prompt", AWKWARD)
def test_a_cell_prompt_arrives_byte_identical(shell: Shell, prompt: str) -> None:
    """What stands below the first line is sent unchanged."""
    with scripted("yes") as client:
        shell.run(f"%%glm --once\n{prompt}")
    assert client.requests[0].messages[-1].content == prompt


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_cell_prompt_arrives_byte_identical(shell: Shell, prompt: str) -> None:
    """No character of a prompt is read as markup, format or variable."""
    with scripted("yes") as client:
        shell.ip.run_cell_magic("glm", "--once", prompt + "\n")
    assert client.requests[0].messages[-1].content == prompt


@pytest.mark.parametrize(
    "prompt", ["{x} $y 'a' \"b\"", "what's -- this?", r"\alpha -m x", "漢字", "'tis?"]
)
def test_a_line_prompt_arrives_byte_identical(shell: Shell, prompt: str) -> None:
    """`%glm ask` takes options in front and leaves the rest of the line alone."""
    with scripted("yes") as client:
        shell.run(f"%glm ask --once -t 0 {prompt}")
    assert client.requests[0].messages[-1].content == prompt
    assert client.requests[0].temperature == 0


def test_options_become_the_request(shell: Shell) -> None:
    """Every sampling option reaches the request in its right type."""
    line = "-m glm-5.2 --effort high -t 0.25 --top-p 0.5 --max-tokens 99 --stop END --think"
    with scripted("yes") as client:
        shell.run(f'%%glm {line} --system "Be brief"\nhi')
    request = client.requests[0]
    assert (request.model, request.effort, request.thinking) == ("glm-5.2", "high", True)
    assert (request.temperature, request.top_p, request.max_tokens) == (0.25, 0.5, 99)
    assert (request.stop, request.messages[0].content) == ("END", "Be brief")


@pytest.mark.parametrize(
    ("cell", "first", "second"),
    [
        ("%%glm --modle x\nhi", "Unknown option: --modle", "--model"),
        ("%%glm --frame pengins\nhi", "Unknown variable: pengins", "penguins"),
        ("%%glm -t hot\nhi", "temperature = 'hot' is not understood.", "GLM models take 0 to 1"),
        ("%%glm -t 1.5\nhi", "temperature = 1.5 is above 1", "0 (steady) to 1"),
        ("%%glm --rows few\nhi", "'few' is not a number above 0", "--help"),
        ("%%glm --provider zia\nhi", "Unknown provider: zia", "zai"),
        ("%%glm -m glm-5.3 --no-think\nhi", "glm-5.3 always thinks", "--effort low"),
        ("%%glm what is this\nhi", "The prompt stands on the option line", "below"),
        ("%%glm --system 'open\nhi", "No closing quotation", "Close"),
        ("%%glm\n ", "There is no prompt.", "below"),
        ("%%glm --out 1x\nhi", "--out 1x is not a variable name", "letters"),
        ("%%glm --out class\nhi", "--out class is not a variable name", "Python's own"),
        ("%glm modles", "Unknown subcommand: modles", "models"),
        ("%glm models --refesh", "Unknown option: --refesh", "--refresh"),
        ("%glm ask", "There is no prompt.", "Write it behind"),
        ("%glm ask --once", "There is no prompt.", "%glm ask How are you?"),
    ],
)
def test_bad_input_is_two_lines(shell: Shell, cell: str, first: str, second: str) -> None:
    """A mistake gives what is wrong and what to do, and nothing is sent."""
    shell.ip.user_ns["penguins"] = pandas.DataFrame({"a": [1]})
    with scripted() as client:
        printed = shell.run(cell).strip().splitlines()
    assert len(printed) == 2, printed
    assert first in printed[0]
    assert second in printed[1]
    assert client.requests == []


def test_no_key_offers_the_sandbox(shell: Shell) -> None:
    """Without a key nothing is sent; the error names the variables, login and the sandbox."""
    first, second = shell.run("%%glm\nhi").strip().splitlines()
    assert "ZAI_API_KEY" in first
    assert "%glm login" in first
    assert "sandbox" in second


def _as_json(shown: str) -> str:
    """The shown request as JSON again: texts that stand as lines behind bars become one."""
    bars = re.compile(r"^( *)(\"\w+\":)\n((?:\1  \| .*\n)+)(?= *(\S))", re.MULTILINE)

    def joined(block: re.Match[str]) -> str:
        lines = [line.partition("| ")[2] for line in block[3].splitlines()]
        return f"{block[2]} {json.dumps(chr(10).join(lines))}{'' if block[4] in '}]' else ','}\n"

    return bars.sub(joined, shown)


def test_the_preview_is_the_request(
    shell: Shell, sandbox: Sandbox, settings_for: Callable[[Sandbox], None]
) -> None:
    """`--preview` shows every value and sends nothing; the body behind it is what is sent."""
    settings_for(sandbox)
    frame = pandas.DataFrame({"price": [1.5, 2.5], "kind": ["a", "b"]})
    shell.ip.user_ns["frame"] = frame
    cell = "--frame frame -t 0.5 {}\nWhat is {{price}}?"
    printed = shell.run("%%glm " + cell.format("--preview"))
    question = workbench().question("What is {price}?", {"frame": frame}, temperature="0.5")
    body = question.preview().body
    assert sandbox.requests == []
    shown = json.loads(_as_json(printed[printed.index("{\n") : printed.rindex("\n}") + 2]))
    shell.run("%%glm " + cell.format(""))
    (sent,) = sandbox.requests
    assert sent.body == body
    assert shown == json.loads(body)
    assert "\n        | kind str 2 distinct, 1 character" in printed
    assert f"{len(body):,} bytes" in printed
    assert "sent along: frame (2 × 2, values) ~" in printed
    assert sandbox.base_url in printed


def test_rows_leave_only_when_asked(
    shell: Shell, sandbox: Sandbox, settings_for: Callable[[Sandbox], None]
) -> None:
    """A cell's value is on the wire with `--rows`, and not without."""
    settings_for(sandbox)
    shell.ip.user_ns["frame"] = pandas.DataFrame({"word": ["zanzibar", "quixotic"]})
    shell.run("%%glm --frame frame --once\nhi")
    shell.run("%%glm --frame frame --rows 1 --once\nhi")
    plain, with_rows = (request.body.decode() for request in sandbox.requests)
    assert "zanzibar" not in plain
    assert "zanzibar" in with_rows
    assert "quixotic" not in with_rows


def test_the_footer_says_what_was_sent(
    shell: Shell, sandbox: Sandbox, settings_for: Callable[[Sandbox], None]
) -> None:
    """The line under an answer names model, tokens, cost, frames and earlier turns."""
    settings_for(sandbox)
    shell.ip.user_ns["frame"] = pandas.DataFrame({"a": [1, 2]})
    first = shell.run("%%glm -m glm-4.5-air --frame frame\nhi")
    second = shell.run("%%glm -m glm-4.5-air\nand now?")
    assert "glm-4.5-air · " in first
    assert "tokens in" in first
    assert "sent: frame (2 × 1, values)" in first
    assert "$0.000" in first
    assert "sent: 1 earlier turn with frame" in second


def test_an_answer_is_bound(shell: Shell) -> None:
    """`--out` binds the answer, with its code, for the next cell."""
    with scripted("Run this:\n```python\nx = 1\n```\n"):
        shell.run("%%glm --out answer\nhi")
    assert shell.ip.user_ns["answer"].code == ["x = 1"]
    assert "x" not in shell.ip.user_ns


def test_python_asks_in_the_same_conversation(shell: Shell) -> None:
    """`glm_magic.ask` knows what a cell asked, and names frames by their variables."""
    with scripted("one", "two") as client:
        shell.run("%%glm\nfirst")
        shell.run("import pandas, glm_magic\nsales = pandas.DataFrame({'a': [1]})")
        printed = shell.run("print(glm_magic.ask('second', sales).text)")
    contents = [message.content for message in client.requests[1].messages]
    assert "first" in contents
    assert "one" in contents
    assert "sales: pandas DataFrame" in contents[-1]
    assert printed.strip() == "two"


def test_async_asking_works_in_a_cell(shell: Shell) -> None:
    """`await glm_magic.ask_async(...)` gives the answer."""
    with scripted("later"):
        shell.run("import glm_magic\nanswer = await glm_magic.ask_async('hi', once=True)")
    assert shell.ip.user_ns["answer"].text == "later"


def test_deltas_can_be_iterated(shell: Shell) -> None:
    """`glm_magic.stream` gives the deltas, without ticks, and the answer afterwards."""
    deltas = [Delta(), Delta(text="a"), Delta(), Delta(text="b"), Delta(finish_reason="stop")]
    with scripted(deltas):
        shell.run(
            "import glm_magic\nstream = glm_magic.stream('hi', once=True)\n"
            "texts = [delta.text for delta in stream]"
        )
    assert shell.ip.user_ns["texts"] == ["a", "b", ""]
    assert shell.ip.user_ns["stream"].answer.text == "ab"


def test_a_model_that_is_not_listed_is_asked_all_the_same(shell: Shell) -> None:
    """An unknown model is a warning with near names, never an error."""
    with scripted("yes") as client:
        printed = shell.run("%%glm -m glm-4.5air\nhi")
    assert client.requests[0].model == "glm-4.5air"
    assert "not in the catalog (did you mean glm-4.5-air" in printed


def test_questions_of_threads_do_not_silence_later_ones(shell: Shell) -> None:
    """Of two that overlap each tells its own, and what comes after them is told as well."""
    begun, first_over = threading.Event(), threading.Event()

    def first() -> Iterator[Delta]:
        assert begun.wait(5)
        yield Delta(text="a", finish_reason="stop", ended=True)

    def second() -> Iterator[Delta]:
        begun.set()
        assert first_over.wait(5)
        yield Delta(text="b", finish_reason="stop", ended=True)

    shell.ip.user_ns["first_over"] = first_over
    cell = """
    import threading, time
    ask = lambda name: get_ipython().run_line_magic("glm", f"ask --once -m {name} hi")
    threads = [threading.Thread(target=ask, args=(name,)) for name in ("glm-one", "glm-two")]
    threads[0].start()
    while not asked.requests:
        time.sleep(0.01)
    threads[1].start()
    threads[0].join()
    first_over.set()
    threads[1].join()
    """
    with scripted(first(), second(), "yes") as client:
        shell.ip.user_ns["asked"] = client
        printed = shell.run(cell)
        assert [printed.count(f"{name} is not in") for name in ("glm-one", "glm-two")] == [1, 1]
        assert "glm-three is not in" in shell.run("%%glm -m glm-three\nhi")


def test_a_key_in_a_prompt_does_not_leave(shell: Shell) -> None:
    """A GLM-shaped key in a prompt is taken out, and the user is told."""
    pasted = "0123456789abcdef" * 2 + "." + "AbCdEfGh12345678"
    with scripted("yes") as client:
        printed = shell.run(f"%%glm --once\nIs {pasted} valid?")
    assert pasted not in str(client.requests)
    assert "An API key was taken out of the prompt." in printed


def test_no_key_of_this_process_leaves(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key for another host is taken out too, of what is typed and of what is attached."""
    monkeypatch.setenv("COMETAPI_KEY", "a-key-for-another-host")
    monkeypatch.setenv("GLM_PROVIDER", "zai")
    workbench().ring.give("https://host.example:443", APIKey("a-key-that-was-given"))
    shell.ip.user_ns["notes"] = ["a-key-for-another-host", "fine"]
    prompt = "Why do a-key-for-another-host and a-key-that-was-given fail?"
    with scripted("yes") as client:
        printed = shell.run(f"%%glm --once --var notes --system a-key-that-was-given\n{prompt}")
    sent = str(client.requests)
    assert "fine" in sent
    assert "a-key-" not in sent
    assert "An API key was taken out of the prompt." in printed


def test_help_is_the_manual(shell: Shell) -> None:
    """`%%glm --help`, `%glm help` and `%%glm?` show every option."""
    shown = [shell.run("%%glm --help"), shell.run("%glm help"), shell.run("%glm ask --help")]
    shown.append(str(shell.ip.magics_manager.magics["cell"]["glm"].__doc__))
    for text in shown:
        for option in ("--frame", "--rows", "--preview", "--no-think", "--max-tokens"):
            assert option in text


def test_a_stopped_answer_is_bound_too(shell: Shell) -> None:
    """`--out` holds what came when the answer was stopped."""
    with scripted(broken(KeyboardInterrupt())):
        printed = shell.run("%%glm --once --out answer\nhi")
    assert "Stopped. The 4 characters that came are kept." in printed
    assert shell.ip.user_ns["answer"].text == "half"
    assert shell.ip.user_ns["answer"].partial_reason == "interrupted"


def broken(error: BaseException) -> Iterator[Delta]:
    """An answer that ends in an error."""
    yield Delta(text="half")
    raise error


def test_a_key_in_a_frame_does_not_leave(
    shell: Shell,
    sandbox: Sandbox,
    settings_for: Callable[[Sandbox], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The key that is set now stands in no request, wherever it was, and the user is told."""
    settings_for(sandbox)
    held = pandas.DataFrame({"note": [CANARY] * 20})
    shell.ip.user_ns["held"] = held
    printed = shell.run(f"%%glm --frame held --stop {CANARY} --once\nhi")
    (sent,) = sandbox.requests
    assert CANARY not in sent.body.decode()
    assert "redacted" in sent.body.decode()
    assert "key" in printed


def test_a_preview_needs_no_key(shell: Shell) -> None:
    """Looking at a request asks for no key."""
    assert "Authorization: none" in shell.run("%%glm --preview\nhi")
