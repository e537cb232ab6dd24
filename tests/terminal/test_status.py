"""The status line of a terminal: the latest words, on one line, with nothing in it to obey."""

import os
import re
from typing import Any

import pytest

from glm_magic.chat.deltas import Delta
from glm_magic.jupyter.terminal_output import TerminalOutput
from glm_magic.render.cleaning import plain

_FRAMES = re.compile(r"\r\x1b\[K\x1b\[2m(.*?)\x1b\[0m", re.DOTALL)
COLUMNS = 60


class Thinking:
    """A turn that has got no further than this."""

    thought_seconds = 3.0
    seconds = 4.0

    def __init__(self, reasoning: str = "") -> None:
        self.growing: Any = type("Turn", (), {"reasoning": reasoning, "text": ""})


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of sixty columns."""
    size = os.terminal_size((COLUMNS, 24))
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_, **__: size)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the status line said, one after the other."""
    return _FRAMES.findall(capsys.readouterr().out)


def test_what_we_wait_for_stays(capsys: pytest.CaptureFixture[str]) -> None:
    """A notice is there until something comes, however many ticks pass without one."""
    output = TerminalOutput()
    output.add(Delta(notice="Asking again in 4 s."), Thinking())
    for _ in range(5):
        output.add(Delta(), Thinking())
    assert lines(capsys)[-1] == "Asking again in 4 s."
    output.add(Delta(reasoning="Well"), Thinking("Well"))
    assert "Well" in lines(capsys)[-1]


def test_the_latest_thought_is_to_be_seen(capsys: pytest.CaptureFixture[str]) -> None:
    """However long the reasoning, its last words are on the line, and how long it takes."""
    output = TerminalOutput()
    for words in (40, 80):
        reasoning = " ".join(f"word{n}" for n in range(words))
        output.add(Delta(reasoning=reasoning[-6:]), Thinking(reasoning))
        shown = lines(capsys)[-1]
        assert shown.startswith("Thinking, 3 s: …")
        assert shown.endswith(f"word{words - 1}")


@pytest.mark.parametrize("said", ["a long thought " * 20, "企鹅的体重比别的都大，" * 20])
def test_the_line_is_one_line(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It never wraps, wide characters included: what has wrapped could not be wiped out."""
    TerminalOutput().add(Delta(reasoning=said), Thinking(said))
    TerminalOutput().add(Delta(notice=said), Thinking())
    for shown in lines(capsys):
        assert sum(1 if one.isascii() or one == "…" else 2 for one in shown) < COLUMNS


@pytest.mark.parametrize("columns", [1, 3, 12, 18])
def test_a_narrow_terminal_gets_what_fits(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where not even the head of the line fits, it is cut, and the answer goes on."""
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, 24)))
    TerminalOutput().add(Delta(reasoning="a long thought"), Thinking("a long thought"))
    TerminalOutput().add(Delta(notice="企鹅的体重比别的都大"), Thinking())
    for shown in lines(capsys):
        assert sum(1 if one.isascii() or one == "…" else 2 for one in shown) < columns


def test_nothing_in_it_is_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    """Escapes, titles and links in reasoning, notices and text are gone, also when cut in two."""
    hostile = "a\x1b]0;owned\x07\x1b[2J\x9b31m\x1b]8;;https://evil.test\x1b\\b\rc\u202e"
    output = TerminalOutput()
    output.add(Delta(reasoning=hostile), Thinking(hostile))
    output.add(Delta(notice=hostile), Thinking())
    for piece in ("one \x1b", "[2J two \x1b]0;own", "ed\x07 three"):
        output.add(Delta(text=piece), Thinking())
    written = capsys.readouterr().out
    ours = written.replace("\r\x1b[K", "").replace("\x1b[2m", "").replace("\x1b[0m", "")
    assert plain(ours) == ours


ESCAPES = (
    "a\x1b]0;owned\x07b\x1b[2J\x1b[31mred\x1b[0m \x1b]8;;https://e.test\x1b\\link\x9b31m!\x1bcend"
)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 100])
def test_an_escape_is_gone_however_it_comes(size: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Cut anywhere by the stream, an escape is taken away whole, and the words around it stay."""
    output = TerminalOutput()
    for at in range(0, len(ESCAPES), size):
        output.add(Delta(text=ESCAPES[at : at + size]), Thinking())
    assert capsys.readouterr().out.endswith("\n\nabred link!end")


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize(
    "said",
    ["می\u200cخواهم", "👨\u200d👩\u200d👧 ❤\ufe0f", "a\r\nb", "a\ufe00\ufe01b\u200dc\u202e."],
)
def test_pieces_are_what_the_whole_is(
    said: str, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half-spaces, joined emoji and line ends stay where the stream cuts beside them."""
    output = TerminalOutput()
    for at in range(0, len(said), size):
        output.add(Delta(text=said[at : at + size]), Thinking())
    assert capsys.readouterr().out.endswith(f"\n\n{plain(said)}")
