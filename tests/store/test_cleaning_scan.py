"""The scan finds keys wherever notebooks, journals and cassettes can hide one."""

import base64
import errno
import gzip
import json
import os
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glm_magic.chat.messages import Message, ToolCall
from glm_magic.errors import ArgumentError
from glm_magic.store.cleaning import Finding, scan

from .notebook_samples import KEY, asked, code, document, long_answer, output, save, turn

pytestmark = pytest.mark.plants_key
SHAPE = "an API key of GLM's shape"
OTHER = "sk-or-v1-" + "abcdefgh" * 4  # a key of another shape


def b64(text: str | bytes) -> str:
    """Base64 of a text."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def stream(text: str) -> dict[str, Any]:
    """What a cell printed."""
    return {"output_type": "stream", "name": "stdout", "text": text}


def widget(state: dict[str, Any]) -> dict[str, Any]:
    """Notebook metadata with saved widget state."""
    model = {"model_name": "M", "model_module": "m", "state": state}
    mime = "application/vnd.jupyter.widget-state+json"
    return {"widgets": {mime: {"state": {"1": model}, "version_major": 2, "version_minor": 0}}}


ERROR = {
    "output_type": "error", "ename": "E", "evalue": "v",
    "traceback": ["a", f"\x1b[31mkey\x1b[0m={KEY[:20]}\x1b[0m{KEY[20:]}"],
}  # fmt: skip
IMAGE = {"output_type": "display_data", "metadata": {}, "data": {"image/png": b64(b"\x89PNG\n" + KEY.encode())}}  # fmt: skip # noqa: E501
PACKED = turn(text=f"Use this: {KEY}.\n" + long_answer(500))
NOTEBOOKS: dict[str, tuple[dict[str, Any], str]] = {
    "source": (document(code(f"key = '{KEY}'")), "cell 1, source"),
    "second cell": (document(code("1"), code(KEY, cell="b")), "cell 2, source"),
    "cut source": (document(code(f"k = ('{KEY[:9]}'\n     '{KEY[9:]}')")), "cell 1, source"),
    "output": (document(code("1", stream(f"Bearer {KEY}\n"))), "cell 1, output 1"),
    "wrapped": (document(code("1", stream(f"a {KEY[:30]}\n{KEY[30:]} b"))), "cell 1, output 1"),
    "traceback": (document(code("1", stream("x"), ERROR)), "cell 1, output 2"),
    "image": (document(code("1", IMAGE)), "cell 1, output 1"),
    "cell metadata": (document(code("1", note={"a": [{"b": KEY}]})), "cell 1, metadata"),
    "a name": (document(code("1", note={KEY: 1})), "cell 1, metadata"),
    "prompt": (
        document(code("1", output(turn(prompt=KEY, text="x")))), "cell 1, output 1, metadata"
    ),
    "packed alone": (
        document(code("1", {**stream("x"), "output_type": "display_data", "metadata": {
            "glm_magic": {"answer_zlib": b64(zlib.compress(KEY.encode()))}}})),
        "cell 1, output 1, metadata",
    ),
    "json in json": (
        document(code("1", stream(json.dumps({"a": json.dumps({"b": f"\n{KEY}\n"})})))),
        "cell 1, output 1",
    ),
    "widget": (document(code("1"), **widget({"value": KEY})), "widget state"),
    "widget in base64": (document(**widget({"v": [{"d": b64(f"user:{KEY}")}]})), "widget state"),
    "notebook metadata": (document(title=f"<{KEY}>"), "notebook metadata"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "where"), NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_a_key_in_a_notebook_is_found(content: dict[str, Any], where: str, tmp_path: Path) -> None:
    """Its cell and place are told, and nothing of it is shown."""
    path = tmp_path / "n.ipynb"
    for text in (json.dumps(content), json.dumps(content, indent=1, ensure_ascii=False)):
        path.write_text(text)
        found = scan([path])
        assert Finding(path, where, SHAPE) in found
        assert not any(KEY[:6] in str(one) or KEY[-6:] in str(one) for one in found)


def test_a_key_in_packed_texts_is_found(tmp_path: Path) -> None:
    """An answer packed in the metadata is looked at, also when it is no longer shown."""
    shown = output(PACKED)
    assert "answer_delta" in shown["metadata"]["glm_magic"]
    path = save(tmp_path / "n.ipynb", document(asked(PACKED, shown)))
    assert [one.where for one in scan([path])] == ["cell 1, output 1", "cell 1, output 1, metadata"]


LONG = long_answer(500)
STEPS = {
    "a correction": (Message("assistant", "{}"), Message("user", f"{LONG} {KEY}")),
    "reasoning": (
        Message("assistant", "", reasoning=f"{LONG} {KEY}", tool_calls=(ToolCall("1", "f", "{}"),)),
        Message("tool", "1", tool_call_id="1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_a_key_in_the_steps_of_a_turn_is_found(steps: tuple[Message, ...], tmp_path: Path) -> None:
    """What was said between question and answer is packed, as a difference to what is shown."""
    one = turn(text=LONG, steps=steps)
    shown = output(one)
    assert "steps_json_delta" in shown["metadata"]["glm_magic"]
    path = save(tmp_path / "n.ipynb", document(asked(one, shown)))
    assert [found.where for found in scan([path])] == ["cell 1, output 1, metadata"]


TEXTS: dict[str, bytes] = {
    "journal": json.dumps({"kind": "asked", "turn": {"prompt": f"a\n{KEY}\nb"}}).encode(),
    "escaped": "".join(f"\\u{ord(c):04x}" for c in KEY).encode(),
    "percent": KEY.replace(".", "%2E").encode(),
    "entity": KEY.replace(".", "&#46;").encode(),
    "base64": b64(f"Authorization: {KEY}").encode(),
    "url base64": base64.urlsafe_b64encode(b"\xff\xfe\xfb>>>" + KEY.encode()),
    "wrapped base64": base64.encodebytes(b"x " * 25 + KEY.encode()),
    "wrapped base64 in JSON": json.dumps(
        {"image": base64.encodebytes(b"x " * 25 + KEY.encode() + b" y" * 30).decode()}
    ).encode(),
    "glued base64": b"abc" + b64(f"user:{KEY}").encode(),
    "gzip in base64": base64.b64encode(gzip.compress(KEY.encode())),
    "base64 twice": b64(b64(KEY)).encode(),
    "UTF-16": KEY.encode("utf-16"),
    "UTF-16 without mark": ("é " + KEY).encode("utf-16-le"),
    "latin-1": "é ".encode("latin-1") + KEY.encode(),
    "binary": bytes(range(256)) + KEY.encode() + b"\0",
    "environment file": f"# mine\nGLM_API_KEY={KEY}".encode(),
}


@pytest.mark.parametrize("raw", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("name", ["one.jsonl", "n.glm.jsonl", ".env"])
def test_a_key_in_another_file_is_found(raw: bytes, name: str, tmp_path: Path) -> None:
    """Journals, cassettes and all other files are read line by line."""
    path = tmp_path / name
    path.write_bytes(raw)
    found = scan([tmp_path])
    assert [(one.path, one.kind) for one in found] == [(path, SHAPE)]
    assert found[0].where.startswith(("line ", "over several lines"))


def test_the_line_is_told(tmp_path: Path) -> None:
    """Each line of a journal with a key is a finding, and so is a key cut over two lines."""
    path = tmp_path / "j.jsonl"
    path.write_text(f'{{"a": 1}}\n{{"b": "{KEY}"}}\n{KEY[:33]}\n{KEY[33:]}\n{{"c": "{KEY}"}}\n')
    assert [one.where for one in scan([path])] == ["line 2", "line 5", "over several lines"]


@pytest.mark.parametrize("name", ["GLM_API_KEY", "ZAI_API_KEY", "OPENROUTER_API_KEY"])
@pytest.mark.parametrize("spell", [str, b64, json.dumps, lambda key: f"{key[:9]}\n{key[9:]}"])
def test_the_keys_that_are_set_are_found(
    name: str, spell: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The value of a key variable is found in any shape, and its variable is named."""
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(document(code("1", stream(spell(OTHER))))))
    assert scan([path]) == []
    monkeypatch.setenv(name, OTHER)
    assert scan([path]) == [Finding(path, "cell 1, output 1", f"the value of {name}")]


