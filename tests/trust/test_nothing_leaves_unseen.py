"""Promise 1: what leaves is seen before, said after, and holds no raw row unless asked."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.host import Host
from tests.jupyter.conftest import Shell

At = Callable[[str], Shell]
SETUP = """
import numpy, pandas
sales = pandas.DataFrame({"shop": ["North", "South"] * 20, "sum": range(40)})
stores = pandas.DataFrame({"shop": ["North", "South"], "size": [3, 4]})
weights = numpy.arange(6.0)
note = "Remember the milk."
"""
QUESTIONS = [
    "%%glm --no-think{}\nHello",
    "%%glm --no-think --frame sales{}\nWhich shop?",
    "%%glm --no-think --schema{}\nCompare @sales and @stores.",
    "%%glm --no-think --rows 2 --frame sales --var weights --var note{}\nAnd $x = {{y}}$?",
    "%%glm --no-think --as json --system Brief -t 0.3 --top-p 0.9 --stop END{}\nA JSON object.",
    "%%glm --no-think --tools frame_query --frame sales{}\nThe mean?",
]


def words(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from words(one)
    elif isinstance(value, list):
        for one in value:
            yield from words(one)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_preview_is_what_is_sent_and_sends_nothing(at: At, host: Host, question: str) -> None:
    """No connection is made; then every text of the request stands in what was previewed."""
    shell = at(host.base_url)
    shell.run(SETUP)
    preview = shell.run(question.format(" --preview"))
    assert host.connections == 0
    shell.run(question.format(""))
    (asked,) = host.asked
    shown = " ".join(preview.replace("\\n", " ").replace('\\"', '"').split())
    for text in words(asked.json):
        for line in text.splitlines():
            if line.startswith(("<data", "</data")):  # the fence is drawn anew each time
                continue
            assert " ".join(line.split()) in shown, line


def test_only_questions_leave(
    at: At, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading, looking, configuring, undoing, exporting, completing: no connection is made."""
    monkeypatch.chdir(tmp_path)  # the export lands here
    shell = at(host.base_url)
    shell.run(SETUP)
    for line in (
        "reload_ext glm_magic", "glm help", "glm config", "glm models", "glm model glm-4.5-air",
        "glm chats", "glm show", "glm last", "glm undo", "glm redo", "glm clear", "glm usage",
        "glm context @sales", "glm hide sales.shop", "glm fork other", "glm export out.md",
        "glm code", "glm panel", "config GLM.temperature = 0.5", "unload_ext glm_magic",
        "load_ext glm_magic",
    ):  # fmt: skip
        shell.run(f"%{line}")
    shell.complete("%%glm --frame sa")
    shell.run("import glm_magic\nglm_magic.Chat()\nglm_magic.Answer")
    assert host.connections == 0
    assert (tmp_path / "out.md").exists()


def test_the_footer_says_what_went_along(at: At, host: Host) -> None:
    """Frames with size and level, variables, earlier turns; model, tokens and cost."""
    shell = at(host.base_url)
    shell.run(SETUP)
    first = shell.run("%%glm --no-think --frame sales --var note\nHello")
    footer = first.strip().splitlines()[-1]
    for said in ("glm-4.5", "3 tokens in", "$", "sales (40 × 2, values)", "note"):
        assert said in footer, footer
    second = shell.run("%%glm --no-think\nAnd?").strip().splitlines()[-1]
    assert "1 earlier turn with sales" in second, second
    rows = shell.run("%%glm --no-think --once --frame sales --rows 3\nAnd?").strip().splitlines()
    assert "3 raw rows" in rows[-1], rows[-1]


CELL = st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=12, max_size=20)


@given(st.lists(CELL, min_size=3, max_size=12, unique=True), st.sampled_from(["a", "name", "note"]))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_leaves_unasked(at: At, host: Host, values: list[str], column: str) -> None:
    """Of texts that differ from row to row none is sent at any level; with --rows N the first N."""
    shell = at(host.base_url)
    shell.ip.user_ns["t"] = pandas.DataFrame({column: values, "n": range(len(values))})
    for option, rows in (("--schema", 0), ("--stats", 0), ("", 0), ("--rows 2", 2)):
        shell.run(f"%%glm --no-think --once --frame t {option}\nHello")
        sent = json.dumps(host.asked[-1].json, ensure_ascii=False)
        assert [value in sent for value in values] == [n < rows for n in range(len(values))]
