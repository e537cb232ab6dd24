"""A conversation leaves as notebook, Markdown or JSON, and comes back from two of them."""

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glm_magic.answer import Answer
from glm_magic.chat.turns import Turn
from glm_magic.cli import main
from glm_magic.errors import ArgumentError, StoreError
from glm_magic.store.export import (
    export,
    import_turns,
    to_json,
    to_markdown,
    to_notebook,
    turns_from_json,
)
from glm_magic.store.location import name_id
from glm_magic.store.notebook_file import read_notebook
from tests.render.attacks import ATTACKS
from tests.render.oracle import dangers

from .notebook_samples import (
    asked,
    document,
    load,
    long_answer,
    output,
    save,
    turn,
    turns,
    without_context,
)

TALK = [
    turn(1, text=long_answer(600), prompt="Was heißt 猫 🐈?\n```python\n1\n```\n"),
    turn(2, reasoning="Hm.", partial_reason="interrupted", cell=None),
    turn(3, text="````\n```\nfence\n````", cell="cell-1/2"),
]


def show(one: Turn) -> str:
    """As the command line shows it."""
    return Answer(one).markdown()


@given(st.lists(turns(), max_size=3))
def test_json_loses_nothing(some: list[Turn]) -> None:
    """Every turn, with what was attached and embedded, is the same after a round trip."""
    assert turns_from_json(to_json(some)) == tuple(some)


def test_json_is_versioned() -> None:
    """The file says what it is and in which schema; half surrogate pairs survive too."""
    document = json.loads(to_json(TALK))
    assert (document["glm_magic"], document["schema"]) == ("conversation", 1)
    odd = turn(text="a\ud800")
    assert turns_from_json(to_json([odd])) == (odd,)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some=st.lists(turns(), max_size=3, unique_by=lambda one: one.id), shown=st.booleans())
def test_any_notebook_is_valid_and_restores(some: list[Turn], shown: bool, tmp_path: Path) -> None:
    """The file is valid, and reading it gives the turns again in their order."""
    path = tmp_path / "talk.ipynb"
    export(some, path, show=show if shown else None, conversation="c", overwrite=True)
    load(path)
    back = import_turns(path)
    assert [(one.id, one.prompt, one.text, one.reasoning) for one in back] == [
        (one.id, one.prompt, one.text, one.reasoning) for one in some
    ]


def mixed(folder: Path) -> Path:
    """A notebook with a conversation of its own and, more often, others'."""
    told = {"one": "a" * 32, "side": name_id("my side"), "more": name_id("my side"), "once": ""}
    one = [turn(number, prompt=prompt) for number, prompt in enumerate(told, 1)]
    outputs = [output(each, told[each.prompt]) for each in one]
    cells = [asked(each, shown) for each, shown in zip(one, outputs, strict=True)]
    return save(folder / "mixed.ipynb", document(*cells))


@pytest.mark.parametrize(
    ("options", "prompts"),
    [([], ["one"]), (["--chat", "my side"], ["side", "more"])],
)
def test_only_one_conversation_is_exported(
    tmp_path: Path, options: list[str], prompts: list[str]
) -> None:
    """Named chats and questions outside the conversation do not get into it by an export."""
    out = tmp_path / "out.ipynb"
    assert main(["export", str(mixed(tmp_path)), str(out), *options]) == 0
    found = read_notebook(out)
    assert found is not None
    assert [one.prompt for one, _ in found.own()] == prompts
    assert main(["export", str(out), str(tmp_path / "none.md"), "--chat", "other"]) == 1


def test_only_the_notebooks_own_turns_are_imported(tmp_path: Path) -> None:
    """`%glm import` of a notebook brings what its next question would send along."""
    assert [one.prompt for one in import_turns(mixed(tmp_path))] == ["one"]


def test_a_named_chat_is_restored_from_its_export(tmp_path: Path) -> None:
    """The notebook that `%glm export` writes of it has it as its own conversation."""
    path = tmp_path / "talk.ipynb"
    export(TALK, path, conversation=name_id("my chat"))
    found = read_notebook(path)
    assert found is not None
    assert [one.id for one, _ in found.own()] == [one.id for one in TALK]


def test_the_notebook_reads_well(tmp_path: Path) -> None:
    """Title, a cell that loads the extension, then each prompt quoted and asked."""
    path = tmp_path / "talk.ipynb"
    export(TALK, path, "Cats & dogs", show=show, conversation="a" * 32)
    cells = load(path)["cells"]
    assert "".join(cells[0]["source"]) == "# Cats &#38; dogs"
    assert "".join(cells[1]["source"]) == "%load_ext glm_magic"
    assert "".join(cells[2]["source"]).startswith("**1** · 2026-11-24 00:00 UTC · glm-4.5\n")
    assert "".join(cells[3]["source"]).startswith(
        "%%glm -m glm-4.5 --frame sales\nWas heißt 猫 🐈?"
    )
    assert cells[3]["execution_count"] is None
    assert [cell["id"] for cell in cells[3::2]] == ["cell-1", f"turn-{2:032x}", "cell-1-2"]
    found = read_notebook(path)
    assert found is not None
    assert found.conversations == ("a" * 32,)
    expected = [without_context(one) for one in TALK]
    assert [one.text for one in found.turns] == [one.text for one in expected]
    assert found.turns[0] == expected[0]


