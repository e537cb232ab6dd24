"""What the stand-in writes without a frame: help, Markdown samples, honest refusals, an echo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .question import Question

_ERROR_LINE = re.compile(
    r"^(?:\w+\.)*(\w*(?:Error|Exception|Warning|Interrupt)): ?(.*)$", re.MULTILINE
)
_FENCED = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_HINTS = {
    "KeyError": "A name that is not there: print the columns or keys and compare the spelling.",
    "NameError": "A name that was never set: has the cell that sets it been run?",
    "AttributeError": "The object has no such part: print its type.",
    "TypeError": "A value of another type than expected: print the types of what is passed in.",
    "ValueError": "The type is right but the value is not: print the value.",
    "IndexError": "A place beyond the end: print the length.",
    "ModuleNotFoundError": "Not installed in this kernel: `%pip install` it, then restart.",
    "FileNotFoundError": "No such file from here: print `pathlib.Path.cwd()`.",
    "ZeroDivisionError": "A divisor of 0: print it, and decide what the result should be.",
    "SyntaxError": "Python cannot read the line: look for a missing bracket, colon or quote.",
}
CAN = (
    "- say what a frame holds, from its description (`--frame NAME` or `@NAME`),\n"
    "- compare groups, relate numbers and plot, with code that runs,\n"
    "- find missing values and list steps of cleaning,\n"
    "- show sample Markdown (“show markdown”), call a tool, answer in JSON."
)
_REAL = (
    "For a real answer run `%glm login zai` and ask again; "
    "`glm-4.5-flash` and `glm-4.7-flash` are free at Z.ai."
)


def greeting(_question: Question) -> str:
    """Who is there, and what to try."""
    hello = "Hello. This is the sandbox: it speaks the GLM wire, without a model. It can"
    return f"{hello}\n\n{CAN}\n\n{_REAL}"


def markdown(_question: Question) -> str:
    """Every kind of block once, so that rendering can be tried."""
    return (
        "# Sample Markdown\n\n"
        "Some *emphasis*, **strong words**, `code`, ~~struck out~~ and "
        "[a link](https://docs.z.ai).\n\n"
        "- a list\n- with entries\n  - and one below\n\n1. first\n2. second\n\n"
        "| species | count |\n|---|---:|\n| Adelie | 152 |\n| Gentoo | 124 |\n\n"
        "> A quotation.\n\n"
        "Inline mathematics \\(e^{i\\pi} + 1 = 0\\), and a formula:\n\n"
        "\\[\\bar{x} = \\frac{1}{n} \\sum_{i=1}^{n} x_i\\]\n\n"
        'It costs $5 or $6.\n\n```python\nprint("Hello")\n```'
    )


def formula(_question: Question) -> str:
    """Mathematics in the two delimiters models use."""
    return (
        "The sample mean and variance:\n\n"
        "\\[\\bar{x} = \\frac{1}{n} \\sum_{i=1}^{n} x_i, \\qquad "
        "s^2 = \\frac{1}{n-1} \\sum_{i=1}^{n} (x_i - \\bar{x})^2\\]\n\n"
        "Here \\(n\\) is the number of values and $x_i$ the value in row $i$."
    )


def language(question: Question) -> str:
    """What only a model can do."""
    return (
        "Translating, summarizing and writing need a model, and there is none here. "
        f"{_REAL}\n\nThe prompt was:\n\n{quote(question.prompt)}"
    )


def sum_up(question: Question) -> str:
    """What was asked, and how each answer begins: no summary, but something to go on from."""
    if not question.told:
        return "Nothing was said before, so there is nothing to sum up."
    lines = [f"{n}. **{_line(prompt)}** {_line(text)}" for n, (prompt, text) in
             enumerate(question.told, 1)]  # fmt: skip
    return "\n".join(["What was asked so far, and how each answer begins:", "", *lines])


def _line(text: str, most: int = 160) -> str:
    """The first line that says something, without the marks that would end ours."""
    said = (line.strip("#>*_` \t") for line in text.splitlines())
    first = next(filter(None, said), "(nothing)")
    return first if len(first) <= most else first[:most].rstrip() + " …"


def explain(question: Question) -> str:
    """The error or code again, in order, with a general hint."""
    errors = _ERROR_LINE.findall(question.prompt)
    if errors:
        name, text = errors[-1]
        hint = _HINTS.get(
            name, "Read the last line first, then the line of your own code above it."
        )
        said = f": {text}" if text else ""
        needs = f"The cause in your code needs a model. {_REAL}"
        return f"The error is `{name}`{said}\n\n{hint}\n\n{needs}"
    block = _FENCED.search(question.prompt)
    lines = [line for line in (block[1] if block else "").splitlines() if line.strip()]
    if lines:
        first = lines[0].strip().replace("`", "'")
        return (
            f"The code has {len(lines)} lines and begins with `{first}`. "
            f"What it is for, only a model could tell. {_REAL}"
        )
    return f"There is no error or code in the prompt that could be explained.\n\n{echo(question)}"


def no_frame(question: Question) -> str:
    """A question about data, without data."""
    return (
        "This asks about data, but no description of a frame came with it. Attach one with "
        f"`--frame NAME`, or write `@NAME` in the prompt.\n\n{echo(question)}"
    )


def echo(question: Question) -> str:
    """What was asked, and what could be."""
    return f"The prompt was:\n\n{quote(question.prompt)}\n\nThe sandbox can\n\n{CAN}\n\n{_REAL}"


def quote(text: str, most: int = 600) -> str:
    """The text as a Markdown quotation, cut when it is long."""
    shown = text if len(text) <= most else text[:most].rstrip() + " …"
    return "\n".join(f"> {line}" for line in shown.splitlines()) or "> (empty)"
