"""One prompt over rows, through a real socket: answers beside the rows, and nothing is lost."""

import dataclasses
import json
from collections import UserDict
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import glm_magic as glm
from glm_magic.errors import (
    ArgumentError,
    AuthenticationError,
    BalanceError,
    BudgetError,
    ConnectionFailedError,
    GLMError,
)
from glm_magic.sandbox import Fault, Sandbox
from glm_magic.sandbox.scripts import at_most, by_text
from glm_magic.surroundings import AROUND
from glm_magic.testing import scripted
from glm_magic.wiring import workbench
from tests.canary import CANARY, seen_in

from .samples import LABELS, SORT, labels, records, review, says

Host = Callable[..., Sandbox]


@dataclasses.dataclass
class Verdict:
    """What a schema can be."""

    label: str
    score: float
    sure: bool


def bodies(sandbox: Sandbox) -> list[dict]:
    """What was asked."""
    return [request.json for request in sandbox.requests]


def test_answers_stand_beside_their_rows(host: Host) -> None:
    """The same kind of frame comes back, in order, with answers, errors and tokens."""
    host()
    frame = pd.DataFrame(records(50), index=[f"row {n}" for n in range(50)])
    found = glm.map(frame, SORT, schema=LABELS, progress=False)
    assert list(found.columns) == [
        "id", "review", "answer", "_error", "_prompt_tokens", "_completion_tokens",
        "_cached_tokens",
    ]  # fmt: skip
    assert list(found.answer) == labels(50)
    assert found._error.isna().all()
    assert (found._prompt_tokens > 50).all()
    assert list(found.index) == list(frame.index)
    assert list(frame.columns) == ["id", "review"], "the user's frame is left alone"


def test_equal_rows_are_asked_once(host: Host) -> None:
    """500 rows with 50 different texts are 50 requests."""
    sandbox = host()
    found = glm.map(records(50) * 10, SORT, schema=LABELS, progress=False)
    assert [row["answer"] for row in found] == labels(50) * 10
    assert sandbox.load.asked == 50


def test_the_same_again_asks_nothing(host: Host) -> None:
    """A run over known rows sends nothing and gives the same; `fresh` asks all of them."""
    sandbox = host()
    first = glm.map(records(30), SORT, schema=LABELS, progress=False)
    assert glm.map(records(30), SORT, schema=LABELS, progress=False) == first
    assert sandbox.load.asked == 30
    again = glm.map(records(30) * 2, SORT, schema=LABELS, progress=False, fresh=True)
    assert [row["answer"] for row in again] == labels(30) * 2
    assert sandbox.load.asked == 60


@pytest.mark.parametrize(
    "change",
    [{"model": "glm-4.5-air"}, {"temperature": 0}, {"system": "Be brief."}, {"max_tokens": 99},
     {"schema": [*LABELS, "other"]}, {"thinking": True}],
)  # fmt: skip
def test_what_decides_an_answer_decides_the_journal(host: Host, change: dict) -> None:
    """Another model, prompt, schema or sampling is another question."""
    sandbox = host()
    glm.map(records(3), SORT, progress=False, schema=LABELS)
    glm.map(records(3), SORT, progress=False, **{"schema": LABELS, **change})
    assert sandbox.load.asked == 6


def test_the_constant_part_goes_first(host: Host) -> None:
    """All requests begin with the same bytes, the row is their end, and the cache pays."""
    sandbox = host()
    found = glm.map(records(20), SORT, schema=LABELS, progress=False, in_flight=1)
    asked = bodies(sandbox)
    assert len({json.dumps(body["messages"][0]) for body in asked}) == 1
    assert asked[0]["messages"][-1]["content"] == f"<review>{review(0)}</review>"
    assert "Sort {review} into one of" in asked[0]["messages"][0]["content"]
    assert all(row["_cached_tokens"] > 50 for row in found[1:])


def test_reasoning_is_off_unless_it_is_asked_for(host: Host) -> None:
    """A million rows do not think by surprise."""
    sandbox = host()
    zai = {"provider": "zai", "base_url": sandbox.base_url, "progress": False}
    glm.map(records(1), SORT, **zai)
    glm.map(records(1), SORT, **zai, thinking=True)
    assert [body["thinking"]["type"] for body in bodies(sandbox)] == ["disabled", "enabled"]


