"""The words of `--help`: of `%%glm`, and of what the subcommands of `%glm` do and take."""

from __future__ import annotations

MANUAL = """\
The prompt is everything below the first line; it is sent unchanged: braces, $, LaTeX, JSON, emoji.
A frame is described by its columns, ranges and frequent values; rows leave only with --rows N,
in the result of a tool that you approved, or where a cell that --cells sends along shows them.

Examples:
  %%glm                                       ask, in the notebook's conversation
  %%glm -m glm-4.5-air --frame penguins       with a description of a DataFrame
  %%glm --frame penguins --schema --preview   see the exact request; nothing is sent
  %%glm --cells 2 --var model                 with the last cells and a variable
  %%glm --no-think -t 0 --once                quick and steady, outside the conversation
  %%glm --tools forecast,frame_query -f sales let it call your function, and query the frame
  %%glm --schema Invoice --out bill           bill.value is an Invoice, a type of yours
  %%glm --agent --frame penguins              it proposes cells; each runs when you say so
"""
BEHIND_THE_OPTIONS = """\
The prompt stands behind the options, on the same line; there a type needs the equals sign:
--schema=TYPE. %%glm --help has examples.
"""
# The subcommands that take the options of `%%glm`, and a prompt.
ABOUT = {
    "ask": "Ask on one line, among other code.",
    "context": "Show what a question would take along, and what each part costs. Sends nothing.",
    "fix": "Explain the last exception, and offer the repaired cell below.",
    "explain": "Explain the cell that ran before this one, with its output.",
    "retry": "Ask the newest question again; what is set here holds for this time.",
    "continue": "Go on with an answer that was cut off: the last one before this cell.",
}
# Of the other subcommands: name, word, how many, how it is shown, what it is.
WORDS = (
    ("show", "number", "?", "N|all", "the turn to show again; or all, to list more than 50"),
    ("chats", "name", "?", "NAME", "the conversation to go on in"),
    ("fork", "name", None, "NAME", "of the copy"),
    ("export", "file", None, "FILE", "ends in .ipynb, .md or .json"),
    ("import", "file", None, "FILE", "ends in .json or .ipynb"),
    ("hide", "patterns", "*", "PATTERN",
     'such as "*_name" or sales.email; the latter is for that table, whatever else it is '
     "called, and for tables that are no variable of yours, such as sales.head(). What a cell "
     "has printed --cells sends as it stands, and says so"),
    ("code", "number", "?", "N", "of the block; all Python if left out"),
    ("models", "provider", "?", "PROVIDER", "whose prices to show"),
    ("model", "name", "?", "NAME", "the model to use from now on"),
    ("login", "provider", "?", "PROVIDER", "whose key; of the current one if left out"),
    ("logout", "provider", "?", "PROVIDER", "whose key; of the current one if left out"),
)  # fmt: skip
# And their options that take no value.
FLAGS = (
    ("export", "--overwrite", "replace the file"),
    ("hide", "--allow", "show values that look personal"),
    ("hide", "--reset", "hide and allow nothing"),
    ("copy", "--code", "its code, not its text"),
    ("panel", "--plain", "where no panel shows: without its own page code"),
    ("models", "--refresh", "ask the provider what it serves and charges"),
    ("models", "--providers", "list providers"),
    ("login", "--keep", "also in the system's keyring, for later kernels"),
)
