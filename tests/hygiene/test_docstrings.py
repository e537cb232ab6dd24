"""Everything public says what it is, and every test says what holds."""

import ast
from collections.abc import Iterator

import pytest

from .sources import PACKAGE, TESTS, Function, Module, modules

UNDESCRIBED = ("overload", "override", ".setter", ".deleter")  # described elsewhere


def public_names(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """The module, its public classes and functions, and the public methods of those classes."""
    yield "module", tree
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            if not _is_described_elsewhere(node):
                yield node.name, node
            if isinstance(node, ast.ClassDef):
                yield from _public_methods(node)


def _public_methods(node: ast.ClassDef) -> Iterator[tuple[str, ast.AST]]:
    for method in node.body:
        if not isinstance(method, Function) or method.name.startswith("_"):
            continue
        if not _is_described_elsewhere(method):
            yield f"{node.name}.{method.name}", method


def _is_described_elsewhere(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(name.endswith(UNDESCRIBED) for name in map(ast.unparse, node.decorator_list))


@pytest.mark.parametrize("module", modules(PACKAGE), ids=lambda module: module.name)
def test_everything_public_is_described(module: Module) -> None:
    """Each public module, class, function and method has a docstring."""
    silent = [name for name, node in public_names(module.tree) if not ast.get_docstring(node)]  # type: ignore[arg-type]
    assert silent == []


@pytest.mark.parametrize("module", modules(TESTS), ids=lambda module: module.name)
def test_every_test_is_a_sentence(module: Module) -> None:
    """Each test has a docstring that begins with a capital letter and ends with a full stop."""
    tests = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, Function) and node.name.startswith("test_")
    ]
    assert [test.name for test in tests if not _is_sentence(ast.get_docstring(test))] == []


def _is_sentence(text: str | None) -> bool:
    first = (text or "").split("\n\n")[0]
    return first.endswith(".") and not first[0].islower()
