"""Loading, unloading, completion."""

import pytest
from traitlets.config import Config

from glm_magic.jupyter.first_words import heed_our_cells, heed_our_lines
from glm_magic.testing import scripted
from tests.jupyter.conftest import Shell


def state(shell: Shell) -> tuple[object, ...]:
    """What an extension could leave behind."""
    ip = shell.ip
    return (
        sorted(ip.magics_manager.magics["line"]),
        sorted(ip.magics_manager.magics["cell"]),
        list(ip.configurables),
        list(ip.Completer.custom_matchers),
        list(ip.input_transformers_cleanup),
        {name: list(found) for name, found in ip.events.callbacks.items()},
    )


def test_unload_undoes_load(bare_shell: Shell) -> None:
    """After unloading, the shell is as it was before, also after fifty rounds."""
    bare_shell.ip.run_line_magic("unload_ext", "glm_magic")  # IPython itself adds something once
    before = state(bare_shell)
    for _ in range(50):
        bare_shell.ip.run_line_magic("load_ext", "glm_magic")
        bare_shell.ip.run_line_magic("reload_ext", "glm_magic")
        bare_shell.ip.run_line_magic("unload_ext", "glm_magic")
    assert state(bare_shell) == before


def test_loading_twice_registers_once(shell: Shell) -> None:
    """A second `%load_ext` changes nothing."""
    before = state(shell)
    shell.ip.extension_manager.loaded.discard("glm_magic")
    shell.ip.run_line_magic("load_ext", "glm_magic")
    assert state(shell) == before


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%%glm --fr", "--frame"),
        ("%%glm --no", "--no-think"),
        ("%%glm -m glm-4.5-a", "glm-4.5-air"),
        ("%%glm --model glm-4.5-a", "glm-4.5-airx"),
        ("%%glm --provider big", "bigmodel"),
        ("%%glm -m glm-4.5 --frame peng", "penguins"),
        ("%glm mod", "models"),
        ("%glm model glm-4.6", "glm-4.6v-flash"),
        ("%glm models --re", "--refresh"),
        ("%glm login co", "cometapi"),
        ("%glm ask --prev", "--preview"),
        ("%glm retry --max", "--max-tokens"),
        ("%glm fix --fra", "--frame"),
        ("%glm explain --ro", "--rows"),
        ("%glm continue --mo", "--model"),
        ("%glm context --sta", "--stats"),
        ("%%glm_map model --lab", "--labels"),
    ],
)
def test_tab_completes_the_first_line(shell: Shell, line: str, expected: str) -> None:
    """Options, models, providers, frames and subcommands are offered where they fit."""
    shell.run("import pandas\npenguins = pandas.DataFrame({'a': [1]})\npenalty = 3")
    offered = shell.complete(line)
    assert any(name.endswith(expected) for name in offered), offered


def test_retry_offers_what_it_heeds(shell: Shell) -> None:
    """What `%glm retry` would refuse is not offered."""
    assert shell.complete("%glm retry --f") == ["--fresh"]


def test_only_frames_are_offered_as_frames(shell: Shell) -> None:
    """After `--frame` a variable that is no frame is not offered."""
    shell.run("import pandas\npenguins = pandas.DataFrame({'a': [1]})\npenalty = 3")
    assert shell.complete("%%glm --frame pen") == ["penguins"]


def test_the_prompt_is_left_to_python_completion(shell: Shell) -> None:
    """In the prompt our options are not offered."""
    assert "--frame" not in shell.complete("%%glm\n--fr")


