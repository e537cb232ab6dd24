"""An input transformer for two things that IPython would not let us have.

`%glm ask how are you?` is a question, where IPython would take the last word for a call for help,
as of those of the other subcommands that take a prompt;
and `%%glm --help` needs no prompt below it, where IPython refuses an empty body before we are
asked. Lines without our magics are not looked at.
"""

from __future__ import annotations

import re

from IPython.core.inputtransformer2 import make_tokens_by_line

# The subcommands that take a prompt.
_ASKING = ("ask", "context", "continue", "explain", "fix", "retry")
_LINE = re.compile(rf"%glm\s+(?:{'|'.join(_ASKING)})\b.*\?\s*$")


def heed_our_magics(lines: list[str]) -> list[str]:
    """For `shell.input_transformers_cleanup`: rewrite these two forms, and nothing else."""
    if lines and lines[0].startswith("%%glm") and not "".join(lines[1:]).strip():
        magic, _, options = lines[0].strip().partition(" ")
        if magic in ("%%glm", "%%glm_map"):
            return [f"get_ipython().run_cell_magic({magic[2:]!r}, {options!r}, '\\n')\n"]
    if not any(map(_LINE.search, lines)):
        return lines
    return [_kept(line) if row in _asking_rows(lines) else line for row, line in enumerate(lines)]


def _asking_rows(lines: list[str]) -> set[int]:
    """Rows where a statement begins with such a command: not in strings, not in a cell magic."""
    if lines[0].startswith("%%"):
        return set()
    rows = set()
    for tokens in make_tokens_by_line(lines):
        words = [token for token in tokens if token.string.strip()][:3]
        if [word.string for word in words[:2]] == ["%", "glm"] and words[2].string in _ASKING:
            rows.add(words[0].start[0] - 1)
    return rows


def _kept(line: str) -> str:
    words = line.strip()
    if not words.endswith("?"):
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}get_ipython().run_line_magic('glm', {words.removeprefix('%glm').strip()!r})\n"