def test_one_bad_row_fails_alone(host: Host) -> None:
    """A content filter, an empty answer and one that fits no schema: each its own error."""
    script = by_text(
        {
            "Review 7:": Fault.refuse("1301"),
            "Review 8:": says(""),
            "Review 9:": says('{"value": "nonsense"}'),
            "Review 10:": Fault.finish("length"),
            "Review 11:": Fault.answer("<html>", 200),
        }
    )
    host(script=script)
    found = glm.map(records(100), SORT, schema=LABELS, progress=False)
    errors = {row["id"]: row["_error"] for row in found if row["_error"]}
    assert sorted(errors) == [7, 8, 9, 10, 11]
    assert "ContentFilter" in errors[7]
    assert "empty" in errors[8]
    assert "Input should be" in errors[9]
    assert "cut off" in errors[10]
    right = {row["id"]: row["answer"] for row in found if not row["_error"]}
    assert right == {n: label for n, label in enumerate(labels(100)) if n not in errors}


def test_failed_rows_are_asked_anew(host: Host) -> None:
    """The next run asks only the rows that failed."""
    sandbox = host(script=by_text({"Review 7:": Fault.refuse("1301")}))
    glm.map(records(20), SORT, schema=LABELS, progress=False)
    sandbox.script = None
    found = glm.map(records(20), SORT, schema=LABELS, progress=False)
    assert [row["answer"] for row in found] == labels(20)
    assert sandbox.load.asked == 21


def test_a_wrong_answer_can_be_put_right(host: Host) -> None:
    """With `repairs`, the model is told what was wrong; tokens of both answers count."""
    sandbox = host(faults=[says('{"value": "nonsense"}')])
    (found,) = glm.map(records(1), SORT, schema=LABELS, progress=False, repairs=1)
    assert (found["answer"], found["_error"]) == ("praise", None)
    assert sandbox.load.asked == 2
    assert "does not fit" in bodies(sandbox)[1]["messages"][-1]["content"]
    assert found["_prompt_tokens"] > 200


def test_a_schema_gives_columns(host: Host) -> None:
    """Each field of a type is a column of its type."""
    host()
    frame = pd.DataFrame(records(3))
    found = glm.map(frame, "Judge {review}", schema=Verdict, name="v", progress=False)
    assert list(found.columns[2:5]) == ["v_label", "v_score", "v_sure"]
    assert str(found.v_score.dtype) == "float64"
    assert str(found.v_sure.dtype) == "boolean"
    found = glm.map(
        frame, "Judge {review}", schema={"kind": LABELS, "n": int, "tags": list[str]},
        progress=False,
    )  # fmt: skip
    assert list(found.kind) == labels(3)
    assert str(found.n.dtype) == "Int64"
    assert isinstance(found.tags[0], list)


def test_filter_keeps_what_is_true(host: Host) -> None:
    """Yes stays, no goes, and what could not be decided stays with its reason."""
    host(script=by_text({"Review 5:": Fault.refuse("1301")}))
    rows = [{"text": "fine"}, {"text": "not fine"}, {"text": "Review 5:"}]
    frame = pd.DataFrame(rows, index=["a", "b", "c"])
    found = glm.filter(frame, "Is {text} fine?", progress=False)
    assert list(found.columns) == ["text", "_error"]
    assert list(found.index) == ["a", "c"]
    assert "ContentFilter" in found._error["c"]
    assert [row["text"] for row in glm.filter(rows, "Is {text} fine?", progress=False)] == [
        "fine", "Review 5:",
    ]  # fmt: skip


def test_rows_without_anything_to_ask_are_not_asked(host: Host) -> None:
    """A row whose columns are all missing costs nothing."""
    sandbox = host()
    found = glm.map(pd.DataFrame({"review": [None, review(0)]}), SORT, progress=False)
    assert "nothing to ask" in found._error[0]
    assert sandbox.load.asked == 1


def test_nothing_is_sent_when_the_template_is_wrong(host: Host) -> None:
    """Templates and names are checked before the first request."""
    sandbox = host()
    for template, options in (
        ("{revew}", {}), ("no name", {}), ("{review", {}), (SORT, {"name": "id"}),
        (SORT, {"schema": []}), (SORT, {"in_flight": 0}), (SORT, {"modle": "x"}),
        (SORT, {"engine": "flink"}), (SORT, {"engine": "dask"}),
    ):  # fmt: skip
        with pytest.raises(ArgumentError):
            glm.map(records(3), template, progress=False, **options)
    assert sandbox.load.asked == 0


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pl.LazyFrame, list])
def test_hidden_keys_in_cells_never_leave(host: Host, make: Callable[..., Any]) -> None:
    """What lies in a column of structs or dictionaries is left out of its rows."""
    sandbox = host()
    workbench().hiding.hidden.append("email")
    people = [{"id": 1, "person": {"email": "qZ7", "age": 3, "kids": [{"email": "qZ7"}]}}]
    glm.map(make(people), "Describe {person}", progress=False)
    assert "qZ7" not in str(bodies(sandbox))
    assert '"age": 3' in bodies(sandbox)[0]["messages"][1]["content"]


