"""Pointer files: which conversation a notebook has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import files
from .failures import store_error
from .journal import DAMAGED
from .lines import plain
from .location import resolved, safe_id
from .writing import make_folders, read_whole, write_atomically, write_first

if TYPE_CHECKING:
    from pathlib import Path


def read_pointer(pointer: Path) -> tuple[str | None, str]:
    """The conversation's id, or None; and a sentence on what is wrong with the file, or "".

    A damaged pointer is none; it gets another name, so that somebody can look at it. One that
    cannot be read is none too: a notebook can be used where no disk can, and its conversation
    is still listed.
    """
    try:
        record = plain(read_whole(pointer))
    except OSError:
        return None, ""
    conversation = record.get("conversation") if isinstance(record, dict) else None
    if isinstance(conversation, str) and safe_id(conversation) == conversation:
        return conversation, ""
    aside = pointer.with_name(pointer.name + DAMAGED)
    try:
        files.replace(pointer, aside)
    except OSError:  # then it stays where it is until it is written anew
        aside = pointer
    return None, f"{pointer} is damaged; kept as {aside.name}. %glm chats lists all conversations."


def write_pointer(pointer: Path, conversation: str, notebook: Path | str) -> None:
    """Point from a notebook to a conversation.

    Args:
        pointer: The file; its folder is made when needed.
        conversation: An id.
        notebook: The path, for people who look into the file.

    Raises:
        StoreError: It could not be written; an earlier pointer stands.
    """
    write_atomically(pointer, _prepared(pointer, conversation, notebook))


def write_first_pointer(pointer: Path, conversation: str, notebook: Path | str) -> bool:
    """Point from a notebook to a conversation unless it points to one; arguments as above.

    Returns:
        Whether it does now; else somebody was quicker.

    Raises:
        StoreError: It could not be written.
    """
    return write_first(pointer, _prepared(pointer, conversation, notebook))


def _prepared(pointer: Path, conversation: str, notebook: Path | str) -> bytes:
    """What the file will hold, its folder being there."""
    record = {"conversation": safe_id(conversation), "notebook": resolved(notebook)}
    try:
        make_folders(pointer.parent)
    except OSError as error:
        raise store_error(pointer, error, deed="written") from error
    return json.dumps(record).encode() + b"\n"
