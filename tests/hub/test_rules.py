"""The course's file, whatever stands in it: rules that can be used, or two lines."""

import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_magic.errors import GLMError
from glm_magic.hub.budgets import Budgets
from glm_magic.hub.page import page
from glm_magic.hub.rules import _FIELDS, _WINDOW, Rules, RulesFile, read_rules

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
KEYS = st.sampled_from([*_FIELDS, *_WINDOW, "window", "mode", "x"])
WORDS = st.sampled_from(["", "a", "off", "hints", "UTC", "../x", "Europe", "Europe/Berlin", "a\nb"])
plain = st.booleans() | st.integers() | st.floats() | WORDS
times = st.datetimes() | st.dates() | st.times()
values = st.recursive(
    plain | times,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
windows = st.lists(st.dictionaries(st.sampled_from(_WINDOW), WORDS | times | st.lists(WORDS)))
fitting = st.fixed_dictionaries({}, optional={"zone": WORDS, "window": windows})


def toml(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name)} = {toml(one)}" for name, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, date | time):
        return value.isoformat()
    return json.dumps(value).replace("Infinity", "inf").replace("NaN", "nan")


@pytest.fixture(scope="module")
def budgets(tmp_path_factory: pytest.TempPathFactory) -> Budgets:
    """A course that has spent nothing."""
    return Budgets(tmp_path_factory.mktemp("ledger") / "budgets.sqlite")


def rules_or_fault(text: str) -> Rules | GLMError:
    """What is read of a file, or why nothing is."""
    try:
        return read_rules(text)
    except GLMError as error:
        return error


@settings(max_examples=100)
@given(st.dictionaries(KEYS, values, max_size=4) | fitting)
def test_any_values_are_rules_or_two_lines(budgets: Budgets, record: dict[str, Any]) -> None:
    """Whatever type stands where, the fault is told; what is taken can be used."""
    text = "\n".join(f"{name} = {toml(value)}" for name, value in record.items())
    rules = rules_or_fault(text)
    if isinstance(rules, GLMError):
        assert len(str(rules).splitlines()) == 2
        return
    rules.holding(["a"], NOW)
    page(rules, budgets, NOW, "", 0)


@pytest.mark.parametrize(
    "text",
    [
        "window = [1]", "x = " + "[" * 5000, "places = 1" + "0" * 5000, "places = 1" + "0" * 30,
        "idle_seconds = 1" + "0" * 400, "keep_days = 5_000_000", '"a\\nb" = 1',
    ],
    ids=["window", "deep", "digits", "large", "long", "days", "name"],
)  # fmt: skip
def test_a_running_service_keeps_its_last_good_rules(tmp_path: Path, text: str) -> None:
    """A file that went wrong is told, and the rules before it hold."""
    file = tmp_path / "glm-hub.toml"
    file.write_text("places = 7\n")
    rules = RulesFile(file)
    file.write_text(text)
    assert rules.now.places == 7
    assert "glm-hub.toml" in rules.fault
    with pytest.raises(GLMError) as caught:
        RulesFile(file)
    assert len(str(caught.value).splitlines()) == 2
    assert len(str(caught.value)) < 500
    file.write_text("places = 8\n")
    assert (rules.now.places, rules.fault) == (8, "")
