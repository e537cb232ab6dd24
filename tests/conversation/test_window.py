"""What is sent along: a stable prefix, whole turns out in one big step, and within the budget."""

from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import pairwise

import pytest

from glm_magic.sandbox import Sandbox
from glm_magic.store.ledger import Ledger

from .conftest import Open
from .notebook import Notebook, shown
from .requests import asked, bodies, stable_share
from .twenty import FRAMES, twenty


def test_consecutive_requests_share_their_beginning(notebook: Notebook, sandbox: Sandbox) -> None:
    """Over 20 turns with two frames at least 95 % of each request begins the next one."""
    notebook.run("frames", FRAMES)
    for number, (options, prompt) in enumerate(twenty()):
        notebook.ask(f"cell-{number}", prompt, options)
    sent = bodies(sandbox)
    assert len(sent) == 20
    assert "island" in asked(sandbox)[0]
    assert "price" in "".join(asked(sandbox))
    shares = [stable_share(*pair) for pair in pairwise(sent)]
    print(f"at least {min(shares):.2%}")
    assert min(shares) >= 0.95


def test_oldest_turns_leave_in_one_step(notebook: Notebook, sandbox: Sandbox) -> None:
    """When the window is full, half of it leaves at once, with a notice; then it is calm again."""
    notebook.kernel.run("%config GLM.model = 'glm-4.5v'")  # the smallest window
    said = []
    for number in range(14):
        source = f"%%glm\nsandbox: 3 tokens\nnumber {number} {'word ' * 5000}"
        said.append(unescape(shown(notebook.run(f"cell-{number}", source))))
    counts = [len(asked(sandbox, at)) for at in range(14)]
    steps = [at for at in range(1, 14) if counts[at] <= counts[at - 1]]
    assert len(steps) == 2, counts
    for at in range(1, 14):
        share = stable_share(*bodies(sandbox)[at - 1 : at + 1])
        assert (share < 0.5) if at in steps else (share > 0.99)
    first = steps[0]
    assert counts[first] <= 1 + counts[first - 1] // 2
    assert "no longer fit" not in said[first - 1]
    left_out = first + 1 - counts[first]
    assert f"{left_out} earlier turns no longer fit into the context window" in said[first]
    marks = [row[6] for row in notebook.rows()]
    assert marks == ["out"] * marks.count("out") + ["in"] * marks.count("in")
    assert 0 < marks.count("in") < 14


@pytest.mark.parametrize(("name", "limit"), [("budget_tokens", "1500"), ("budget_usd", "0.003")])
def test_a_question_past_the_budget_is_not_sent(
    notebook: Notebook, sandbox: Sandbox, name: str, limit: str
) -> None:
    """It is refused in two lines with the estimate before anything is sent, also after restart."""
    notebook.kernel.run(f"%config GLM.{name} = {limit}")
    notebook.ask("a", "sandbox: 300 tokens")
    for _ in range(2):
        ran = notebook.run("b", "%%glm\ntwo")
        first, second = ran.error.splitlines()
        assert first.startswith("BudgetError: About ")
        assert "nothing was sent" in first
        assert f"%config GLM.{name}" in second
        assert len(sandbox.requests) == 1
        notebook.restart()
        notebook.kernel.run(f"%config GLM.{name} = {limit}")
    assert notebook.prompts() == ["sandbox: 300 tokens"]
    notebook.kernel.run(f"%config GLM.{name} = None")
    notebook.ask("b", "two")
    assert len(sandbox.requests) == 2


def test_the_budget_is_per_notebook_and_per_day(open_notebook: Open, sandbox: Sandbox) -> None:
    """Yesterday counts for its notebook only; today counts for every notebook."""
    one, other = open_notebook("one.ipynb"), open_notebook("other.ipynb")
    one.ask("a", "one")
    (chat,) = one.chats()
    (folder,) = (one.data / "conversations").glob(f"{chat[0]}*")
    Ledger(one.data).add(
        at=(datetime.now(UTC) - timedelta(days=1)).isoformat(), conversation=folder.name,
        provider="zai", model="glm-4.5", prompt_tokens=9_000, completion_tokens=9_000,
        cached_tokens=0, cost_usd=0.03,
    )  # fmt: skip
    for notebook in (one, other):
        notebook.kernel.run("%config GLM.budget_tokens = 10_000")
    assert "this conversation's budget" in one.run("b", "%%glm\ntwo").error
    other.ask("a", "goes")
    Ledger(one.data).add(
        at=datetime.now(UTC).isoformat(), conversation="another", provider="zai",
        model="glm-4.5", prompt_tokens=9_000, completion_tokens=0, cached_tokens=0, cost_usd=0.0,
    )  # fmt: skip
    assert "today's budget" in other.run("b", "%%glm\nmore").error
    assert len(sandbox.requests) == 2
