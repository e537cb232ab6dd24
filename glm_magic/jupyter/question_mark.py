"""`%glm ask how are you?` is a question: IPython would take the last word for a call for help."""

from __future__ import annotations

_ASK = "%glm ask "


def keep_question_mark(lines: list[str]) -> list[str]:
    """An input transformer for `shell.input_transformers_cleanup`.

    Only the first line is looked at: further down, the same words could stand in a string.
    """
    first = lines[0].strip() if lines else ""
    if first.startswith(_ASK) and first.endswith("?"):
        words = first.removeprefix("%glm ")
        return [f"get_ipython().run_line_magic('glm', {words!r})\n", *lines[1:]]
    return lines
