"""Errors: one tree, two lines each, nothing of a host's tricks in them."""

import inspect
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic import errors
from glm_magic.errors import APIError, ArgumentError, GLMError, Stopped, nearest

ALL = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, GLMError)]


def test_the_tree_is_drawn_as_it_is() -> None:
    """The drawing at the top of the module names every class below its base."""
    drawn: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        if hit := re.match(r"^([ │├└─]*)([A-Z]\w*Error)\b", line):
            depth = len(hit[1])
            path = [one for one in path if one[0] < depth]
            drawn[hit[2]] = path[-1][1] if path else "Exception"
            path.append((depth, hit[2]))
    assert drawn == {one.__name__: one.__base__.__name__ for one in ALL if one.__base__}


@pytest.mark.parametrize("kind", ALL)
def test_each_error_is_two_lines(kind: type[GLMError]) -> None:
    """What happened, and what to do; without a remedy it is one line."""
    error = kind("It broke.", "Mend it.")
    assert error._render_traceback_() == [f"{kind.__name__}: It broke.\nMend it."]
    assert str(error) == "It broke.\nMend it."
    assert kind("It broke.")._render_traceback_() == [f"{kind.__name__}: It broke."]
    assert kind.__doc__


@given(words=st.text())
def test_words_of_others_stay_on_their_line(words: str) -> None:
    """Line ends, terminal escapes and marks that turn text around are not shown."""
    error = GLMError(f"a{words}b", words)
    (shown,) = error._render_traceback_()
    for line in shown.split("\n"):
        assert len(line.splitlines()) == 1
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line)
        line.encode()


def test_plain_words_are_not_changed() -> None:
    """Every other character stays as it is."""
    text = "The host 主机 said: “no”  🐧 {x} $1 <b>"
    assert GLMError(text).message == text


@pytest.mark.parametrize("kind", [one for one in ALL if issubclass(one, APIError)])
def test_what_the_server_said_is_kept(kind: type[APIError]) -> None:
    """Status, code, retry and id are attributes, and survive pickling."""
    error = kind("m", "r", status=429, code="1302", retry_after_seconds=2.0, request_id="abc")
    assert error.retryable is kind.retryable
    assert kind("m", retryable=not kind.retryable).retryable is not kind.retryable
    again = pickle.loads(pickle.dumps(error))
    assert vars(again) == vars(error)
    assert (again.status, again.code, again.retry_after_seconds) == (429, "1302", 2.0)


def test_stopped_is_an_interrupt() -> None:
    """A stopped cell stops Run All too, with one line."""
    assert issubclass(Stopped, KeyboardInterrupt)
    assert not issubclass(Stopped, Exception)
    assert Stopped("12 words are kept.")._render_traceback_() == ["Stopped. 12 words are kept."]
    assert Stopped()._render_traceback_() == ["Stopped."]


def test_near_names() -> None:
    """Near names are found whatever their case, best first; far ones are not."""
    assert nearest("GLM-4.5-flsh", ["glm-4.5-flash", "glm-4.5", "other"])[0] == "glm-4.5-flash"
    assert nearest("temprature", ["Temperature"]) == ["Temperature"]
    assert nearest("xyz", ["temperature"]) == []
    near = ArgumentError.unknown("option", "--modl", ["--model", "--mode"])
    assert near._render_traceback_() == [
        "ArgumentError: Unknown option: --modl\nDid you mean --model or --mode?"
    ]  # fmt: skip
    far = ArgumentError.unknown("option", "--x\ny", ["--model"], "See --help.")
    assert far._render_traceback_() == ["ArgumentError: Unknown option: --x y\nSee --help."]
