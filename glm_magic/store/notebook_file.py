"""The conversation that a notebook file carries: read from the metadata of its outputs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..chat.places import base_cell
from .location import is_nameless
from .metadata import conversation_of, turns_of
from .notebook_json import cells_of, outputs_of, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..chat.turns import Turn


# Texts are packed: without a limit for all together a small file could fill the memory.
_LIMIT_CHARACTERS = 100_000_000
_TEXTS = ("markdown", "raw")  # what such a cell asked when it was code, it no longer asks


@dataclass(frozen=True, slots=True)
class NotebookTurns:
    """What a notebook knows of its conversation.

    Attributes:
        turns: In the order of their cells, each once. `cell` is the file's own cell id where the
            cell has one; a cell's second turn has the cell "id/2".
        told_in: The id of the conversation each of them belongs to; "" for none.
        conversations: Those ids, the most frequent first.
        cells: Ids of all cells that can run, in order; none in files before nbformat 4.5.
    """

    turns: tuple[Turn, ...] = ()
    told_in: tuple[str, ...] = ()
    conversations: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()

    def own(self) -> list[tuple[Turn, str]]:
        """The turns of the notebook's own conversation with its id, in the order of their cells.

        A copied notebook has two ids: its ancestor's, and its own from its first new turn on.
        Chats with a name may be asked from any notebook and belong to none.
        """
        pairs = zip(self.turns, self.told_in, strict=True)
        return [(turn, told_in) for turn, told_in in pairs if is_nameless(told_in)]

    def of(self, conversation: str) -> list[Turn]:
        """The turns of one conversation, in the order of their cells."""
        pairs = zip(self.turns, self.told_in, strict=True)
        return [turn for turn, told_in in pairs if told_in == conversation]


def read_notebook(path: str | Path) -> NotebookTurns | None:
    """What the file says; never raises, whatever is in it.

    Returns:
        None when there is no file, or nothing that could be a notebook, or more than 100 MB.
    """
    parsed = parse(Path(path))
    if parsed is None:
        return None
    document, _ = parsed
    cells = [cell_id(cell) for cell in cells_of(document) if cell.get("cell_type") not in _TEXTS]
    found = list(_found(document))
    turns = _each_once(_at_home(found))
    names = {turn.id: name for turn, _, name in reversed(found)}
    return NotebookTurns(
        turns=turns,
        told_in=tuple(names[turn.id] for turn in turns),
        conversations=tuple(
            name for name, _ in Counter(name for _, _, name in found if name).most_common()
        ),
        cells=tuple(cell for cell in cells if cell),
    )


def code_below(path: str | Path, cell: str, count: int) -> list[str]:
    """The sources of the code cells directly below a cell, stripped; [] when nobody knows.

    Args:
        path: The notebook as it was saved last.
        cell: The cell's id.
        count: At most so many.
    """
    parsed = parse(Path(path))
    if parsed is None:
        return []
    found: list[str] = []
    below = False
    for one in cells_of(parsed[0]):
        if below and len(found) < count:
            source = one.get("source", "")
            text = "".join(source) if isinstance(source, list) else str(source)
            found += [text.strip()] if one.get("cell_type") == "code" else []
        below = below or cell_id(one) == cell
    return found


def cell_id(cell: dict[str, Any]) -> str:
    """The cell's id in the file; "" when it has none."""
    value = cell.get("id")
    return value if isinstance(value, str) and 0 < len(value) <= 200 else ""


def _found(document: dict[str, Any]) -> Iterator[tuple[Turn, str, str]]:
    """Each turn with the id of the cell it lies in and its conversation."""
    left = _LIMIT_CHARACTERS
    for cell in cells_of(document):
        for _, record, turn in turns_of(outputs_of(cell)):
            left -= len(turn.text) + len(turn.reasoning) + len(turn.user.content)
            if left < 0:
                return
            yield turn, cell_id(cell), conversation_of(record)


def _at_home(found: list[tuple[Turn, str, str]]) -> list[tuple[Turn, str]]:
    """The turns with their cells, those that `%glm refresh` asked again for another cell in it.

    Such a turn lies where refresh was run, and is newer than the one in the cell it was asked for.
    """
    homes = {(t.cell, name): t for t, cell, name in found if cell and cell == base_cell(t.cell)}
    newest = dict(homes)
    moved: set[str] = set()
    for turn, cell, name in found:
        place = (turn.cell, name)
        if place in homes and cell != base_cell(turn.cell) and turn.created > homes[place].created:
            moved.add(turn.id)
            newest[place] = max(newest[place], turn, key=lambda one: one.created)
    again = {old.id: newest[place] for place, old in homes.items()}
    return [(again.get(t.id, t), cell) for t, cell, _ in found if t.id not in moved]


def _each_once(found: list[tuple[Turn, str]]) -> tuple[Turn, ...]:
    """The turns without repetitions, in the cells where they lie.

    The same turn may lie in several cells: copied, or shown again by `%glm last`. The cell that
    it was asked in is preferred.
    """
    homes = {turn.id: cell for turn, cell in found if cell and cell == base_cell(turn.cell)}
    taken: dict[str, Turn] = {}
    counts: Counter[str] = Counter()
    for turn, cell in found:
        if turn.id in taken or homes.get(turn.id, cell) != cell:
            continue
        counts[cell] += 1
        place = f"{cell}/{counts[cell]}" if counts[cell] > 1 else cell
        taken[turn.id] = replace(turn, cell=place) if cell else turn
    return tuple(taken.values())
