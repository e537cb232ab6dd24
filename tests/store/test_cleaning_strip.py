"""A stripped notebook: nothing of glm_magic in it, and everything else as it was."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from glm_magic.errors import StoreError
from glm_magic.store.cleaning import strip_notebook
from glm_magic.store.export import export
from glm_magic.store.notebook_file import read_notebook

from .notebook_samples import asked, code, document, load, long_answer, output, save, turn

TEXT = long_answer(2000)
USERS = {
    "output_type": "stream", "name": "stdout", "text": "mine: 3.0 äöü 猫 \u2028\n" * 3
}  # fmt: skip
PREVIEW = {"output_type": "stream", "name": "stdout", "text": "messages: region: north, south"}


def widgets(*marks: dict[str, Any]) -> dict[str, Any]:
    """Saved widget state: one widget of ours by its mark, its layout, and the user's slider."""
    state: dict[str, Any] = {
        f"ours-{number}": {
            "model_name": "AnyModel",
            "model_module": "anywidget",
            "state": {**mark, "layout": "IPY_MODEL_lay", "_shown": "IPY_MODEL_shared"},
        }
        for number, mark in enumerate(marks)
    }
    plain = {"model_module": "@jupyter-widgets/base", "model_name": "LayoutModel", "state": {}}
    state |= {"lay": plain, "shared": plain}
    state["slider"] = {**plain, "state": {"layout": "IPY_MODEL_shared", "value": 3}}
    mime = "application/vnd.jupyter.widget-state+json"
    return {mime: {"state": state, "version_major": 2, "version_minor": 0}}


def sample(folder: Path) -> Path:
    """A notebook with everything of ours in it, and with things of the user's."""
    one = turn(1, text=TEXT, prompt="Why is the sky blue?")
    view = {
        "output_type": "display_data", "metadata": {},
        "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "ours-0"}},
    }  # fmt: skip
    marks = ({"_anywidget_id": "glm_magic.jupyter.panel.Panel"}, {"_dom_classes": ["glm-magic"]})
    return save(
        folder / "n.ipynb",
        document(
            asked(one),
            code("mine()\n%glm ask x", USERS, output(turn(2, text=TEXT)), cell="line"),
            code("%config GLM.stop = None\n# look\n%glm refresh", PREVIEW, cell="commands"),
            code("x = 1\n%glm ask \\\n  --preview Why?", PREVIEW, cell="mixed"),
            code("\n%%glm --preview\nWhy?", PREVIEW, cell="preview"),
            code("%%glmx\nnot ours", USERS, cell="user"),
            code("panel()", view, cell="panel", glm_magic={"a": 1}, tags=["keep"]),
            widgets=widgets(*marks),
            kernelspec={"name": "python3", "display_name": "P"},
            glm_magic={"conversation": "x"},
        ),
    )


