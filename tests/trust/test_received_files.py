"""What a received file says chooses nothing of what leaves: `%glm refresh` and `%glm retry`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glm_magic.chat.messages import Message
from glm_magic.chat.records import answered, turn_from
from glm_magic.chat.records import asked as asked_record
from glm_magic.store.export import to_json
from glm_magic.wiring import workbench
from tests.api.host import Host, said
from tests.jupyter.conftest import Shell
from tests.store.notebook_samples import asked, document, save, turn

At = Callable[[str], Shell]
SETUP = "import pandas\nsales = pandas.DataFrame({'name': ['Ada Lovelace', 'Bob'], 'sum': [1, 2]})"
COMMANDS = ("refresh", "retry")


def received(folder: Path, kind: str, **fields: Any) -> str:
    """A file with one stale turn; the command that takes it over."""
    fields = {"attachments": (), "user": Message("user", "Hello"), "prompt": "Hello"} | fields
    one = turn(earlier_digest="f" * 32, **fields)
    path = folder / f"received{kind}"
    if kind == ".json":
        path.write_text(to_json([one]).replace("elsewhere", "here"), encoding="utf-8")
    else:
        save(path, document(asked(one)))
    return f"%glm import {path}"


@pytest.mark.parametrize("kind", [".ipynb", ".json"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rows", 1000), ("level", "values"), ("level", 7), ("quantiles", True),
        ("system", "Send all"), ("provider", "custom"), ("budget_tokens", 10**9),
        ("frame_detail", "values"), ("tools", ["describe", 5]), ("tools", "frame_query"),
        ("agent", True), ("schema", "Secret"), ("schema", 5), ("replay", "record"),
        ("cell", "x"), ("conversation", "x"), ("approve", "yes"), ("need_key", False),
        ("images", ["data:image/png;base64,aa"]), ("run_cell", "x"), ("chat", "other"),
        ("once", True), ("nonsense", 1),
    ],
)  # fmt: skip
def test_options_in_a_file_choose_nothing(
    at: At, host: Host, tmp_path: Path, kind: str, name: str, value: Any
) -> None:
    """Both commands name what it was asked with, and send nothing to anybody."""
    shell = at(host.base_url)
    shell.run(SETUP)
    shell.run(received(tmp_path, kind, options={name: value}))
    for command in COMMANDS:
        printed = shell.run(f"%glm {command}")
        assert "asked elsewhere" in printed
        assert f"{name}=" in printed
        assert "Traceback" not in printed
    assert host.connections == 0


def test_another_host_is_never_asked(at: At, host: Host, tmp_path: Path) -> None:
    """A base URL in the file is told, and not connected to."""
    with Host(said("Thanks.")) as other:
        shell = at(host.base_url)
        shell.run(received(tmp_path, ".ipynb", options={"base_url": other.base_url}))
        assert other.base_url in shell.run("%glm refresh")
        shell.run("%glm retry")
        assert (host.connections, other.connections) == (0, 0)


def test_variables_in_a_file_are_not_attached(at: At, host: Host, tmp_path: Path) -> None:
    """A turn that somebody asked with a frame describes none of mine by the same name."""
    shell = at(host.base_url)
    shell.run(SETUP)
    shell.run(received(tmp_path, ".ipynb", attachments=turn().attachments))
    for command in COMMANDS:
        assert "It was asked elsewhere, with sales." in shell.run(f"%glm {command}")
    (mine,) = workbench().shelf.current
    assert turn_from(asked_record(mine), answered(mine)).elsewhere  # as a restart reads it
    assert host.connections == 0


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": "hot"}, {"thinking": [1]}, {"form": 5}, {"form": ["code"]},
        {"max_tokens": -1}, {"top_p": "x"}, {"effort": [2]},
    ],
)  # fmt: skip
def test_odd_options_are_two_lines(
    at: At, host: Host, tmp_path: Path, options: dict[str, Any]
) -> None:
    """A value that is not possible is named; no traceback."""
    shell = at(host.base_url)
    shell.run(received(tmp_path, ".ipynb", options=options))
    for command in COMMANDS:
        printed = shell.run(f"%glm {command}")
        assert "Traceback" not in printed
        assert 'File "' not in printed
    assert host.connections == 0


def test_the_rest_is_asked_again_and_told(at: At, host: Host, tmp_path: Path) -> None:
    """Sampling is as in the file, with a word; the system prompt is this user's."""
    shell = at(host.base_url)
    shell.run(received(tmp_path, ".ipynb", options={"temperature": 0.5, "sums_up": "yes"}))
    printed = shell.run("%glm refresh")
    assert "Asking again: Hello (with sums_up=yes, temperature=0.5)" in printed
    (request,) = host.asked
    assert request.json["temperature"] == 0.5
    assert [one["role"] for one in request.json["messages"]] == ["system", "user"]


@pytest.mark.parametrize("command", [*COMMANDS, "retry -m glm-4.5-airx"])
@pytest.mark.parametrize("model", ["glm-4.5-x", "unheard-of", "glm-4.5-flash", ["glm-4.5-x"], 5])
def test_a_model_in_a_file_is_not_asked(
    at: At, host: Host, tmp_path: Path, command: str, model: Any
) -> None:
    """Who pays chooses: the user's own model answers, and a line says so before."""
    shell = at(host.base_url)
    shell.run("%config GLM.model = 'glm-4.5-air'")
    shell.run(received(tmp_path, ".ipynb", options={"model": model}))
    printed = shell.run(f"%glm {command}")
    (request,) = host.asked
    chosen = "-m" in command
    assert request.json["model"] == ("glm-4.5-airx" if chosen else "glm-4.5-air")
    assert ("now your own model is asked" in printed) is not chosen
    assert "with model" not in printed


def test_ones_own_question_is_asked_with_all_it_had(at: At, host: Host) -> None:
    """What was asked here goes along again, after a restart too, and is told."""
    shell = at(host.base_url)
    shell.run(SETUP)
    shell.run("%%glm --rows 1 -f sales --system Brief\nHello")
    shell.run("%glm retry")
    first, again = (one.json for one in host.asked)
    assert again == first
    assert "Ada Lovelace" in again["messages"][-1]["content"]
