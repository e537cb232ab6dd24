"""The subcommands of `%glm` about what leaves: `context` and `hide`."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import ArgumentError, FrameError
from ..frames import is_frame
from ..gathering import Detail, describe, is_data
from ..render.cleaning import plain
from ..surroundings import AROUND
from .tables import show_table

if TYPE_CHECKING:
    import argparse

    from ..questions import Question
    from .magics import GLMMagics

_MOST_VARIABLES = 40


def context(options: argparse.Namespace, prompt: str, magics: GLMMagics) -> None:
    """Show what a question would take along, and what each part costs."""
    question = magics.question(options, prompt, need_key=False)
    if not question.attachments and not prompt.strip():
        _show_variables(magics)
        return
    _show_parts(question)


def _show_parts(question: Question) -> None:
    """One row for each part of the request; nothing is sent."""
    rows = [[part.name, part.what, f"{part.tokens:,}", part.cost] for part in question.parts()]
    notes = [note for one in question.attachments for note in one.told()]
    notes.append("Nothing was sent. Tokens are estimates; --preview shows the exact request.")
    show_table(["part", "what", "tokens", "cost"], rows, notes)


def _show_variables(magics: GLMMagics) -> None:
    """What could be attached, and what it would take at two levels."""
    bench = magics.workbench()
    settings = bench.settings(need_key=False)
    level = settings.frame_detail
    names = [
        name for name, value in magics.host.namespace.items()
        if is_data(name, value) and name not in magics.host.shell.user_ns_hidden
    ]  # fmt: skip
    rows, notes = [], []
    for name in names[:_MOST_VARIABLES]:
        try:
            found = [
                describe(
                    magics.host.namespace[name],
                    name,
                    Detail(one, hiding=bench.hiding),
                    say=AROUND.progress,
                )
                for one in dict.fromkeys(("schema", level))
            ]
        except FrameError as error:
            notes.append(error.message)
            continue
        shown = found[-1]
        rows.append(
            [
                name,
                shown.label().removeprefix(name).strip(" ()"),
                *(f"{one.tokens:,}" for one in found),
            ]
        )
    if len(names) > _MOST_VARIABLES:
        notes.append(f"{len(names) - _MOST_VARIABLES} more variables are not listed.")
    if not rows:
        sys.stdout.write("There are no variables to attach yet.\n")
        return
    notes.append(
        "Attach one: --frame NAME, --var NAME, or @NAME in the prompt. Tokens are estimates."
    )
    heads = ["name", "what", *(f"tokens, {one}" for one in dict.fromkeys(("schema", level)))]
    show_table(heads, rows, notes)


def hide(options: argparse.Namespace, magics: GLMMagics) -> None:
    """Hide columns from the model, by name or pattern; without a pattern, list what is hidden."""
    hiding = magics.workbench().hiding
    if options.reset:
        hiding.hidden.clear()
        hiding.allowed.clear()
    kept = hiding.allowed if options.allow else hiding.hidden
    other = hiding.hidden if options.allow else hiding.allowed
    for pattern in options.patterns:
        if not pattern.strip("*?. "):
            message = f"{pattern!r} would {'allow' if options.allow else 'hide'} every column."
            raise ArgumentError(message, "Leave the frame out of the question instead.")
        if pattern in other:
            other.remove(pattern)
        if pattern not in kept:
            kept.append(pattern)
        if not _fits(pattern, magics):
            _say(f"{pattern} fits no column of a frame that is here now.")
    _say(f"Hidden: {', '.join(hiding.hidden) or 'no columns'}.")
    if hiding.allowed:
        _say(f"Values may be shown although they look personal: {', '.join(hiding.allowed)}.")
    if options.patterns and not options.allow:
        _say_what_was_sent(magics)


def _fits(pattern: str, magics: GLMMagics) -> bool:
    """Whether a pattern fits a column that can be seen now; reads names only."""
    from ..frames.hiding import hides_some

    hiding = replace(magics.workbench().hiding, hidden=[pattern])
    for name, value in dict(magics.host.namespace).items():
        with suppress(FrameError):
            if is_frame(value) and hides_some(value, name, hiding.of(value, name)[0]):
                return True
    return False


def _say_what_was_sent(magics: GLMMagics) -> None:
    """Hiding a column does not take it out of what was said before."""
    turns = [turn for turn in magics.workbench().shelf.current if turn.attachments]
    if turns:
        _say(
            "Earlier turns hold descriptions as they were sent. Run their cells again, or "
            "%glm clear."
        )


def _say(text: str) -> None:
    sys.stdout.write(plain(text) + "\n")