def test_hidden_keys_of_maps_never_leave(host: Host) -> None:
    """Maps are no structs: their keys are data."""
    sandbox = host()
    workbench().hiding.hidden.append("email")
    cells = pa.array([[("email", "qZ7"), ("city", "Rome")]], pa.map_("string", "string"))
    glm.map(pa.table({"person": cells}), "Describe {person}", progress=False)
    assert "qZ7" not in str(bodies(sandbox))
    assert "Rome" in str(bodies(sandbox))


@dataclasses.dataclass
class Person:
    """A cell that is an object."""

    email: str
    city: str


class Pair(NamedTuple):
    """A cell that has names."""

    email: str
    city: str


@pytest.mark.parametrize(
    "cell",
    [
        Person("qZ7", "Rome"),
        Pair("qZ7", "Rome"),
        [Pair("qZ7", "Rome")],
        MappingProxyType({"email": "qZ7", "city": "Rome"}),
        UserDict({"email": "qZ7", "city": {"name": "Rome"}}),
        np.array([("qZ7", "Rome")], [("email", "U3"), ("city", "U4")])[0],
        np.array([("qZ7", "Rome")], [("email", "U3"), ("city", "U4")]),
        pd.Series({"email": "qZ7", "city": "Rome"}),
        pd.DataFrame({"email": ["qZ7"], "city": ["Rome"]}),
        pl.DataFrame({"email": ["qZ7"], "city": ["Rome"]}),
    ],
)
def test_hidden_names_in_objects_never_leave(host: Host, cell: object) -> None:
    """Whatever has names in a cell is sent without the hidden ones."""
    sandbox = host()
    workbench().hiding.hidden.append("email")
    found = glm.map([{"person": cell}], "Describe {person}", progress=False)
    assert "qZ7" not in str(bodies(sandbox))
    assert "Rome" in str(bodies(sandbox))
    assert found[0]["answer"]


@pytest.mark.parametrize("make", [pd.DataFrame, list])
def test_hidden_columns_of_several_levels_never_leave(host: Host, make: Callable[..., Any]) -> None:
    """Such a name has two spellings: that of the template, and that of descriptions."""
    sandbox = host()
    table = make([{("customer", "email"): "qZ7", ("customer", "city"): "Rome"}])
    for pattern in ("email", "customer / email", "*mail"):
        workbench().hiding.hidden[:] = [pattern]
        with pytest.raises(ArgumentError, match="hidden"):
            glm.map(table, "Greet {('customer', 'email')}", progress=False)
        with pytest.raises(ArgumentError, match="hidden"):
            glm.filter(table, "Is {('customer', 'email')} nice?", progress=False)
    assert sandbox.load.asked == 0
    glm.map(table, "Describe {('customer', 'city')}", progress=False)
    assert sandbox.load.asked == 1


