"""The options of what asks, declared once: parsing, help and completion read them."""

from __future__ import annotations

import argparse
import functools
import keyword
import os
import re
import shlex
from typing import Any, NoReturn

from ..errors import ArgumentError
from .manual import ABOUT, BEHIND_THE_OPTIONS, MANUAL

_ESCAPE = "" if os.name == "nt" else "\\"  # there it stands between folders


class Parser(argparse.ArgumentParser):
    """An argparse parser whose errors are two lines with the nearest name."""

    def error(self, message: str) -> NoReturn:
        """Called by argparse for anything it cannot read."""
        remedy = f"{self.prog} --help lists the options."
        raise ArgumentError(message[:1].upper() + message[1:].rstrip(".") + ".", remedy)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """Who answers, and how."""
    add = parser.add_argument
    add("-m", "--model", metavar="NAME", help="the model that answers (%%glm models)")
    add("--provider", metavar="NAME", help="who answers (%%glm models --providers)")
    think = parser.add_mutually_exclusive_group()
    think.add_argument(
        "--think", dest="thinking", action="store_true", default=None, help="reason first"
    )
    think.add_argument("--no-think", dest="thinking", action="store_false", help="answer at once")
    add("--effort", metavar="HOW", help="how much to reason (low, high, …), where a model can")
    add("-t", "--temperature", metavar="0..1", help="higher is more varied")
    add("--top-p", metavar="0.01..1", help="tune this or the temperature")
    add("--max-tokens", metavar="N", help="longest answer, its reasoning included")
    add("--stop", metavar="TEXT", help="end the answer at this text")
    add("--system", metavar="TEXT", help='the system prompt; "" sends none')


def _add_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    _add_settings(parser)
    _add_attachments(parser)
    add(
        "--as", dest="form", metavar="FORM", choices=("markdown", "code", "json", "text"),
        help="markdown (default); code: into a new cell below, not run; json: one object, checked; "
        "text: no Markdown",
    )  # fmt: skip
    _add_tools(parser)
    add("--out", metavar="NAME", help="bind the answer to this variable")
    add("--chat", metavar="NAME", help="ask in another conversation than the notebook's")
    add("--once", action="store_true", help="leave the conversation out, before and after")
    _add_ways(parser)


def _add_ways(parser: argparse.ArgumentParser) -> None:
    """Whether a model is asked at all."""
    add = parser.add_argument
    add("--fresh", action="store_true", help="ask a model although there is a recording")
    add("--preview", action="store_true", help="show the exact request, send nothing")
    add("-h", "--help", action="store_true", help="show this")


def _add_attachments(parser: argparse.ArgumentParser) -> None:
    """What goes along with the prompt, and how much is told of it."""
    add = parser.add_argument
    add(
        "-f", "--frame", dest="frames", metavar="NAME", action="append", default=[],
        help="describe this DataFrame, as @NAME in the prompt does; may be repeated",
    )  # fmt: skip
    add(
        "--var", dest="variables", metavar="NAME", action="append", default=[],
        help="describe any other variable: array, dict, model, figure, text; may be repeated",
    )  # fmt: skip
    add(
        "--image", dest="images", metavar="NAME", action="append", default=[],
        help="send this figure or image as a picture, for models that see; may be repeated",
    )  # fmt: skip
    add(
        "--cells", metavar="N", type=_positive, default=0,
        help="attach the N cells that ran before this one, with their text output",
    )  # fmt: skip
    detail = parser.add_mutually_exclusive_group()
    for level, shown in (
        ("schema", "tell columns and types only; --schema TYPE: answer with a value of this type"),
        ("stats", "tell ranges too, but no values"),
    ):
        detail.add_argument(
            f"--{level}", dest="level", action="store_const", const=level, help=shown
        )
    detail.add_argument(
        "--rows",
        metavar="N",
        type=_positive,
        default=0,
        help="send values, and N raw rows of each frame",
    )
    add("--quantiles", action="store_true", help="tell quartiles and distinct counts of frames too")


