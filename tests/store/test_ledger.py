"""What was spent is added up over all processes, days and conversations, quickly."""

import time
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest

from glm_magic.store import ledger as ledger_module
from glm_magic.store.ledger import Ledger
from glm_magic.store.spent import Spent, Totals

from .disk import files_below


def spend(ledger: Ledger, at: str = "2026-03-01T10:00:00.000000+00:00", **more: Any) -> Spent:
    """Enter a question."""
    told: dict[str, Any] = {
        "at": at, "conversation": "c", "provider": "zai", "model": "glm-4.5",
        "prompt_tokens": 100, "completion_tokens": 20, "cached_tokens": 50, "cost_usd": 0.25,
    } | more  # fmt: skip
    ledger.add(**told)
    return Spent(**told)


def test_nothing_was_spent_at_first(tmp_path: Path) -> None:
    """An empty ledger is made of nothing, on disk too."""
    ledger = Ledger(tmp_path)
    assert ledger.totals() == Totals(0.0, 0, 0, 0)
    assert ledger.totals(day=date(2026, 3, 1)) == Totals()
    assert ledger.read() == []
    assert list(tmp_path.iterdir()) == []


def test_sums_are_by_conversation_and_day(tmp_path: Path) -> None:
    """Cost and tokens are added up; a question without a known price is counted apart."""
    ledger = Ledger(tmp_path)
    spend(ledger)
    spend(ledger, conversation="d", cost_usd=None)
    spend(ledger, "2026-03-02T00:00:00.000000+00:00", cost_usd=0.0)
    assert ledger.totals() == Totals(usd=0.25, tokens=360, questions=3, unpriced=1)
    assert ledger.totals("c") == Totals(usd=0.25, tokens=240, questions=2, unpriced=0)
    assert ledger.totals(day=date(2026, 3, 1)) == Totals(0.25, 240, 2, 1)
    assert ledger.totals("d", date(2026, 3, 2)) == Totals()


def test_a_day_is_one_in_utc(tmp_path: Path) -> None:
    """A time with another offset belongs to the day that it is in UTC."""
    ledger = Ledger(tmp_path)
    spend(ledger, "2026-03-02T01:00:00.000000+02:00")
    assert ledger.totals(day=date(2026, 3, 1)).questions == 1
    assert files_below(tmp_path)[0].startswith("ledger/2026-03-01/")


def test_all_processes_are_read_in_the_order_of_time(tmp_path: Path) -> None:
    """Each kernel has its own file; each sees what the others spend, at once."""
    one, two = Ledger(tmp_path), Ledger(tmp_path)
    second = spend(two, "2026-03-01T10:00:02.000000+00:00")
    first = spend(one, "2026-03-01T10:00:01.000000+00:00")
    third = spend(one, "2026-03-03T10:00:00.000000+00:00")
    assert one.read() == two.read() == Ledger(tmp_path).read() == [first, second, third]
    assert one.read(since=date(2026, 3, 2)) == [third]
    today = datetime.now(UTC)
    for number in range(3):
        spend(two, today.isoformat())
        assert one.totals(day=today.date()).questions == number + 1
    one.close()
    two.close()


def test_a_file_that_grows_is_read_from_where_it_grew(tmp_path: Path) -> None:
    """Today's sum is right after each question, also when a line is only half there yet."""
    today = datetime.now(UTC)
    ledger, other = Ledger(tmp_path), Ledger(tmp_path)
    for number in range(1, 4):
        spend(other, (today + timedelta(microseconds=number)).isoformat())
        assert ledger.totals(day=today.date()).questions == number
    [name] = files_below(tmp_path)
    path = tmp_path / name
    whole = path.read_bytes()
    line = whole.splitlines(keepends=True)[0]
    with path.open("ab") as file:
        file.write(line[:50])
        file.flush()
        assert ledger.totals().questions == 3
        file.write(line[50:])
    assert ledger.totals().questions == 4
    path.write_bytes(line)  # somebody has put another file there
    assert ledger.totals().questions == 1


@pytest.mark.parametrize(
    ("good", "bad"),
    [(b'"prompt_tokens":100', b'"prompt_tokens":-100'),
     (b'"prompt_tokens":100', b'"prompt_tokens":1.5'),
     (b'"prompt_tokens":100', b'"prompt_tokens":true'), (b'"cost_usd":0.25', b'"cost_usd":-1'),
     (b'"cost_usd":0.25', b'"cost_usd":NaN'), (b'"cost_usd":0.25', b'"cost_usd":"free"'),
     (b'"kind":"spent"', b'"kind":"asked"'), (b'"model":"glm-4.5"', b'"model":3'), (b"{", b"[")],
)  # fmt: skip
def test_a_line_that_makes_no_sense_does_not_count(tmp_path: Path, good: bytes, bad: bytes) -> None:
    """Nothing in a file makes a sum smaller, endless or wrong, and other lines count."""
    spend(Ledger(tmp_path))
    path = tmp_path / files_below(tmp_path)[0]
    line = path.read_bytes()
    assert good in line
    path.write_bytes(line.replace(good, bad) + line)
    ledger = Ledger(tmp_path)
    assert ledger.totals() == Totals(0.25, 120, 1, 0)
    assert ledger.unread == 1


def test_strangers_in_the_folder_do_not_count(tmp_path: Path) -> None:
    """Other files and folders, or a folder in place of a file, are passed over."""
    ledger = Ledger(tmp_path)
    spend(ledger)
    for name in ("notes", "2026-13-01", "2026-03-01/notes", "2026-03-01/x.jsonl"):
        (ledger.folder / name).mkdir()
    (ledger.folder / "2026-03-02").write_text("")
    assert Ledger(tmp_path).totals().questions == 1
    assert ledger.totals().questions == 1


def test_a_year_is_added_up_before_each_question(tmp_path: Path) -> None:
    """After the first look, days that are over cost nothing: a sum takes milliseconds."""
    ledger = Ledger(tmp_path)
    for number in range(3650):
        at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=2.4 * number)
        spend(ledger, at.isoformat(timespec="microseconds"))
    assert ledger.totals().questions == 3650
    began = time.perf_counter()
    for _ in range(10):
        ledger.totals("c")
    assert (time.perf_counter() - began) / 10 < 0.1  # measured: 3 ms
    spend(ledger, "2025-01-01T00:00:00.000001+00:00")
    assert ledger.totals().questions == 3651


def test_a_day_is_not_over_when_the_clock_was_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What others enter once the clock is right again counts here too."""

    class Clock(datetime):
        ahead = timedelta(days=3)

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + cls.ahead

    monkeypatch.setattr(ledger_module, "datetime", Clock)
    at, today = datetime.now(UTC).isoformat(), datetime.now(UTC).date()
    mine, others = Ledger(tmp_path), Ledger(tmp_path)
    spend(others, at)
    assert mine.totals(day=today).questions == 1
    Clock.ahead = timedelta(0)
    spend(others, at)
    assert mine.totals(day=today).questions == 2
