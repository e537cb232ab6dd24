"""What stands below an answer: what it took, and what a reader must know about it."""

from collections.abc import Callable

import pytest

from glm_magic.chat.deltas import Delta
from glm_magic.sandbox import Fault, Sandbox
from glm_magic.testing import scripted
from tests.jupyter.conftest import Shell


@pytest.fixture
def asked(
    shell: Shell, sandbox: Sandbox, settings_for: Callable[[Sandbox], None]
) -> Callable[..., str]:
    """Asks through the magic, and says all that was printed."""
    settings_for(sandbox)

    def ask(options: str = "", fault: Fault | None = None) -> str:
        sandbox.faults.extend([fault] if fault else [])
        return shell.run(f"%%glm --once {options}\nsandbox: 20 tokens")

    return ask


def test_it_says_what_it_took(asked: Callable[..., str]) -> None:
    """Model, seconds, tokens with those of the reasoning, cost, and what was sent."""
    footer = asked().strip().splitlines()[-1]
    model, seconds, tokens_in, out, cost, sent = (
        footer.strip("()").replace(", ", " · ").split(" · ")
    )
    assert model == "glm-4.5"
    assert seconds.endswith(" s")
    assert tokens_in.endswith(" tokens in")
    assert out.startswith("20 out") or " out (" in out
    assert cost.startswith("$0.00")
    assert sent == "sent: the prompt only"


def test_no_price_is_made_up(asked: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is free is said to be, and what a host takes that nobody knows is unknown."""
    assert " · free · " in asked("-m glm-4.5-flash")
    monkeypatch.setenv("GLM_PROVIDER", "custom")
    assert " · price unknown · " in asked()


def test_no_cost_of_tokens_that_nobody_counted(shell: Shell) -> None:
    """Where the host reports no tokens the price may be known; the cost is not."""
    with scripted([Delta(text="a", finish_reason="stop", ended=True)]):
        footer = shell.run("%%glm --once\nhi").strip().splitlines()[-1]
    assert footer.strip("()").endswith(" · tokens not reported · sent: the prompt only")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault.finish("length"), "⚠ The answer was cut at max_tokens."),
        (Fault.cut(chunks=9), "⚠ Incomplete: "),
        (Fault.finish("model_context_window_exceeded"), "the context window is full."),
    ],
    ids=["length", "cut", "window"],
)
def test_what_is_missing_is_said(asked: Callable[..., str], fault: Fault, said: str) -> None:
    """An answer that was cut says so, and why; what came is shown."""
    printed = asked("--no-think", fault)
    assert said in printed
    assert "The text" in printed


def test_what_was_withdrawn_is_not_shown(asked: Callable[..., str]) -> None:
    """A text that the provider withdraws is gone, and the reader is told."""
    printed = asked("--no-think", Fault.finish("sensitive"))
    assert "The text" not in printed
    assert "withdr" in printed or "filter" in printed
