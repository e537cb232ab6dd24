"""The net for the API key: what a test prints, logs or writes never shows the canary.

A pytest plugin, loaded by `conftest.py`; nothing has to be asked for. A test that must itself write
the key to a file, to see it found or removed, is marked `@pytest.mark.plants_key`.
"""

import logging
import os
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import canary

_CHUNK_BYTES = 1 << 20
_OVERLAP_BYTES = 256  # longer than any form of the canary, so that none hides on a boundary
_planted = pytest.StashKey[set[Path]]()
_readings = pytest.StashKey[list[str]]()


def files_with_canary(folder: Path, *, except_below: frozenset[Path] = frozenset()) -> list[Path]:
    """The files below a folder that hold the canary, in their contents or in their name."""
    found = []
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        folders[:] = [name for name in folders if here / name not in except_below]
        found += [here / name for name in names if _file_has_canary(here / name)]
    return sorted(found)


def _file_has_canary(path: Path) -> bool:
    if canary.seen_in(path.name):
        return True
    if path.is_symlink() or not path.is_file():  # a pipe would be read for ever
        return False
    try:
        with path.open("rb") as stream:
            tail = b""
            while chunk := stream.read(_CHUNK_BYTES):
                if canary.seen_in(tail + chunk):
                    return True
                tail = chunk[-_OVERLAP_BYTES:]
    except OSError:  # gone, or unreadable for its owner too
        return False
    return False


# -- printed ---------------------------------------------------------------------------------


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Fails a test whose captured output shows the canary; the report itself does not show it."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    leaks = [name for name, text in report.sections if canary.seen_in(text)]
    leaks += [f"{name} (read by the test)" for name in item.stash.get(_readings, [])]
    if not leaks:
        return
    report.sections = [(name, canary.hide(text)) for name, text in report.sections]
    if report.outcome != "failed":
        report.outcome = "failed"
        report.longrepr = f"The API key was shown: {', '.join(dict.fromkeys(leaks))}"


@pytest.fixture(autouse=True)
def _readings_of_capsys(request: pytest.FixtureRequest) -> Iterator[None]:
    """`capsys.readouterr` takes text away before the report sees it, so it is read along."""
    readings = request.node.stash.setdefault(_readings, [])
    original = pytest.CaptureFixture.readouterr

    def readouterr(fixture: pytest.CaptureFixture) -> object:
        texts = original(fixture)
        readings.extend(
            name for name, text in zip(("stdout", "stderr"), texts, strict=True)
            if canary.seen_in(text)
        )  # fmt: skip
        return texts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pytest.CaptureFixture, "readouterr", readouterr)
        yield


# -- logged ----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _log_records() -> Iterator[None]:
    """Every logger speaks at DEBUG, as a user who hunts for a fault would set it, and is heard.

    The record factory hears loggers that do not propagate too, which a handler would not.
    """
    leaks: list[str] = []
    original = logging.getLogRecordFactory()

    def factory(*arguments: object, **options: object) -> logging.LogRecord:
        record = original(*arguments, **options)
        if canary.seen_in(_words_of(record)):
            leaks.append(f"{record.name} at {record.levelname}")
        return record

    root, level = logging.getLogger(), logging.getLogger().level
    logging.setLogRecordFactory(factory)
    root.setLevel(logging.DEBUG)
    yield
    root.setLevel(level)
    logging.setLogRecordFactory(original)
    if leaks:
        pytest.fail(f"The API key was logged: {', '.join(dict.fromkeys(leaks))}", pytrace=False)


def _words_of(record: logging.LogRecord) -> str:
    try:
        message = record.getMessage()
    except (TypeError, ValueError):  # a broken format string is the logger's own problem
        message = ""
    raised = record.exc_info[1] if record.exc_info else None
    told = "".join(traceback.format_exception(raised)) if raised else ""
    return f"{message}\n{record.args!r}\n{told}"


# -- written ---------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _written_files(request: pytest.FixtureRequest, home: Path) -> Iterator[None]:
    """The test's own folders hold no canary when it ends, unless the test is marked."""
    # asked for now, so that the folder still stands when this fixture ends
    uses_tmp_path = "tmp_path" in request.fixturenames
    folders = [home, *([request.getfixturevalue("tmp_path")] if uses_tmp_path else [])]
    yield
    if request.node.get_closest_marker("plants_key"):
        request.config.stash.setdefault(_planted, set()).update(folders)
        return
    found = [path for folder in folders for path in files_with_canary(folder)]
    if found:
        # told here, once; the look at the end of the session is for what no test owns
        request.config.stash.setdefault(_planted, set()).update(folders)
        names = canary.hide(", ".join(map(str, found)))
        pytest.fail(f"The API key was written to {names}", pytrace=False)


@pytest.fixture(scope="session", autouse=True)
def _all_written_files(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, session_home: Path
) -> Iterator[None]:
    """At the end of the session no file below pytest's folder holds the canary."""
    yield
    planted = frozenset(request.config.stash.get(_planted, set()))
    found = files_with_canary(tmp_path_factory.getbasetemp(), except_below=planted)
    if found:
        names = canary.hide(", ".join(map(str, found)))
        pytest.fail(f"The API key was written to {names}", pytrace=False)
