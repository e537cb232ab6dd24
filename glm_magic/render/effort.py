"""What it costs a page to show a text, so that costly text is painted less often."""

from __future__ import annotations

import re

# Measured in JupyterLab 4.6: Markdown, a formula set by MathJax, a line coloured by CodeMirror.
_SECONDS_A_CHARACTER = 1e-6
_SECONDS_A_FORMULA = 2e-3
_SECONDS_A_LINE_OF_CODE = 1e-4
_PAGE_SHARE = 0.03  # of the page's time may go into repainting; the rest is the reader's
_LONGEST_PAUSE_SECONDS = 3.0
_DOLLARS = re.compile(r"\$\$?")
_FENCED = re.compile(r"^`{3,}[^\n]+\n(.*?)^`{3,}$", re.MULTILINE | re.DOTALL)


def seconds_to_show(markdown: str) -> float:
    """An estimate of how long a page is busy with a text.

    Args:
        markdown: As `inert` writes it: each dollar outside of code belongs to a formula.
    """
    lines = sum(code[1].count("\n") for code in _FENCED.finditer(markdown))
    formulas = len(_DOLLARS.findall(markdown)) / 2
    return (
        len(markdown) * _SECONDS_A_CHARACTER
        + formulas * _SECONDS_A_FORMULA
        + lines * _SECONDS_A_LINE_OF_CODE
    )


def pause_seconds(markdown: str) -> float:
    """How long a text that was painted stands before it is painted again, with more behind it."""
    return min(seconds_to_show(markdown) / _PAGE_SHARE, _LONGEST_PAUSE_SECONDS)
