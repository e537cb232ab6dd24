"""What is kept and what is counted: a model's answers, and what they have cost."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glm_magic as glm
from glm_magic.errors import GLMError
from glm_magic.rows.plan import Plan, known_of
from glm_magic.sandbox import Fault, Sandbox
from glm_magic.store.ledger import Ledger
from glm_magic.testing import scripted
from glm_magic.wiring import workbench

from .samples import LABELS, SORT, labels, records, says

Host = Callable[..., Sandbox]


@pytest.fixture
def recorded(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> tuple[Sandbox, dict[str, Any]]:
    """A host with a price whose five answers somebody else has recorded, and how to ask it."""
    monkeypatch.chdir(tmp_path)
    sandbox = host()
    options = {"provider": "zai", "base_url": sandbox.base_url, "progress": False}
    glm.map(records(5), SORT, replay="record", **options)
    file = tmp_path / "notebook.glm.jsonl"
    file.write_text(file.read_text().replace("Review", "Somebody else's review"))
    forget(monkeypatch, tmp_path / "another computer")
    return sandbox, options


def forget(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Be another user from here on."""
    workbench().close()
    workbench().ledger.close()
    workbench.cache_clear()
    monkeypatch.setenv("GLM_DATA_DIR", str(home))


@pytest.mark.parametrize("mode", ["replay", "auto"])
def test_a_recording_is_not_taken_for_the_models_answer(
    recorded: tuple[Sandbox, dict[str, Any]], mode: str
) -> None:
    """What was replayed is not kept: without the recording the model is asked."""
    sandbox, options = recorded
    replayed = glm.map(records(5), SORT, replay=mode, **options)
    assert all(row["answer"] and not row["_error"] for row in replayed)
    assert sandbox.load.asked == 5
    glm.map(records(5), SORT, **options)
    assert sandbox.load.asked == 10


def test_what_auto_asks_is_kept(recorded: tuple[Sandbox, dict[str, Any]]) -> None:
    """Of six rows five are recorded; the sixth is a model's answer, and known afterwards."""
    sandbox, options = recorded
    for _ in range(2):
        glm.map(records(6), SORT, replay="auto", **options)
    task = Plan(SORT, options={"provider": "zai", "base_url": sandbox.base_url}).task()
    assert sandbox.load.asked == 7  # what is recorded beside a notebook must be whole
    assert len(known_of(task).find([task.key(f"<review>{row['review']}</review>")
                                    for row in records(6)])) == 1  # fmt: skip


def test_a_scripted_answer_is_not_taken_for_the_models(host: Host) -> None:
    """A test's replies are not in what the next run finds, nor does the test find a model's."""
    sandbox = host()
    with scripted("one", "two"):
        assert {row["answer"] for row in glm.map(records(2), SORT, progress=False)} == {
            "one",
            "two",
        }
    found = glm.map(records(2), SORT, progress=False, schema=LABELS)
    assert [row["answer"] for row in found] == labels(2)
    glm.map(records(2), SORT, progress=False)
    assert sandbox.load.asked == 4
    with scripted("three", "four"):
        found = glm.map(records(2), SORT, progress=False)
    assert {row["answer"] for row in found} == {"three", "four"}


@pytest.mark.parametrize("mode", ["replay", "auto"])
def test_a_recorded_answer_is_not_spent(
    recorded: tuple[Sandbox, dict[str, Any]], mode: str
) -> None:
    """No budget refuses it, and the ledger does not know it; its tokens stand beside it."""
    _, options = recorded
    found = glm.map(records(5), SORT, replay=mode, budget_usd=0, **options)
    assert [row["_error"] for row in found] == [None] * 5
    assert all(row["_prompt_tokens"] for row in found)
    assert workbench().ledger.totals().tokens == 0


def test_what_auto_must_ask_is_in_the_budget(recorded: tuple[Sandbox, dict[str, Any]]) -> None:
    """The recorded rows are answered, the sixth is not asked."""
    sandbox, options = recorded
    found = glm.map(records(6), SORT, replay="auto", budget_usd=0, in_flight=1, **options)
    assert [bool(row["_error"]) for row in found] == [False] * 5 + [True]
    assert "would pass the budget" in found[5]["_error"]
    assert sandbox.load.asked == 5


