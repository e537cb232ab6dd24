"""The subcommands of `%glm` that go on from an answer or a cell: code, explain, retry, continue."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..chat.turns import CUT_SHORT
from ..errors import AnswerError, ArgumentError
from ..render.cells import cell_source, one_cell
from ..render.cleaning import plain
from .asking_again import ask_newest
from .attaching import cell_with_frames, failure
from .options import number_within, settings_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ..answer import Answer
    from ..render.answer import CodeBlock
    from .magics import GLMMagics


def code(options: argparse.Namespace, magics: GLMMagics) -> None:
    """Put the code of the newest answer, or its N-th block, into a new cell below."""
    from ..answer import Answer

    _offer(Answer(magics.newest()), options.number, magics)


def offer_code(answer: Answer, magics: GLMMagics) -> None:
    """Put all code of an answer into a new cell below."""
    _offer(answer, None, magics)


def _offer(answer: Answer, number: str | None, magics: GLMMagics) -> None:
    blocks = answer.blocks
    if not blocks:
        raise AnswerError("The answer holds no code.", "Ask for it: %glm ask --as code …")
    chosen = None if number is None else number_within(number, len(blocks))
    if chosen == 0:
        have = "1 block" if len(blocks) == 1 else f"{len(blocks)} blocks"
        message = f"There is no block {number:.20}; the answer has {have}."
        raise ArgumentError(message, "%glm code 1")
    said = magics.inserter.offer(cell_source(blocks, chosen))
    _say(said)
    if said and chosen is None:
        _say_what_is_left(blocks)


def _say_what_is_left(blocks: Sequence[CodeBlock]) -> None:
    if left := one_cell(blocks)[1]:
        more = "1 more block" if left == 1 else f"{left} more blocks"
        _say(f"Left out: {more}; a cell magic stands alone. %glm code N takes the N-th block.")


def copy(options: argparse.Namespace, magics: GLMMagics) -> None:
    """Put the newest answer, or with --code its code, on the clipboard of the terminal."""
    import base64

    from ..answer import Answer

    answer = Answer(magics.newest())
    text = cell_source(answer.blocks) if options.code else answer.text
    if magics.host.front_end != "terminal":
        remedy = "Select it there, or take its code: %glm code"
        raise ArgumentError("Only a terminal lets a program copy; a notebook does not.", remedy)
    # OSC 52: the terminal itself puts it on the clipboard, over ssh too.
    held = base64.b64encode(text.encode("utf-8", "replace")).decode()
    sys.stdout.write(f"\x1b]52;c;{held}\x07")
    _say(f"Copied: {len(text):,} characters, if your terminal allows it.")
    if options.code:
        _say_what_is_left(answer.blocks)


def explain(options: argparse.Namespace, prompt: str, magics: GLMMagics) -> None:
    """Explain the cell that ran before this one, with its output."""
    from ..terms import our_prompt

    values = cell_with_frames(magics.cells, magics.host.namespace, magics.host.cell)
    magics.ask(options, _with(our_prompt("explain"), prompt), values)


def fix(options: argparse.Namespace, prompt: str, magics: GLMMagics) -> None:
    """Explain the last exception, and offer the repaired cell below."""
    from ..terms import our_prompt

    values = failure(magics.cells, magics.host.namespace)
    magics.ask(options, _with(our_prompt("fix"), prompt), values, offers_code=True)


def retry(options: argparse.Namespace, prompt: str, magics: GLMMagics) -> None:
    """Ask the newest question again; options such as -m or -t hold for this time."""
    if prompt.strip():
        raise ArgumentError("%glm retry asks the same again.", "For another question: %glm ask")
    if magics.outside() is not None:
        message = "The newest answer stands outside of this conversation."
        raise ArgumentError(message, "To ask again, run the cell of the question that you mean.")
    changes = settings_of(options) | ({"fresh": True} if options.fresh else {})
    ask_newest(magics, changes, _say, preview=options.preview)


def go_on(options: argparse.Namespace, prompt: str, magics: GLMMagics) -> None:
    """Go on with an answer that was cut off: the last one before this cell."""
    from ..terms import our_prompt

    shelf = magics.workbench().shelf
    conversation = shelf.current
    shelf.heed_order()
    turn = conversation.last_before(magics.host.place(counted=False))
    if turn is None:
        raise ArgumentError("Nothing was asked before this cell.", "Ask with %%glm.")
    if not turn.partial_reason and turn.finish_reason not in CUT_SHORT:
        raise ArgumentError("The last answer is whole.", "Ask for more: %glm ask …")
    if not turn.text:
        raise ArgumentError("Nothing came of the last answer.", "Ask it again: %glm retry")
    magics.ask(options, _with(our_prompt("continue"), prompt))


def _with(ours: str, prompt: str) -> str:
    return f"{ours}\n\n{prompt}" if prompt.strip() else ours


def _say(text: str) -> None:
    if text:
        sys.stdout.write(plain(text) + "\n")
