"""The cell that an exported notebook asks with: what the question was asked with, and no more."""

from typing import Any

import pytest

from glm_magic.chat.attachments import Attachment
from glm_magic.jupyter.options import parse_cell
from glm_magic.store.command_line import first_line

from .notebook_samples import turn


def attached(name: str, kind: str, level: str = "values", **fields: Any) -> Attachment:
    """What went along."""
    return Attachment(name, kind, level, "", "d" * 64, 12, **fields)


FRAME = attached("sales", "pandas DataFrame", shape=(9, 3))
PICTURE = attached("plot", "picture", form="picture 9 × 9", image_digest="e" * 64)
LINES: dict[str, tuple[dict[str, Any], tuple[Attachment, ...], str]] = {
    "plain": ({}, (), "%%glm -m glm-4.5"),
    "another model answered": ({"model": "glm-4.5-air"}, (), "%%glm -m glm-4.5-air"),
    "provider": ({"provider": "ollama"}, (), "%%glm --provider ollama -m glm-4.5"),
    "frame": ({}, (FRAME,), "%%glm -m glm-4.5 --frame sales"),
    "schema": (
        {"level": "schema", "schema": "Invoice"}, (FRAME,),
        "%%glm -m glm-4.5 --frame sales --schema --schema=Invoice",
    ),
    "told at stats": (
        {}, (attached("sales", "pandas DataFrame", "stats", shape=(9, 3)),),
        "%%glm -m glm-4.5 --frame sales --stats",
    ),
    "rows": (
        {"rows": 3, "quantiles": True},
        (attached("sales", "pandas DataFrame", "rows", shape=(9, 3), rows_sent=3),),
        "%%glm -m glm-4.5 --frame sales --rows 3 --quantiles",
    ),
    "rows below values": (
        {"rows": 3, "level": "schema"}, (FRAME,), "%%glm -m glm-4.5 --frame sales --schema"
    ),
    "others": (
        {}, (attached("weights", "numpy array", form="array of 9"), PICTURE,
             attached("2 cells", "cells", "cells"), attached("cells", "cells", "cells")),
        "%%glm -m glm-4.5 --var weights --image plot",
    ),
    "sampling": (
        {"thinking": False, "temperature": 0.0, "top_p": 0.5, "max_tokens": 50, "stop": "The end",
         "system": "Don't", "effort": "high"},
        (),
        "%%glm -m glm-4.5 --no-think --effort high -t 0.0 --top-p 0.5 --max-tokens 50 "
        "--stop 'The end' --system 'Don'\"'\"'t'",
    ),
    "answer": (
        {"tools": ["f", "g"], "agent": True, "form": "json"}, (),
        "%%glm -m glm-4.5 --tools f,g --agent --as json",
    ),
    "odd": (
        {"rows": "3", "level": 7, "thinking": "no", "temperature": True, "stop": "a\nb",
         "tools": "f", "schema": "a b", "form": ["code"], "provider": "a b", "model": 5},
        (), "%%glm",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("options", "along", "line"), LINES.values(), ids=LINES)
def test_the_line_says_how_it_was_asked(
    options: dict[str, Any], along: tuple[Attachment, ...], line: str
) -> None:
    """It can be run, and what is told of data is what was told."""
    assert first_line(turn(options=options, attachments=along)) == line
    parsed = parse_cell(line.removeprefix("%%glm"))
    rows = options.get("rows") if parsed.level is None and "--rows" in line else 0
    assert parsed.rows == rows
    if "system" in options:
        assert (parsed.system, parsed.stop) == (options["system"], options["stop"])
