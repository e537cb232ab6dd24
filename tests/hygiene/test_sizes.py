"""The house stays one of small rooms."""

import ast
import statistics

from .sources import Function, modules

MODULE_LINES = 300
FUNCTION_LINES = 50
MEDIAN_LINES = 150  # the aim is 100; `pytest -rP tests/hygiene/test_sizes.py` tells where we are


def test_no_module_is_long() -> None:
    """A module that needs more than 300 lines is two modules."""
    lines = {module.name: len(module.text.splitlines()) for module in modules()}
    assert {name: count for name, count in lines.items() if count > MODULE_LINES} == {}


def test_the_typical_module_is_about_a_hundred_lines() -> None:
    """The median, which no single long module can hide behind, stays near 100 lines."""
    lines = [len(module.text.splitlines()) for module in modules()]
    print(f"{len(lines)} modules, {sum(lines)} lines, median {statistics.median(lines)}")
    assert statistics.median(lines) <= MEDIAN_LINES


def test_every_function_fits_a_screen() -> None:
    """No function, its docstring included, is longer than 50 lines."""
    long = {
        f"{module.name}:{node.name}": length
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, Function)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}
