"""`%%glm_map` in a real shell."""

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.jupyter.conftest import Shell, bare_shell, shell

from .samples import labels, records

if TYPE_CHECKING:
    from glm_magic.sandbox import Sandbox

__all__ = ["bare_shell", "shell"]


@pytest.fixture
def asking(shell: Shell, host: object, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell with a table, at a sandbox."""
    sandbox: Sandbox = host()  # type: ignore[operator]
    shell.ip.user_ns["reviews"] = pd.DataFrame(records(9))
    shell.ip.user_ns["sandbox"] = sandbox
    return shell


def test_a_cell_asks_all_rows(asking: Shell) -> None:
    """The result is the cell's, and the variable's that --out names."""
    asking.run("%%glm_map reviews --labels praise,complaint,question --out found\nSort {review}")
    found = asking.ip.user_ns["found"]
    assert list(found.answer) == labels(9)
    assert asking.ip.user_ns["_"] is found


def test_types_and_filters(asking: Shell) -> None:
    """--schema takes a type of the notebook, --filter keeps what is answered with yes."""
    asking.run("from dataclasses import dataclass\n@dataclass\nclass Verdict:\n    label: str")
    asking.run("%%glm_map reviews --schema Verdict --name v --out found\nJudge {review}")
    assert "v_label" in asking.ip.user_ns["found"].columns
    asking.run("%%glm_map reviews --filter --out yes\nIs {review} nice?")
    assert len(asking.ip.user_ns["yes"]) == 9


def test_a_dry_run_is_shown(asking: Shell) -> None:
    """Nothing is sent, and nothing is bound."""
    said = asking.run("%%glm_map reviews --dry-run --out found\nSort {review}")
    assert "nothing was sent" in said
    assert "found" not in asking.ip.user_ns
    assert asking.ip.user_ns["sandbox"].load.asked == 0


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%%glm_map\nSort {review}", "Which table?"),
        ("%%glm_map nothing\nSort {review}", "no table named nothing"),
        ("%%glm_map reviews --lables a\nSort {review}", "Did you mean --labels?"),
        ("%%glm_map reviews --labels a --schema int\nSort {review}", "both say"),
        ("%%glm_map reviews --labels a --filter\nSort {review}", "takes no --labels"),
        ("%%glm_map reviews --schema int --filter\nSort {review}", "takes no --labels or --schema"),
        ("%%glm_map reviews --labels ''\nSort {review}", "A list of labels"),
        ("%%glm_map reviews --labels '' --schema int\nSort {review}", "both say"),
        ("%%glm_map reviews --out 1x\nSort {review}", "not a variable name"),
        ("%%glm_map reviews --out class\nSort {review}", "not a variable name"),
        ("%%glm_map reviews\nSort {revew}", "Did you mean review?"),
        ("%%glm_map reviews\nSort review", "names no column"),
        ("%%glm_map reviews --budget-usd nan\nSort {review}", "budget_usd = nan is not in 0 to"),
        ("%%glm_map reviews --budget-usd 0\nSort {review}", "There is a budget in USD"),
        ("%%glm_map reviews --in-flight 0\nSort {review}", "in_flight = 0 is not a whole number"),
    ],
)
def test_mistakes_are_two_lines(asking: Shell, cell: str, words: str) -> None:
    """What happened, and what to do; nothing is sent."""
    said = asking.run(cell)
    assert words in said
    assert len(said.strip().splitlines()) == 2
    assert asking.ip.user_ns["sandbox"].load.asked == 0


def test_help_and_tab(asking: Shell) -> None:
    """The help needs no prompt below it; Tab knows frames and options."""
    assert "--labels" in asking.run("%%glm_map --help\n")
    assert "reviews" in asking.complete("%%glm_map rev")
    assert "--dry-run" in asking.complete("%%glm_map reviews --dry")
