"""A conversation as a file for people and for other machines: notebook, Markdown or JSON."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..chat.records import answered, asked
from ..errors import ArgumentError, StoreError
from .checking import turn_of
from .command_line import first_line
from .location import is_nameless, new_id
from .marking import NAMESPACE
from .metadata import output_metadata
from .notebook_file import read_notebook
from .quoting import fenced, literal, quoted
from .writing import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..chat.turns import Turn

    Show = Callable[[Turn], str]

SUFFIXES = (".ipynb", ".md", ".json")
JSON_SCHEMA = 1
_LIMIT_BYTES = 200_000_000
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOT_ID = re.compile(r"[^A-Za-z0-9_-]+")
_MINUTE = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):")
_TITLE = "A conversation"


def export(
    turns: Sequence[Turn],
    path: str | Path,
    title: str = "",
    *,
    show: Show | None = None,
    conversation: str = "",
    overwrite: bool = False,
) -> None:
    """Write the conversation to a file; its suffix says how.

    Args:
        turns: From the first to the last.
        path: Ends in .ipynb, .md or .json.
        title: Stands at the top; the file's name when empty.
        show: An answer as inert Markdown with its footer; without it answers are shown as they
            were written, as literal text.
        conversation: The conversation's id, for a notebook that continues it; one with a name
            becomes the notebook's own, under a new id.
        overwrite: Whether a file that is there is replaced.

    Raises:
        ArgumentError: Another suffix, or a file that is there.
        StoreError: It could not be written.
    """
    path = Path(path)
    suffix = _suffix(path)
    if not overwrite and os.path.lexists(path):  # which takes any name
        raise ArgumentError(f"{path} exists already.", "Choose another name, or add --overwrite.")
    title = title or path.stem
    if suffix == ".json":
        text = to_json(turns)
    elif suffix == ".md":
        text = to_markdown(turns, title, show)
    else:
        text = _notebook_text(to_notebook(turns, title, show, conversation))
    write_atomically(path, text.encode("utf-8", "replace"), mode=None)


def import_turns(path: str | Path) -> tuple[Turn, ...]:
    """The turns of an exported .json file, or of a notebook's own conversation.

    Raises:
        ArgumentError: Another suffix.
        StoreError: It cannot be read, or holds no conversation.
    """
    path = Path(path)
    if _suffix(path) == ".md":
        message = "A conversation cannot be read back from Markdown."
        raise ArgumentError(message, "Import the .ipynb or the .json file instead.")
    if path.suffix.lower() == ".ipynb":
        notebook = read_notebook(path)
        if notebook is None:
            message = f"{path} cannot be read as a notebook."
            raise StoreError(message, "Name a notebook file (.ipynb) of at most 100 MB.")
        # Chats with a name, and what was asked outside the conversation, are no part of it.
        return tuple(turn for turn, _ in notebook.own())
    try:
        # A pipe or a device would be waited for.
        text = path.read_text("utf-8-sig") if path.is_file() else ""
    except (OSError, ValueError):
        text = ""
    if not text:
        raise StoreError(f"{path} cannot be read.", "Name a file that `export` has written.")
    return turns_from_json(text)


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        message = f"{path.name or path} does not end in .ipynb, .md or .json."
        raise ArgumentError(message, "The end of the name chooses: notebook, Markdown or JSON.")
    return suffix


def to_json(turns: Sequence[Turn]) -> str:
    """Everything there is to know of the turns, what was attached included."""
    records = [asked(turn) | answered(turn) for turn in turns]
    document = {NAMESPACE: "conversation", "schema": JSON_SCHEMA, "turns": records}
    # Half surrogate pairs survive as escapes.
    return json.dumps(document, ensure_ascii=True, indent=1) + "\n"


def turns_from_json(text: str) -> tuple[Turn, ...]:
    """The turns of `to_json`.

    Raises:
        StoreError: It is not such a text, or a newer one, or one of its turns is damaged.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get(NAMESPACE) != "conversation":
        message = "This is not a conversation that glm_magic has exported."
        raise StoreError(message, "Import an .ipynb, or a .json that `export` has written.")
    if document.get("schema") != JSON_SCHEMA:
        message = "This conversation was exported by a newer glm_magic."
        raise StoreError(message, "pip install --upgrade glm_magic")
    records = document.get("turns")
    turns: list[Turn] = []
    for number, record in enumerate(records if isinstance(records, list) else [None], 1):
        try:
            turns.append(turn_of(record))
        except ValueError:
            message = f"Turn {number} of the exported conversation is damaged."
            raise StoreError(message, "Export it again, or remove that turn.") from None
    return tuple(turns)


def to_markdown(turns: Sequence[Turn], title: str = "", show: Show | None = None) -> str:
    """The conversation to be read; nothing in it runs, fetches or opens by itself."""
    parts = [f"# {literal(title or _TITLE)}"]
    for number, turn in enumerate(turns, 1):
        parts += [f"## {number} · {_byline(turn)}", fenced(turn.prompt), _shown(turn, show)]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def to_notebook(
    turns: Sequence[Turn], title: str = "", show: Show | None = None, conversation: str = ""
) -> Any:
    """The conversation as an `nbformat.NotebookNode` that restores it when it is opened.

    Each turn is its prompt, quoted, and a `%%glm` cell with the answer as its output.
    """
    import nbformat

    v4: Any = nbformat.v4  # its functions have no types
    heading = v4.new_markdown_cell(f"# {literal(title or _TITLE)}", id="glm-title")
    load = v4.new_code_cell("%load_ext glm_magic", id="glm-load")
    cells = [heading, load]
    taken = {"glm-title", "glm-load"}
    conversation = conversation if is_nameless(conversation) else new_id()
    for number, turn in enumerate(turns, 1):
        quote = v4.new_markdown_cell(
            f"**{number}** · {_byline(turn)}\n\n{quoted(turn.prompt)}",
            id=_free_id(f"prompt-{turn.id}", taken),
            metadata={NAMESPACE: {"prompt_of": turn.id}},
        )
        markdown = _shown(turn, show)
        output = v4.new_output(
            "display_data",
            data={"text/markdown": markdown, "text/plain": "[answer]"},
            metadata={NAMESPACE: output_metadata(turn, conversation, shown=markdown)},
        )
        source = f"{first_line(turn)}\n{turn.prompt}"
        cell_id = _free_id(turn.cell or f"turn-{turn.id}", taken)
        cells += [quote, v4.new_code_cell(source, id=cell_id, outputs=[output])]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _notebook_text(notebook: Any) -> str:
    import nbformat

    untyped: Any = nbformat
    return f"{untyped.writes(notebook)}\n"


def _free_id(wish: str, taken: set[str]) -> str:
    """A valid cell id that no other cell has."""
    stem = wish if _CELL_ID.fullmatch(wish) else _NOT_ID.sub("-", wish)[:50].strip("-") or "cell"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem[:50]}-{number}"
    taken.add(name)
    return name


def _shown(turn: Turn, show: Show | None) -> str:
    if show is not None:
        # What is packed leans on the shown text: it must be the very one that reaches the file.
        return show(turn).encode("utf-8", "replace").decode()
    reason = f" ({turn.partial_reason})" if turn.partial_reason else ""
    return f"{fenced(turn.text)}\n\nBy {literal(f'{turn.model}, {turn.status}{reason}')}"


def _byline(turn: Turn) -> str:
    hit = _MINUTE.match(turn.created)
    created = f"{hit[1]} {hit[2]} UTC" if hit else literal(turn.created[:40])
    return f"{created} · {literal(turn.model)}"
