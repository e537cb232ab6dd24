"""Input transformers for what IPython would not let us have.

The prompt below `%%glm` is sent as it was written, where IPython would take the prompts of a pasted
session out of it; and `%%glm --help` needs no prompt, where IPython refuses an empty body before we
are asked. `%glm ask how are you?` is a question, where IPython would take the last word for a call
for help, as of those of the other subcommands that take a prompt. Lines without our magics are not
looked at.
"""

from __future__ import annotations

import re

from IPython.core.inputtransformer2 import (
    leading_empty_lines,
    leading_indent,
    make_tokens_by_line,
)

_CELL = re.compile(r"\s*%%(glm(?:_map)?)(?!\S)(.*)", re.DOTALL)
# The subcommands that take a prompt.
_ASKING = r"\s+(?:ask|context|continue|explain|fix|retry)\b"
# Such a command, also timed or assigned; one that goes on in the next line is left to IPython.
_LINE = re.compile(
    r"(?P<before>\s*(?:\w+\s*=\s*)?)"
    rf"%(?P<magic>glm(?={_ASKING})|time(?:it)?(?=\s.*%glm{_ASKING}))(?P<rest>.*[^\s\\])\s*$"
)


def heed_our_cells(lines: list[str]) -> list[str]:
    """For the front of `shell.input_transformers_cleanup`: a cell of ours, its body untouched."""
    cell = leading_empty_lines(lines)
    found = _CELL.match(cell[0]) if cell else None
    if found is None:
        return lines
    if cell[0][0].isspace():
        cell = leading_indent(cell)
    body = "".join(cell[1:])
    options, prompt = found[2].strip(), body if body.strip() else "\n"
    return [f"get_ipython().run_cell_magic({found[1]!r}, {options!r}, {prompt!r})\n"]


# Not when IPython asks whether what is typed is a whole cell: it tells by the two percent signs.
vars(heed_our_cells)["has_side_effects"] = True


def heed_our_lines(lines: list[str]) -> list[str]:
    """For `shell.input_transformers_cleanup`: if a question ends as one, rewrite all of them.

    The upper one first: an apostrophe or a bracket in it would hide the lower one in a string.
    """
    if not any(_LINE.match(line) and line.rstrip().endswith("?") for line in lines):
        return lines
    while (asking := _first_asking(lines)) is not None:
        row, found = asking
        before, magic, rest = found["before"], found["magic"], found["rest"].strip()
        ours = f"{before}get_ipython().run_line_magic({magic!r}, {rest!r})\n"
        lines = [*lines[:row], ours, *lines[row + 1 :]]
    return lines


def _first_asking(lines: list[str]) -> tuple[int, re.Match[str]] | None:
    """The row where a statement begins with such a command: not in a string, or a cell magic."""
    if lines[0].startswith("%%"):
        return None
    for tokens in make_tokens_by_line(lines):
        row = next((one.start[0] - 1 for one in tokens if one.string.strip()), len(lines))
        if row < len(lines) and (found := _LINE.match(lines[row])):
            return row, found
    return None