def test_markdown_reads_well() -> None:
    """Prompts stand in fences that hold them, answers as they are shown, with their footers."""
    text = to_markdown(TALK, "Cats", show)
    assert text.startswith("# Cats\n\n## 1 · 2026-11-24 00:00 UTC · glm-4.5\n")
    assert "````text\nWas heißt 猫 🐈?\n```python\n1\n```\n````" in text
    assert text.count("120 tokens in") == 3
    assert "Incomplete&#58; interrupted." in text
    assert text.endswith("\n")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_hostile_text_is_inert(attack: str) -> None:
    """An attack as prompt, title, name or answer does nothing in Markdown or a notebook."""
    one = turn(prompt=attack, text=attack, reasoning=attack, model=attack, created=attack)
    for how in (show, None):
        assert dangers(to_markdown([one], attack, how)) == []
        notebook = to_notebook([one], attack, how)
        nbformat.validate(notebook)
        for cell in notebook.cells:
            shown = [cell.source] if cell.cell_type == "markdown" else []
            shown += [output.data["text/markdown"] for output in cell.get("outputs", [])]
            assert [found for markdown in shown for found in dangers(markdown)] == []


def test_a_name_cannot_add_lines_to_a_cell() -> None:
    """Model and frame names from elsewhere are written only when they are plain names."""
    one = turn(model="a\nimport os", prompt="Hello")
    assert "import" not in to_notebook([one]).cells[3].source


@pytest.mark.parametrize("name", ["talk.ipynb", "talk.md", "talk.json", "TALK.JSON"])
def test_a_file_is_never_overwritten(name: str, tmp_path: Path) -> None:
    """A file that is there stays, unless the user says otherwise."""
    path = tmp_path / name
    path.write_text("mine")
    with pytest.raises(ArgumentError, match="exists already"):
        export(TALK, path)
    assert path.read_text() == "mine"
    export(TALK, path, overwrite=True)
    assert path.read_text() != "mine"


def test_the_file_is_the_users(tmp_path: Path) -> None:
    """An exported file can be read by whom the user's umask allows."""
    mask = os.umask(0o022)
    try:
        export(TALK, tmp_path / "talk.md")
    finally:
        os.umask(mask)
    assert (tmp_path / "talk.md").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ["talk.html", "talk", ".json"])
def test_another_suffix_names_the_three(name: str, tmp_path: Path) -> None:
    """The error says what can be written."""
    for deed in (lambda path: export(TALK, path), import_turns):
        with pytest.raises(ArgumentError, match=r"\.ipynb, \.md or \.json"):
            deed(tmp_path / name)


def test_import_reads_what_export_writes(tmp_path: Path) -> None:
    """JSON comes back whole, a notebook without what was attached."""
    export(TALK, tmp_path / "talk.json")
    export(TALK, tmp_path / "talk.ipynb")
    assert import_turns(tmp_path / "talk.json") == tuple(TALK)
    assert import_turns(tmp_path / "talk.ipynb")[0] == without_context(TALK[0])
    with pytest.raises(ArgumentError, match="cannot be read back from Markdown"):
        import_turns(tmp_path / "talk.md")


def damaged(**changes: Any) -> str:
    """An exported conversation with something else in it."""
    document: dict[str, Any] = json.loads(to_json(TALK[:1]))
    return json.dumps(document | changes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read"),
        ("{", "not a conversation"),
        ("[]", "not a conversation"),
        ("[" * 100_000, "not a conversation"),
        ('{"glm_magic": 1}', "not a conversation"),
        (damaged(schema=2), "newer glm_magic"),
        (damaged(turns=None), "Turn 1"),
        (damaged(turns=[{}]), "Turn 1"),
        (damaged(turns=[[]]), "Turn 1"),
        (damaged(turns=[json.loads(to_json(TALK))["turns"][0] | {"text": 1}]), "Turn 1"),
    ],
)
def test_a_damaged_export_is_two_lines(text: str, message: str, tmp_path: Path) -> None:
    """What went wrong and what to do, and no half of a conversation."""
    (tmp_path / "talk.json").write_text(text)
    with pytest.raises(StoreError, match=message) as caught:
        import_turns(tmp_path / "talk.json")
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["no.json", "no.ipynb", "folder.json"])
def test_a_missing_file_is_two_lines(name: str, tmp_path: Path) -> None:
    """There is nothing to import."""
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(StoreError, match="cannot be read"):
        import_turns(tmp_path / name)