def test_a_replay_tells_of_no_host(
    recorded: tuple[Sandbox, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing leaves, so nothing is said of what leaves."""
    _, options = recorded
    monkeypatch.setattr("glm_magic.rows.calls._told", set())
    options = {**options, "base_url": "https://example.com/v4"}
    with pytest.raises(GLMError):  # of another host nothing is recorded
        glm.map(records(20), "Say {review}", replay="replay", **options)
    assert "Sent to" not in capsys.readouterr().err


def silent(situation: Any) -> Fault:
    """An answer of a host that does not say what it used."""
    return Fault.change_json(lambda answer: answer.pop("usage"))


def test_a_host_that_tells_no_usage_is_estimated(host: Host) -> None:
    """The budget is kept, and the ledger says that its counts are ours."""
    sandbox = host(script=silent)
    options = {"provider": "zai", "base_url": sandbox.base_url, "max_tokens": 40}
    found = glm.map(records(300), SORT, schema=LABELS, budget_usd=0.01, progress=False, **options)
    assert "would pass the budget" in found[-1]["_error"]
    (entry,) = workbench().ledger.read()
    assert entry.estimated
    assert 0.005 < (entry.cost_usd or 0) <= 0.01


def test_a_paid_answer_counts_though_its_repair_fails(host: Host) -> None:
    """The first answers came and were paid; that they cannot be put right changes nothing."""
    refused = Fault.refuse("1214")
    host(script=lambda asked: refused if "does not fit" in asked.text else says("no"))
    found = glm.map(records(10), SORT, schema=int, repairs=1, progress=False)
    assert all(row["_error"] for row in found)
    assert workbench().ledger.totals().tokens > 500


def test_a_budget_holds_for_repairs_too(host: Host) -> None:
    """A row may be three requests, each longer than the one before."""
    host(script=lambda asked: says('{"value": "spam"}'), latency_seconds=0.02)
    rows = [{"review": f"{row['review']} {'very long ' * 300}"} for row in records(200)]
    options = {"provider": "zai", "base_url": os.environ["GLM_BASE_URL"], "max_tokens": 40}
    with pytest.raises(GLMError, match=r"would pass the budget|same way"):
        glm.map(
            rows, SORT, schema=LABELS, budget_usd=0.03, repairs=2, in_flight=60, progress=False,
            **options,
        )  # fmt: skip
    assert 0.005 < workbench().ledger.totals().usd <= 0.03


def test_a_dry_run_in_record_mode_counts_all_rows(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is recorded must be whole, so rows that are known are asked all the same."""
    monkeypatch.chdir(tmp_path)
    sandbox = host()
    glm.map(records(5), SORT, progress=False)
    told = glm.map(records(5), SORT, progress=False, replay="record", dry_run=True)
    assert (told.asked, told.known) == (5, 0)
    glm.map(records(5), SORT, progress=False, replay="record")
    assert sandbox.load.asked == 10


def test_a_dry_run_of_a_replay_costs_nothing(recorded: tuple[Sandbox, dict[str, Any]]) -> None:
    """It goes nowhere, and says so."""
    _, options = recorded
    told = glm.map(records(5), SORT, replay="replay", dry_run=True, **options)
    assert told.usd == (0, 0)
    assert told.url == "nowhere (answered from notebook.glm.jsonl)"


@pytest.mark.parametrize("mode", ["replay", "auto"])
def test_fresh_asks_although_there_is_a_recording(
    recorded: tuple[Sandbox, dict[str, Any]], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `--fresh` does for a question; but not while nbgrader runs the notebook."""
    sandbox, options = recorded
    found = glm.map(records(5), SORT, replay=mode, fresh=True, **options)
    assert all(row["answer"] for row in found)
    assert sandbox.load.asked == 10
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    glm.map(records(5), SORT, replay=mode, fresh=True, **options)
    assert sandbox.load.asked == 10


def test_what_a_run_has_used_is_in_the_ledger_before_it_ends(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed run has spent it, too, and another kernel's budget knows of one that goes on."""
    seen: list[int] = []

    def look(asked: Any) -> None:
        seen.append(Ledger().totals().tokens)  # as another process

    host(script=look)
    monkeypatch.setattr("glm_magic.rows.books.EVERY_SECONDS", 0.0)
    found = glm.map(records(40), SORT, progress=False, in_flight=2)
    spent = workbench().ledger.totals().tokens
    assert spent == sum(row["_prompt_tokens"] + row["_completion_tokens"] for row in found)
    assert 0 < max(seen) < spent


def test_a_budget_holds_where_a_host_counts_more_than_we(host: Host) -> None:
    """Its first answers show it."""

    def dear(answer: dict[str, Any]) -> None:
        answer["usage"] = {"prompt_tokens": 1_000, "completion_tokens": 10, "total_tokens": 1_010}

    host(script=lambda asked: Fault.change_json(dear), latency_seconds=0.02)
    options = {"provider": "zai", "base_url": os.environ["GLM_BASE_URL"], "max_tokens": 40}
    found = glm.map(records(300), SORT, schema=LABELS, budget_usd=0.05, progress=False, **options)
    assert "would pass the budget" in found[-1]["_error"]
    assert 0.04 < workbench().ledger.totals().usd <= 0.05
