"""The conversation that a notebook file carries: read from the metadata of its outputs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..chat.order import base_cell
from .location import is_nameless
from .metadata import NAMESPACE, conversation_of, turn_from_metadata
from .notebook_json import cells_of, entry, outputs_of, parse, shown_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..chat.turns import Turn


# Texts are packed: without a limit for all together a small file could fill the memory.
_LIMIT_CHARACTERS = 100_000_000


@dataclass(frozen=True, slots=True)
class NotebookTurns:
    """What a notebook knows of its conversation.

    Attributes:
        turns: In the order of their cells, each once. `cell` is the file's own cell id where the
            cell has one; a cell's second turn has the cell "id/2".
        told_in: The id of the conversation each of them belongs to; "" for none.
        conversations: Those ids, the most frequent first.
        cells: Ids of all cells in order; cells of files before nbformat 4.5 have none.
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
    cells = [cell_id(cell) for cell in cells_of(document)]
    found = list(_found(document))
    turns = _each_once([(turn, cell) for turn, cell, _ in found])
    names = {turn.id: name for turn, _, name in reversed(found)}
    return NotebookTurns(
        turns=turns,
        told_in=tuple(names[turn.id] for turn in turns),
        conversations=tuple(
            name for name, _ in Counter(name for _, _, name in found if name).most_common()
        ),
        cells=tuple(cell for cell in cells if cell),
    )


def cell_id(cell: dict[str, Any]) -> str:
    """The cell's id in the file; "" when it has none."""
    value = cell.get("id")
    return value if isinstance(value, str) and 0 < len(value) <= 200 else ""


def _found(document: dict[str, Any]) -> Iterator[tuple[Turn, str, str]]:
    """Each turn with the id of the cell it lies in and its conversation."""
    left = _LIMIT_CHARACTERS
    for cell in cells_of(document):
        for output in outputs_of(cell):
            record = entry(output, "metadata").get(NAMESPACE)
            turn = turn_from_metadata(record, shown_of(output)) if record else None
            if turn is None:
                continue
            left -= len(turn.text) + len(turn.reasoning) + len(turn.user.content)
            if left < 0:
                return
            yield turn, cell_id(cell), conversation_of(record)


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
