"""The subcommands of `%glm` that look at the conversation and change it."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.display import display

from ..chat.places import base_cell
from ..errors import AnswerError, ArgumentError
from ..render.cleaning import plain
from .asking_again import ask_stale
from .options import number_within
from .tables import show_table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from ..chat.conversation import Conversation
    from ..chat.turns import Turn
    from ..store.spent import Spent
    from ..wiring import Workbench
    from .magics import GLMMagics

_PROMPT_CHARACTERS = 60
_CELL_CHARACTERS = 12
_SHOWN = 50  # turns; more only on request, for a notebook keeps what is shown in it
_HERE = "this one"


def _say(text: str) -> None:
    sys.stdout.write(plain(text) + "\n")


def _first_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _PROMPT_CHARACTERS else line[: _PROMPT_CHARACTERS - 1] + "…"


def _current(magics: GLMMagics) -> Conversation:
    """The conversation that the next question would go on with, its cells as they are saved."""
    shelf = magics.workbench().shelf
    conversation = shelf.current
    shelf.heed_order()
    return conversation


def show(options: argparse.Namespace, magics: GLMMagics) -> None:
    """List the turns of the conversation, at most the newest 50; or all; or show one again."""
    conversation = _current(magics)
    turns = list(conversation)
    if options.number and options.number != "all":
        _show_again(_nth(turns, options.number))
        return
    if not turns:
        _say("Nothing was asked in this conversation yet.")
        return
    stale, in_window = conversation.stale(), magics.workbench().in_window()
    first = 0 if options.number else max(0, len(turns) - _SHOWN)
    rows = []
    for number, turn in enumerate(turns[first:], first + 1):
        summary = "summary of those above" if turn.sums_up else ""
        marks = [summary, turn.partial_reason, "stale" if turn.id in stale else ""]
        sent = "in" if turn.id in in_window else "out"
        rows.append([str(number), *_columns(turn), sent, ", ".join(filter(None, marks))])
    heads = ["place", "cell", "prompt", "model", "tokens", "cost", "window", ""]
    notes = ["%glm show N shows one again; window: whether the next question sends it along."]
    if first:
        notes.insert(0, f"The last {_SHOWN} of {len(turns):,} turns; %glm show all lists all.")
    if stale:
        why = "answered before something in front of it changed; %glm refresh asks again."
        notes.append(f"stale ({len(stale):,} in all): {why}")
    show_table(heads, rows, notes)


def _columns(turn: Turn) -> list[str]:
    """Of a turn: cell, prompt, model, tokens, cost."""
    from ..footer import money

    tokens = f"{turn.usage.total_tokens:,}" if turn.usage else ""
    cell = _short_cell(turn.cell or "")
    return [cell, _first_line(turn.prompt), turn.model, tokens, money(turn.cost_usd)]


def _short_cell(cell: str) -> str:
    """Enough of a cell's id, which is a UUID in JupyterLab, and its question's number."""
    base = base_cell(cell)
    short = base if len(base) <= _CELL_CHARACTERS else base[: _CELL_CHARACTERS - 1] + "…"
    return short + cell.removeprefix(base)


def _nth(turns: list[Turn], number: str) -> Turn:
    place = number_within(number, len(turns))
    if not place:
        message = f"There is no turn {number:.20}; this conversation has {len(turns)}."
        raise ArgumentError(message, "%glm show lists them.")
    return turns[place - 1]


def _show_again(turn: Turn) -> None:
    from ..answer import Answer
    from ..store.marking import MARK

    # Without the turn's metadata: the notebook would hold it twice.
    display(Answer(turn).bundle(), raw=True, metadata=MARK)


def last(_: argparse.Namespace, magics: GLMMagics) -> None:
    """Show the newest answer again, for example after the page was reloaded."""
    _show_again(magics.newest())


def undo(_: argparse.Namespace, magics: GLMMagics) -> None:
    """Take back the last change of the conversation."""
    conversation = magics.workbench().shelf.current
    done = conversation.undo()
    _say(
        f"Undone; {_count(conversation)}. %glm redo brings it back." if done else "Nothing to undo."
    )


def redo(_: argparse.Namespace, magics: GLMMagics) -> None:
    """Make an undone change again."""
    conversation = magics.workbench().shelf.current
    done = conversation.redo()
    _say(f"Done again; {_count(conversation)}." if done else "Nothing to redo.")


def clear(_: argparse.Namespace, magics: GLMMagics) -> None:
    """Forget all turns; later questions know nothing of them."""
    gone = magics.workbench().shelf.current.clear()
    back = "%glm undo brings them back."
    _say(f"Forgotten: {_turns(gone)}. {back}" if gone else "Nothing to forget.")


def _turns(count: int) -> str:
    return "1 turn" if count == 1 else f"{count} turns"


def _count(conversation: Conversation) -> str:
    return f"{_turns(len(conversation))} in the conversation"


def chats(options: argparse.Namespace, magics: GLMMagics) -> None:
    """List the kept conversations, or go on in another one."""
    shelf = magics.workbench().shelf
    if options.name:
        conversation = shelf.switch(options.name)
        _say(f"Now in {options.name}: {_count(conversation)}.")
        return
    rows = [
        [one.name or one.id[:8], str(one.notebook or ""), str(one.turns), one.last[:16],
         "←" if one.id == shelf.current.name else ""]
        for one in shelf.store.list()
    ]  # fmt: skip
    if not rows:
        _say("No conversation is kept yet.")
        return
    show_table(
        ["chat", "notebook", "questions", "last used", ""], rows, ["%glm chats NAME goes on there."]
    )


def fork(options: argparse.Namespace, magics: GLMMagics) -> None:
    """Copy the conversation under a new name, and go on there; deleted cells stay behind."""
    if not options.name.strip():
        raise ArgumentError("The fork needs a name.", "For example: %glm fork try")
    deleted = _current(magics).deleted()
    conversation = magics.workbench().shelf.fork(options.name)
    left = f" {_turns(deleted)} of deleted cells stayed behind." if deleted else ""
    back = f"After a restart: %glm chats {shlex.quote(options.name)}"
    _say(f"Now in {options.name}: {_count(conversation)}.{left} {back}")


def refresh(_: argparse.Namespace, magics: GLMMagics) -> None:
    """Ask stale turns again, in order, each with what stands before it now."""
    ask_stale(magics, _say, _first_line)


def compact(_: argparse.Namespace, magics: GLMMagics) -> None:
    """Let the model sum up what stands above this cell, and go on from the summary below it."""
    place = magics.host.place()
    conversation = _current(magics)
    told = len(conversation.before(place))
    if told < 2:
        message = "There is nothing to sum up above this cell."
        raise ArgumentError(message, "Two turns are the least; %glm show lists them in order.")
    deleted = conversation.deleted(place)
    answer = magics.show_question(magics.workbench().summary_question(place))
    if answer.partial_reason or not answer.text:
        raise AnswerError("The summary did not come whole.", "It stands for nothing; try again.")
    said = f"{_turns(told)} became one."
    if deleted:
        said += f" {_turns(deleted)} of deleted cells stayed out of it."
    if answer.turn.left_out:
        said += f" The oldest {answer.turn.left_out} no longer fit and are not in the summary."
    _say(f"{said} %glm undo brings them back.")


def usage(_: argparse.Namespace, magics: GLMMagics) -> None:
    """Show what was spent: by conversation, by model, by day."""
    bench = magics.workbench()
    spent = bench.ledger.read()
    today = datetime.now(UTC).date().isoformat()
    groups: list[tuple[str, Callable[[Spent], str]]] = [
        ("conversation", _conversation_name(bench)),
        ("model", lambda one: one.model),
        ("day (UTC)", lambda one: str(one.at)[:10]),
    ]
    rows = [_spent_row("all", "", spent)]
    for head, key in groups:
        by_name: dict[str, list[Spent]] = {_HERE: []} if head == "conversation" else {}
        for one in spent:
            by_name.setdefault(key(one), []).append(one)
        # The one we are in comes first.
        names = sorted(by_name, key=lambda name: (name != _HERE, name))
        rows += [_spent_row(head, name, by_name[name]) for name in names]
    notes = [f"Today is {today}. Costs are reckoned from the catalog's prices, not billed amounts."]
    if any(one.estimated for one in spent):
        notes.append("estimated: the host did not say how many tokens; ours is an estimate.")
    if bench.ledger.unread:
        lines = "line" if bench.ledger.unread == 1 else "lines"
        notes.append(f"Left out: {bench.ledger.unread} damaged {lines} of {bench.ledger.folder}")
    show_table(["by", "", "questions", "tokens in", "cached", "out", "cost"], rows, notes)


def _conversation_name(bench: Workbench) -> Callable[[Spent], str]:
    """What to call a question's conversation: its name, its notebook, or its id."""
    titles = {}
    for one in bench.shelf.store.list():
        titles[one.id] = one.name or (Path(one.notebook).name if one.notebook else "")
    often = Counter(titles.values())

    def name(spent: Spent) -> str:
        if spent.conversation == bench.shelf.current.name:
            return _HERE
        if not spent.conversation:
            return "outside (--once, Chat)"
        title, short = titles.get(spent.conversation, ""), spent.conversation[:8]
        return f"{title} ({short})" if title and often[title] > 1 else title or short

    return name


