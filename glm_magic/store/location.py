"""Where things are kept: one folder per user, and in it no name that a user has chosen.

    conversations/<conversation id>/<writer>.jsonl   journals
    notebooks/<SHA-256 of the path>.json             which conversation a notebook has
    ledger/<day>/<writer>.jsonl                      what was spent
    rows/<digest of the task>/<writer>.jsonl         answers for the rows of tables

Folders are their owner's alone (0700), files too (0600).
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
import uuid
from pathlib import Path

CONVERSATIONS, NOTEBOOKS, LEDGER, ROWS = "conversations", "notebooks", "ledger", "rows"
JOURNAL = ".jsonl"

# Lower case only: two ids never differ by case alone, which some file systems do not see.
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_SLUG_CHARACTERS = 40
_DIGEST_CHARACTERS = 16


def root() -> Path:
    """The folder of all: `GLM_DATA_DIR`, else where this system keeps a user's data."""
    given = os.environ.get("GLM_DATA_DIR", "").strip()
    if not given:
        import platformdirs  # needed only now

        given = platformdirs.user_data_dir("glm_magic", appauthor=False)
    # Absolute now, since a notebook may change its working folder later.
    return Path(os.path.expanduser(given)).absolute()  # noqa: PTH111  Path's raises without a home


def new_id() -> str:
    """An id for a conversation without a name."""
    return uuid.uuid4().hex


def is_nameless(conversation: str) -> bool:
    """Whether the id is one of `new_id`, so a notebook's own conversation."""
    return re.fullmatch("[0-9a-f]{32}", conversation) is not None


def name_id(name: str) -> str:
    """The id of a named conversation: always the same for a name, and never a path.

    It can be recognized, and ends with a digest: names that differ only in case, or in characters
    that file systems do not take, are different conversations. How an accent was typed, and space
    around the name, make no difference.
    """
    name = unicodedata.normalize("NFC", name.strip())
    slug = re.sub("[^a-z0-9]+", "-", name.lower())[:_SLUG_CHARACTERS].strip("-") or "chat"
    return f"{slug}-{_digest(name)[:_DIGEST_CHARACTERS]}"


def safe_id(conversation: str) -> str:
    """The id itself; one that is not of our making, perhaps a path, is taken as a name."""
    return conversation if _ID.fullmatch(conversation) else name_id(conversation)


def folder_of(root: Path, conversation: str) -> Path:
    """The folder of a conversation's journals; it always lies directly in `conversations`."""
    return root / CONVERSATIONS / safe_id(conversation)


def pointer_of(root: Path, notebook: Path | str) -> Path:
    """The file that says which conversation a notebook has."""
    return root / NOTEBOOKS / f"{_digest(resolved(notebook))}.json"


def resolved(notebook: Path | str) -> str:
    """The one path of a notebook, whichever links led to it; it need not exist."""
    path = Path(notebook)
    try:
        path = path.resolve()
    except (OSError, RuntimeError, ValueError):  # links in a circle; a name that no disk has
        path = path.absolute()
    return os.path.normcase(path)


def writer() -> str:
    """A name for one writer's files; a process id would not do, machines may share the disk."""
    return os.urandom(8).hex()


def _digest(text: str) -> str:
    # Names of files need not be UTF-8; Python shows such bytes as lone surrogates.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
