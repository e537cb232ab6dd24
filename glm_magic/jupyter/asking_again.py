"""`%glm refresh` and `%glm retry`: turns are asked again, with what stands before them now."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from textwrap import shorten
from typing import TYPE_CHECKING

from ..errors import ArgumentError, FrameError
from ..gathering import SHARED_KEYS
from ..tools.naming import tools_named, type_named

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import Any

    from ..chat.attachments import Attachment
    from ..chat.turns import Turn
    from ..errors import GLMError
    from ..questions import Question
    from .magics import GLMMagics

# What a turn out of a file may choose. Nothing of the user's data depends on it, nor who gets it:
# neither frames, rows, types and tools nor the system prompt, the host and the budget. Its model
# is passed over.
_HARMLESS = (
    "model", "thinking", "effort", "temperature", "top_p", "max_tokens", "stop", "form", "sums_up",
)  # fmt: skip
_MOST_CHARACTERS = 100


def ask_stale(magics: GLMMagics, say: Callable[[str], None], title: Callable[[str], str]) -> None:
    """Ask the stale turns again, in order; those that cannot be asked are told and passed over.

    Args:
        magics: Ask and show.
        say: Given one line at a time for the user.
        title: Makes one short line of a prompt.
    """
    shelf = magics.workbench().shelf
    conversation = shelf.current
    shelf.heed_order()
    seen: set[str] = set()
    asked = skipped = 0
    while found := _first_stale(conversation.stale(), conversation, seen):
        seen.add(found.cell or found.id)
        name = title(found.prompt)
        try:
            question, notes = question_again(found, magics)
        except (ArgumentError, FrameError) as error:
            say(f"Not asked again: {name} ({_reason(error)})")
            skipped += 1
            continue
        along = _along(_of_own_model(found))
        say(f"Asking again: {name}" + (f" (with {_listed(along)})" if along else ""))
        for note in notes:
            say(note)
        with conversation.asked_again(found):
            magics.show_question(question)
        asked += 1
    if asked:
        say("The cells' own outputs are renewed when you run them.")
    if skipped:
        turns = "1 stale turn was" if skipped == 1 else f"{skipped} stale turns were"
        say(f"{turns} not asked again; the reasons stand above.")
    if not seen:
        say("No turn is stale.")


def _along(turn: Turn, passed_over: Collection[str] = ()) -> list[str]:
    """What a turn was asked with: its variables, and its options but these."""
    names = [one.name for one in turn.attachments if one.name != SHARED_KEYS]
    told = [f"{name}={value}" for name, value in turn.options.items() if name not in passed_over]
    return names + told


def _listed(along: list[str]) -> str:
    return shorten(", ".join(along), _MOST_CHARACTERS, placeholder=" …")


def _reason(error: GLMError) -> str:
    return f"{error.message} {error.remedy}".strip()


def _first_stale(stale: set[str], turns: Iterable[Turn], seen: set[str]) -> Turn | None:
    left = (turn for turn in turns if turn.id in stale and (turn.cell or turn.id) not in seen)
    return next(left, None)


def ask_newest(
    magics: GLMMagics,
    changes: Mapping[str, Any],
    say: Callable[[str], None],
    *,
    preview: bool = False,
) -> None:
    """Ask the newest question again, in its place.

    Args:
        magics: Ask and show.
        changes: Settings for this time.
        say: Given one line at a time for the user.
        preview: Whether the request is shown only.

    Raises:
        ArgumentError: There is none, or what went along with it is not known any more.
        FrameError: It cannot be described any more.
    """
    conversation = magics.workbench().shelf.current
    turn = newest(conversation)
    question, notes = question_again(turn, magics, {**changes, "need_key": not preview})
    for note in notes:
        say(note)
    with conversation.asked_again(turn):
        if preview:
            magics.preview(question)
        else:
            magics.show_question(question)


def newest(turns: Iterable[Turn]) -> Turn:
    """The turn that was asked last.

    Raises:
        ArgumentError: There is none.
    """
    found = max(turns, key=lambda turn: turn.created, default=None)
    if found is None:
        raise ArgumentError("Nothing was asked in this conversation yet.", "Ask with %%glm.")
    return found


def question_again(
    turn: Turn, magics: GLMMagics, changes: Mapping[str, Any] | None = None
) -> tuple[Question, list[str]]:
    """A turn's question with its variables as they are now, and what the user should know.

    Args:
        turn: The turn.
        magics: Resolve the question.
        changes: Settings for this time, over those the turn was asked with.

    Raises:
        ArgumentError: What went along with it is not known any more, or was chosen elsewhere.
        FrameError: It cannot be described any more.
    """
    if turn.elsewhere and (along := _along(turn, _HARMLESS)):
        message = f"It was asked elsewhere, with {_listed(along)}."
        remedy = "Run its cell, which says what goes along, or ask it anew."
        raise ArgumentError(message, remedy)
    frames: dict[str, object] = {}
    pictures: dict[str, object] = {}
    notes = []
    for one in turn.attachments:
        if one.name == SHARED_KEYS:
            continue  # found anew, from the frames as they are now
        if one.name in magics.host.namespace:
            sent_as = pictures if one.kind == "picture" else frames
            sent_as[one.name] = magics.host.namespace[one.name]
            continue
        text = _text_of(one, [turn, *magics.workbench().shelf.current])
        if text is None or (one.image_digest and not one.image):
            raise ArgumentError(f"{one.name} is gone.", "Run the cell that makes it.")
        frames[one.name] = replace(one, text=text)
        notes.append(f"{one.name} is gone; its description is sent as it was.")
    drawn = {one.image for one in turn.attachments}
    images = [url for url in turn.user.images if url not in drawn]
    options = {**_of_own_model(turn).options, **(changes or {})}
    if "model" in turn.options and "model" not in options:
        theirs = _listed([str(turn.options["model"])])
        notes.append(f"It was asked elsewhere, of {theirs}; now your own model is asked.")
    namespace = magics.host.namespace
    options["tools"] = tools_named(options.pop("tools", ()), namespace)
    options["schema"] = type_named(options.pop("schema", None), namespace)
    question = magics.workbench().question(
        turn.prompt, frames, pictures=pictures, cell=turn.cell, images=images, **options
    )
    return question, notes


def _of_own_model(turn: Turn) -> Turn:
    """The turn; one out of a file without its model, for the model decides what it costs."""
    options = {name: value for name, value in turn.options.items() if name != "model"}
    return replace(turn, options=options) if turn.elsewhere else turn


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
