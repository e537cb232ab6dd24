"""JSON for readers: a text of several lines stands as lines, everything else as JSON writes it."""

from __future__ import annotations

import json
import re
from typing import Any

_TEXT = r'"(?:[^"\\]|\\.)*"'
# A line of indented JSON that holds one text, perhaps behind its key.
_LINE = re.compile(rf"(?P<indent> *)(?P<key>{_TEXT}: )?(?P<text>{_TEXT}),?")


def readable(value: Any) -> str:
    """Indented JSON in which each line of a long text stands behind a bar.

    Control characters stay escaped; what a bar stands before is otherwise the text itself.
    """
    lines: list[str] = []
    for line in json.dumps(value, ensure_ascii=False, indent=2).split("\n"):
        found = _LINE.fullmatch(line)
        text = json.loads(found["text"]) if found else ""
        if found is None or "\n" not in text:
            lines.append(line)
            continue
        lines.append(f"{found['indent']}{found['key'] or ''}".rstrip())
        lines += [f"{found['indent']}  | {_shown(each)}" for each in text.split("\n")]
    return "\n".join(lines)


def _shown(line: str) -> str:
    escaped = json.dumps(line, ensure_ascii=False)[1:-1]
    return re.sub(r'\\(["\\])', r"\1", escaped)