def test_a_word_is_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local host's "key" of a few letters would be found everywhere; it is no secret."""
    monkeypatch.setenv("GLM_API_KEY", "none")
    (tmp_path / "a.txt").write_text("none of this")
    assert scan([tmp_path]) == []


def test_folders_are_searched(tmp_path: Path) -> None:
    """All below a folder is searched but what others manage; names are looked at too."""
    for folder in ("a/b", ".git", ".venv/x", "node_modules", "c/.ipynb_checkpoints"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "f.txt").write_text(KEY)
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "dead").symlink_to(tmp_path / "nowhere")
    (tmp_path / f"{KEY}.txt").touch()
    found = scan([tmp_path])
    names = [str(one.path.relative_to(tmp_path)) for one in found]
    assert names == ["[API key redacted].txt", "a/b/f.txt", "c/.ipynb_checkpoints/f.txt"]
    assert found[0].where == "the file's name"
    assert KEY not in "".join(map(str, found))
    assert len(scan([tmp_path / ".git", tmp_path / "a"])) == 2


def test_folders_that_are_not_looked_into_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A linked folder, and one that cannot be read, are no clean folders."""
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    for folder in (here / "closed", here / "open", elsewhere):
        folder.mkdir(parents=True)
    (elsewhere / "f.txt").write_text(KEY)
    (here / "data").symlink_to(elsewhere)
    (here / "same").symlink_to(here / "open")
    real = os.scandir

    def scandir(path: str) -> Any:
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = scan([here])
    assert [(one.path.name, one.where) for one in found] == [
        ("data", "the whole folder"), ("closed", "the whole folder"),
    ]  # fmt: skip
    assert all(one.kind.startswith("not looked at") for one in found)
    assert len(scan([here, elsewhere])) == 3


def test_a_missing_path_is_two_lines(tmp_path: Path) -> None:
    """A path that does not exist is no clean path."""
    with pytest.raises(ArgumentError, match="does not exist"):
        scan([tmp_path / "missing"])


def test_what_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    """A file too large to read is a finding, not a clean file."""
    with (tmp_path / "big").open("wb") as file:
        file.truncate(300_000_000)
    assert [one.kind for one in scan([tmp_path])] == ["not looked at: larger than 256 MB"]


def test_ordinary_text_is_clean(tmp_path: Path) -> None:
    """Digests, dotted names, versions and images are no keys."""
    words = ["a" * 32 + ".png", "0" * 64 + "." + "a" * 16, "d" * 32 + "." + "b" * 17, "1.2.3"]
    (tmp_path / "a.txt").write_text("\n".join(words))
    save(tmp_path / "n.ipynb", document(asked(turn(text=long_answer(3000)))))
    assert scan([tmp_path]) == []


def test_a_large_notebook_is_scanned_in_seconds(tmp_path: Path) -> None:
    """5 MB of images take no more than a few seconds."""
    noise = zlib.compress(b"".join(bytes([n * n % 251]) for n in range(1000)))
    image = {"image/png": b64((b"\x89PNG" + noise) * 20_000)[:5_000_000]}
    shown = {"output_type": "display_data", "data": image, "metadata": {}}
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(document(code("1", shown))))
    began = time.monotonic()
    assert scan([path]) == []
    print(f"{path.stat().st_size:,} bytes in {time.monotonic() - began:.2f} s")
    assert time.monotonic() - began < 5