def _add_tools(parser: argparse.ArgumentParser) -> None:
    """What the model may do besides answering, and what its answer must be."""
    add = parser.add_argument
    add("--type", dest="type_name", metavar="TYPE", help=argparse.SUPPRESS)  # see _typed_words
    add(
        "--tools", metavar="A,B", type=lambda text: [one for one in text.split(",") if one],
        default=[], help="functions the model may call, each call approved by you; built in: "
        "frame_query, frame_head, describe, and the provider's own web_search",
    )  # fmt: skip
    add("--agent", action="store_true", help="let it propose cells, each run when you approve it")


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        message = f"{text!r} is not a number above 0"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _parser(prog: str, about: str, epilog: str) -> Parser:
    return Parser(
        prog=prog, description=about, epilog=epilog, add_help=False, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip


CELL = _parser("%%glm", "Ask a GLM model; the answer streams into the cell.", MANUAL)
_add_options(CELL)


@functools.cache
def line_parser(word: str) -> Parser:
    """The options of a subcommand of `%glm` that takes a prompt; `retry` changes settings only."""
    again = word == "retry"
    parser = _parser(f"%glm {word}", ABOUT[word], "" if again else BEHIND_THE_OPTIONS)
    if again:
        _add_settings(parser)
        _add_ways(parser)
    else:
        _add_options(parser)
    return parser


def option_names(parser: argparse.ArgumentParser = CELL) -> dict[str, str]:
    """Every option with its help."""
    return {
        name: str(action.help or "").replace("%%", "%")
        for action in parser._actions
        for name in action.option_strings
    }


def takes_value(name: str) -> bool:
    """Whether a word follows this option."""
    action = CELL._option_string_actions.get(name)
    return action is not None and action.nargs != 0


def parse_cell(line: str) -> argparse.Namespace:
    """The options on the first line of a cell.

    Raises:
        ArgumentError: An unknown option, a bad value, or a prompt on the option line.
    """
    return _parse(CELL, _typed_words(_words(line), line_magic=False), line)


def parse_ask(line: str, word: str = "ask") -> tuple[argparse.Namespace, str]:
    """The options in front, and the prompt behind them exactly as it was written.

    Args:
        line: What stands behind the subcommand.
        word: The subcommand.

    Raises:
        ArgumentError: An unknown option or a bad value.
    """
    at, prompt_at, expects_value = 0, len(line), False
    for found in re.finditer(r"""(?:[^\s"']|"(?:\\.|[^"\\])*"|'[^']*'|["'])+""", line):
        text = found.group()
        if not expects_value and (not text.startswith("-") or text == "--"):
            prompt_at = found.end() if text == "--" else found.start()
            break
        expects_value = not expects_value and takes_value(text)
        at = found.end()
    words = _typed_words(_words(line[:at]), line_magic=True)
    return _parse(line_parser(word), words, line), line[prompt_at:].lstrip()


def wants_help(line: str) -> bool:
    """Whether the words after a subcommand ask for its help, whatever else is missing in them."""
    return not {"-h", "--help"}.isdisjoint(_words(line))


def parse_words(parser: argparse.ArgumentParser, line: str) -> argparse.Namespace:
    """The words after a subcommand.

    Raises:
        ArgumentError: An unknown option or a superfluous word.
    """
    options, unknown = parser.parse_known_args(_words(line))
    if unknown:
        remedy = f"{parser.prog} --help shows what it takes."
        raise ArgumentError.unknown("option", unknown[0], option_names(parser), remedy)
    return options


def _typed_words(words: list[str], *, line_magic: bool) -> list[str]:
    """`--schema TYPE` is the type of the answer, `--schema` alone how much is told of frames.

    In front of a prompt on the same line a type needs the equals sign.
    """
    found: list[str] = []
    for word in words:
        if word.startswith("--schema="):
            found += ["--type", word.partition("=")[2]]
        elif found[-1:] == ["--schema"] and not word.startswith("-") and not line_magic:
            found[-1:] = ["--type", word]
        else:
            found.append(word)
    return found


def _words(line: str) -> list[str]:
    words = shlex.shlex(line, posix=True, punctuation_chars=False)
    words.whitespace_split, words.commenters, words.escape = True, "", _ESCAPE
    try:
        return list(words)
    except ValueError as error:
        reason = str(error)
    raise ArgumentError(f"{reason}: {line.strip()}", "Close the quotation mark.")


def _parse(parser: argparse.ArgumentParser, words: list[str], line: str) -> argparse.Namespace:
    options, unknown = parser.parse_known_args(words)
    if unknown and unknown[0].startswith("-"):
        name = unknown[0].partition("=")[0]
        remedy = f"{parser.prog} --help lists the options."
        raise ArgumentError.unknown("option", name, option_names(parser), remedy)
    if unknown:
        message = f"The prompt stands on the option line: {line.strip()!r}."
        raise ArgumentError(message, "Write it below the first line, or use %glm ask.")
    return options


def number_within(text: str, most: int) -> int:
    """The number that a text is, from 1 to the most there is, else 0."""
    found = int(text) if text.isdecimal() and len(text) <= 9 else 0
    return found if found <= most else 0


def check_out(name: str | None) -> None:
    """Refuse what `--out` cannot bind.

    Raises:
        ArgumentError: It is no name of a variable.
    """
    if name and (not name.isidentifier() or keyword.iskeyword(name)):
        message = f"--out {name} is not a variable name."
        raise ArgumentError(message, "Use letters, digits, _, and no word of Python's own.")


_SETTINGS = (
    "model", "provider", "thinking", "effort", "temperature", "top_p", "max_tokens", "stop",
    "system",
)  # fmt: skip


def settings_of(options: argparse.Namespace) -> dict[str, Any]:
    """The options that are settings, those only that were given."""
    given = {name: getattr(options, name) for name in _SETTINGS}
    return {name: value for name, value in given.items() if value is not None}
