"""`glm-magic export | strip | scan`: what can be done to files without a notebook."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import GLMError, StoreError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def add_commands(commands: Any) -> None:
    """Declare the commands; each parser's `run` default takes the options and returns a status.

    Args:
        commands: What `ArgumentParser.add_subparsers` gave.
    """
    _add_export(commands)
    _add_strip(commands)
    _add_scan(commands)


def add_command(
    commands: Any, name: str, run: Callable[..., int | None], text: str
) -> argparse.ArgumentParser:
    """Declare one command; gives its parser.

    Args:
        commands: What `ArgumentParser.add_subparsers` gave.
        name: As it is typed.
        run: Takes the options; gives the exit status.
        text: What it does.
    """
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _add_export(commands: Any) -> None:
    export = add_command(
        commands, "export", _export, "write a notebook's conversation to a file of its own"
    )
    export.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb", help="where it is now")
    export.add_argument(
        "out", type=Path, metavar="OUT", help="its end chooses: .ipynb, .md or .json"
    )
    export.add_argument(
        "--chat", metavar="NAME", help="that chat, instead of the notebook's own conversation"
    )
    export.add_argument("--overwrite", action="store_true", help="replace OUT if it is there")


def _add_strip(commands: Any) -> None:
    strip = add_command(
        commands, "strip", _strip,
        "take answers, previews, what commands showed, metadata and widget state of glm_magic out "
        "of notebooks, in place; exits with 1 when there were any, as pre-commit hooks do",
    )  # fmt: skip
    strip.add_argument("files", type=Path, nargs="+", metavar="FILE", help="notebooks (.ipynb)")
    strip.add_argument(
        "--keep-answers", action="store_true",
        help="leave the outputs; remove only the metadata behind them",
    )  # fmt: skip
    strip.add_argument("--prompts", action="store_true", help="remove the %%%%glm cells too")
    strip.add_argument("--check", action="store_true", help="name them; change nothing")


def _add_scan(commands: Any) -> None:
    scan = add_command(
        commands, "scan", _scan,
        "look for API keys in files: those of GLM's shape, and the values of the key variables "
        "that are set now; exits with 1 when there are any, and never shows one",
    )  # fmt: skip
    scan.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH",
        help="files, or folders with all in them but .git, .venv and node_modules",
    )  # fmt: skip


def _export(options: argparse.Namespace) -> int:
    from .answer import Answer
    from .store.export import export
    from .store.location import name_id
    from .store.notebook_file import read_notebook

    saved = read_notebook(options.notebook)
    if saved is None:
        message = f"{options.notebook} cannot be read as a notebook."
        raise StoreError(message, "Name a notebook file (.ipynb) of at most 100 MB.")
    found = saved.own()
    if options.chat:
        found = [(turn, "") for turn in saved.of(name_id(options.chat))]
    if not found:
        what = f"nothing of the chat {options.chat}" if options.chat else "no conversation"
        message = f"{options.notebook} holds {what}."
        raise StoreError(message, "Its answers were stripped, or it was not saved after them.")
    export(
        [turn for turn, _ in found], options.out, title=options.notebook.stem,
        show=lambda turn: Answer(turn).markdown(),
        conversation=max(found, key=lambda pair: pair[0].created)[1],
        overwrite=options.overwrite,
    )  # fmt: skip
    turns = "1 turn" if len(found) == 1 else f"{len(found)} turns"
    sys.stdout.write(f"{options.out}: {turns} written.\n")
    return 0


def _strip(options: argparse.Namespace) -> int:
    from .store.cleaning import strip_notebook
    from .store.conversations import Store
    from .store.file_numbers import file_number

    store, status = Store(), 0
    for path in options.files:
        before = file_number(path)
        try:
            count = strip_notebook(
                path, keep_answers=options.keep_answers, prompts=options.prompts,
                check=options.check,
            )  # fmt: skip
            store.written_anew(path, before)
        except GLMError as error:  # the other files are done all the same
            sys.stderr.write(f"glm-magic: {error}\n")
            status = 1
            continue
        if count:
            traces = "1 trace" if count == 1 else f"{count} traces"
            done = "found" if options.check else "removed"
            sys.stdout.write(f"{path}: {traces} of glm_magic {done}.\n")
            status = 1
    store.close()
    return status


def _scan(options: argparse.Namespace) -> int:
    from .store.cleaning import scan

    findings = scan(options.paths)
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    if not findings:
        sys.stdout.write("No API key found.\n")
    return 1 if findings else 0