def test_hidden_columns_never_leave(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `%glm hide` hides is refused in a template, in parts of the table too."""
    sandbox = host()
    customers, others = records(3), records(3)
    monkeypatch.setattr(AROUND, "names", lambda: {"customers": customers, "others": others})
    workbench().hiding.hidden.append("customers.review")
    with pytest.raises(ArgumentError, match="hidden"):
        glm.map(customers, SORT, progress=False)
    with pytest.raises(ArgumentError, match="hidden"):
        glm.filter(customers, "Is {review} kind?", progress=False)
    with pytest.raises(ArgumentError, match="hidden"):
        glm.map(customers[:1], SORT, progress=False)
    assert sandbox.load.asked == 0
    assert glm.map(others, SORT, progress=False)


def test_a_dry_run_sends_nothing(host: Host) -> None:
    """It counts rows, known and equal ones, tokens, time, and shows the first request."""
    sandbox = host()
    glm.map(records(5), SORT, schema=LABELS, progress=False)
    found = glm.map(records(10) * 2, SORT, schema=LABELS, dry_run=True)
    assert sandbox.load.asked == 5
    assert (found.rows, found.distinct, found.known, found.asked) == (20, 10, 5, 5)
    assert found.usd is None
    text = repr(found)
    assert "nothing was sent" in text
    assert "<review>Review 0" in text
    zai = {"provider": "zai", "base_url": sandbox.base_url}
    dear, cheap = glm.map(records(1000), SORT, dry_run=True, **zai).usd
    assert 0 < cheap < dear < 1


def test_a_dry_run_reckons_with_rows_that_have_nothing_to_ask(host: Host) -> None:
    """900 of 1,000 rows are missing: 100 are asked, whether the table is counted or not."""
    sandbox = host()
    frame = pd.DataFrame({"review": [None] * 900 + [review(number) for number in range(100)]})
    zai = {"provider": "zai", "base_url": sandbox.base_url, "dry_run": True}
    few = glm.map(frame[900:], SORT, **zai)
    for table in (frame, pl.from_pandas(frame).lazy()):
        found = glm.map(table, SORT, **zai)
        assert (found.sampled, found.distinct, found.asked) == (1_000, 100, 100)
        assert (found.usd, found.seconds) == (few.usd, few.seconds)


@pytest.mark.parametrize(
    ("frame", "template", "what"),
    [
        ([{0: "a"}] * 3, "Say {0}", "the column 0 of 3 rows"),
        ([{"a": "a", "b": "b"}], "Say {b} {a}", "the columns b, a of 1 row"),
        (pl.LazyFrame({"a": ["a"]}), "Say {a}", "the column a of all rows"),
    ],
)
def test_what_leaves_is_told(
    frame: object, template: str, what: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Once, and so that a column named 0 is no count of rows."""
    monkeypatch.setattr("glm_magic.rows.calls._told", set())
    for _ in range(2):
        with scripted(*["a"] * 3):
            glm.map(frame, template, progress=False, provider="zai", fresh=True)
    assert capsys.readouterr().err.count(f"Sent to api.z.ai: {what}.") == 1


def test_a_key_in_a_cell_never_leaves(host: Host) -> None:
    """A key that stands in the data is taken out, as everywhere."""
    sandbox = host()
    glm.map([{"review": f"my key is {CANARY}"}], SORT, progress=False)
    assert not seen_in(sandbox.requests[-1].body)


@pytest.mark.parametrize(("code", "kind"), [("1000", AuthenticationError), ("1113", BalanceError)])
def test_what_no_row_survives_ends_the_run(host: Host, code: str, kind: type) -> None:
    """A wrong key or an empty account is one error and a handful of requests, not a million."""
    sandbox = host(script=lambda situation: Fault.refuse(code))
    with pytest.raises(kind):
        glm.map(records(1_000), SORT, progress=False)
    assert sandbox.load.asked <= 8


def test_rows_that_all_fail_alike_end_the_run(host: Host) -> None:
    """A mistake in the request is told after 20 rows."""
    sandbox = host(script=lambda situation: Fault.refuse("1214"))
    with pytest.raises(GLMError, match="failed in the same way"):
        glm.map(records(1_000), SORT, progress=False)
    assert sandbox.load.asked <= 60


@pytest.mark.parametrize("bad_first", [True, False])
def test_rows_that_fail_alike_do_not_stop_what_was_answered_before(
    host: Host, bad_first: bool
) -> None:
    """An earlier run shows that the prompt can be answered: the good rows behind are asked."""
    sandbox = host(script=by_text({"bad": Fault.refuse("1214")}))
    glm.map(records(5), SORT, progress=False)
    bad = [{"review": f"bad {n}"} for n in range(40)]
    new = [{"review": f"good {n}"} for n in range(5)]
    rows = [*bad, *records(5), *new] if bad_first else [*records(5), *bad, *new]
    found = glm.map(rows, SORT, progress=False, in_flight=4)
    assert all(bool(row["_error"]) == row["review"].startswith("bad") for row in found)
    assert sandbox.load.asked == 50


def test_an_early_end_says_what_to_do_about_it(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    """Running the same again would end in the same way."""
    host(script=at_most(10, 1e9, "1113"))
    glm.map(records(50), SORT, progress=False)
    said = capsys.readouterr().err
    assert "10 rows are answered and kept. Top up" in said
    assert "the same again goes on from there." in said


def test_an_empty_account_in_the_middle_loses_nothing(host: Host) -> None:
    """What was answered is returned, the rest says why not, and the next run goes on."""
    sandbox = host(script=at_most(40, 1e9, "1113"))
    found = glm.map(records(200), SORT, schema=LABELS, progress=False)
    answered = [row for row in found if not row["_error"]]
    assert len(answered) == 40
    assert all(row["answer"] == labels(200)[row["id"]] for row in answered)
    assert "not asked: Insufficient balance" in found[-1]["_error"]
    sandbox.script = None
    found = glm.map(records(200), SORT, schema=LABELS, progress=False)
    assert [row["answer"] for row in found] == labels(200)


def test_a_host_that_is_not_there_is_told(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens: one error, soon."""
    sandbox = host()
    sandbox.stop()
    with pytest.raises((ConnectionFailedError, GLMError)):
        glm.map(records(300), SORT, progress=False, retries=1)


def test_a_connection_that_breaks_is_tried_again(host: Host) -> None:
    """Cut lines and server errors cost another try, and no row."""
    faults = [Fault.cut(size_bytes=9), Fault.refuse("1234"), Fault.cut(chunks=0, reset=True)]
    sandbox = host(faults=faults)
    found = glm.map(records(30), SORT, schema=LABELS, progress=False)
    assert [row["answer"] for row in found] == labels(30)
    assert sandbox.load.asked >= 31


def test_a_budget_is_kept(host: Host) -> None:
    """The run ends before it would pass the budget, says so, and can go on."""
    sandbox = host()
    zai = {"provider": "zai", "base_url": sandbox.base_url, "progress": False}
    found = glm.map(records(300), SORT, schema=LABELS, budget_usd=0.01, max_tokens=40, **zai)
    used = [row for row in found if row["_prompt_tokens"]]
    spent = workbench().ledger.totals().usd
    assert 0.008 < spent <= 0.01
    assert sandbox.load.asked == len(used)
    assert "would pass the budget" in found[-1]["_error"]
    again = glm.map(records(300), SORT, schema=LABELS, budget_usd=0.01, max_tokens=40, **zai)
    assert len([row for row in again if row["_prompt_tokens"]]) > 1.8 * len(used)


def test_the_day_has_a_budget_too(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `%config GLM.budget_tokens` leaves of the day holds for rows."""
    sandbox = host()
    monkeypatch.setattr(AROUND, "configured", lambda: {"budget_tokens": 3_000})
    zai = {"provider": "zai", "base_url": sandbox.base_url, "progress": False}
    found = glm.map(records(100), SORT, schema=LABELS, max_tokens=40, **zai)
    assert 2_000 < workbench().ledger.totals().tokens <= 3_000
    assert "would pass the budget" in found[-1]["_error"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"budget_usd": float("nan")},
        {"budget_usd": float("inf")},
        {"budget_usd": -1},
        {"budget_usd": [1]},
        {"budget_usd": "much"},
        {"repairs": -1},
        {"repairs": "2"},
        {"repairs": None},
        {"name": 5},
        {"in_flight": "16"},
        {"in_flight": 2.5},
        {"template": None},
    ],
)
def test_wrong_options_are_refused_before_anything_is_sent(
    host: Host, wrong: dict[str, Any]
) -> None:
    """Each by its name; a NaN would be no limit at all."""
    sandbox = host()
    options = {"template": SORT, "provider": "zai", "base_url": sandbox.base_url, **wrong}
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        glm.map(records(3), progress=False, **options)
    assert sandbox.load.asked == 0


def test_a_budget_needs_a_price(host: Host) -> None:
    """Where the price is not known, a budget in USD is refused before anything is sent."""
    sandbox = host()
    with pytest.raises(BudgetError, match="price"):
        glm.map(records(3), SORT, progress=False, budget_usd=1)
    assert sandbox.load.asked == 0


def test_what_was_used_is_in_the_ledger(host: Host) -> None:
    """`%glm usage` counts rows too."""
    host()
    found = glm.map(records(10), SORT, progress=False)
    spent = workbench().ledger.totals()
    assert spent.tokens == sum(r["_prompt_tokens"] + r["_completion_tokens"] for r in found)


def test_recordings_answer_rows(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Recorded once, rows are answered again without a key, by nobody; a miss is a row's error."""
    monkeypatch.chdir(tmp_path)
    sandbox = host()
    options = {"provider": "zai", "base_url": sandbox.base_url, "progress": False}
    first = glm.map(records(5), SORT, schema=LABELS, replay="record", **options)
    monkeypatch.delenv("GLM_API_KEY")
    options = {"provider": "zai", "replay": "replay", "progress": False}
    again = glm.map(records(6), SORT, schema=LABELS, **options)
    assert [row["answer"] for row in again] == [row["answer"] for row in first] + [None]
    assert "NotRecorded" in again[5]["_error"]
    assert sandbox.load.asked == 5


def test_a_scripted_client_answers_rows() -> None:
    """Code that uses `glm.map` is tested as code that asks is."""
    replies = ["first", "second"]
    with scripted(*replies):
        found = glm.map(records(2), SORT, progress=False, in_flight=1, fresh=True)
    assert [row["answer"] for row in found] == replies
