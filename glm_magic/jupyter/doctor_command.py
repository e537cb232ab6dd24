"""`%glm doctor`: what is wrong, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tables import show_table

if TYPE_CHECKING:
    import argparse

    from .magics import GLMMagics

_MARKS = {"ok": "✓", "note": "·", "bad": "✗"}


def doctor(_: argparse.Namespace, magics: GLMMagics) -> None:
    """Look at versions, settings, key, host and course, and say what is wrong."""
    from ..doctor import examine, verdict

    findings = list(examine(magics.workbench()))
    rows = [[_MARKS[one.state], one.name, one.words, one.remedy] for one in findings]
    show_table(["", "what", "found", "do"], rows, [verdict(findings)])
