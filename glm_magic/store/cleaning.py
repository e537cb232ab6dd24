"""A notebook without us, before it is published; `scan` for keys is here too.

Ours are: outputs that carry a turn or our mark, everything a `%%glm` cell has put out (a preview
shows the whole request, an answer cut off by a dead kernel carries no turn yet), and so for a cell
of nothing but `%glm` lines; what a cell with other code has printed beside a `%glm … --preview`, or
together with a request that was not sent;
the quoted prompts of an exported notebook; the state of our widgets. Prompts in cells are the
user's own and stay.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import StoreError
from .marking import NAMESPACE, NOT_SENT
from .notebook_json import (
    cell_lists,
    commands_in,
    entry,
    is_prompt,
    joined,
    open_notebook,
    outputs_of,
)
from .scanning import Finding, scan
from .writing import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Finding", "scan", "strip_notebook"]

_STATE = "application/vnd.jupyter.widget-state+json"
_VIEW = "application/vnd.jupyter.widget-view+json"
_REFERENCE = re.compile(r"IPY_MODEL_([0-9A-Za-z-]+)")
_PREVIEW = re.compile(r"\s--preview(?!\S)")
_REQUEST = re.compile(rf"^(?:Preview|Dry run): {re.escape(NOT_SENT)}$", re.MULTILINE)
# What marks a widget as ours: anywidget's name for its class, or a class name in the page.
_OUR_WIDGET = re.compile(r"glm[-_]magic(?:[.-]|$)")


def strip_notebook(
    path: str | Path, *, keep_answers: bool = False, prompts: bool = False, check: bool = False
) -> int:
    """Take every trace of glm_magic out of a notebook; all else stays as it is.

    The file keeps its indentation, key order and line ends, so that a diff shows what was taken
    out and nothing else. A notebook without traces is not written.

    Args:
        path: The notebook; replaced in one step.
        keep_answers: Whether outputs stay and only lose the metadata behind them.
        prompts: Whether the `%%glm` cells go too.
        check: Whether to count only.

    Returns:
        How many outputs, cells, widgets and metadata entries were traces.

    Raises:
        StoreError: The file is no notebook, or cannot be read or written.
    """
    path = Path(path)
    document, layout = open_notebook(path)
    try:
        count = _strip(document, keep_answers, prompts)
        if count and not check:
            write_atomically(path, layout.dump(document))
    except RecursionError:
        message = f"{path} is nested too deeply."
        raise StoreError(message, "It was not changed.") from None
    return count


def _strip(document: dict[str, Any], keep_answers: bool, prompts: bool) -> int:
    count = _without(entry(document, "metadata"))
    gone = _strip_widgets(document)
    count += len(gone)
    for cells in cell_lists(document):
        kept = []
        for cell in cells:
            if isinstance(cell, dict):
                if _goes(cell, keep_answers, prompts):
                    count += 1
                    continue
                count += _without(entry(cell, "metadata")) + _strip_outputs(
                    cell, gone, keep_answers
                )
            kept.append(cell)
        cells[:] = kept
    return count


def _goes(cell: dict[str, Any], keep_answers: bool, prompts: bool) -> bool:
    if prompts and is_prompt(cell):
        return True
    quotes = cell.get("cell_type") == "markdown" and NAMESPACE in entry(cell, "metadata")
    return quotes and not keep_answers


def _without(metadata: dict[str, Any]) -> int:
    return 0 if metadata.pop(NAMESPACE, None) is None else 1


def _strip_outputs(cell: dict[str, Any], gone: set[str], keep_answers: bool) -> int:
    outputs = outputs_of(cell)
    commands, alone = commands_in(cell)
    whole_cell = alone or is_prompt(cell)
    printed = any(_PREVIEW.search(line) for line in commands)
    count, kept = 0, []
    for output in outputs:
        metadata = entry(output, "metadata")
        stream = isinstance(output, dict) and output.get("output_type") == "stream"
        ours = whole_cell or NAMESPACE in metadata or (printed and stream) or _is_request(output)
        view = entry(entry(output, "data"), _VIEW).get("model_id")
        if (ours and not keep_answers) or (isinstance(view, str) and view in gone):
            count += 1
            continue
        count += _without(metadata)
        kept.append(output)
    outputs[:] = kept
    return count


def _is_request(output: Any) -> bool:
    """Whether it shows a request that was not sent, as text that was printed or is a value."""
    if not isinstance(output, dict):
        return False
    texts = (output.get("text"), entry(output, "data").get("text/plain"))
    return any(_REQUEST.search(joined(text)) for text in texts)


def _strip_widgets(document: dict[str, Any]) -> set[str]:
    """Remove the saved state of our widgets and of what only they are made of."""
    metadata = entry(document, "metadata")
    widgets = entry(metadata, "widgets")
    models = entry(entry(widgets, _STATE), "state")
    ours = {name for name, model in models.items() if _is_ours(model)}
    reach = _reached(models, ours)
    gone = (reach - _reached(models, set(models) - reach)) | ours
    for name in gone:
        del models[name]
    if gone and not models:
        del widgets[_STATE]
        if not widgets:
            del metadata["widgets"]
    return gone


def _is_ours(model: Any) -> bool:
    state = entry(model, "state")
    classes = state.get("_dom_classes")
    marks = [state.get("_anywidget_id"), entry({"": model}, "").get("model_module")]
    marks += classes if isinstance(classes, list) else []
    return any(isinstance(mark, str) and _OUR_WIDGET.match(mark) for mark in marks)


def _reached(models: dict[str, Any], roots: Iterable[str]) -> set[str]:
    """These widgets and all that they refer to."""
    seen: set[str] = set()
    waiting = [name for name in roots if name in models]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [one for one in _REFERENCE.findall(str(models[name])) if one in models]
    return seen
