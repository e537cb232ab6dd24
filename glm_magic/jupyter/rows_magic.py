"""`%%glm_map`: one prompt over the rows of a table, as a cell."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from IPython.core.magic import no_var_expand

from ..errors import ArgumentError
from . import options as opts

if TYPE_CHECKING:
    from .host import Host

_EPILOG = """\
The prompt stands below the first line, with names of columns in braces; braces that are text are
doubled. Every answer is kept: run the cell again to go on after an interrupt, or for nothing.

Examples:
  %%glm_map reviews --labels praise,complaint,question --out labelled
  %%glm_map reviews --dry-run                  what it would cost; nothing is sent
  %%glm_map reviews --schema Verdict --budget-usd 2
  %%glm_map reviews --filter                   the rows for which the answer is yes
"""


def _make() -> opts.Parser:
    parser = opts.Parser(
        prog="%%glm_map", description="Ask a GLM model about every row of a table.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False, allow_abbrev=False,
    )  # fmt: skip
    add = parser.add_argument
    add("frame", metavar="FRAME", nargs="?", help="a DataFrame, or another table, by its name")
    add("--labels", metavar="A,B", help="the answer is one of these")
    add("--schema", metavar="TYPE", help="the answer is of this type; each field is a column")
    add("--filter", action="store_true", help="keep the rows for which the answer is yes")
    add("--name", metavar="COLUMN", help='the column of answers; "answer" by default')
    add("--out", metavar="NAME", help="bind the result to this variable")
    add("--to", metavar="FILE", help="write a Parquet file, batch by batch")
    add("-m", "--model", metavar="NAME", help="the model that answers (%%glm models)")
    add("--provider", metavar="NAME", help="who answers (%%glm models --providers)")
    add("--think", dest="thinking", action="store_true", default=None, help="reason first")
    add("-t", "--temperature", metavar="0..1", help="higher is more varied")
    add("--max-tokens", metavar="N", help="longest answer")
    add("--system", metavar="TEXT", help="a system prompt, in front of our own")
    add("--in-flight", metavar="N", type=int, help="the account's limit of requests at once")
    add("--budget-usd", metavar="USD", type=float, help="the most this run may cost")
    add("--repairs", metavar="N", type=int, help="times to have a wrong answer put right")
    add("--fresh", action="store_true", help="ask all rows anew")
    add("--dry-run", action="store_true", help="say what it would cost; send nothing")
    add("-h", "--help", action="store_true", help="show this")
    return parser


PARSER = _make()
_OURS = ("frame", "labels", "schema", "filter", "out", "help")


def make_magic(host: Host) -> Any:
    """The magic's function, for `register_magic_function`.

    Args:
        host: Knows the names of the user's variables.
    """

    @no_var_expand
    def ask_rows(line: str, cell: str) -> Any:
        options = opts.parse_words(PARSER, line)
        if options.help:
            sys.stdout.write(PARSER.format_help())
            return None
        return _ask(options, cell.removesuffix("\n"), host)

    ask_rows.__doc__ = PARSER.format_help()  # what `%%glm_map?` shows
    return ask_rows


def _ask(options: argparse.Namespace, template: str, host: Host) -> Any:
    from ..rows import calls

    if not options.frame or options.frame not in host.namespace:
        message = f"There is no table named {options.frame}." if options.frame else "Which table?"
        raise ArgumentError(message, "Name a variable: %%glm_map reviews")
    opts.check_out(options.out)
    given = {
        name: value
        for name, value in vars(options).items()
        if name not in _OURS and value is not None  # 0 is a limit too
    }
    frame = host.namespace[options.frame]
    if options.filter:
        if options.labels is not None or options.schema is not None:
            message = "--filter asks for yes or no, and takes no --labels or --schema."
            raise ArgumentError(message, "Leave one of them away.")
        found = calls.filter(frame, template, **given)
    else:
        found = calls.map(frame, template, schema=_schema(options, host), **given)
    if options.out and not options.dry_run:
        host.namespace[options.out] = found
    return found


def _schema(options: argparse.Namespace, host: Host) -> Any:
    from ..tools.naming import type_named

    if options.labels is not None and options.schema is not None:
        message = "--labels and --schema both say what the answer is."
        raise ArgumentError(message, "Leave one of them away.")
    if options.labels is not None:
        return [label.strip() for label in options.labels.split(",") if label.strip()]
    return type_named(options.schema, host.namespace)
