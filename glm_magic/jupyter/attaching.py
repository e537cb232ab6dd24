"""What the options and the prompt of a question attach: names become the user's variables."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, FrameError
from ..frames import is_frame
from ..gathering import is_data, mentioned

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from .cells import Cells

_MOST_FRAMES = 5  # of those a failed cell names


def attached(
    options: argparse.Namespace,
    prompt: str,
    namespace: Mapping[str, Any],
    cells: Cells,
    cell: str | None,
) -> dict[str, object]:
    """What goes along with a prompt, by name, each once, in the order of the request.

    Args:
        options: Of `%%glm`: frames, variables, images, cells.
        prompt: Looked through for "@name".
        namespace: The user's variables.
        cells: What ran before.
        cell: The id of the asking cell, or None.

    Raises:
        ArgumentError: A name that does not exist.
        FrameError: `--frame` names something else than a frame.
    """
    found: dict[str, object] = {}
    if options.cells:
        found |= _cells_before(options.cells, cells, cell)
    for name in options.frames:
        found[name] = _frame(name, namespace)
    for name in options.variables:
        found[name] = variable(name, namespace)
    for name in mentioned(prompt, namespace):
        found[name] = namespace[name]
    return found


def variable(name: str, namespace: Mapping[str, Any], *, frames_only: bool = False) -> object:
    """The user's variable of this name.

    Raises:
        ArgumentError: There is none, or it is an expression.
    """
    if name in namespace:
        return namespace[name]
    if not name.isidentifier():
        message = f"{name} is no variable's name."
        raise ArgumentError(message, f"Give it one first: part = {name}")
    shown = is_frame if frames_only else (lambda value: is_data("", value))
    known = [one for one, value in namespace.items() if is_data(one, value) and shown(value)]
    what = "Frames" if frames_only else "Variables"
    listed = f"{what} here: {', '.join(known[:5])}."
    remedy = listed if known else "Run the cell that makes it first."
    raise ArgumentError.unknown("variable", name, known, remedy)


def _frame(name: str, namespace: Mapping[str, Any]) -> object:
    value = variable(name, namespace, frames_only=True)
    if not is_frame(value):
        message = f"{name} is no DataFrame: {type(value).__name__}."
        raise FrameError(message, f"Describe it as what it is: --var {name}")
    return value


def _cells_before(count: int, cells: Cells, cell: str | None) -> dict[str, object]:
    from ..variables.cells import describe_cells

    found = cells.before(count, cell)
    if not found:
        raise ArgumentError("No cell ran before this one.", "Leave --cells out, or run one first.")
    described = describe_cells(found)
    return {described.name: described}


def cell_with_frames(
    cells: Cells, namespace: Mapping[str, Any], cell: str | None
) -> dict[str, object]:
    """The cell that ran before this one, with its output and the frames it names.

    Raises:
        ArgumentError: No cell ran before.
    """
    found = _cells_before(1, cells, cell)
    return found | frames_in(cells.before(1, cell)[0].code, namespace)


def failure(cells: Cells, namespace: Mapping[str, Any]) -> dict[str, object]:
    """The cell that failed last, its exception, and the frames it names.

    Raises:
        ArgumentError: Nothing has failed.
    """
    from ..variables.cells import describe_failure

    failed = cells.last_failure()
    if failed is None:
        raise ArgumentError("No cell has failed.", "%glm fix is for the last exception.")
    cell, told = failed
    described = describe_failure(cell, told)
    return {described.name: described} | frames_in(cell.code, namespace)


def frames_in(code: str, namespace: Mapping[str, Any]) -> dict[str, object]:
    """The frames that a cell names, at most five, in the order it names them."""
    names = [name for name in _names_in(code) if is_frame(namespace.get(name))]
    return {name: namespace[name] for name in names[:_MOST_FRAMES]}


def _names_in(code: str) -> Iterable[str]:
    """Names a cell uses, in the order of their appearance; any word, where it is no Python."""
    try:
        nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    except (SyntaxError, ValueError):
        return dict.fromkeys(re.findall(r"[^\W\d]\w*", code))
    nodes.sort(key=lambda node: (node.lineno, node.col_offset))
    return dict.fromkeys(node.id for node in nodes)
