"""An approval that holds is of one function, and of no other that looks like it."""

import functools
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import glm_magic
from glm_magic.gathering import Detail
from glm_magic.tools.approving import Approvals, Proposal
from glm_magic.tools.frame_tools import frame_tools

Maker = Callable[[Any], Callable[..., Any]]


def _closure(held: Any) -> Callable[..., Any]:
    def save(text: str) -> str:
        """Save a text."""
        return f"wrote to {held}"

    return save


def _default(held: Any) -> Callable[..., Any]:
    def save(text: str, to: str = held) -> str:
        """Save a text."""
        return f"wrote to {to}"

    return save


def _keyword(held: Any) -> Callable[..., Any]:
    def save(text: str, *, to: str = held) -> str:
        """Save a text."""
        return f"wrote to {to}"

    return save


def _wrapped(held: Any) -> Callable[..., Any]:
    def honest(*given: Any) -> str:
        return "wrote"

    def other(*given: Any) -> str:
        return f"sent to {held}"

    return functools.wraps(_closure("x"))(other if held == "there" else honest)


def _recursive(held: Any) -> Callable[..., Any]:
    def save(text: str) -> str:
        """Save a text."""
        return str(save(text[1:])) if text else str(held)

    return save


class _Box:
    def __init__(self, held: Any) -> None:
        self.held = held

    def save(self, text: str) -> str:
        """Save a text."""
        return f"wrote to {self.held}"


MAKERS = [_closure, _default, _keyword, _wrapped, _recursive]


def asked(*functions: Callable[..., Any]) -> int:
    """How often a person who says "always" is asked."""
    approvals, count = Approvals(), 0

    def ask(_: Proposal) -> Any:
        nonlocal count
        count += 1
        return "always"

    for function in functions:
        assert approvals.decide(Proposal(glm_magic.tool(function), {}), ask).runs
    return count


@pytest.mark.parametrize("make", MAKERS)
def test_another_function_of_the_same_code_is_asked_for(make: Maker) -> None:
    """What it holds, its defaults and what wraps it are part of what it does."""
    assert asked(make("here"), make("there")) == 2


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("held", ["here", 1.5, ("a", [1, {"b": None}]), len, _Box("here")])
def test_the_same_cell_run_again_is_not(make: Maker, held: Any) -> None:
    """It makes a function of the same code, with the same values and the same objects in it."""
    assert asked(make(held), make(held)) == 1


@pytest.mark.parametrize("make", [*MAKERS[:3], lambda held: held.save])
def test_another_object_is_another_function(make: Maker) -> None:
    """Also where it looks alike, and where it stands at the address of one that is gone."""
    box = _Box("here")
    assert asked(make(box), make(box)) == 1
    approvals = Approvals()
    for _ in range(5):
        asking: list[Proposal] = []

        def ask(proposal: Proposal, told: list[Proposal] = asking) -> Any:
            told.append(proposal)
            return "always"

        approvals.decide(Proposal(glm_magic.tool(make(_Box("here"))), {}), ask)
        assert asking


def test_built_in_tools_stay_the_same() -> None:
    """They are made anew for each question; what was said of them holds for all."""
    for name in ("frame_head", "frame_query"):
        made = [
            frame_tools({"sales": pd.DataFrame({"n": range(rows)})}, Detail())[name]
            for rows in (3, 4)
        ]
        assert made[0].identity == made[1].identity
