"""`%glm refresh`: stale turns are asked again, each with what stands before it now."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import ArgumentError, FrameError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..chat.attachments import Attachment
    from ..chat.turns import Turn
    from ..questions import Question
    from .magics import GLMMagics


def ask_stale(magics: GLMMagics, say: Callable[[str], None], title: Callable[[str], str]) -> None:
    """Ask the stale turns again, in order; those that cannot be asked are told and passed over.

    Args:
        magics: Ask and show.
        say: Given one line at a time for the user.
        title: Makes one short line of a prompt.
    """
    conversation = magics.workbench().shelf.current
    seen: set[str] = set()
    asked = False
    while found := _first_stale(conversation.stale(), conversation, seen):
        seen.add(found.cell or found.id)
        name = title(found.prompt)
        try:
            question, notes = _question_again(found, list(conversation), magics)
        except (ArgumentError, FrameError) as error:
            say(f"Not asked again: {name} ({error.message})")
            continue
        say(f"Asking again: {name}")
        for note in notes:
            say(note)
        with conversation.asked_again():
            magics.show_question(question)
        asked = True
    if asked:
        say("The cells' own outputs are renewed when you run them.")
    elif not seen:
        say("No turn is stale.")


def _first_stale(stale: set[str], turns: Iterable[Turn], seen: set[str]) -> Turn | None:
    left = (turn for turn in turns if turn.id in stale and (turn.cell or turn.id) not in seen)
    return next(left, None)


def _question_again(turn: Turn, turns: list[Turn], magics: GLMMagics) -> tuple[Question, list[str]]:
    """The turn's question with its frames as they are now, and what the user should know.

    Raises:
        ArgumentError: It has no place of its own, or a frame of it is not known any more.
        FrameError: A frame of it cannot be described any more.
    """
    if turn.cell is None:  # it would be appended, and the stale one would stay
        raise ArgumentError("It belongs to no cell; ask it yourself.")
    frames: dict[str, object] = {}
    notes = []
    for one in turn.attachments:
        if one.name in magics.host.namespace:
            frames[one.name] = magics.host.namespace[one.name]
            continue
        text = _text_of(one, [turn, *turns])
        if text is None:
            raise ArgumentError(f"{one.name} is gone; run the cell that makes it.")
        frames[one.name] = replace(one, text=text)
        notes.append(f"{one.name} is gone; its description is sent as it was.")
    question = magics.workbench().question(
        turn.prompt, frames, cell=turn.cell, images=turn.user.images, **turn.options
    )
    return question, notes


def _text_of(one: Attachment, turns: Iterable[Turn]) -> str | None:
    """What was sent of it, found by its digest in front of a prompt; None when nobody knows."""
    if one.text:
        return one.text
    for turn in turns:
        pieces = turn.user.content.removesuffix(turn.prompt).split("\n\n")
        for start in range(len(pieces)):
            for end in range(start + 1, len(pieces) + 1):
                text = "\n\n".join(pieces[start:end])
                if text and _digest(text) == one.digest:
                    return text
    return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
