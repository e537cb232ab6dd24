"""Figures, the table that people read, and the same as JSON."""

import json
import os
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

_HEADS = ("what", "figure", "unit", "baseline", "ratio", "target", "")
_LIBRARIES = ("ipython", "ipykernel", "httpx", "narwhals", "pandas", "polars")


@dataclass(frozen=True, slots=True)
class Figure:
    """One row.

    Attributes:
        name: What was measured.
        value: The figure.
        unit: Of the figure, the baseline and the target alike.
        baseline: The yardstick from the same run, or None.
        target: The most that the figure may be, or None where nothing was promised.
        note: What a reader must know to read the row.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    target: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Figure over baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def verdict(self) -> str:
        """Whether the figure keeps its target; nothing where there is none."""
        if self.target is None:
            return ""
        return "ok" if self.value <= self.target else "over"


@dataclass(frozen=True, slots=True)
class Section:
    """One measurement.

    Attributes:
        name: The name of its module.
        title: What it is about.
        figures: Its rows.
        problem: Why it has none: "skipped: …" or "failed: …".
    """

    name: str
    title: str
    figures: Sequence[Figure] = ()
    problem: str = ""


def machine() -> dict[str, Any]:
    """What the figures depend on besides the code, load included."""
    return {
        "when": time.strftime("%Y-%m-%d %H:%M:%S"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": [round(each, 2) for each in os.getloadavg()] if hasattr(os, "getloadavg") else [],
        "versions": {name: _version(name) for name in _LIBRARIES},
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def table(sections: Iterable[Section]) -> str:
    """All sections in one aligned table, the notes numbered below it."""
    lines: list[tuple[str, ...] | str] = [_HEADS]
    notes: list[str] = []
    for section in sections:
        lines += ["", f"{section.title}:"]
        if section.problem:
            lines.append(f"  {section.problem}")
        for figure in section.figures:
            if figure.note and figure.note not in notes:
                notes.append(figure.note)
            mark = f" [{notes.index(figure.note) + 1}]" if figure.note else ""
            lines.append(_cells(figure, mark))
    rows = [line for line in lines if isinstance(line, tuple)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    printed = [line if isinstance(line, str) else _aligned(line, widths) for line in lines]
    return "\n".join([*printed, "", *(f"[{at}] {note}" for at, note in enumerate(notes, 1))])


def _cells(figure: Figure, mark: str) -> tuple[str, ...]:
    ratio = "" if figure.ratio is None else f"{figure.ratio:,.2f}"
    target = "" if figure.target is None else f"≤ {_number(figure.target)}"
    return (
        f"  {figure.name}{mark}", _number(figure.value), figure.unit, _number(figure.baseline),
        ratio, target, figure.verdict,
    )  # fmt: skip


def _number(value: float | None) -> str:
    """Three significant digits, which is more than a shared machine can hold."""
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.3g}"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    left = (0, 2, 6)  # words; numbers stand to the right
    padded = [
        cell.ljust(width) if at in left else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def write_json(path: Path, before: dict[str, Any], sections: Iterable[Section]) -> None:
    """The same for machines, to compare one run with another."""
    rows = [
        {
            "section": section.name,
            **asdict(figure),
            "ratio": figure.ratio,
            "verdict": figure.verdict,
        }
        for section in sections
        for figure in section.figures
    ]
    problems = {section.name: section.problem for section in sections if section.problem}
    document = {"before": before, "after": machine(), "figures": rows, "problems": problems}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