ASK = "get_ipython().run_line_magic('glm', {!r})\n"
CELL = "get_ipython().run_cell_magic('glm', {!r}, {!r})\n"


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        (["%glm ask how are you?\n"], [ASK.format("ask how are you?")]),
        (["%glm\task  who?\n"], [ASK.format("ask  who?")]),
        (["x = 1\n", "%glm ask what's up?\n"], ["x = 1\n", ASK.format("ask what's up?")]),
        (["if x:\n", "    %glm ask who?\n"], ["if x:\n", "    " + ASK.format("ask who?")]),
        (
            ["%glm ask hi :(\n", "%glm ask who?\n"],
            [ASK.format("ask hi :("), ASK.format("ask who?")],
        ),
        (
            ["%glm ask '''\n", "%glm fix\n", "%glm ask who?\n"],
            [ASK.format("ask '''"), ASK.format("fix"), ASK.format("ask who?")],
        ),
        (["x = %glm ask who?\n"], ["x = " + ASK.format("ask who?")]),
        (
            ["%timeit -n1 %glm ask who?\n"],
            ["get_ipython().run_line_magic('timeit', '-n1 %glm ask who?')\n"],
        ),
        (["%glm ask one \\\n", "two?\n"], ["%glm ask one \\\n", "two?\n"]),
        (["%time print(1)\n", "x?\n"], ["%time print(1)\n", "x?\n"]),
        (["%glm ask hi\n"], ["%glm ask hi\n"]),
        (["%glm help?\n"], ["%glm help?\n"]),
        (["x = '''\n", "%glm ask who?\n", "'''\n"], ["x = '''\n", "%glm ask who?\n", "'''\n"]),
        (["%%markdown\n", "%glm ask who?\n"], ["%%markdown\n", "%glm ask who?\n"]),
        ([], []),
    ],
)
def test_a_question_is_no_call_for_help(source: list[str], kept: list[str]) -> None:
    """A line's question keeps its mark, whatever stands above it; all else is untouched."""
    assert heed_our_lines(source) == kept


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        (["%%glm -h\n"], [CELL.format("-h", "\n")]),
        (["%%glm\n", "  \n"], [CELL.format("", "\n")]),
        (["%%glm\t--once\n", "hi\n"], [CELL.format("--once", "hi\n")]),
        (["\n", "%%glm\n", "hi?\n"], [CELL.format("", "hi?\n")]),
        (["  %%glm\n", "  a\n", "    b\n"], [CELL.format("", "a\n  b\n")]),
        (["%%glm?\n"], ["%%glm?\n"]),
        (["%%glmx\n"], ["%%glmx\n"]),
        (["x = '''\n", "%%glm\n", "'''\n"], ["x = '''\n", "%%glm\n", "'''\n"]),
        ([], []),
    ],
)
def test_a_cell_reaches_us(source: list[str], kept: list[str]) -> None:
    """`%%glm --help` needs no body, and what is no cell of ours is untouched."""
    assert heed_our_cells(source) == kept


@pytest.mark.parametrize(
    "prompt",
    [
        ">>> for x in y:\n...     print(x)\nWhat does it print?",
        "In [3]: df.head()\nOut[3]: nothing\nWhy?",
        "... and by island?",
        "  indented\n   \n    more",
        "%glm ask why?\n!rm \\",
    ],
)
def test_a_pasted_session_is_sent_as_it_is(shell: Shell, prompt: str) -> None:
    """IPython's prompts in front of lines are part of the question."""
    with scripted("yes") as client:
        shell.run(f"%%glm --once\n{prompt}")
    assert client.requests[0].messages[-1].content == prompt


def test_a_cell_may_be_typed_line_by_line(shell: Shell) -> None:
    """In a terminal Enter after `%%glm` begins the prompt, and an empty line ends it."""
    assert shell.ip.check_complete("%%glm")[0] == "incomplete"
    assert shell.ip.check_complete("%%glm\nhi")[0] == "incomplete"
    assert shell.ip.check_complete("%%glm\nhi\n\n")[0] == "complete"


def test_config_of_unknown_traits_is_no_trouble(bare_shell: Shell) -> None:
    """Other people's sections in `ipython_config.py` do not disturb loading."""
    bare_shell.ip.config.merge(Config({"Other": {"x": 1}}))
    bare_shell.ip.run_line_magic("load_ext", "glm_magic")
    assert "glm" in bare_shell.ip.magics_manager.magics["cell"]