def _spent_row(head: str, name: str, spent: Sequence[Spent]) -> list[str]:
    from ..footer import money

    counts = [
        sum(one.prompt_tokens for one in spent),
        sum(one.cached_tokens for one in spent),
        sum(one.completion_tokens for one in spent),
    ]
    priced = [one.cost_usd for one in spent if one.cost_usd is not None]
    cost = money(sum(priced)) if priced else "price unknown" if spent else "free"
    if priced and len(priced) < len(spent):
        cost += f", {len(spent) - len(priced)} unpriced"
    estimated = sum(one.estimated for one in spent)
    if estimated:
        cost += f", {estimated} estimated"
    return [head, name, str(len(spent)), *(f"{count:,}" for count in counts), cost]


def export(options: argparse.Namespace, magics: GLMMagics) -> None:
    """Write the conversation to a file: .ipynb, .md, or .json with all that was sent."""
    from ..answer import Answer
    from ..store.export import export as write

    conversation = magics.workbench().shelf.current
    path = Path(options.file).expanduser()
    write(
        list(conversation),
        path,
        overwrite=options.overwrite,
        conversation=conversation.name,
        show=lambda turn: Answer(turn).markdown(),
    )
    _say(f"Written: {path} ({_turns(len(conversation))}).")


def import_(options: argparse.Namespace, magics: GLMMagics) -> None:
    """Take over the turns of an exported or saved file (.json or .ipynb)."""
    from ..store.export import import_turns

    turns = import_turns(Path(options.file).expanduser())
    conversation = magics.workbench().shelf.current
    taken = conversation.adopt(turns)
    _say(f"Taken over: {_turns(taken)}; {_count(conversation)}. %glm undo takes them out.")