def test_no_trace_is_left(tmp_path: Path) -> None:
    """Answers, metadata, previews and widget state go; prompts and all of the user's stay."""
    path = sample(tmp_path)
    before = load(path)
    assert strip_notebook(path) == 11
    text = path.read_text()
    after = load(path)
    assert '"glm_magic"' not in text
    for trace in ("glm_magic", "glm-4.5", TEXT[:30], "north, south", "cell-2", "ours-", "tokens"):
        assert trace not in text, trace
    assert text.count("Why is the sky blue?") == 1
    assert "".join(after["cells"][0]["source"]) == "%%glm\nWhy is the sky blue?"
    assert after["cells"][1]["outputs"] == [before["cells"][1]["outputs"][0]]
    assert after["cells"][5] == before["cells"][5]
    assert after["cells"][6]["metadata"] == {"tags": ["keep"]}
    state = after["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    assert set(state) == {"shared", "slider"}


@pytest.mark.parametrize(
    "source",
    [
        "%%time\n%%glm --preview -f sales\nWhat?", "%time %glm ask --preview What?",
        "glm ask --preview What?", "text = %glm ask --preview What?",
        "get_ipython().run_line_magic('glm', 'ask --preview What?')",
        "glm_magic.map(sales, 'What?', dry_run=True)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("first", ["Preview: nothing was sent.", "Dry run: nothing was sent."])
def test_no_preview_is_left(source: str, first: str, tmp_path: Path) -> None:
    """However it was asked for, and with what was printed before it."""
    text = f"{first}\nPOST https://example.com\nregion: north, south\n"
    result = {
        "output_type": "execute_result", "execution_count": 1, "metadata": {},
        "data": {"text/plain": text.splitlines(keepends=True)},
    }  # fmt: skip
    printed = {**PREVIEW, "text": f"mine: 3\n{text}"}
    path = save(tmp_path / "n.ipynb", document(code(source, USERS, printed, result)))
    strip_notebook(path, keep_answers=True)
    assert path.read_text().count("north") == 2
    assert strip_notebook(path) == 2
    (left,) = load(path)["cells"][0]["outputs"]
    assert "".join(left["text"]) == USERS["text"]


def test_stripping_again_changes_nothing(tmp_path: Path) -> None:
    """A clean notebook is not even written."""
    path = sample(tmp_path)
    strip_notebook(path)
    stamp, raw = path.stat().st_mtime_ns, path.read_bytes()
    assert strip_notebook(path) == 0
    assert (path.stat().st_mtime_ns, path.read_bytes()) == (stamp, raw)


def test_checking_changes_nothing(tmp_path: Path) -> None:
    """With `check` the traces are counted and the file stays."""
    path = sample(tmp_path)
    raw = path.read_bytes()
    assert strip_notebook(path, check=True) == 11
    assert path.read_bytes() == raw


def test_answers_can_stay(tmp_path: Path) -> None:
    """With `keep_answers` the shown Markdown stays and the record behind it goes."""
    path = sample(tmp_path)
    strip_notebook(path, keep_answers=True)
    text = path.read_text()
    after = load(path)
    assert '"glm_magic"' not in text
    assert "request_digest" not in text
    assert after["cells"][0]["outputs"][0]["metadata"] == {}
    assert "".join(after["cells"][0]["outputs"][0]["data"]["text/markdown"]).startswith(TEXT[:99])
    found = read_notebook(path)
    assert found is not None
    assert found.turns == ()


def test_prompts_can_go(tmp_path: Path) -> None:
    """With `prompts` the `%%glm` cells go too."""
    path = sample(tmp_path)
    strip_notebook(path, prompts=True)
    assert [cell["id"] for cell in load(path)["cells"]] == [
        "line", "commands", "mixed", "user", "panel",
    ]  # fmt: skip


def test_an_exported_notebook_becomes_its_prompts(tmp_path: Path) -> None:
    """Quoted prompts of an export are ours and go; the cells with the prompts stay."""
    path = tmp_path / "n.ipynb"
    export([turn(1, text=TEXT)], path)
    strip_notebook(path)
    assert [cell["id"] for cell in load(path)["cells"]] == ["glm-title", "glm-load", "cell-1"]
    assert '"glm_magic"' not in path.read_text()


@pytest.mark.parametrize("indent", [None, 1, 2, 4, "\t"])
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("around", ["{}", "{}\n", "\ufeff{}\n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_files_spelling_is_kept(
    tmp_path: Path, indent: Any, ascii_only: bool, around: str, newline: str
) -> None:
    """Indentation, escapes, key order, line ends and what stands at the end are as they were."""
    content = document(asked(turn(1)), code("猫 = 1", USERS, cell="user"), zeta=1, alpha=[])
    content["cells"][1]["metadata"] = {"big": 2**70, "small": 1.0, "half": "\ud800"[:ascii_only]}
    clean = copy.deepcopy(content)
    clean["cells"][0]["outputs"] = []

    def raw(value: Any) -> bytes:
        text = around.format(json.dumps(value, indent=indent, ensure_ascii=ascii_only))
        return text.replace("\n", newline).encode()

    path = tmp_path / "n.ipynb"
    path.write_bytes(raw(content))
    strip_notebook(path)
    assert path.read_bytes() == raw(clean)


def test_mode_and_link_are_kept(tmp_path: Path) -> None:
    """The file keeps its mode, and a link stays a link."""
    path = sample(tmp_path)
    path.chmod(0o640)
    link = tmp_path / "link.ipynb"
    link.symlink_to(path)
    strip_notebook(link)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert "glm_magic" not in path.read_text()


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"a": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_notebook_is_two_lines(tmp_path: Path, raw: bytes) -> None:
    """Another file is refused, and not touched."""
    path = tmp_path / "n.ipynb"
    path.write_bytes(raw)
    with pytest.raises(StoreError, match="cannot be read as a notebook"):
        strip_notebook(path)
    assert path.read_bytes() == raw


@pytest.mark.parametrize(
    "cells", [None, 1, {}, [1, None, [], {}], [{"cell_type": "code", "outputs": [1, {}, None]}]]
)
def test_strange_shapes_are_left_alone(tmp_path: Path, cells: object) -> None:
    """JSON of another shape has no traces."""
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": [], "worksheets": 3}))
    assert strip_notebook(path) == 0
