"""Recordings on disk: what may be in them, who may have written them, where they are found."""

import json
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glm_magic
from glm_magic import errors
from glm_magic.chat.messages import Usage
from glm_magic.chat.recording import Recording
from glm_magic.store.recordings import MOST_BYTES, MOST_LINE_BYTES, Recordings
from glm_magic.testing import scripted
from tests.canary import CANARY

ALLOWED = {
    "schema", "key", "prompt", "provider", "model", "recorded", "text", "reasoning", "tool_calls",
    "finish_reason", "usage",
}  # fmt: skip
KEY = "ab" * 32
GOOD = {
    "schema": 1, "key": KEY, "provider": "sandbox", "model": "glm-4.5", "recorded": "2026-01-02",
    "prompt": "Which?", "text": "Gentoo.",
}  # fmt: skip
TEXT = st.text(max_size=30)
CALLS = st.lists(st.tuples(st.from_regex(r"[a-z]{1,9}", fullmatch=True), TEXT), max_size=3)


def read(folder: Path, data: bytes | dict[str, object]) -> Recordings:
    """The recordings of a notebook whose file holds this."""
    if isinstance(data, dict):
        data = json.dumps(data).encode()
    (folder / "analysis.glm.jsonl").write_bytes(data)
    return Recordings(folder / "analysis.ipynb", folder)


@settings(max_examples=30)
@given(text=TEXT, reasoning=TEXT, prompt=TEXT, calls=CALLS, tokens=st.integers(0, 10**9))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    reasoning: str,
    prompt: str,
    calls: list[tuple[str, str]],
    tokens: int,
) -> None:
    """Every recording comes back equal, line ends and odd characters included."""
    folder = tmp_path_factory.mktemp("recordings")
    one = Recording(
        KEY, "zai", "glm-4.5", "2026-01-02", prompt, text, reasoning, tuple(calls), "stop",
        Usage(tokens, 1, None, 0),
    )  # fmt: skip
    Recordings(folder / "a.ipynb", folder).add(one)
    assert Recordings(folder / "a.ipynb", folder).find(KEY) == one


def test_only_these_fields_can_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No header, URL, id or user_id: a recording has no place for them."""
    monkeypatch.setenv("GLM_BASE_URL", "https://host.example/v1")
    monkeypatch.setenv("GLM_API_KEY", CANARY)
    with scripted("Gentoo."):
        glm_magic.ask("Which?", once=True, replay="record")
    (line,) = (folder / "analysis.glm.jsonl").read_text().splitlines()
    assert set(json.loads(line)) <= ALLOWED
    assert {one.name for one in fields(Recording)} | {"schema"} == ALLOWED
    assert "host.example" not in line


def test_the_frame_is_in_the_key_only(folder: Path) -> None:
    """Sharing recordings shares no description of data."""
    import pandas

    sales = pandas.DataFrame({"secret_column": [1, 2, 3]})
    with scripted("Three."):
        glm_magic.ask("How many?", sales, once=True, replay="record")
    assert "secret_column" not in (folder / "analysis.glm.jsonl").read_text()
    assert glm_magic.ask("How many?", sales, once=True, replay="replay").text == "Three."
    sales.loc[3] = 4
    with pytest.raises(errors.NotRecordedError):
        glm_magic.ask("How many?", sales, once=True, replay="replay")


def test_a_key_in_an_answer_is_not_recorded(folder: Path) -> None:
    """Whatever has a GLM key's shape is taken out, wherever it stands."""
    shape = "0123456789abcdef" * 2 + "." + "A1b2" * 4
    with scripted(f"Use {shape} here."):
        glm_magic.ask("Which?", once=True, replay="record")
    assert shape not in (folder / "analysis.glm.jsonl").read_text()


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2}, {"schema": "1"}, {"key": "x"}, {"key": None}, {"key": ["a"]},
        {"text": 5}, {"text": {"a": 1}}, {"reasoning": None}, {"prompt": ["x"]},
        {"provider": "a\nb"}, {"provider": "x" * 201}, {"model": 1}, {"model": "\x1b[2J"},
        {"recorded": "yesterday"}, {"recorded": "<b>2026-01-02</b>"}, {"finish_reason": {}},
        {"tool_calls": "abc"}, {"tool_calls": [{"name": "x"}]}, {"tool_calls": 7},
        {"tool_calls": [{"name": "a\n", "arguments": "{}"}]}, {"usage": []}, {"usage": 3},
        {"usage": {"prompt_tokens": -1, "completion_tokens": 0}},
        {"usage": {"prompt_tokens": True, "completion_tokens": 0}},
        {"usage": {"prompt_tokens": 1e9, "completion_tokens": 0}},
    ],
    ids=str,
)  # fmt: skip
def test_a_line_that_is_no_recording_is_passed_over(folder: Path, change: dict) -> None:  # type: ignore[type-arg]
    """What a stranger has edited is read as data, and counted; it never raises."""
    kept = read(folder, GOOD | change)
    assert kept.find(KEY) is None
    assert kept.unreadable == 1


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 200_000,
        b'{"schema": 1, "usage": ' + b'{"a":' * 100_000,
        b'{"schema": NaN}',
        b'{"schema": 1, "schema": 1}',
        b"\x80\x04\x95pickle",
        b"\xff\xfe",
        b"<script>alert(1)</script>",
        b'{"schema": 1e999}',
        b"9" * 10_000,
    ],
    ids=["deep", "deep object", "NaN", "twice", "pickle", "no UTF-8", "HTML", "inf", "digits"],
)
def test_hostile_lines_do_nothing(folder: Path, line: bytes) -> None:
    """Size and depth are bounded; the good line beside them still answers."""
    kept = read(folder, line + b"\n" + json.dumps(GOOD).encode() + b"\n")
    assert kept.find(KEY).text == "Gentoo."  # type: ignore[union-attr]
    assert kept.unreadable == 1


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever a file holds, reading it finds nothing or recordings."""
    folder = tmp_path_factory.mktemp("recordings")
    assert read(folder, data).all() == []


def test_other_names_in_a_line_are_not_taken(folder: Path) -> None:
    """A header or id that somebody wrote into the file goes nowhere."""
    found = read(folder, GOOD | {"headers": {"a": 1}, "id": "x", "url": "http://x"}).find(KEY)
    assert found == Recording(KEY, "sandbox", "glm-4.5", "2026-01-02", "Which?", "Gentoo.")


def test_a_line_or_file_out_of_all_measure_is_not_read(folder: Path) -> None:
    """A line has a bound, and all files together; the latter is told."""
    kept = read(folder, GOOD | {"text": "x" * MOST_LINE_BYTES})
    assert kept.find(KEY) is None
    with (folder / "analysis.glm.jsonl").open("ab") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(errors.StoreError, match="are larger than"):
        kept.find(KEY)


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    """What is no file is told at once."""
    os.mkfifo(folder / "analysis.glm.jsonl")
    with pytest.raises(errors.StoreError, match="could not be read"):
        Recordings(folder / "analysis.ipynb", folder).find(KEY)


def test_a_file_of_an_editor_that_marks_its_encoding_is_read_whole(folder: Path) -> None:
    """The mark in front is no part of the first line, and is gone after the next recording."""
    kept = read(folder, b"\xef\xbb\xbf" + json.dumps(GOOD).encode())
    assert kept.find(KEY) is not None
    kept.add(Recording(KEY, "zai", "glm-4.5", "2026-01-02", text="now"))
    (line,) = (folder / "analysis.glm.jsonl").read_bytes().splitlines()
    assert json.loads(line)["text"] == "now"


def test_a_file_without_a_single_recording_is_not_called_empty(folder: Path) -> None:
    """Another encoding than UTF-8, say: the message says what a line must be."""
    read(folder, json.dumps(GOOD).encode("utf-16"))
    with pytest.raises(errors.NotRecordedError) as caught:
        glm_magic.ask("Which?", once=True, replay="replay")
    said = str(caught.value)
    assert "1 of its lines is no recording." in said
    assert "analysis.glm.jsonl holds no recording: each is one line of JSON in UTF-8." in said
    assert "empty" not in said


def test_a_folder_of_that_name_is_called_one(folder: Path) -> None:
    """It is no matter of permission, nor of where our own data is kept."""
    (folder / "analysis.glm.jsonl").mkdir()
    kept = Recordings(folder / "analysis.ipynb", folder)
    one = Recording(KEY, "zai", "glm-4.5", "2026-01-02")
    for deed in (kept.all, lambda: kept.add(one)):
        with pytest.raises(errors.StoreError) as caught:
            deed()
        assert "could not be read: it is a folder.\nMove it away, or" in str(caught.value)


def test_a_torn_last_line_costs_only_itself(folder: Path) -> None:
    """A copy that was cut off still answers what came over."""
    line = json.dumps(GOOD).encode()
    assert read(folder, line + b"\n" + line[:-9]).find(KEY) is not None


def test_recordings_are_replayed_inert(folder: Path) -> None:
    """HTML, remote images and terminal escapes in an edited file meet the same renderer."""
    with scripted("x"):
        glm_magic.ask("Which?", once=True, replay="record")
    path = folder / "analysis.glm.jsonl"
    record = json.loads(path.read_text())
    record["text"] = "<img src=x onerror=alert(1)> ![a](https://evil.example/x.png) \x1b[2J"
    record["provider"] = "<b>zai</b>"
    path.write_text(json.dumps(record) + "\n")
    answer = glm_magic.ask("Which?", once=True, replay="replay")
    shown = answer.markdown()
    assert "<img" not in shown
    assert "<b>" not in shown
    assert "![" not in shown
    assert "\x1b" not in shown + answer.plain()


def test_a_changed_file_is_read_again(folder: Path) -> None:
    """Recordings that come while the kernel runs are found."""
    kept = read(folder, b"")
    assert kept.find(KEY) is None
    other = Recordings(folder / "analysis.ipynb", folder)
    other.add(Recording(KEY, "zai", "glm-4.5", "2026-01-02", text="now"))
    assert kept.find(KEY) is not None


@pytest.fixture
def two_files(tmp_path: Path) -> Iterator[Path]:
    """A folder with the recordings of two notebooks."""
    for name, key in (("one", "1" * 64), ("two", "2" * 64)):
        kept = Recordings(tmp_path / f"{name}.ipynb", tmp_path)
        kept.add(Recording(key, "zai", "glm-4.5", "2026-01-02", text=name))
    return tmp_path


def test_a_notebook_reads_its_own_file(two_files: Path) -> None:
    """Another notebook's recordings are not mixed in."""
    kept = Recordings(two_files / "one.ipynb", two_files)
    assert [one.text for one in kept.all()] == ["one"]


@pytest.mark.parametrize("notebook", [None, "one-Copy1.ipynb"])
def test_without_a_file_of_its_own_all_are_looked_through(
    two_files: Path, notebook: str | None
) -> None:
    """Runners do not tell which notebook runs, and copies have another name."""
    kept = Recordings(two_files / notebook if notebook else None, two_files)
    assert [one.text for one in kept.all()] == ["one", "two"]


def test_where_nothing_is_known_the_file_is_notebook_glm_jsonl(tmp_path: Path) -> None:
    """A terminal or runner records into one file in the folder where it works."""
    Recordings(None, tmp_path).add(Recording(KEY, "zai", "glm-4.5", "2026-01-02"))
    assert [path.name for path in tmp_path.iterdir()] == ["notebook.glm.jsonl"]


def test_scan_looks_into_recordings(tmp_path: Path) -> None:
    """`glm-magic scan` finds a key that somebody pasted into them."""
    from glm_magic.cli import main

    shape = "0123456789abcdef" * 2 + "." + "A1b2" * 4
    (tmp_path / "a.glm.jsonl").write_text(json.dumps(GOOD | {"text": shape}))
    assert main(["scan", str(tmp_path)]) == 1
